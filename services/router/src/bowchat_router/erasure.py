"""Forgetting an erased person: first the log learns by which names the router knew them, then the names go.

In this order, since who has forgotten the names can tell nobody any more: a crash in between repeats the telling.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bowchat_contracts.erasure import RefsForgotten, SubjectErased
from bowchat_contracts.ids import ContactId
from bowchat_contracts.topics import REFS_FORGOTTEN
from bowchat_router.policies import Imports
from bowchat_router.remembered import Memory
from bowchat_router.store import Names, RouterStore
from bowchat_runtime.records import Outgoing, Record, follow
from bowchat_runtime.repeating import repeat

_EVERY_S = 1.0


@dataclass
class Told:
    """By which names the contacts of a batch are known."""

    names: dict[ContactId, Names]


class ErasureHandler:
    """Reads `subjects.erased` and names every ref and conversation of that person."""

    def __init__(self, store: RouterStore) -> None:
        self._store = store

    async def load(self, records: Sequence[Record]) -> Told:
        contacts = sorted({record.event.contact_id for record in records})
        return Told({each: await self._store.names_of(each) for each in contacts})

    def decide(self, record: Record, state: Told, now: datetime) -> Sequence[Outgoing]:
        erased: SubjectErased = record.event
        names = state.names[erased.contact_id]
        event = RefsForgotten(
            contact_id=erased.contact_id, lanes=(*names.refs, *names.conversations), at=erased.at
        )
        meta = follow(record.meta, "router", event, time=now)
        return [Outgoing(REFS_FORGOTTEN, erased.contact_id, event, meta)]

    async def save(self, state: Told) -> None:
        """Nothing: the names go when everybody has been told."""

    def forget(self) -> None:
        """Nothing is cached."""


@dataclass
class Forgetting:
    """Whom a batch forgets."""

    contacts: list[RefsForgotten] = field(default_factory=list)


class ForgettingHandler:
    """Reads the router's own `refs.forgotten`: what was told is forgotten now. Other processes see it in the store."""

    def __init__(self, store: RouterStore, memory: Memory, imports: Imports) -> None:
        self._store, self._memory, self._imports = store, memory, imports

    async def load(self, records: Sequence[Record]) -> Forgetting:  # noqa: ARG002 - the protocol's signature
        return Forgetting()

    def decide(self, record: Record, state: Forgetting, now: datetime) -> Sequence[Outgoing]:  # noqa: ARG002
        event: RefsForgotten = record.event
        state.contacts.append(event)
        return ()

    async def save(self, state: Forgetting) -> None:
        for each in state.contacts:
            await self._store.forget(each.contact_id)
            refs = frozenset(lane for lane in each.lanes if lane.startswith("rf_"))
            await self._imports.forget(refs, each.contact_id)
        self._memory.clear()

    def forget(self) -> None:
        """Nothing is cached."""


class ForgettingWatch:
    """Looks beside the work whether any process of the router has forgotten somebody: one of them hears of it, and all keep
    identities in memory.
    """

    def __init__(self, store: RouterStore, memory: Memory) -> None:
        self._store, self._memory = store, memory
        self._seen: int | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        await repeat(self.look, every_s=_EVERY_S, task="forgetting")

    async def look(self) -> None:
        found = await self._store.forgotten()
        if found != self._seen:
            self._memory.clear()
            self._seen = found
