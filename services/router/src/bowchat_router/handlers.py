"""What the router does with a batch of messages, or of decided replies."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import ClassVar, Protocol

from bowchat_contracts.ids import ContactId, ConversationId, MessageId, Ref, random_id
from bowchat_contracts.inbound import InboundReceived
from bowchat_contracts.replies import ReplyDecided
from bowchat_registry.registry import Registry
from bowchat_router import domain, journal, metrics
from bowchat_router.contacts import KnownRef, Writer, identify
from bowchat_router.domain import Conversation, Question
from bowchat_router.journal import Entry
from bowchat_router.remembered import Memory
from bowchat_router.store import RouterStore
from bowchat_runtime.errors import RejectError
from bowchat_runtime.moments import whole_milliseconds
from bowchat_runtime.parking import park_id_of
from bowchat_runtime.records import Outgoing, Record


class Registries(Protocol):
    """Whoever has the registry in use."""

    @property
    def current(self) -> Registry: ...


@dataclass
class Batch:
    """What a batch needs to know, and what it decides."""

    registry: Registry
    entries: dict[str, Entry]
    conversations: dict[ContactId, tuple[Conversation, ...]]
    """The open conversations of each contact; replaced whole when one changes."""
    refs: dict[Ref, KnownRef] = field(default_factory=dict)
    fresh: dict[Ref, ContactId] = field(default_factory=dict)
    """An id for each writer who may turn out to be a new contact."""
    learnt: dict[Ref, KnownRef] = field(default_factory=dict)
    decided: list[Entry] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    duplicates: int = 0
    met_again: bool = False
    """Whether a record came that had been decided before."""

    def told_before(self, record: Record, subject: str) -> Sequence[Outgoing] | None:
        """What this record gave already: the same again, nothing for a duplicate, None when it is new.

        A record released from the park stands at another position and is no duplicate: it may have been decided and
        never published.
        """
        entry = self.entries.get(subject)
        if entry is None:
            return None
        self.met_again = True
        if entry.position == record.position or park_id_of(record) is not None:
            return journal.events(record, entry)
        self.duplicates += 1
        return []

    def take(self, entry: Entry) -> None:
        """The entry counts from now on."""
        after = entry.after
        others = self.conversations.get(after.contact_id, ())
        if entry.previous is None:
            self.conversations[after.contact_id] = (*others, after)
        else:
            self.conversations[after.contact_id] = tuple(
                after if each.conversation_id == after.conversation_id else each for each in others
            )
        self.entries[entry.subject] = entry
        self.decided.append(entry)


class _Remembering:
    """What both handlers share: reading through the memory, and saving."""

    _adds_contacts: ClassVar[bool]
    """Whether what this handler reads of a contact is the whole of it. Only one handler opens conversations."""

    def __init__(self, store: RouterStore, registries: Registries, memory: Memory) -> None:
        self._store, self._registries, self._memory = store, registries, memory

    async def _conversations(self, contacts: set[ContactId]) -> dict[ContactId, tuple[Conversation, ...]]:
        known = self._memory.conversations.known(contacts)
        missing = sorted(contacts - known.keys())
        found = await self._store.conversations(missing) if missing else {}
        return known | {each: found.get(each, ()) for each in missing}

    async def save(self, state: Batch) -> None:
        if state.learnt or state.decided:
            await self._store.save(list(state.learnt.values()), state.decided)
        self._memory.refs.keep(state.refs)
        self._memory.take(state.conversations, add=self._adds_contacts)
        _count(state)

    def forget(self) -> None:
        self._memory.clear()


class InboundHandler(_Remembering):
    """A policyholder's message: who wrote, about what, to which insurer and desk.

    Messages that come again are rare, so a batch is decided without asking which were decided before: the journal refuses
    one that was. Only then, after every start, and for as long as some come again, is it asked first.
    """

    _adds_contacts = True

    def __init__(self, store: RouterStore, registries: Registries, memory: Memory) -> None:
        super().__init__(store, registries, memory)
        self._asks_first = True

    async def load(self, records: Sequence[Record]) -> Batch:
        messages: list[InboundReceived] = [record.event for record in records]
        refs = {ref for message in messages for ref in (*message.refs, *message.other_refs)}
        known = self._memory.refs.known(refs)
        missing = sorted(refs - known.keys())
        known |= await self._store.refs(missing) if missing else {}
        return Batch(
            registry=self._registries.current,
            entries=await self._store.entries(sorted(_subjects(messages, themselves=self._asks_first))),
            conversations=await self._conversations({each.contact_id for each in known.values()}),
            refs=known,
            fresh={message.refs[0]: random_id("ct") for message in messages},
        )

    def decide(self, record: Record, state: Batch, now: datetime) -> Sequence[Outgoing]:
        message: InboundReceived = record.event
        told = state.told_before(record, message.message_id)
        if told is not None:
            return told
        writer = identify(
            message.refs,
            state.refs,
            state.fresh[message.refs[0]],
            whole_milliseconds(now),
            message.other_refs,
        )
        question = _question(message, writer, state)
        route = domain.route(question, state.registry, _day(now))
        entry = journal.entry_of_message(record, writer.contact_id, route, now, _spoken_of(message, state))
        outgoing = journal.events(record, entry)
        _learn(state, writer)
        state.take(entry)
        return outgoing

    async def save(self, state: Batch) -> None:
        await super().save(state)
        self._asks_first = state.met_again

    def forget(self) -> None:
        super().forget()
        self._asks_first = True


class ReplyHandler(_Remembering):
    """An insurer's accepted reply: from now on the policyholder is waited for."""

    _adds_contacts = False

    async def load(self, records: Sequence[Record]) -> Batch:
        replies = [record.event for record in records if _accepted(record.event)]
        return Batch(
            registry=self._registries.current,
            entries=await self._store.entries([reply.reply_key for reply in replies]),
            conversations=await self._conversations({each.contact_id for each in replies if each.contact_id}),
        )

    def decide(self, record: Record, state: Batch, now: datetime) -> Sequence[Outgoing]:
        reply: ReplyDecided = record.event
        if not _accepted(reply):
            return []
        if reply.contact_id is None or reply.conversation_id is None:
            raise RejectError("an accepted reply must name its conversation and contact")
        told = state.told_before(record, reply.reply_key)
        if told is not None:
            return told
        open_ = state.conversations[reply.contact_id]
        answered = next((each for each in open_ if each.conversation_id == reply.conversation_id), None)
        entry = journal.entry_of_reply(record, answered, now)
        if entry is None:
            return []
        outgoing = journal.events(record, entry)
        state.take(entry)
        return outgoing


