"""Clocks: which facts end one how, and that the order of their arrival cannot matter."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRelayed, SlaTerms
from bowchat_sla import domain
from bowchat_sla.domain import Clock

START = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
CONVERSATION = derived_id("cv", "one")
LEASE = timedelta(seconds=2)


def relayed(
    at: datetime = START, *, outcome: str = "relayed", seq: int = 1, terms: bool = True
) -> MessageRelayed:
    return MessageRelayed(
        message_id=derived_id("ms", str(seq)),
        conversation_id=CONVERSATION,
        contact_id=derived_id("ct", "one"),
        insurer="acme",
        desk="claims",
        seq=seq,
        outcome=outcome,
        insurer_message_id=derived_id("im", str(seq)),
        alias=derived_id("ph", "one"),
        sla=SlaTerms(first_response_s=300, warn_ratio=0.75) if terms else None,
        sent_at=at,
        relayed_at=at,
    )


def second(number: float) -> datetime:
    return START + timedelta(seconds=number)


def running() -> Clock:
    return domain.started(domain.new_clock(CONVERSATION), relayed(), "", now=START, cause="r/0/0")


def states(clock: Clock) -> list[str]:
    return [change.state for change in clock.changes]


def test_the_first_relayed_message_starts_the_clock_on_the_agreed_terms() -> None:
    """Due and warning times follow from the moment the message was on the insurer's topic, to the millisecond."""
    terms = running().terms
    assert terms is not None
    begin = START.replace(microsecond=123000)
    assert (terms.started_at, terms.warn_at, terms.due_at) == (
        begin,
        begin + timedelta(seconds=225),
        begin + timedelta(seconds=300),
    )


@pytest.mark.parametrize(
    "event",
    [relayed(outcome="held"), relayed(outcome="blocked"), relayed(terms=False)],
    ids=["held", "blocked", "nothing promised"],
)
def test_only_a_relayed_message_with_a_promise_starts_a_clock(event: MessageRelayed) -> None:
    """An insurer is not timed on what it did not get, or never promised."""
    clock = domain.new_clock(CONVERSATION)
    assert domain.started(clock, event, "", now=START, cause="r/0/0") == clock


def test_a_later_message_does_not_restart_the_clock() -> None:
    """The policyholder has waited since the first message, however many follow."""
    clock = running()
    assert domain.started(clock, relayed(second(100), seq=2), "", now=second(100), cause="r/0/1") == clock


@pytest.mark.parametrize(
    ("answered", "closed", "expected"),
    [
        (10, None, ["running", "met"]),
        (300, None, ["running", "met"]),
        (301, None, ["running", "breached", "met_late"]),
        (None, 10, ["running", "cancelled"]),
        (None, 301, ["running"]),
        (10, 20, ["running", "met"]),
        (20, 10, ["running", "cancelled"]),
        (310, 305, ["running", "breached", "met_late"]),
    ],
)
def test_event_times_decide_how_a_clock_ends(
    answered: int | None, closed: int | None, expected: list[str]
) -> None:
    """A reply by the due time meets; one later is late, and says so behind the breach; closing in time cancels."""
    clock = domain.new_clock(CONVERSATION)
    if answered is not None:
        clock = domain.answered(clock, second(answered), now=second(400), cause="d/0/0")
    if closed is not None:
        clock = domain.closed(clock, second(closed), now=second(400), cause="c/0/0")
    clock = domain.started(clock, relayed(), "", now=second(400), cause="r/0/0")
    assert states(clock) == expected


def test_timers_warn_and_breach_at_exact_moments() -> None:
    """A breach carries the exact due time and, beside it, when it was noticed."""
    clock = domain.told(domain.fired(running(), now=second(226), lease=LEASE, ticker="tk"))
    clock = domain.fired(clock, now=second(300.7), lease=LEASE, ticker="tk")
    assert states(clock) == ["running", "warned", "breached"]
    assert clock.terms is not None
    assert clock.changes[-1].at == clock.terms.due_at
    assert clock.changes[-1].detected_at == second(300.7).replace(microsecond=823000)


def test_after_an_outage_the_breach_comes_without_a_warning() -> None:
    """A warning that comes with the breach warns of nothing."""
    assert states(domain.fired(running(), now=second(900), lease=LEASE, ticker="tk")) == [
        "running",
        "breached",
    ]


