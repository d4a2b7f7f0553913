"""The store in memory: for tests, and for runs that may forget."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bowchat_contracts.ids import ContactId, ConversationId, ProviderRef, Ref
from bowchat_router.contacts import KnownRef
from bowchat_router.deeds import Deed, Timer
from bowchat_router.domain.model import Dossier
from bowchat_router.store import Names
from bowchat_runtime.errors import ConflictError


class MemoryRouter:
    """Passes the same contract suite as the database."""

    def __init__(self) -> None:
        self._refs: dict[Ref, KnownRef] = {}
        self._dossiers: dict[ContactId, Dossier] = {}
        self._heads: dict[ConversationId, ContactId] = {}
        self._deeds: dict[str, Deed] = {}
        self._timers: dict[str, Timer] = {}
        self._sent: dict[ProviderRef, ConversationId] = {}
        self._forgotten = 0

    async def prepare(self) -> None:
        return

    async def refs(self, refs: Sequence[Ref]) -> dict[Ref, KnownRef]:
        return {ref: self._refs[ref] for ref in refs if ref in self._refs}

    async def deeds(self, subjects: Sequence[str]) -> dict[str, Deed]:
        return {each: self._deeds[each] for each in subjects if each in self._deeds}

    async def dossiers(self, contacts: Sequence[ContactId]) -> dict[ContactId, Dossier]:
        return {each: self._dossiers[each] for each in contacts if each in self._dossiers}

    async def overtaken(self, versions: Mapping[ContactId, int]) -> set[ContactId]:
        found = await self.dossiers(sorted(versions))
        return {each for each, dossier in found.items() if dossier.version > versions[each]}

    async def save(self, refs: Sequence[KnownRef], deeds: Sequence[Deed]) -> None:
        lost = [each for each in refs if each.version > 1 and not self._write(each)]
        lost = lost or [each for each in refs if each.version == 1 and not self._write(each)]
        if lost:
            raise ConflictError("an identity was changed by somebody else")
        for deed in deeds:
            self._append(deed)

    async def quoted(self, refs: Sequence[ProviderRef]) -> dict[ProviderRef, ConversationId]:
        return {each: self._sent[each] for each in refs if each in self._sent}

    async def sent(self, places: Mapping[ProviderRef, ConversationId]) -> None:
        self._sent = {**places, **self._sent}

    async def due(self, now: datetime, most: int) -> list[Timer]:
        due = [each for each in self._timers.values() if each.due_at <= now]
        return sorted(due, key=lambda each: (each.due_at, each.timer_id))[:most]

    async def rest(self, timer_ids: Sequence[str], later: Sequence[Timer] = ()) -> None:
        for each in timer_ids:
            self._timers.pop(each, None)
        self._timers |= {each.timer_id: each for each in later}

    async def names_of(self, contact: ContactId) -> Names:
        refs = sorted(ref for ref, known in self._refs.items() if known.contact_id == contact)
        heads = sorted(each for each, whose in self._heads.items() if whose == contact)
        return Names(tuple(refs), tuple(heads))

    async def forget(self, contact: ContactId) -> None:
        self._refs = {ref: known for ref, known in self._refs.items() if known.contact_id != contact}
        self._forgotten += 1

    async def forgotten(self) -> int:
        return self._forgotten

    def _write(self, known: KnownRef) -> bool:
        before = self._refs.get(known.ref)
        if (before.version if before else 0) != known.version - 1:
            return False
        self._refs[known.ref] = known
        return True

    def _append(self, deed: Deed) -> None:
        after = deed.after
        before = self._dossiers.get(after.contact_id)
        # A version that would leave a gap is taken by the database too; the handlers never make one.
        if deed.subject in self._deeds or (before is not None and before.version >= after.version):
            raise ConflictError("a change was there already")
        self._timers |= {each.timer_id: each for each in deed.timers}
        self._heads |= {each.conversation_id: after.contact_id for each in deed.opened}
        self._deeds[deed.subject] = deed
        self._dossiers[after.contact_id] = after
