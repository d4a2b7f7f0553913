"""A rule and the classifier about the same words: each is heard where it knows more, and no reading is made for nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bowchat_registry.loader import load
from bowchat_registry.registry import Registry
from bowchat_registry.rules import Rule, RuleBook
from bowchat_router.classify.reading import Guess, Reading, Skimmed
from bowchat_router.domain.case import Case
from bowchat_router.domain.destination import destination
from bowchat_router.domain.hearing import Heard
from bowchat_router.domain.model import Dossier, Route

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SHIPPED = load(Path(__file__).parents[4] / "registry")
KNOWN, UNKNOWN = "car", "velocipede"
"""A keyword that the taxonomy teaches the classifier, and one that it does not."""


def surely(label: str) -> Guess:
    return Guess(label, 0.98, ((label, 0.98),))


def perhaps(label: str) -> Guess:
    return Guess(None, 0.4, ((label, 0.4),))


NOTHING = Guess(None, 0.0, ())


@dataclass
class Voices:
    """A classifier whose wording and meaning are told what to say; it remembers what was read."""

    kind: Guess = NOTHING
    kind_by_wording: Guess = NOTHING
    intent: Guess = NOTHING
    intent_by_wording: Guess = NOTHING
    off_topic: float = 0.0
    off_topic_by_wording: float = 0.0
    read_texts: list[str] = field(default_factory=list)

    def read(self, text: str) -> Reading:
        self.read_texts.append(text)
        return Reading(self.kind, self.intent, "voices", self.off_topic, "en")

    def skim(self, _: str) -> Skimmed:
        return Skimmed(self.kind_by_wording, self.intent_by_wording, "voices", self.off_topic_by_wording)


def ruled(*conditions: Mapping[str, object]) -> Registry:
    """The shipped registry, its rules these conditions, each for motor."""
    rules = [
        Rule.model_validate({"name": f"rule-{place}", "when": when, "then": {"policy_type": "motor"}})
        for place, when in enumerate(conditions)
    ]
    return replace(SHIPPED, rules=RuleBook(rules))


def about(voices: Voices, keyword: str = KNOWN, registry: Registry | None = None) -> Case:
    told = Heard(f"my {keyword} is with the squire", NOW)
    registry = registry or ruled({"keywords_any": [KNOWN, UNKNOWN]})
    return Case(told, Dossier("someone", 1, ()), (), registry, voices, NOW)


def test_a_rule_that_wording_agrees_with_stands_unread() -> None:
    """Two cheap voices that agree need no third: nothing is read."""
    voices = Voices(kind_by_wording=surely("motor"), kind=surely("home"), intent_by_wording=surely("claim"))
    case = about(voices)
    assert (case.kind, case.kind_by_rule, case.intent, voices.read_texts) == ("motor", True, "claim", [])


@pytest.mark.parametrize(
    ("read", "keyword", "kind"),
    [
        (perhaps("motor"), KNOWN, "motor"),
        (surely("home"), KNOWN, "home"),
        (surely("home"), UNKNOWN, "home"),
        (perhaps("home"), KNOWN, None),
        (perhaps("home"), UNKNOWN, "motor"),
        (NOTHING, KNOWN, "motor"),
        (NOTHING, UNKNOWN, "motor"),
    ],
)
def test_where_wording_does_not_agree_the_reading_is_weighed_against_the_rule(
    read: Guess, keyword: str, kind: str | None
) -> None:
    """A sure classifier decides, one without an opinion leaves it to the rule; an unsure one outweighs only a keyword that
    it was taught itself.
    """
    assert about(Voices(kind=read), keyword).kind == kind


@pytest.mark.parametrize(
    ("by_wording", "by_reading", "keyword", "kind", "reads"),
    [
        (0.6, 0.6, KNOWN, None, True),
        (0.6, 0.4, KNOWN, "motor", True),
        (0.4, 0.6, KNOWN, "motor", False),
        (0.6, 0.6, UNKNOWN, "motor", True),
    ],
)
def test_a_keyword_in_a_message_of_no_insurance_says_nothing(
    by_wording: float, by_reading: float, keyword: str, kind: str | None, reads: bool
) -> None:
    """A car for sale is no motor insurer's matter: where the classifier, which knows the keyword, says so, people decide."""
    voices = Voices(
        surely("motor"), surely("motor"), surely("quote"), surely("quote"), by_reading, by_wording
    )
    case = about(voices, keyword)
    assert (case.kind, bool(voices.read_texts)) == (kind, reads)
    where = destination(case)
    assert isinstance(where, Route)
    assert (where.insurer is None, where.policy_type) == (kind is None, "motor")
    said = "rule rule-0 says motor, and the words are likely no matter of insurance (0.60)"
    assert (said in where.reasons) == (kind is None)


