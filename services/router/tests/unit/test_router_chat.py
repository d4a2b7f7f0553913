"""Words and chat, where several insurers share one chat: who spoke last, who waits, and what the words may mean."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from bowchat_contracts.ids import derived_id
from bowchat_registry.registry import Registry
from bowchat_router.classify.reading import Guess, Reading, Skimmed
from bowchat_router.domain.case import Case
from bowchat_router.domain.destination import destination
from bowchat_router.domain.hearing import Heard
from bowchat_router.domain.model import Conversation, Dossier, Route

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ASKED = None
SENTENCE = "we are going to be away for some days"
WITH = {"motor": "acme", "home": "acme", "health": "bharat", "life": "coast"}


@dataclass
class Always:
    """A classifier that reads the same in every text."""

    reading: Reading

    def read(self, _: str) -> Reading:
        return self.reading

    def skim(self, _: str) -> Skimmed:
        return self.reading


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def talk(kind: str, *, wrote: float, spoke: float | None = None) -> Conversation:
    """A conversation about this policy type, in which policyholder and insurer last spoke so many minutes ago."""
    return Conversation(
        conversation_id=derived_id("cv", kind),
        contact_id=derived_id("ct", "someone"),
        version=1,
        last_seq=1,
        state="waiting_insurer",
        insurer=WITH[kind],
        desk="claims",
        policy_type=kind,
        policy_number=None,
        agreement_version=None,
        business_number_id="1",
        opened_at=ago(9_000),
        last_message_at=ago(wrote),
        spoke_at=None if spoke is None else ago(spoke),
    )


HEALTH_SPOKE = talk("health", wrote=10, spoke=5)
CAR_WAITS_NOT, CAR_WAITS = talk("motor", wrote=200), talk("motor", wrote=200, spoke=100)
CAR_SPOKE, LIFE_QUIET = talk("motor", wrote=20, spoke=3), talk("life", wrote=200)


def went(
    registry: Registry,
    text: str,
    *open_: Conversation,
    who: str = "mixed",
    read: Mapping[str, float] = MappingProxyType({}),
) -> str | None:
    """The insurer that gets it; None where the policyholder is asked. `read`: the classifier's scores."""
    ranked = tuple(sorted(read.items(), key=lambda each: -each[1]))
    best = ranked[0] if ranked else (None, 0.0)
    kind = Guess(best[0] if best[1] >= 0.9 else None, best[1], ranked)
    reading = Reading(kind, Guess(None, 0.0, ()), "fixed", 0.0, "en")
    heard = Heard(text, NOW, greeting=text == "hello", begins=text.startswith("hello, "))
    held = registry.policies.held_by([derived_id("rf", who)])
    dossier = Dossier(derived_id("ct", "someone"), 1, open_)
    where = destination(Case(heard, dossier, held, registry, Always(reading), NOW))
    return where.insurer if isinstance(where, Route) else ASKED


@pytest.mark.parametrize(
    ("text", "open_", "insurer"),
    [
        ("tomorrow", (HEALTH_SPOKE, CAR_WAITS_NOT), "bharat"),
        ("tomorrow", (HEALTH_SPOKE, CAR_WAITS), "bharat"),
        ("tomorrow", (HEALTH_SPOKE, CAR_SPOKE), ASKED),
        ("tomorrow", (talk("health", wrote=40, spoke=29), CAR_WAITS_NOT), "bharat"),
        ("tomorrow", (talk("health", wrote=40, spoke=31), CAR_WAITS_NOT), ASKED),
        (SENTENCE, (HEALTH_SPOKE, CAR_WAITS_NOT), "bharat"),
        (SENTENCE, (HEALTH_SPOKE, CAR_WAITS), ASKED),
        (SENTENCE, (HEALTH_SPOKE, talk("motor", wrote=2_000, spoke=1_500)), "bharat"),
    ],
)
def test_an_answer_is_for_the_insurer_that_spoke_last(
    registry: Registry, text: str, open_: tuple[Conversation, ...], insurer: str | None
) -> None:
    """A few words answer it within half an hour, if no other has spoken since; a sentence only if no other waits."""
    assert went(registry, text, *open_) == insurer


@pytest.mark.parametrize(
    ("text", "open_", "read", "insurer"),
    [
        # In passing or not: nobody can tell.
        ("she comes by car", (HEALTH_SPOKE, CAR_WAITS_NOT), {"motor": 0.99}, ASKED),
        ("she comes by car", (talk("health", wrote=10, spoke=5),), {"motor": 0.99}, ASKED),
        ("we sold it on saturday", (HEALTH_SPOKE, CAR_WAITS_NOT), {"motor": 0.99}, ASKED),
        # It says what it is about.
        ("my car insurance", (HEALTH_SPOKE, CAR_WAITS_NOT), {"motor": 0.99}, "acme"),
        # The other insurer has spoken too, and not a keyword alone speaks for it.
        ("it stands at the office", (HEALTH_SPOKE, CAR_SPOKE), {"motor": 0.99}, "acme"),
        ("she comes by car", (HEALTH_SPOKE, CAR_SPOKE), {"motor": 0.4, "health": 0.3}, ASKED),
        # A suspicion counts where the contact has such a matter.
        (SENTENCE, (talk("health", wrote=10, spoke=6), CAR_WAITS_NOT), {"motor": 0.02}, ASKED),
        (SENTENCE, (HEALTH_SPOKE, CAR_WAITS_NOT), {"motor": 0.02, "health": 0.03}, "bharat"),
        (SENTENCE, (HEALTH_SPOKE, CAR_WAITS_NOT), {"travel": 0.6}, "bharat"),
    ],
)
def test_words_about_something_else_are_believed_only_if_they_name_it(
    registry: Registry,
    text: str,
    open_: tuple[Conversation, ...],
    read: dict[str, float],
    insurer: str | None,
) -> None:
    """While an insurer waits for an answer, a car that is mentioned may be the subject or not: the policyholder is asked."""
    assert went(registry, text, *open_, read=read) == insurer


