"""The router over a log, in memory: what it would have decided with one version of the registry.

It is the service's own deciding code: a whole log is one batch, which is never saved. What is kept grows with the contacts
and not with their messages.
"""

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from bowchat_contracts.commands import CommandRequested, SlashCommand
from bowchat_contracts.ids import ContactId, ConversationId, MessageId, Ref, derived_id
from bowchat_contracts.inbound import InboundReceived
from bowchat_contracts.replies import ReplyDecided
from bowchat_contracts.topics import COMMANDS_REQUESTED, DESKS_WORKED, INBOUND_RECEIVED, REPLIES_DECIDED
from bowchat_registry.registry import Registry
from bowchat_router.deeds import Deed, Timer
from bowchat_router.desk_store import MemoryDesks
from bowchat_router.desk_watch import LOOK_EVERY, looks
from bowchat_router.domain.case import Case
from bowchat_router.domain.destination import destination
from bowchat_router.domain.model import Dossier, Route
from bowchat_router.handlers.commands import CommandHandler
from bowchat_router.handlers.desks import DeskBatch, DeskHandler
from bowchat_router.handlers.inbound import InboundBatch, InboundHandler
from bowchat_router.handlers.replies import ReplyHandler
from bowchat_router.handlers.timers import TimerBatch, TimerHandler
from bowchat_router.memory import MemoryRouter
from bowchat_router.readings import Readings
from bowchat_router.remembered import Memory
from bowchat_router.ticker import told
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.rereading import MemoryRereader

TOPICS = (INBOUND_RECEIVED, REPLIES_DECIDED, COMMANDS_REQUESTED)
"""What decides where messages go: what was written, what was answered, what people commanded."""
_REMEMBERED = 20
"""Of each contact, so many of the latest causes are known again: a message may quote them, or come twice."""
_NO_ROUTE = Route("", (), None)

