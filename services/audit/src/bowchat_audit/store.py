"""The log in its own database, through operations that only insert and find: the service's user may do no others.

Indexes are made beforehand by somebody who may: `prepare`, or `deploy/mongo/indexes.js`. The marker they leave is how the
service knows, since without the unique index a duplicate would be appended twice.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol, cast

from bowchat_audit.domain import EMPTY, Entry, Known, Partition, Read, Tail
from bowchat_runtime.mongo import MongoDatabase

DATABASE = "audit"
_MARKER = "indexes-1"


class AppendOnly(Protocol):
    """What the log may do with a collection. `runtime.mongo.Collection` can more; the log never asks for it."""

    async def find(
        self,
        query: dict[str, Any],
        sort: Sequence[tuple[str, int]] | None = None,
        limit: int = 0,
        projection: dict[str, Any] | None = None,
    ) -> list[dict[str, Any]]: ...

    def stream(
        self, query: dict[str, Any], sort: Sequence[tuple[str, int]]
    ) -> AsyncIterator[dict[str, Any]]: ...

    async def insert_ordered(self, documents: Sequence[dict[str, Any]]) -> None: ...

    async def insert_new(self, documents: Sequence[dict[str, Any]]) -> set[Any]: ...

    async def count(self, query: dict[str, Any]) -> int: ...


class LogStore(Protocol):
    """An append-only log of entries, and the notes of what was read."""

    async def prepared(self) -> bool:
        """Has somebody made the unique indexes?"""

    async def tail(self) -> Tail: ...

    async def count(self) -> int: ...

    async def known(self, dedups: Sequence[str]) -> dict[str, Known]:
        """The events that the log has, of these."""

    async def append(self, entries: Sequence[Entry]) -> None:
        """Append in order.

        Errors: `ConflictError` when a place is taken or an event is there already; those before it are appended.
        """

    async def note(self, reads: Sequence[Read]) -> None:
        """Note what was read. Noting it again changes nothing."""

    async def end(self, partition: Partition) -> int | None:
        """The highest offset of a partition that was noted; None when there is none."""

    async def read(self, after: int, limit: int) -> list[Entry]:
        """Entries behind this place, in order."""

    def stream(self, after: int = 0) -> AsyncIterator[Entry]:
        """Everything behind this place, in order, in bounded memory."""

    async def of_subject(self, subject: str) -> list[Entry]:
        """The entries that speak of an identifier, in order."""


class MongoLog:
    """The log in MongoDB."""

    def __init__(self, entries: AppendOnly, reads: AppendOnly, marks: AppendOnly) -> None:
        self._entries, self._reads, self._marks = entries, reads, marks

    async def prepared(self) -> bool:
        return bool(await self._marks.find({"_id": _MARKER}))

    async def tail(self) -> Tail:
        found = await self._entries.find({}, sort=[("_id", -1)], limit=1, projection={"chain": 1})
        return Tail(found[0]["_id"], found[0]["chain"]) if found else EMPTY

    async def count(self) -> int:
        return await self._entries.count({})

    async def known(self, dedups: Sequence[str]) -> dict[str, Known]:
        fields = {"dedup": 1, "topic": 1, "partition": 1, "offset": 1, "digest": 1}
        found = await self._entries.find({"dedup": {"$in": list(dedups)}}, projection=fields)
        return {
            each["dedup"]: Known(f"{each['topic']}/{each['partition']}/{each['offset']}", each["digest"])
            for each in found
        }

    async def append(self, entries: Sequence[Entry]) -> None:
        await self._entries.insert_ordered(cast(Sequence[dict[str, Any]], entries))

    async def note(self, reads: Sequence[Read]) -> None:
        await self._reads.insert_new(
            [
                # Padded, so that ids sort as offsets do: the last note is found through the index every collection has.
                {"_id": f"{_place(each.partition)}/{each.last:020d}", "first": each.first, "last": each.last}
                | {"absorbed": list(each.absorbed)}
                for each in reads
            ]
        )

    async def end(self, partition: Partition) -> int | None:
        place = _place(partition)
        # "0" is the character behind "/".
        query = {"_id": {"$gte": f"{place}/", "$lt": f"{place}0"}}
        found = await self._reads.find(query, sort=[("_id", -1)], limit=1)
        return found[0]["last"] if found else None

    async def read(self, after: int, limit: int) -> list[Entry]:
        found = await self._entries.find({"_id": {"$gt": after}}, sort=[("_id", 1)], limit=limit)
        return cast(list[Entry], found)

    async def stream(self, after: int = 0) -> AsyncIterator[Entry]:
        # All of it means all: also what somebody put in under an `_id` that is no number.
        behind = {"_id": {"$gt": after}} if after else {}
        async for each in self._entries.stream(behind, [("_id", 1)]):
            yield cast(Entry, each)

    async def of_subject(self, subject: str) -> list[Entry]:
        found = await self._entries.find({"subjects": subject}, sort=[("_id", 1)])
        return cast(list[Entry], found)


def mongo_log(database: MongoDatabase) -> MongoLog:
    """The log in the collections of an open database."""
    names = ("entries", "reads", "marks")
    return MongoLog(*(cast(AppendOnly, database.collection(name)) for name in names))


async def prepare(database: MongoDatabase) -> bool:
    """Make the index without which duplicates would slip in, and leave the marker. What exists already stays. False when
    the marker was there.

    Needs a user that may. An index on `subjects` only makes `of_subject` faster, and is for `deploy/mongo/indexes.js`.
    """
    await database.collection("entries").ensure_index([("dedup", 1)], unique=True)
    return not await database.collection("marks").insert_new([{"_id": _MARKER}])


def _place(partition: Partition) -> str:
    return f"{partition[0]}/{partition[1]}"
