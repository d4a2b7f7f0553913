"""A policyholder's message: who wrote, about which matter, to which insurer and desk."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from bowchat_contracts.ids import ContactId, ConversationId, MessageId, ProviderRef, Ref, random_id
from bowchat_contracts.inbound import InboundReceived
from bowchat_registry.registry import Registry
from bowchat_router import metrics
from bowchat_router.contacts import Writer, identify
from bowchat_router.domain.case import Case
from bowchat_router.domain.doubt import hangs_on_words
from bowchat_router.domain.hearing import Heard, heard, said, speaks_of
from bowchat_router.domain.model import Dossier, Place
from bowchat_router.domain.taking import Message, take
from bowchat_router.handlers.common import Batch, Deciding, Registries
from bowchat_router.readings import Readings
from bowchat_router.remembered import Memory
from bowchat_router.store import RouterStore
from bowchat_runtime.moments import whole_milliseconds
from bowchat_runtime.records import Outgoing, Record


class Desks(Protocol):
    """Whoever knows how the desks do."""

    @property
    def failing(self) -> frozenset[str]: ...


class Consulted(Protocol):
    """Whoever else may be asked what a text is about."""

    async def consult(self, texts: Sequence[str], registry: Registry) -> None:
        """Ask about those of these texts that the classifier leaves in doubt, before they are read."""


@dataclass
class InboundBatch(Batch):
    """What a batch of messages needs to know beyond that."""

    fresh: dict[Ref, ContactId] = field(default_factory=dict)
    """An id for each writer who may turn out to be a new contact."""
    quoted: dict[ProviderRef, ConversationId] = field(default_factory=dict)
    """Where those messages of ours were sent that are quoted."""
    links: list[str] = field(default_factory=list)


class InboundHandler(Deciding):
    """Reads `inbound.received`.

    Messages that come again are rare, so a batch is decided without asking which were decided before: the journal refuses
    one that was. Only then, after every start, and for as long as some come again, is it asked first.
    """

    def __init__(
        self,
        store: RouterStore,
        registries: Registries,
        memory: Memory,
        readings: Readings,
        desks: Desks,
        *,
        consulted: Consulted | None = None,
    ) -> None:
        super().__init__(store, registries, memory)
        self._readings, self._desks, self._consulted = readings, desks, consulted
        self._asks_first = True

    async def load(self, records: Sequence[Record]) -> InboundBatch:
        age = self._memory.age
        messages: list[InboundReceived] = [record.event for record in records]
        refs = {ref for message in messages for ref in (*message.refs, *message.other_refs)}
        known = self._memory.refs.known(refs)
        missing = sorted(refs - known.keys())
        known |= await self._store.refs(missing) if missing else {}
        quoted = sorted({each.reply_to for each in messages if each.reply_to})
        deeds, dossiers, places = await asyncio.gather(
            self._store.deeds(sorted(_subjects(messages, themselves=self._asks_first))),
            self._dossiers(each.contact_id for each in known.values()),
            self._store.quoted(quoted) if quoted else _none(),
        )
        state = InboundBatch(
            registry=self._registries.current,
            deeds=deeds,
            dossiers=dossiers,
            age=age,
            refs=known,
            fresh={message.refs[0]: random_id("ct") for message in messages},
            quoted=places,
        )
        await self._readings.ahead(self._doubtful(messages, state), state.registry)
        if self._consulted is not None:
            await self._consulted.consult(self._hanging(messages, state), state.registry)
        return state

    def decide(self, record: Record, state: InboundBatch, now: datetime) -> Sequence[Outgoing]:
        message: InboundReceived = record.event
        told = state.told_before(record, message.message_id)
        if told is not None:
            return told
        writer = _writer(message, state, now)
        step = state.begin(record, message.message_id, writer.contact_id, now)
        related = _spoken_of(message, state, step.dossier)
        place = Place(message.message_id, record.position, whole_milliseconds(message.received_at))
        about = tuple(map(step.dossier.goes_on, _about(message, related, state)))
        case = self._case(heard(message, about), writer.refs, step.dossier, state, now)
        take(step, Message(place, message.business_number_id, related), case)
        outgoing = state.end(record, step)
        _learn(state, writer)
        return outgoing

    async def save(self, state: Batch) -> None:
        await super().save(state)
        self._asks_first = state.met_again
        for link in state.links if isinstance(state, InboundBatch) else ():
            metrics.LINKS.labels(link).inc()

    def forget(self) -> None:
        super().forget()
        self._asks_first = True

    def _case(
        self, told: Heard, refs: Sequence[Ref], dossier: Dossier, state: InboundBatch, now: datetime
    ) -> Case:
        return Case(
            heard=told,
            dossier=dossier,
            held=state.registry.policies.held_by(refs),
            registry=state.registry,
            reader=self._readings,
            now=now,
            contact=state.registry.policies.contact(refs),
            failing=self._desks.failing,
        )

    def _doubtful(self, messages: Sequence[InboundReceived], state: InboundBatch) -> list[str]:
        """The texts for which the classifier may be asked: of who has no matter yet, or several."""
        return [text for each in messages if (text := said(each.content)) and self._may_doubt(each, state)]

    def _hanging(self, messages: Sequence[InboundReceived], state: InboundBatch) -> list[str]:
        """The texts for whose place neither rules nor context speak, as things stand before this batch."""
        return [
            case.heard.text
            for each in messages
            if self._may_doubt(each, state)
            and (case := self._case_before(each, state)).heard.text
            and hangs_on_words(case)
        ]

    def _case_before(self, message: InboundReceived, state: InboundBatch) -> Case:
        """The message as if it were decided at the moment it came, and first of its batch."""
        at = message.received_at
        writer = _writer(message, state, at)
        dossier = state.dossiers.get(writer.contact_id) or Dossier(writer.contact_id)
        related = _spoken_of(message, state, dossier)
        about = tuple(map(dossier.goes_on, _about(message, related, state)))
        return self._case(heard(message, about), writer.refs, dossier, state, at)

    def _may_doubt(self, message: InboundReceived, state: InboundBatch) -> bool:
        if message.message_id in state.deeds:
            return False
        known = state.refs.get(message.refs[0])
        dossier = state.dossiers.get(known.contact_id) if known else None
        running = [each for each in dossier.with_insurers if each.is_open] if dossier else []
        held = state.registry.policies.held_by(message.refs)
        return len(running) != 1 or len({each.policy_type for each in held}) > 1


def _writer(message: InboundReceived, state: InboundBatch, now: datetime) -> Writer:
    fresh = state.fresh[message.refs[0]]
    return identify(message.refs, state.refs, fresh, whole_milliseconds(now), message.other_refs)


async def _none() -> dict[ProviderRef, ConversationId]:
    return {}


def _subjects(messages: Sequence[InboundReceived], *, themselves: bool) -> set[MessageId]:
    """What these messages speak of, and the messages themselves where that is asked."""
    own = {message.message_id for message in messages if themselves}
    return own.union(*map(speaks_of, messages))


def _spoken_of(
    message: InboundReceived, state: InboundBatch, dossier: Dossier
) -> dict[MessageId, ConversationId]:
    """Where the messages are that this one speaks of. One of somebody else's decides nothing: it is in none of the
    writer's conversations.
    """
    waited = dict(dossier.waited)
    found = {
        each: state.deeds[each].place_of(each) or waited.get(each)
        for each in speaks_of(message)
        if each in state.deeds
    }
    return {each: place for each, place in found.items() if place is not None}


def _about(
    message: InboundReceived, related: dict[MessageId, ConversationId], state: InboundBatch
) -> tuple[ConversationId, ...]:
    """The conversations of the messages it speaks of, ours among them."""
    ours = state.quoted.get(message.reply_to) if message.reply_to else None
    return (*related.values(), *((ours,) if ours else ()))


def _learn(state: InboundBatch, writer: Writer) -> None:
    for each in writer.learnt:
        earlier = state.learnt.get(each.ref)
        # A batch is one write: what changes twice in it is still the next version.
        once = replace(each, version=earlier.version) if earlier else each
        state.refs[each.ref] = state.learnt[each.ref] = once
    if writer.links:
        state.links.append(writer.links)
