"""The store in memory: for tests, and for runs that may forget."""

from collections.abc import Sequence

from bowchat_contracts.ids import ContactId, ConversationId, Ref
from bowchat_router.contacts import KnownRef
from bowchat_router.domain import Conversation
from bowchat_router.journal import Entry
from bowchat_router.store import Names
from bowchat_runtime.errors import ConflictError


class MemoryRouter:
    """Passes the same contract suite as the database."""

    def __init__(self) -> None:
        self._refs: dict[Ref, KnownRef] = {}
        self._latest: dict[ConversationId, Conversation] = {}
        self._by_contact: dict[ContactId, list[ConversationId]] = {}
        self._entries: dict[str, Entry] = {}

    async def prepare(self) -> None:
        return

    async def refs(self, refs: Sequence[Ref]) -> dict[Ref, KnownRef]:
        return {ref: self._refs[ref] for ref in refs if ref in self._refs}

    async def entries(self, subjects: Sequence[str]) -> dict[str, Entry]:
        return {each: self._entries[each] for each in subjects if each in self._entries}

    async def conversations(self, contacts: Sequence[ContactId]) -> dict[ContactId, tuple[Conversation, ...]]:
        found = {each: self._open(each) for each in contacts}
        return {contact: each for contact, each in found.items() if each}

    def _open(self, contact: ContactId) -> tuple[Conversation, ...]:
        latest = [self._latest[each] for each in self._by_contact.get(contact, ())]
        open_ = [each for each in latest if each.state != "closed"]
        return tuple(sorted(open_, key=lambda one: (one.opened_at, one.conversation_id)))

    async def save(self, refs: Sequence[KnownRef], entries: Sequence[Entry]) -> None:
        lost = [each for each in refs if not self._write(each)]
        if lost:
            raise ConflictError("an identity was changed by somebody else")
        for entry in entries:
            self._append(entry)

    async def names_of(self, contact: ContactId) -> Names:
        refs = sorted(ref for ref, known in self._refs.items() if known.contact_id == contact)
        return Names(tuple(refs), tuple(sorted(self._by_contact.get(contact, ()))))

    async def forget(self, contact: ContactId) -> None:
        self._refs = {ref: known for ref, known in self._refs.items() if known.contact_id != contact}

    def _write(self, known: KnownRef) -> bool:
        before = self._refs.get(known.ref)
        if (before.version if before else 0) != known.version - 1:
            return False
        self._refs[known.ref] = known
        return True

    def _append(self, entry: Entry) -> None:
        after = entry.after
        before = self._latest.get(after.conversation_id)
        # A version that would leave a gap is taken by the database too; the handler never makes one.
        if entry.subject in self._entries or (before is not None and before.version >= after.version):
            raise ConflictError("a change was there already")
        if before is None:
            self._by_contact.setdefault(after.contact_id, []).append(after.conversation_id)
        self._entries[entry.subject] = entry
        self._latest[after.conversation_id] = after