def test_a_reply_received_in_time_voids_a_breach_that_was_noticed_first() -> None:
    """Event time decides: `met` follows `breached`, and nothing is taken back."""
    clock = domain.fired(running(), now=second(301), lease=LEASE, ticker="tk")
    clock = domain.answered(clock, second(299), now=second(302), cause="d/0/0")
    assert states(clock) == ["running", "breached", "met"]


def test_an_untold_change_keeps_the_ticker_coming_back() -> None:
    """Until the broker has acknowledged, the clock stays due, even when a reply ends it meanwhile."""
    clock = domain.fired(running(), now=second(301), lease=LEASE, ticker="tk")
    clock = domain.answered(clock, second(302), now=second(302), cause="d/0/0")
    assert clock.untold == (1,)
    assert clock.look_at is not None
    assert domain.told(clock).look_at is None


def test_the_same_line_of_the_journal_gives_the_same_event() -> None:
    """Telling a change again is a duplicate that every reader absorbs."""
    clock = domain.fired(running(), now=second(301), lease=LEASE, ticker="one")
    again = domain.fired(clock, now=second(305), lease=LEASE, ticker="two")
    assert domain.outgoing(clock, 1) == domain.outgoing(again, 1)
    assert domain.outgoing(clock, 0).meta.id != domain.outgoing(clock, 1).meta.id


@dataclass(frozen=True)
class Fact:
    """One thing that happens to a clock, and when it is noticed."""

    kind: str
    at: int


def played(facts: list[Fact], *, seed: int, ticks: list[int]) -> Clock:
    """The clock after these facts in this order, some of them twice, with the ticker coming by between them."""
    dice, clock, now = Random(seed), domain.new_clock(CONVERSATION), 0
    for index, fact in enumerate(facts):
        now = max(now, fact.at) + dice.choice(ticks)
        for repeat in range(dice.choice([1, 1, 2])):
            clock = _with(clock, fact, now, f"{fact.kind}/{index}/{repeat}")
        if dice.random() < 0.5:
            clock = domain.fired(clock, now=second(now), lease=LEASE, ticker="tk")
        if dice.random() < 0.5:
            clock = domain.told(clock)
    return domain.told(domain.fired(clock, now=second(100_000), lease=LEASE, ticker="tk"))


def _with(clock: Clock, fact: Fact, now: int, cause: str) -> Clock:
    if fact.kind == "relayed":
        return domain.started(clock, relayed(second(fact.at)), "", now=second(now), cause=cause)
    if fact.kind == "reply":
        return domain.answered(clock, second(fact.at), now=second(now), cause=cause)
    return domain.closed(clock, second(fact.at), now=second(now), cause=cause)


moments = st.integers(0, 600)
histories = st.builds(
    lambda replies, closings: [
        Fact("relayed", 0),
        *(Fact("reply", at) for at in replies),
        *(Fact("closed", at) for at in closings),
    ],
    st.lists(moments, max_size=3),
    st.lists(moments, max_size=2),
)


@given(facts=histories, data=st.data(), seed=st.integers(0, 10**6))
def test_order_duplicates_and_ticks_never_change_how_a_clock_ends(
    facts: list[Fact], data: st.DataObject, seed: int
) -> None:
    """The same facts give the same end, whatever order the topics deliver them in."""
    ordered = played(sorted(facts, key=lambda each: each.at), seed=1, ticks=[0])
    shuffled = played(data.draw(st.permutations(facts)), seed=seed, ticks=[0, 1, 50, 400])
    assert shuffled.state == ordered.state


@given(facts=histories, data=st.data(), seed=st.integers(0, 10**6))
def test_a_met_clock_never_breaches_and_a_breach_is_told_once(
    facts: list[Fact], data: st.DataObject, seed: int
) -> None:
    """Behind `met` no breach follows; no journal holds two breaches; every journal begins with `running`."""
    journal = states(played(data.draw(st.permutations(facts)), seed=seed, ticks=[0, 1, 50, 400]))
    assert journal[0] == "running"
    assert journal.count("breached") <= 1
    if "met" in journal:
        assert "breached" not in journal[journal.index("met") :]
