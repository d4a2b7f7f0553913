"""What all handlers of dossiers share: reading through the memory, deciding once, saving."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bowchat_contracts.ids import ContactId, Ref
from bowchat_registry.registry import Registry
from bowchat_registry.rules import RESERVED
from bowchat_router import metrics
from bowchat_router.contacts import KnownRef
from bowchat_router.deeds import Deed, Step, events
from bowchat_router.domain.model import Dossier
from bowchat_router.remembered import Memory
from bowchat_router.store import RouterStore
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
    deeds: dict[str, Deed]
    dossiers: dict[ContactId, Dossier]
    age: int
    """The memory's when the batch began to be read."""
    decided: list[Deed] = field(default_factory=list)
    learnt: dict[Ref, KnownRef] = field(default_factory=dict)
    refs: dict[Ref, KnownRef] = field(default_factory=dict)
    duplicates: int = 0
    met_again: bool = False
    """Whether a record came that had been decided before."""
    askers: Mapping[str, Record] = field(default_factory=dict)
    """Messages whose writers are to be asked something, by their positions."""

    def told_before(
        self, record: Record, subject: str, typed: Sequence[str] = ()
    ) -> Sequence[Outgoing] | None:
        """What this record gave already: the same again, nothing for a duplicate, None when it is new.

        A record released from the park stands at another position and is no duplicate: it may have been decided and
        never published.
        """
        deed = self.deeds.get(subject)
        if deed is None:
            return None
        self.met_again = True
        if deed.position == record.position or park_id_of(record) is not None:
            return events(record, deed, typed, self.askers)
        self.duplicates += 1
        return []

    def begin(self, record: Record, subject: str, contact: ContactId, now: datetime) -> Step:
        """A step of this contact's dossier."""
        dossier = self.dossiers.get(contact) or Dossier(contact)
        return Step(subject, record.position, whole_milliseconds(now), dossier, self.registry)

    def end(self, record: Record, step: Step, typed: Sequence[str] = ()) -> Sequence[Outgoing]:
        """The step is decided and counts from now on."""
        deed = step.deed()
        outgoing = events(record, deed, typed, self.askers)
        self.dossiers[deed.after.contact_id] = deed.after
        self.deeds[deed.subject] = deed
        self.decided.append(deed)
        return outgoing


class Deciding:
    """The part of a handler that reads and saves dossiers."""

    def __init__(self, store: RouterStore, registries: Registries, memory: Memory) -> None:
        self._store, self._registries, self._memory = store, registries, memory

    async def _dossiers(self, contacts: Iterable[ContactId]) -> dict[ContactId, Dossier]:
        wanted = set(contacts)
        known = self._memory.dossiers.known(wanted)
        missing = sorted(wanted - known.keys())
        found = await self._store.dossiers(missing) if missing else {}
        return known | {each: found.get(each) or Dossier(each) for each in missing}

    async def _latest(self, contacts: Iterable[ContactId]) -> dict[ContactId, Dossier]:
        """The same, for who may decide that there is nothing to do. What is saved is compared with what others have saved
        meanwhile; where nothing is, another process's change has to be looked for.
        """
        found = await self._dossiers(contacts)
        overtaken = await self._store.overtaken({each: dossier.version for each, dossier in found.items()})
        return found | (await self._store.dossiers(sorted(overtaken)) if overtaken else {})

    async def _batch(
        self, subjects: Iterable[str], contacts: Iterable[ContactId], *, latest: bool = True
    ) -> Batch:
        wanted = sorted(set(subjects))
        return Batch(
            age=self._memory.age,
            registry=self._registries.current,
            deeds=await self._store.deeds(wanted) if wanted else {},
            dossiers=await (self._latest(contacts) if latest else self._dossiers(contacts)),
        )

    async def save(self, state: Batch) -> None:
        if state.learnt or state.decided:
            await self._store.save(list(state.learnt.values()), state.decided)
        if state.age == self._memory.age:
            self._memory.refs.keep(state.refs)
            self._memory.take(state.dossiers)
        _count(state)

    def forget(self) -> None:
        self._memory.clear()


def _count(state: Batch) -> None:
    for deed in state.decided:
        for _ in deed.opened:
            metrics.OPENED.inc()
        for sent in deed.sent:
            metrics.MESSAGES.labels(sent.outcome, _decided_by(sent.route.rule)).inc()
        for told in deed.told:
            metrics.TOLD.labels(told.type).inc()
    metrics.DUPLICATES.inc(state.duplicates)


def _decided_by(rule: str) -> str:
    return rule if rule in RESERVED else "rule"
