"""The tags of threads on insurers' phones: each is given once, to one thread of one insurer, and never again.

An insurer may scroll back and answer an old message by its tag; were tags given anew, that answer would reach another
person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bowchat_contracts.insurer_phone import tags_of
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.mongo import MongoDatabase

_TRIED_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class TagRow:
    """One thread on its insurer's phone."""

    insurer: str
    tag: str
    thread_id: str
    alias: str
    policy_type: str | None

    @property
    def key(self) -> str:
        return f"{self.insurer}|{self.tag}"


class Tags(Protocol):
    """Errors of all: `DependencyDownError` while the database is away."""

    async def of_threads(self, thread_ids: Sequence[str]) -> dict[str, TagRow]: ...

    async def of_aliases(self, insurer: str, aliases: Sequence[str]) -> list[TagRow]: ...

    async def taken(self, keys: Sequence[str]) -> set[str]:
        """Those of these `insurer|tag` that are a thread's."""

    async def insert(self, rows: Sequence[TagRow]) -> None:
        """Errors: `ConflictError` when a tag was given to another thread meanwhile."""


class MongoTags:
    """In the dispatcher's own database."""

    def __init__(self, database: MongoDatabase) -> None:
        self._rows = database.collection("tags")

    async def prepare(self) -> None:
        await self._rows.ensure_index([("thread_id", 1)])
        await self._rows.ensure_index([("insurer", 1), ("alias", 1)])

    async def of_threads(self, thread_ids: Sequence[str]) -> dict[str, TagRow]:
        if not thread_ids:
            return {}
        found = await self._rows.find({"thread_id": {"$in": list(thread_ids)}})
        return {each["thread_id"]: _row(each) for each in found}

    async def of_aliases(self, insurer: str, aliases: Sequence[str]) -> list[TagRow]:
        if not aliases:
            return []
        found = await self._rows.find({"insurer": insurer, "alias": {"$in": list(aliases)}})
        return [_row(each) for each in found]

    async def taken(self, keys: Sequence[str]) -> set[str]:
        return set(await self._rows.find_by_ids(keys))

    async def insert(self, rows: Sequence[TagRow]) -> None:
        documents = [_document(each) for each in rows]
        refused = await self._rows.insert_new(documents)
        if refused:
            stored = await self._rows.find_by_ids(sorted(refused))
            if any(stored.get(each["_id"]) != each for each in documents if each["_id"] in refused):
                raise ConflictError("a tag was given to another thread meanwhile")


class MemoryTags:
    """The same in memory, for tests and for BOWCHAT_STORE=memory."""

    def __init__(self) -> None:
        self._rows: dict[str, TagRow] = {}

    async def of_threads(self, thread_ids: Sequence[str]) -> dict[str, TagRow]:
        return {each.thread_id: each for each in self._rows.values() if each.thread_id in thread_ids}

    async def of_aliases(self, insurer: str, aliases: Sequence[str]) -> list[TagRow]:
        return [each for each in self._rows.values() if each.insurer == insurer and each.alias in aliases]

    async def taken(self, keys: Sequence[str]) -> set[str]:
        return set(keys) & self._rows.keys()

    async def insert(self, rows: Sequence[TagRow]) -> None:
        wrong = [each for each in rows if self._rows.get(each.key, each) != each]
        self._rows |= {each.key: each for each in rows if each.key not in self._rows}
        if wrong:
            raise ConflictError("a tag was given to another thread meanwhile")


async def free_tag(tags: Tags, insurer: str, thread_id: str, given: set[str]) -> str:
    """The first of a thread's tags that is no other thread's: neither in the store nor `given` in this batch."""
    left = list(tags_of(thread_id))
    while left:
        some, left = left[:_TRIED_AT_ONCE], left[_TRIED_AT_ONCE:]
        taken = given | await tags.taken([f"{insurer}|{each}" for each in some])
        for tag in some:
            if f"{insurer}|{tag}" not in taken:
                given.add(f"{insurer}|{tag}")
                return tag
    raise ConflictError("no tag is free for a thread")


def _document(row: TagRow) -> dict[str, Any]:
    return {
        "_id": row.key, "insurer": row.insurer, "tag": row.tag, "thread_id": row.thread_id, "alias": row.alias,
        "policy_type": row.policy_type,
    }  # fmt: skip


def _row(document: dict[str, Any]) -> TagRow:
    return TagRow(
        document["insurer"],
        document["tag"],
        document["thread_id"],
        document["alias"],
        document["policy_type"],
    )