def told(text: str, voices: Voices) -> Case:
    return Case(Heard(text, NOW), Dossier("someone", 1, ()), (), SHIPPED, voices, NOW)


@pytest.mark.parametrize(
    "text",
    [
        "my policy",
        "send policy",
        "policy no. 000735",
        "renewal please",
        "mera policy number 55621 hai",
        "mi póliza",
    ],
)
def test_words_that_fit_any_policy_name_none(text: str) -> None:
    """Whatever the classifier leans to, what people say of every policy is no matter of one insurer."""
    case = told(text, Voices(kind=surely("life")))
    assert case.kind is None
    where = destination(case)
    assert isinstance(where, Route)
    assert where.insurer is None
    assert "no rule names a policy type, and the words fit any of them" in where.reasons


@pytest.mark.parametrize("text", ["term policy", "my funeral policy", "maturity", "policy of my husband"])
def test_a_word_that_fits_some_policies_is_read(text: str) -> None:
    """A name, a term, or a word that the taxonomy does not know is the classifier's to weigh."""
    assert told(text, Voices(kind=surely("life"))).kind == "life"


def test_a_rule_that_looks_at_more_than_words_outweighs_an_unsure_reading() -> None:
    """What was tapped, or who wrote, is nothing that a classifier of words has weighed already."""
    registry = ruled({"contact": {"known": False}})
    assert about(Voices(kind=perhaps("home")), registry=registry).kind == "motor"


def test_the_rule_that_named_the_policy_type_is_asked_what_it_found() -> None:
    """A later rule for the same policy type, whatever its keywords, does not speak for the one that decided."""
    registry = ruled({"keywords_any": [KNOWN]}, {"keywords_any": ["squire"]})
    assert about(Voices(kind=perhaps("home")), registry=registry).kind is None
    registry = ruled({"keywords_any": ["squire"]}, {"keywords_any": [KNOWN]})
    assert about(Voices(kind=perhaps("home")), registry=registry).kind == "motor"
    but_not = {"keywords_any": ["squire"], "none": [{"keywords_any": ["with"]}]}
    registry = ruled(but_not, {"keywords_any": [KNOWN]})
    assert about(Voices(kind=perhaps("home")), registry=registry).kind is None


def test_a_message_that_neither_decides_says_what_both_say() -> None:
    """Whoever gets it reads which rule spoke, and what the words may mean instead."""
    where = destination(about(Voices(kind=perhaps("home"))))
    assert isinstance(where, Route)
    assert where.rule == "triage"
    assert "rule rule-0 says motor, and the words may mean home but not surely (0.40)" in where.reasons


@pytest.mark.parametrize(
    ("by_wording", "by_reading", "intent", "reads"),
    [
        (surely("claim"), surely("quote"), "claim", False),
        (perhaps("claim"), surely("quote"), "quote", True),
        (perhaps("claim"), perhaps("quote"), None, True),
    ],
)
def test_what_a_writer_wants_is_read_where_wording_does_not_tell(
    by_wording: Guess, by_reading: Guess, intent: str | None, reads: bool
) -> None:
    """A rule that says what a message is about does not say what for: doubt of that is worth a reading, and only that."""
    voices = Voices(kind_by_wording=surely("motor"), intent_by_wording=by_wording, intent=by_reading)
    case = about(voices)
    assert (case.kind, case.intent, bool(voices.read_texts)) == ("motor", intent, reads)


def test_nothing_is_read_for_the_wish_where_a_number_decides() -> None:
    """What was not asked for the way is not asked for the wish: wording tells it, or nobody does."""
    voices = Voices(intent=surely("quote"))
    told = Heard("what about ACM-2026-000101", NOW)
    where = destination(Case(told, Dossier("someone", 1, ()), (), SHIPPED, voices, NOW))
    assert isinstance(where, Route)
    assert (where.rule, where.intent, voices.read_texts) == ("policy_number", None, [])
    voices.intent_by_wording = surely("claim")
    where = destination(Case(told, Dossier("someone", 1, ()), (), SHIPPED, voices, NOW))
    assert isinstance(where, Route)
    assert (where.intent, voices.read_texts) == ("claim", [])
