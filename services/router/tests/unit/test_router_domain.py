"""Which insurer, which conversation, which desk: the order of the steps, and no guess between two insurers."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bowchat_contracts.content import (
    Answer,
    ButtonContent,
    ChoiceContent,
    EditContent,
    FlowContent,
    OrderContent,
    OrderItem,
    OtherContent,
    TextContent,
)
from bowchat_contracts.ids import derived_id
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_contracts.pii import MessageText
from bowchat_registry.registry import Registry
from bowchat_router.domain.case import Case
from bowchat_router.domain.destination import destination
from bowchat_router.domain.hearing import Heard, said
from bowchat_router.domain.model import Ask, Conversation, Dossier, Route
from bowchat_router.testing import FixedReadings

DAY = date(2026, 3, 2)
MOMENT = datetime(2026, 3, 2, tzinfo=UTC)


def open_with(
    insurer: str | None, kind: str | None = None, number: str | None = None, name: str = ""
) -> Conversation:
    return Conversation(
        conversation_id=derived_id("cv", f"{insurer}{kind}{number}{name}"),
        contact_id=derived_id("ct", "someone"),
        version=1,
        last_seq=1,
        state="waiting_insurer" if insurer else "triage",
        insurer=insurer,
        desk="claims" if insurer else None,
        policy_type=kind,
        policy_number=number,
        agreement_version=None,
        business_number_id="1",
        opened_at=MOMENT,
        last_message_at=MOMENT,
    )


ACME, ACME_HOME, BHARAT = open_with("acme"), open_with("acme", "home"), open_with("bharat")
ACME_002 = open_with("acme", "home", "ACM-2026-002")
COAST, TRIAGE = open_with("coast"), open_with(None)


def went(
    registry: Registry, text: str, who: str = "nobody", *open_: Conversation, day: date = DAY
) -> Route | Ask:
    now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    held = registry.policies.held_by([derived_id("rf", who)])
    dossier = Dossier(derived_id("ct", "someone"), 1, open_)
    return destination(Case(Heard(text, now), dossier, held, registry, FixedReadings(), now))


def routed(
    registry: Registry, text: str, who: str = "nobody", *open_: Conversation, day: date = DAY
) -> Route:
    decided = went(registry, text, who, *open_, day=day)
    assert isinstance(decided, Route)
    return decided


@pytest.mark.parametrize(
    ("text", "who", "open_", "rule", "insurer", "kind", "conversation"),
    [
        # A policy number wins over everything.
        ("acm 2026 001 hospital", "health", (BHARAT,), "policy_number", "acme", "motor", None),
        ("ACM-2026-001", "nobody", (ACME, BHARAT), "policy_number", "acme", "motor", ACME),
        ("ACM-2026-002", "nobody", (ACME, ACME_002), "policy_number", "acme", "home", ACME_002),
        ("ACM-2026-001", "nobody", (ACME_002,), "policy_number", "acme", "motor", None),
        ("ACM-2026-001 ACM-2026-002", "nobody", (), "policy_number", "acme", None, None),
        # The one open conversation goes on, unless the words are clearly about something else.
        ("my car", "nobody", (BHARAT,), "car", "acme", "motor", None),
        ("my car", "mixed", (BHARAT,), "contact_policy", "acme", "motor", None),
        ("my car", "mixed", (ACME_HOME,), "contact_policy", "acme", "motor", None),
        ("my car", "nobody", (ACME_HOME,), "open_conversation", "acme", "home", ACME_HOME),
        ("still waiting", "mixed", (BHARAT,), "open_conversation", "bharat", None, BHARAT),
        ("thanks", "nobody", (TRIAGE, BHARAT), "open_conversation", "bharat", None, BHARAT),
        # The contact's policies.
        ("hello", "motor", (), "contact_policy", "acme", "motor", None),
        ("hello", "both", (), "contact_policy", "acme", None, None),
        ("my car", "both", (), "contact_policy", "acme", "motor", None),
        ("my car", "mixed", (), "contact_policy", "acme", "motor", None),
        ("my car", "mixed", (ACME_HOME, BHARAT), "contact_policy", "acme", "motor", None),
        # Words.
        ("my car", "nobody", (), "car", "acme", "motor", None),
        ("tow me", "nobody", (), "tow", "acme", "motor", None),
        ("hospital", "nobody", (), "triage", None, "health", None),
        ("hospital of bharat", "nobody", (), "boss", "bharat", "health", None),
        ("my car", "health", (), "car", "acme", "motor", None),
        # Of several open ones: the one that the words name, or fit.
        ("my car", "nobody", (ACME, BHARAT), "open_conversation", "acme", None, ACME),
        ("the acme one", "nobody", (ACME, BHARAT), "open_conversation", "acme", None, ACME),
        ("hospital", "nobody", (ACME_HOME, BHARAT), "open_conversation", "bharat", None, BHARAT),
        # Nothing decides: one triage conversation takes it all, until something does.
        ("hello", "nobody", (), "triage", None, None, None),
        ("hello", "nobody", (TRIAGE,), "triage", None, None, TRIAGE),
        ("my car", "nobody", (TRIAGE,), "car", "acme", "motor", None),
    ],
)
def test_the_first_step_that_decides_wins(  # noqa: PLR0917 - one row of the table
    registry: Registry,
    text: str,
    who: str,
    open_: tuple[Conversation, ...],
    rule: str,
    insurer: str | None,
    kind: str | None,
    conversation: Conversation | None,
) -> None:
    """Number, open conversation, held policies, rules, triage: in this order, and each decision says why."""
    decided = routed(registry, text, who, *open_)
    assert (decided.rule, decided.insurer, decided.policy_type) == (rule, insurer, kind)
    assert decided.conversation == conversation
    assert decided.reasons


@pytest.mark.parametrize(
    ("text", "who", "open_", "choices"),
    [
        ("ACM-2026-001 BHS-2026-001", "nobody", (), [("acme", "motor"), ("bharat", "health")]),
        ("ACM-2026-001 BHS-2026-001", "nobody", (BHARAT,), [("acme", "motor"), ("bharat", "health")]),
        ("hello", "mixed", (), [("acme", "motor"), ("bharat", "health")]),
        ("hello", "nobody", (ACME, BHARAT), [("acme", None), ("bharat", None)]),
        ("hello", "nobody", (ACME, TRIAGE, BHARAT), [("acme", None), ("bharat", None)]),
    ],
)
def test_between_two_insurers_the_policyholder_decides(
    registry: Registry,
    text: str,
    who: str,
    open_: tuple[Conversation, ...],
    choices: list[tuple[str, str | None]],
) -> None:
    """Two matters that fit alike are never guessed between: they are the choices of a question, beside something else."""
    asked = went(registry, text, who, *open_)
    assert isinstance(asked, Ask)
    assert [(each.insurer, each.policy_type) for each in asked.choices] == [*choices, (None, None)]
    assert asked.reasons


def test_an_ended_agreement_receives_nothing(registry: Registry) -> None:
    """After its last day an insurer gets neither new questions nor the rest of open conversations."""
    last, after = date(2026, 12, 31), date(2027, 1, 1)
    assert routed(registry, "CLA-2026-001", day=last).insurer == "coast"
    assert routed(registry, "CLA-2026-001", day=after).rule == "triage"
    assert routed(registry, "hello", "life", day=after).rule == "triage"
    assert routed(registry, "thanks", "nobody", COAST, day=last).insurer == "coast"
    assert routed(registry, "thanks", "nobody", COAST, day=after).rule == "triage"
    assert routed(registry, "hospital", day=after).insurer == "bharat"


@pytest.mark.parametrize(
    ("text", "open_", "desk"),
    [
        ("my car", (), "service"),
        ("claim for my car", (), "claims"),
        ("car, an expert please", (), "experts"),
        ("thanks", (ACME,), "claims"),
        ("an expert please", (ACME,), "experts"),
        ("thanks", (replace(ACME, desk="gone"),), "service"),
    ],
)
def test_the_desk(registry: Registry, text: str, open_: tuple[Conversation, ...], desk: str) -> None:
    """A rule's desk, else the thread's own, else what the agreement says."""
    assert routed(registry, text, "nobody", *open_).desk == desk


def test_what_the_agreement_promises_travels_along(registry: Registry) -> None:
    """SLA, masking, version and priority are the agreement's at that moment; a rule's priority goes before."""
    decided = routed(registry, "my car")
    assert decided.sla == registry.agreements["acme"].terms
    assert decided.agreement_version == registry.agreements["acme"].version
    assert decided.masking == registry.agreements["acme"].masking_policy == MaskingPolicy(regions=("GB",))
    assert decided.priority == 2
    assert routed(registry, "bharat").priority == 7


def test_the_words_of_each_content() -> None:
    """Buttons and choices speak by what the person saw, forms by what was filled in; an edit says nothing new."""
    text = MessageText("my car")
    assert said(TextContent(text=text)) == "my car"
    assert said(ButtonContent(text=text, payload=MessageText("x"))) == "my car"
    choice = ChoiceContent(
        choice="list_reply", choice_id=MessageText("1"), title=text, description=MessageText("claim")
    )
    assert said(choice) == "my car\nclaim"
    form = FlowContent(answers=(Answer(label=MessageText("car"), value=MessageText("ACM-2026-001")),))
    assert said(form) == "ACM-2026-001"
    order = OrderContent(items=(OrderItem(product=MessageText("cover"), quantity=1),), note=text)
    assert said(order) == "my car\ncover"
    assert said(EditContent(text=text)) == ""
    assert said(OtherContent(type="image")) == ""


def test_reasons_never_quote_the_message(registry: Registry) -> None:
    """What a person typed does not travel in the explanation."""
    decided = went(registry, "secretword 447700900123 my car claim ACM-2026-001 CLA-2026-001")
    assert "secretword" not in repr(decided)
    assert "900123" not in repr(decided)


def by_words(
    registry: Registry, text: str, kinds: dict[str, str], intents: dict[str, str]
) -> tuple[Route, FixedReadings]:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    readings = FixedReadings(kinds, intents)
    dossier = Dossier(derived_id("ct", "someone"), 1)
    decided = destination(Case(Heard(text, now), dossier, (), registry, readings, now))
    assert isinstance(decided, Route)
    return decided, readings


def test_a_keyword_gives_way_where_the_words_are_about_something_else(registry: Registry) -> None:
    """A rule's keyword in a sentence about another policy type misleads nobody; the reasons say both."""
    route, _ = by_words(registry, "my car in the surgery", {"surgery": "health"}, {})
    assert (route.policy_type, route.rule) == ("health", "triage")
    assert any("rule car says motor, but the words mean (0.99) health" in each for each in route.reasons)


def test_a_keyword_that_nothing_contradicts_stands_and_costs_no_reading(registry: Registry) -> None:
    """Wording alone gives the second opinion, and says what the writer wants."""
    route, readings = by_words(
        registry, "cancel my car", kinds={"car": "motor"}, intents={"cancel": "cancellation"}
    )
    assert (route.policy_type, route.rule, route.intent) == ("motor", "car", "cancellation")
    assert readings.asked == []
    unread, _ = by_words(registry, "my car", {}, {})
    assert (unread.policy_type, unread.intent) == ("motor", None)