@pytest.mark.parametrize(
    ("text", "insurer"), [("she comes by car", "bharat"), ("about my car insurance", "acme")]
)
def test_what_the_contact_has_not_is_spoken_of_in_passing(
    registry: Registry, text: str, insurer: str
) -> None:
    """Who has no car policy and answers with a car in the sentence is not taken to another insurer for it."""
    assert went(registry, text, HEALTH_SPOKE, LIFE_QUIET, who="health", read={"motor": 0.99}) == insurer


@pytest.mark.parametrize(
    ("open_", "insurer"),
    [
        ((talk("health", wrote=400, spoke=300), CAR_WAITS_NOT), "bharat"),
        ((talk("health", wrote=400, spoke=300), CAR_WAITS), ASKED),
        ((talk("health", wrote=2_000, spoke=1_500), CAR_WAITS_NOT), ASKED),
        ((talk("health", wrote=400, spoke=300), talk("motor", wrote=0.2)), "acme"),
        ((HEALTH_SPOKE, talk("motor", wrote=0.2)), "acme"),
        ((HEALTH_SPOKE, talk("motor", wrote=1)), "bharat"),
    ],
)
def test_a_picture_is_for_the_insurer_that_waits(
    registry: Registry, open_: tuple[Conversation, ...], insurer: str | None
) -> None:
    """For a day, if only one waits; pictures that follow one another within seconds stay together."""
    assert went(registry, "", *open_) == insurer


@pytest.mark.parametrize(
    ("open_", "insurer"),
    [
        ((talk("motor", wrote=1), talk("health", wrote=200)), "acme"),
        ((talk("motor", wrote=3), talk("health", wrote=200)), ASKED),
        ((talk("motor", wrote=1), HEALTH_SPOKE), ASKED),
    ],
)
def test_what_is_said_in_a_burst_stays_together(
    registry: Registry, open_: tuple[Conversation, ...], insurer: str | None
) -> None:
    """Within two minutes, unless another insurer has just asked something."""
    assert went(registry, "and one more thing", *open_) == insurer


@pytest.mark.parametrize(
    ("read", "insurer"),
    [({"health": 0.85}, "bharat"), ({"health": 0.7}, ASKED), ({"health": 0.85, "motor": 0.02}, ASKED)],
)
def test_likely_words_and_an_insurer_that_waits_are_enough(
    registry: Registry, read: dict[str, float], insurer: str | None
) -> None:
    """Hours later too, if the words may be about no other matter."""
    assert (
        went(registry, "the result", talk("health", wrote=400, spoke=300), CAR_WAITS_NOT, read=read)
        == insurer
    )


@pytest.mark.parametrize(
    ("open_", "read", "insurer"),
    [
        ((HEALTH_SPOKE, CAR_WAITS_NOT), {"motor": 0.04}, "bharat"),
        ((HEALTH_SPOKE, CAR_WAITS_NOT), {"motor": 0.05}, ASKED),
        ((talk("health", wrote=10, spoke=6), CAR_WAITS_NOT), {"motor": 0.04}, ASKED),
        ((HEALTH_SPOKE, CAR_WAITS), {"motor": 0.04}, ASKED),
    ],
)
def test_a_sentence_in_an_exchange_leans_on_it(
    registry: Registry, open_: tuple[Conversation, ...], read: dict[str, float], insurer: str | None
) -> None:
    """Within five minutes of the one insurer that waits, a slight suspicion is no reason to ask what a sentence is about."""
    assert went(registry, SENTENCE, *open_, read=read) == insurer


@pytest.mark.parametrize(
    ("open_", "read", "insurer"),
    [
        ((), {"motor": 0.85}, "acme"),
        ((), {"motor": 0.7}, ASKED),
        ((), {"motor": 0.85, "health": 0.02}, ASKED),
        ((talk("health", wrote=200),), {"motor": 0.85}, ASKED),
        ((replace(talk("health", wrote=2_000), state="resolved"),), {"motor": 0.85}, "acme"),
    ],
)
def test_likely_words_are_enough_where_nothing_is_open(
    registry: Registry, open_: tuple[Conversation, ...], read: dict[str, float], insurer: str | None
) -> None:
    """Who begins says what it is about; while another matter is open they may mention it in passing."""
    assert went(registry, SENTENCE, *open_, read=read) == insurer


@pytest.mark.parametrize(
    ("text", "insurer"),
    [("what did they decide", ASKED), ("my car insurance", "acme"), (SENTENCE, "acme")],
)
def test_a_few_words_begin_nothing_unless_they_name_it(
    registry: Registry, text: str, insurer: str | None
) -> None:
    """They lean on what is open, whatever the classifier reads in them."""
    assert went(registry, text, talk("health", wrote=200), read={"motor": 0.99}) == insurer


def test_who_says_hello_amid_a_chat_begins_something(registry: Registry) -> None:
    """It is no answer, so whoever has several insurers is asked, unless there is a word of what it is about."""
    assert went(registry, "hello, i have a question", HEALTH_SPOKE) is ASKED
    assert went(registry, "hello, my car insurance", HEALTH_SPOKE, read={"motor": 0.99}) == "acme"
    assert went(registry, "hello, i have a question", HEALTH_SPOKE, who="health") == "bharat"
