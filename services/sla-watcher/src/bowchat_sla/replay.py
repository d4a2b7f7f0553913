"""The watcher's rule as a pure fold: events in, the changes of clocks out.

Time is the events' own: `time` where a line names it, else the moment the event speaks of. It never goes back. Timers
that fall before a line's time fire first, each at its exact moment; a line with only a `time` lets them fire.
"""

from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from bowchat_contracts.conversations import ConversationChanged
from bowchat_contracts.envelope import Event, Meta
from bowchat_contracts.ids import ClockId, ConversationId
from bowchat_contracts.inbound import MessageRelayed
from bowchat_contracts.replies import ReplyDecided
from bowchat_contracts.topics import event_class
from bowchat_runtime.errors import RejectError
from bowchat_runtime.records import Outgoing, Record
from bowchat_sla import domain
from bowchat_sla.domain import Clock
from bowchat_sla.handlers import apply

_MOMENT = TypeAdapter(datetime)


class Replay:
    """The clocks of the events seen so far."""

    def __init__(self) -> None:
        self._clocks: dict[ClockId, Clock] = {}
        self._now: datetime | None = None
        self._line = 0

    def step(self, line: dict[str, Any]) -> dict[str, Any]:
        """The changes that one line causes, timers first.

        Errors: `RejectError` or pydantic's `ValidationError` when the line is no event of the relay.
        """
        event = _event(line)
        now = _moment(line, event)
        self._line += 1
        self._now = now if self._now is None else max(now, self._now)
        told = self._timers(self._now)
        if event is not None:
            told += self._fact(event, self._now)
        return {"changes": [each.event.model_dump(mode="json") for each in told]}

    def _timers(self, until: datetime) -> list[Outgoing]:
        told: list[Outgoing] = []
        while due := [clock for clock in self._clocks.values() if clock.look_at and clock.look_at <= until]:
            clock = min(due, key=_look)
            after = domain.fired(clock, now=_look(clock), lease=timedelta(), ticker="replay")
            told += [domain.outgoing(after, index) for index in after.untold]
            self._clocks[clock.clock_id] = domain.told(after)
        return told

    def _fact(self, event: Event, now: datetime) -> list[Outgoing]:
        conversation_id = _subject(event)
        if conversation_id is None:
            return []
        identity = domain.clock_id(conversation_id)
        clock = self._clocks.get(identity) or domain.new_clock(conversation_id)
        record = Record("replay", 0, self._line, None, Meta("", event.type, "", now, ""), event, b"", 0)
        after = apply(clock, record, now)
        self._clocks[identity] = after
        return domain.caused_by(after, record.position)


def _event(line: dict[str, Any]) -> Event | None:
    if "type" not in line:
        if "time" not in line:
            raise RejectError('a line needs "type" and "data", or only a "time" to let the timers fire')
        return None
    model = event_class(str(line["type"]))
    if model is None:
        raise RejectError("the type names no event of this relay")
    return model.model_validate(line.get("data"))


def _moment(line: dict[str, Any], event: Event | None) -> datetime:
    moment = _MOMENT.validate_python(line["time"]) if "time" in line else _own_moment(event)
    if moment.tzinfo is None:
        raise RejectError('a time must name its offset, as in "2026-01-01T10:00:00Z"')
    return moment


def _own_moment(event: Event | None) -> datetime:
    match event:
        case MessageRelayed(relayed_at=at) | ReplyDecided(received_at=at) | ConversationChanged(at=at):
            return at
    raise RejectError('events of this type move no clock; give the line a "time"')


def _subject(event: Event) -> ConversationId | None:
    match event:
        case MessageRelayed(conversation_id=conversation_id):
            return conversation_id
        case ReplyDecided(outcome="accepted", conversation_id=conversation_id):
            return conversation_id
        case ConversationChanged(state="closed", conversation_id=conversation_id):
            return conversation_id
    return None


def _look(clock: Clock) -> datetime:
    assert clock.look_at is not None, "only clocks with a timer are looked at"
    return clock.look_at
