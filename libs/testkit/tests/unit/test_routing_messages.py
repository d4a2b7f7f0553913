"""The labelled messages that measure routing keep what their README says of them."""

import json
import re
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import bowchat_testkit

FOLDER = Path(bowchat_testkit.__file__).parent / "bench_routing" / "messages"
POLICY_TYPES = (
    *("motor", "health", "life", "home", "travel", "disability"),
    *("critical_illness", "long_term_care", "annuity", "retirement"),
)
INTENTS = (
    *("claim", "quote", "renewal", "payment", "cancellation"),
    *("change_details", "documents", "coverage", "complaint", "other"),
)
LANGUAGES = ("en", "hi", "hi-Latn", "es")
FIELDS = {
    "text": str,
    "policy_type": str | None,
    "intent": str | None,
    "language": str,
    "style": str,
    "off_topic": bool,
    "mixed": bool,
}


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


FILES = sorted(FOLDER.glob("*.jsonl"))
MESSAGES = [message for file in FILES for message in read(file)]


def test_every_line_has_the_fields_and_labels_of_the_readme() -> None:
    """Seven fields of their kinds; labels from the lists or null; the style is the file's name."""
    for file in FILES:
        for message in read(file):
            assert message.keys() == FIELDS.keys(), message
            assert all(isinstance(message[name], kind) for name, kind in FIELDS.items()), message
            assert message["text"] == message["text"].strip() != "", message
            assert message["policy_type"] in (*POLICY_TYPES, None), message
            assert message["intent"] in (*INTENTS, None), message
            assert message["language"] in LANGUAGES, message
            assert message["style"] == file.stem, message


def test_what_is_off_topic_has_no_label_and_what_is_mixed_has_one() -> None:
    """Chatter belongs to no line of business; of two matters, the first has its label."""
    for message in MESSAGES:
        labelled = bool(message["policy_type"] or message["intent"])
        assert not (message["off_topic"] and (labelled or message["mixed"])), message
        assert labelled or not message["mixed"], message


def test_there_is_enough_of_every_label_to_measure_it() -> None:
    """900 messages, eight styles of 100; 60 of each type and intent, 120 of each language, each pair of labels."""
    styles, types, intents, languages = (
        Counter(message[name] for message in MESSAGES)
        for name in ("style", "policy_type", "intent", "language")
    )
    assert len(MESSAGES) >= 900
    assert len(styles) >= 8
    assert min(styles.values()) >= 100
    assert min(types[policy_type] for policy_type in POLICY_TYPES) >= 60
    assert min(intents[intent] for intent in INTENTS) >= 60
    assert min(languages[language] for language in LANGUAGES) >= 120
    assert set(product(POLICY_TYPES, INTENTS)) <= {(m["policy_type"], m["intent"]) for m in MESSAGES}


def test_chatter_and_double_matters_have_their_share() -> None:
    """About one message in eight is off topic, about one in twelve holds two matters."""
    assert 0.10 <= sum(message["off_topic"] for message in MESSAGES) / len(MESSAGES) <= 0.14
    assert 0.06 <= sum(message["mixed"] for message in MESSAGES) / len(MESSAGES) <= 0.10


def test_no_text_stands_twice() -> None:
    """Case and spacing aside, each message is written once: none is counted double, none can carry two labels."""
    texts = Counter(" ".join(message["text"].casefold().split()) for message in MESSAGES)
    assert [text for text, times in texts.items() if times > 1] == []


def test_no_message_holds_a_number_long_enough_to_be_someones() -> None:
    """No text has digits enough in a row for a telephone or policy number."""
    assert [m["text"] for m in MESSAGES if re.search(r"\d([\s().-]?\d){6}", m["text"])] == []


def test_the_readme_counts_what_is_there() -> None:
    """Each count that the README gives is the count of the files."""
    counted = Counter(
        str(message[name]) for message in MESSAGES for name in ("style", "policy_type", "intent", "language")
    )
    counted.update(name for message in MESSAGES for name in ("off_topic", "mixed") if message[name])
    counted["None"] = 0
    readme = (FOLDER / "README.md").read_text("utf-8")
    given = {
        name: int(count) for name, count in re.findall(r"^\| `([\w-]+)` \| (\d+) \|", readme, re.MULTILINE)
    }
    assert given == {name: count for name, count in counted.items() if count}
