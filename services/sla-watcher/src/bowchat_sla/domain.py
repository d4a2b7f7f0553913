"""Which clock runs, stops, breaches.

A clock is a pile of facts and a journal. The facts (when it started and on what terms, when the first accepted reply
was received, when the conversation was closed) may arrive in any order, since they come on different topics; each only
ever moves to an earlier time. The facts alone decide how a clock ends, by event time, so the order of arrival cannot:

- a reply received by the due time, and not after the conversation was closed: **met**;
- closed by the due time: **cancelled**;
- a later reply: **met_late**;
- nothing of these: open, and the timers decide (running, warned, breached).

The journal is what was told to the world. It only grows: a reply that was received in time and is noticed after the
breach adds `met` behind `breached`, which voids it; nothing is taken back.

Moments are cut to the millisecond, the precision of the store, so that an event told again has the same bytes.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from bowchat_contracts.envelope import Meta, traceparent
from bowchat_contracts.ids import ClockId, ConversationId, InsurerId, derived_id
from bowchat_contracts.inbound import MessageRelayed
from bowchat_contracts.sla import ClockState, SlaChanged
from bowchat_contracts.topics import SLA_CHANGED
from bowchat_runtime.records import Outgoing

FIRST_RESPONSE: Literal["first_response"] = "first_response"
TIMER = "timer"
"""The cause of a change that no record caused."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What was promised and from when: set by the first message that reached the insurer, never changed."""

    insurer: InsurerId
    desk: str | None
    target_s: int
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    traceparent: str
    cause: str
    """The position of the record that started the clock."""


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the journal."""

    state: ClockState
    at: datetime
    detected_at: datetime
    cause: str
    """The position of the record that caused it, or `TIMER`. The same record read again tells the change again."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One conversation's wait for its insurer's first response."""

    clock_id: ClockId
    conversation_id: ConversationId
    version: int = 0
    terms: Terms | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    changes: tuple[Change, ...] = ()
    untold: tuple[int, ...] = ()
    """Places in the journal that a timer wrote and has not yet seen acknowledged by the broker."""
    look_at: datetime | None = None
    """When a ticker has to look next: the next timer, or, while something is untold, the end of the lease."""
    fired_by: str = ""
    """Which ticker fired last."""

    @property
    def state(self) -> ClockState | Literal["waiting"]:
        """`waiting`: a reply or an end is known, the start is not."""
        return self.changes[-1].state if self.changes else "waiting"


def clock_id(conversation_id: ConversationId) -> ClockId:
    return derived_id("ck", conversation_id, FIRST_RESPONSE)


def new_clock(conversation_id: ConversationId) -> Clock:
    return Clock(clock_id(conversation_id), conversation_id)


def started(clock: Clock, event: MessageRelayed, trace: str, *, now: datetime, cause: str) -> Clock:
    """The message is on the insurer's topic. Only the first one of a conversation that promises a time starts a clock."""
    if clock.terms is not None or event.outcome not in ("relayed", "released") or event.sla is None:
        return clock
    begin = _milliseconds(event.relayed_at)
    target = event.sla.first_response_s
    terms = Terms(
        insurer=event.insurer,
        desk=event.desk,
        target_s=target,
        started_at=begin,
        warn_at=_milliseconds(begin + timedelta(seconds=target * event.sla.warn_ratio)),
        due_at=begin + timedelta(seconds=target),
        traceparent=trace,
        cause=cause,
    )
    return _settled(replace(clock, terms=terms), now=now, cause=cause)


def answered(clock: Clock, at: datetime, *, now: datetime, cause: str) -> Clock:
    """An accepted reply was received at this moment."""
    return _settled(replace(clock, answered_at=_earlier(clock.answered_at, at)), now=now, cause=cause)


def closed(clock: Clock, at: datetime, *, now: datetime, cause: str) -> Clock:
    """The conversation was closed at this moment."""
    return _settled(replace(clock, closed_at=_earlier(clock.closed_at, at)), now=now, cause=cause)