def _accepted(reply: ReplyDecided) -> bool:
    return reply.outcome == "accepted"


def _question(message: InboundReceived, writer: Writer, state: Batch) -> Question:
    return Question(
        text=domain.said(message.content),
        held=state.registry.policies.held_by(writer.refs),
        open=state.conversations.get(writer.contact_id, ()),
        about=tuple(_spoken_of(message, state).values()),
    )


def _subjects(messages: Sequence[InboundReceived], *, themselves: bool) -> set[MessageId]:
    """What these messages speak of, and the messages themselves where that is asked."""
    own = {message.message_id for message in messages if themselves}
    return own.union(*map(domain.speaks_of, messages))


def _spoken_of(message: InboundReceived, state: Batch) -> dict[MessageId, ConversationId]:
    """Where the messages are that this one speaks of. One of somebody else's decides nothing: it is in none of the
    writer's conversations.
    """
    spoken_of = domain.speaks_of(message) & state.entries.keys()
    return {each: state.entries[each].after.conversation_id for each in spoken_of}


def _learn(state: Batch, writer: Writer) -> None:
    for each in writer.learnt:
        earlier = state.learnt.get(each.ref)
        # A batch is one write: what changes twice in it is still the next version.
        once = replace(each, version=earlier.version) if earlier else each
        state.refs[each.ref] = state.learnt[each.ref] = once
    if writer.links:
        state.links.append(writer.links)


def _day(now: datetime) -> date:
    return now.date()


def _count(state: Batch) -> None:
    for entry in state.decided:
        if entry.previous is None:
            metrics.OPENED.inc()
        if entry.route is not None:
            outcome = "routed" if entry.route.insurer else "triage"
            metrics.MESSAGES.labels(outcome, _decided_by(entry.route.rule)).inc()
    for link in state.links:
        metrics.LINKS.labels(link).inc()
    metrics.DUPLICATES.inc(state.duplicates)


def _decided_by(rule: str) -> str:
    return rule if rule in domain.STEPS else "rule"
