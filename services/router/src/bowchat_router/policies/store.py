"""Where the changes of policies are kept: one document each, inserted in order, and read whole at the start.

The insert is the compare-and-set: whoever is second finds the place taken. A document is written again only to take rows
out of it, in its next version.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from bowchat_router.policies.changes import Change, change_from, document_of
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.mongo import MongoDatabase

_AT_ONCE = 32
"""Documents in memory while the journal is read: each may hold 500 rows, a tenth of a megabyte."""


class PolicyJournal(Protocol):
    """Every change, in its order."""

    def everything(self) -> AsyncIterator[Change]: ...

    async def at(self, seq: int) -> Change | None:
        """The change at this place."""

    async def append(self, changes: Sequence[Change]) -> None:
        """Errors: `ConflictError` when a place was taken; those before it are kept then."""

    async def rewrite(self, change: Change) -> None:
        """Put the next version of a change in its place.

        Errors: `ConflictError` when somebody else has.
        """

    async def delete(self, change: Change) -> None:
        """Errors: `ConflictError` when it is there in another version."""


class MongoPolicyJournal:
    """In the router's own database."""

    def __init__(self, database: MongoDatabase) -> None:
        self._changes = database.collection("policy_changes")

    async def everything(self) -> AsyncIterator[Change]:
        async for document in self._changes.stream({}, [("_id", 1)], batch=_AT_ONCE):
            yield change_from(document)

    async def at(self, seq: int) -> Change | None:
        found = await self._changes.find({"_id": seq})
        return change_from(found[0]) if found else None

    async def append(self, changes: Sequence[Change]) -> None:
        await self._changes.insert_ordered([document_of(each) for each in changes])

    async def rewrite(self, change: Change) -> None:
        await self._changes.write([document_of(change)])

    async def delete(self, change: Change) -> None:
        if not await self._changes.delete({"_id": change.seq, "version": change.version}):
            raise ConflictError("a change was rewritten by somebody else")


class MemoryPolicyJournal:
    """The same promises, but for surviving a restart."""

    def __init__(self) -> None:
        self._changes: dict[int, Change] = {}

    async def everything(self) -> AsyncIterator[Change]:
        for seq in sorted(self._changes):
            if seq in self._changes:
                yield self._changes[seq]

    async def at(self, seq: int) -> Change | None:
        return self._changes.get(seq)

    async def append(self, changes: Sequence[Change]) -> None:
        for each in changes:
            if each.seq in self._changes:
                raise ConflictError("a change was there already")
            self._changes[each.seq] = each

    async def rewrite(self, change: Change) -> None:
        self._check(change, change.version - 1)
        self._changes[change.seq] = change

    async def delete(self, change: Change) -> None:
        self._check(change, change.version)
        del self._changes[change.seq]

    def _check(self, change: Change, version: int) -> None:
        there = self._changes.get(change.seq)
        if there is None or there.version != version:
            raise ConflictError("a change was rewritten by somebody else")