Outcome = Literal["routed", "asked", "triage", "queued", "answer"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a message as soon as it came."""

    outcome: Outcome
    """`answer`: it answered a question of the relay's, and went no further."""
    insurer: str | None
    desk: str | None
    rule: str
    reasons: tuple[str, ...]


class _Deeds(dict[str, Deed]):
    """The latest deeds of each contact, as far as a later message may ask for them."""

    def __init__(self) -> None:
        super().__init__()
        self._of: defaultdict[ContactId, deque[str]] = defaultdict(deque)

    def __setitem__(self, subject: str, deed: Deed) -> None:
        own = self._of[deed.after.contact_id]
        own.append(subject)
        if len(own) > _REMEMBERED:
            del self[own.popleft()]
        sent = tuple(replace(each, route=_NO_ROUTE) for each in deed.sent)
        known = Deed(subject, deed.position, deed.at, Dossier(deed.after.contact_id), sent)
        super().__setitem__(subject, known)


class _Fresh(dict[Ref, ContactId]):
    """A new contact's id follows from who wrote: the same in every world."""

    def __missing__(self, ref: Ref) -> ContactId:
        return derived_id("ct", "shadow", ref)


@dataclass
class _Log(InboundBatch, TimerBatch, DeskBatch):
    """The whole log as one batch."""

    contacts: dict[ConversationId, ContactId] = field(default_factory=dict)


@dataclass(frozen=True)
class _InUse:
    current: Registry


class _Anybody(dict[str, Record]):
    """Everybody could be asked; nobody is."""

    def __contains__(self, _: object) -> bool:
        return True


class _Listening(InboundHandler):
    """Remembers the latest case: why a question was asked is in no event."""

    case: Case | None = None

    def _case(self, *arguments: Any) -> Case:
        self.case = super()._case(*arguments)
        return self.case


class World:
    """What happens to a log's messages with one version of the registry."""

    failing: frozenset[str] = frozenset()
    """No desk fails here: the clocks of a world that never was are not known."""

    def __init__(self, registry: Registry, readings: Readings) -> None:
        parts = MemoryRouter(), _InUse(registry), Memory()
        self._inbound = _Listening(*parts, readings, self)
        self._replies, self._commands = ReplyHandler(*parts), CommandHandler(*parts)
        self._timers = TimerHandler(*parts, readings, MemoryRereader())
        self._desks = DeskHandler(*parts, MemoryDesks())
        self._log = _Log(registry, _Deeds(), {}, 0, askers=_Anybody(), fresh=_Fresh())
        self._due: list[tuple[datetime, int, Timer]] = []
        self._lines: set[str] = set()
        self._looked_at: datetime | None = None
        self._told = 0

    def hear(self, record: Record) -> Fate | None:
        """Take in the next record of the log. What became of it, where it is a message that is new."""
        now = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
        self._pass_time(now)
        event = record.event
        if isinstance(event, InboundReceived):
            return self._message(record, event, now)
        own = self._own(event)
        if own is not None:
            handler = self._replies if isinstance(own, ReplyDecided) else self._commands
            self._decide(handler, record._replace(event=own), now)
        return None

    def _message(self, record: Record, message: InboundReceived, now: datetime) -> Fate | None:
        deed = next(iter(self._decide(self._inbound, record, now)), None)
        return self._fate(message.message_id, deed) if deed else None

    def _own(self, event: ReplyDecided | CommandRequested) -> ReplyDecided | CommandRequested | None:
        """The event as it would be said here: contacts have other ids, and an insurer's command is of whoever has the
        conversation here. None where there is no such conversation.
        """
        about = event if isinstance(event, ReplyDecided) else event.command
        if not isinstance(about, ReplyDecided | SlashCommand):
            return None
        contact = self._log.contacts.get(about.conversation_id or "")
        conversation = contact and self._log.dossiers[contact].conversation(about.conversation_id)
        if not contact or not conversation:
            return None
        if isinstance(event, ReplyDecided):
            return event.model_copy(update={"contact_id": contact})
        by = event.by
        if by.role == "insurer" and conversation.insurer:
            by = by.model_copy(update={"name": conversation.insurer})
        return event.model_copy(
            update={"by": by, "command": about.model_copy(update={"contact_id": contact})}
        )

    def _fate(self, message_id: MessageId, deed: Deed) -> Fate:
        sent = next((each for each in deed.sent if each.place.message_id == message_id), None)
        dossier = self._log.dossiers[deed.after.contact_id]
        if sent is not None:
            now = dossier.conversation(sent.conversation_id)
            if now is None or now.insurer is None:
                return Fate("triage", None, None, sent.route.rule, sent.route.reasons)
            outcome: Outcome = "queued" if now.state == "queued" else "routed"
            return Fate(outcome, now.insurer, now.desk, sent.route.rule, sent.route.reasons)
        question, case = deed.after.question, self._inbound.case
        if question and case and any(each.message_id == message_id for each in question.pending):
            return Fate("asked", None, None, "ask", destination(case).reasons)
        return Fate("answer", None, None, "answer", ("it answers a question of the relay's",))

    def _pass_time(self, now: datetime) -> None:
        """Whatever comes of the time until now."""
        while self._due and self._due[0][0] <= now:
            due_at, _, timer = heapq.heappop(self._due)
            self._decide(self._timers, self._record(told(timer)), due_at)
            self._remind(self._log.later)
            self._log.later, self._log.done = [], []
        if self._lines and (self._looked_at is None or now - self._looked_at >= LOOK_EVERY):
            self._looked_at = now
            self._follow(looks(sorted(self._lines), now), now)

    def _decide(self, handler: Any, record: Record, now: datetime) -> Sequence[Deed]:
        """What was done for this record itself; what follows from it is done too."""
        self._log.decided, self._log.learnt = [], {}
        outgoing: Sequence[Outgoing] = handler.decide(record, self._log, now)
        decided = self._log.decided
        for deed in decided:
            self._remind(deed.timers)
            self._log.contacts |= {each.conversation_id: deed.after.contact_id for each in deed.opened}
            for each in deed.after.past:
                self._log.contacts.pop(each.conversation_id, None)
        self._follow(outgoing, now)
        return decided

    def _follow(self, outgoing: Iterable[Outgoing], now: datetime) -> None:
        for each in outgoing:
            if each.topic == DESKS_WORKED:
                self._decide(self._desks, self._record(each), now)
                waits = bool(self._log.books[each.key].line) if each.key in self._log.books else False
                (self._lines.add if waits else self._lines.discard)(each.key)

    def _remind(self, timers: Iterable[Timer]) -> None:
        for each in timers:
            self._told += 1
            heapq.heappush(self._due, (each.due_at, self._told, each))

    def _record(self, own: Outgoing) -> Record:
        """What the router tells itself, as it would read it."""
        self._told += 1
        at = int(own.meta.time.timestamp() * 1000)
        return Record(own.topic, 0, self._told, own.key, own.meta, own.event, b"", at)
