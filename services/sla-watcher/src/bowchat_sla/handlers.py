"""What the events of a conversation do to its clock."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bowchat_contracts.conversations import ConversationChanged
from bowchat_contracts.ids import ClockId, ConversationId
from bowchat_contracts.inbound import MessageRelayed
from bowchat_contracts.replies import ReplyDecided
from bowchat_contracts.topics import INBOUND_RELAYED
from bowchat_runtime.decoding import key_of
from bowchat_runtime.records import Outgoing, Record, position_of
from bowchat_sla import domain, metrics
from bowchat_sla.domain import Clock
from bowchat_sla.store import ClockStore

_REMEMBERED = 100_000


@dataclass
class Clocks:
    """The clocks a batch is about: as stored, and as decided."""

    stored: dict[ClockId, Clock]
    decided: dict[ClockId, Clock] = field(default_factory=dict)

    def now(self, conversation_id: ConversationId) -> Clock:
        identity = domain.clock_id(conversation_id)
        held = self.decided.get(identity) or self.stored.get(identity)
        return held or domain.new_clock(conversation_id)


class ClockHandler:
    """Relayed messages start clocks, accepted replies meet them, settled conversations cancel them.

    A conversation's clock starts once, so which record started it never changes: that alone is kept in memory, and
    spares the store a read for every later message.
    """

    def __init__(self, store: ClockStore) -> None:
        self._store = store
        self._started_by: OrderedDict[ConversationId, str] = OrderedDict()

    def concerns(self, raw: Any) -> bool:
        """Not the later messages of a conversation whose clock is known to have started: most of what is read."""
        if raw.topic != INBOUND_RELAYED:
            return True
        starter = self._started_by.get(key_of(raw) or "")
        return starter is None or starter == position_of(raw)

    async def load(self, records: Sequence[Record]) -> Clocks:
        subjects = [self._subject(record) for record in records]
        ids = {domain.clock_id(each) for each in subjects if each is not None}
        return Clocks(await self._store.read(sorted(ids)) if ids else {})

    def decide(self, record: Record, state: Clocks, now: datetime) -> Sequence[Outgoing]:
        conversation_id = self._subject(record)
        if conversation_id is None:
            return []
        before = state.now(conversation_id)
        after = apply(before, record, now)
        told = domain.caused_by(after, record.position)
        if after != before:
            state.decided[after.clock_id] = after
        return told

    async def save(self, state: Clocks) -> None:
        changed = [
            replace(clock, version=_version(state.stored.get(identity)) + 1)
            for identity, clock in state.decided.items()
        ]
        if changed:
            await self._store.write(changed)
        for clock in (state.stored | state.decided).values():
            self._remember(clock)
        for clock in changed:
            _count(clock, state.stored.get(clock.clock_id))

    def forget(self) -> None:
        self._started_by.clear()

    def _subject(self, record: Record) -> ConversationId | None:
        """The conversation whose clock this record may change or has changed; None when it cannot."""
        match record.event:
            case MessageRelayed(outcome="relayed" | "released", conversation_id=conversation_id, sla=terms):
                starter = self._started_by.get(conversation_id, record.position)
                return conversation_id if terms is not None and starter == record.position else None
            case ReplyDecided(outcome="accepted", conversation_id=conversation_id):
                return conversation_id
            case ConversationChanged(conversation_id=conversation_id) as event if _ends(event):
                return conversation_id
        return None

    def _remember(self, clock: Clock) -> None:
        if clock.terms is None:
            return
        self._started_by[clock.conversation_id] = clock.terms.cause
        if len(self._started_by) > _REMEMBERED:
            self._started_by.popitem(last=False)


def _ends(event: ConversationChanged) -> bool:
    """Whether no answer is owed any more: it was settled, or the insurer said that none is needed."""
    return event.state in ("resolved", "closed") or event.change == "no_reply_needed"


def apply(clock: Clock, record: Record, now: datetime) -> Clock:
    """The clock with this record's fact."""
    cause = record.position
    match record.event:
        case MessageRelayed() as event:
            return domain.started(clock, event, record.meta.traceparent, now=now, cause=cause)
        case ReplyDecided(received_at=at):
            return domain.answered(clock, at, now=now, cause=cause)
        case ConversationChanged(at=at):
            return domain.closed(clock, at, now=now, cause=cause)
    return clock


def _version(clock: Clock | None) -> int:
    return clock.version if clock else 0


def _count(clock: Clock, stored: Clock | None) -> None:
    if clock.terms is None:
        return
    for change in clock.changes[len(stored.changes) if stored else 0 :]:
        metrics.CHANGES.labels(clock.terms.insurer, change.state).inc()