def fired(clock: Clock, *, now: datetime, lease: timedelta, ticker: str) -> Clock:
    """What the timers say at this moment. Whatever is untold stays with this ticker until the lease ends."""
    changes = _timed(clock, now)
    new = range(len(clock.changes), len(clock.changes) + len(changes))
    untold = (*clock.untold, *new)
    after = replace(clock, changes=(*clock.changes, *changes), untold=untold, fired_by=ticker)
    return replace(after, look_at=_milliseconds(now) + lease if untold else _next_timer(after))


def told(clock: Clock) -> Clock:
    """The broker has everything."""
    after = replace(clock, untold=())
    return replace(after, look_at=_next_timer(after))


def outgoing(clock: Clock, index: int) -> Outgoing:
    """One line of the journal as an event. The same line always gives the same bytes."""
    change, terms = clock.changes[index], clock.terms
    assert terms is not None, "a clock that has changed has terms"
    event = SlaChanged(
        clock_id=clock.clock_id,
        conversation_id=clock.conversation_id,
        insurer=terms.insurer,
        desk=terms.desk,
        kind=FIRST_RESPONSE,
        state=change.state,
        target_s=terms.target_s,
        started_at=terms.started_at,
        due_at=terms.due_at,
        at=change.at,
        detected_at=change.detected_at,
    )
    # The place in the journal tells apart the rare second visit of a state.
    stage = f"{change.state}/{index}"
    meta = Meta(
        id=derived_id("ev", clock.clock_id, stage),
        type=event.type,
        source="/bowchat/sla-watcher",
        time=change.detected_at,
        traceparent=traceparent(clock.clock_id, stage, parent=terms.traceparent),
    )
    return Outgoing(topic=SLA_CHANGED, key=clock.conversation_id, event=event, meta=meta)


def caused_by(clock: Clock, cause: str) -> list[Outgoing]:
    """What this record has to tell, be it read for the first time or again."""
    return [outgoing(clock, index) for index, change in enumerate(clock.changes) if change.cause == cause]


def _settled(clock: Clock, *, now: datetime, cause: str) -> Clock:
    detected = _milliseconds(now)
    changes = tuple(Change(state, at, detected, cause) for state, at in _due_changes(clock))
    after = replace(clock, changes=(*clock.changes, *changes))
    return after if after.untold else replace(after, look_at=_next_timer(after))


def _due_changes(clock: Clock) -> list[tuple[ClockState, datetime]]:
    """What the facts add to the journal."""
    terms = clock.terms
    if terms is None:
        return []
    found: list[tuple[ClockState, datetime]] = [] if clock.changes else [("running", terms.started_at)]
    end = _end(clock, terms)
    if end is None or end[0] == clock.state:
        return found
    if end[0] == "met_late" and not _has(clock, "breached"):
        found.append(("breached", terms.due_at))
    return [*found, end]


def _end(clock: Clock, terms: Terms) -> tuple[ClockState, datetime] | None:
    answer, closing, due = clock.answered_at, clock.closed_at, terms.due_at
    if answer is not None and answer <= due and (closing is None or answer <= closing):
        return "met", answer
    if closing is not None and closing <= due:
        return "cancelled", closing
    if answer is not None:
        return "met_late", answer
    return None


def _timed(clock: Clock, now: datetime) -> tuple[Change, ...]:
    """A warning that comes with the breach warns of nothing, and is left out."""
    terms, detected = clock.terms, _milliseconds(now)
    if terms is None or clock.state not in ("running", "warned"):
        return ()
    if now >= terms.due_at:
        return (Change("breached", terms.due_at, detected, TIMER),)
    if clock.state == "running" and now >= terms.warn_at:
        return (Change("warned", terms.warn_at, detected, TIMER),)
    return ()


def _next_timer(clock: Clock) -> datetime | None:
    if clock.terms is None:
        return None
    return {"running": clock.terms.warn_at, "warned": clock.terms.due_at}.get(clock.state)


def _has(clock: Clock, state: ClockState) -> bool:
    return any(change.state == state for change in clock.changes)


def _earlier(known: datetime | None, at: datetime) -> datetime:
    moment = _milliseconds(at)
    return moment if known is None else min(known, moment)


def _milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
