"""What is kept of insurers' phones: which message there is of which thread, their tags, and what they wrote. In the vault's
database.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self

from bowchat_masker.insurer_threads import Offer, PhoneReply
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.mongo import MongoDatabase

WAITING = ("waiting", "expiring")


@dataclass(frozen=True, slots=True)
class Quote:
    """A message on an insurer's phone, and its thread."""

    provider_ref: str
    insurer: str
    thread_id: str
    alias: str


@dataclass(frozen=True, slots=True)
class TaggedThread:
    """A thread as one insurer's phone shows it."""

    thread_id: str
    insurer: str
    alias: str
    tag: str
    shown_at: datetime
    """When something of it was last sent there."""


@dataclass(slots=True)
class PhoneChanges:
    """What one batch writes."""

    quotes: dict[str, Quote] = field(default_factory=dict)
    threads: dict[str, TaggedThread] = field(default_factory=dict)
    replies: dict[str, PhoneReply] = field(default_factory=dict)


class PhoneStore(Protocol):
    async def quotes(self, refs: Sequence[str]) -> dict[str, Quote]: ...

    async def tagged(self, tags: Sequence[tuple[str, str]]) -> dict[tuple[str, str], TaggedThread]:
        """By insurer and tag."""

    async def tagged_threads(self, thread_ids: Sequence[str]) -> dict[str, TaggedThread]: ...

    async def replies(self, keys: Sequence[str]) -> dict[str, PhoneReply]: ...

    async def waiting(self, insurers: Sequence[str]) -> list[PhoneReply]:
        """What waits for an insurer's word, in order."""

    async def offering(self, option_ids: Sequence[str]) -> dict[str, PhoneReply]:
        """By the option that was offered."""

    async def caused_by(self, positions: Sequence[str]) -> list[PhoneReply]:
        """What the records at these positions ended or had asked, in order."""

    async def overdue(self, asked_before: datetime, most: int) -> list[PhoneReply]:
        """What was asked about by then and waits, and whose end is being told."""

    async def save(self, changes: PhoneChanges) -> None:
        """Write everything. Quotes stay as they are; of a thread the later showing counts.

        Errors: `ConflictError` when a reply was changed by somebody else.
        """

    async def sweep(self, decided_before: datetime) -> None:
        """Forget replies that have ended by then."""

    async def erase(self, aliases: Sequence[str]) -> None:
        """Forget what belongs to these aliases."""


class MongoPhones(AbstractAsyncContextManager["MongoPhones"]):
    """In their own collections; entering it makes the indexes."""

    def __init__(self, database: MongoDatabase) -> None:
        self._quotes = database.collection("phone_quotes")
        self._threads = database.collection("phone_threads")
        self._replies = database.collection("phone_replies")

    async def __aenter__(self) -> Self:
        await self._quotes.ensure_index([("alias", 1)])
        await self._threads.ensure_index([("insurer", 1), ("tag", 1)])
        await self._threads.ensure_index([("alias", 1)])
        for keys in (
            ("insurer", "state"), ("state", "asked_at"), ("offers.option_id",), ("ended_by",), ("asked_by",), ("alias",),
        ):  # fmt: skip
            await self._replies.ensure_index([(key, 1) for key in keys])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def quotes(self, refs: Sequence[str]) -> dict[str, Quote]:
        found = await self._quotes.find_by_ids(refs)
        return {key: Quote(key, **_fields(each)) for key, each in found.items()}

    async def tagged(self, tags: Sequence[tuple[str, str]]) -> dict[tuple[str, str], TaggedThread]:
        if not tags:
            return {}
        found = await self._threads.find({"tag": {"$in": sorted({tag for _, tag in tags})}})
        rows = [TaggedThread(each["_id"], **_fields(each)) for each in found]
        return {key: each for each in rows if (key := (each.insurer, each.tag)) in tags}

    async def tagged_threads(self, thread_ids: Sequence[str]) -> dict[str, TaggedThread]:
        found = await self._threads.find_by_ids(thread_ids)
        return {key: TaggedThread(key, **_fields(each)) for key, each in found.items()}

    async def replies(self, keys: Sequence[str]) -> dict[str, PhoneReply]:
        return {key: _reply(each) for key, each in (await self._replies.find_by_ids(keys)).items()}

    async def waiting(self, insurers: Sequence[str]) -> list[PhoneReply]:
        query = {"insurer": {"$in": list(insurers)}, "state": {"$in": list(WAITING)}}
        return [_reply(each) for each in await self._replies.find(query, sort=[("place", 1)])]

    async def offering(self, option_ids: Sequence[str]) -> dict[str, PhoneReply]:
        if not option_ids:
            return {}
        found = await self._replies.find({"offers.option_id": {"$in": list(option_ids)}})
        return {offer.option_id: row for each in found for row in (_reply(each),) for offer in row.offers}

    async def caused_by(self, positions: Sequence[str]) -> list[PhoneReply]:
        if not positions:
            return []
        either = [{"ended_by": {"$in": list(positions)}}, {"asked_by": {"$in": list(positions)}}]
        return [_reply(each) for each in await self._replies.find({"$or": either}, sort=[("place", 1)])]

    async def overdue(self, asked_before: datetime, most: int) -> list[PhoneReply]:
        late = {"state": "waiting", "asked_at": {"$lte": asked_before}}
        query = {"$or": [{"state": "expiring"}, late]}
        return [_reply(each) for each in await self._replies.find(query, sort=[("place", 1)], limit=most)]

    async def save(self, changes: PhoneChanges) -> None:
        await self._quotes.insert_new([_document(each) for each in changes.quotes.values()])
        for thread in changes.threads.values():
            if thread.thread_id in await self._threads.insert_new([_document(thread)]):
                earlier = {"_id": thread.thread_id, "shown_at": {"$lt": thread.shown_at}}
                await self._threads.update_where(earlier, {"$set": {"shown_at": thread.shown_at}})
        await self._replies.write([_document(each) for each in changes.replies.values()])

    async def sweep(self, decided_before: datetime) -> None:
        await self._replies.delete({"state": {"$nin": list(WAITING)}, "decided_at": {"$lt": decided_before}})

    async def erase(self, aliases: Sequence[str]) -> None:
        for rows in (self._quotes, self._threads, self._replies):
            await rows.delete({"alias": {"$in": list(aliases)}})


class MemoryPhones:
    """The same contract in memory, for tests and for BOWCHAT_STORE=memory."""

    def __init__(self) -> None:
        self._quotes: dict[str, Quote] = {}
        self._threads: dict[str, TaggedThread] = {}
        self._replies: dict[str, PhoneReply] = {}

    async def quotes(self, refs: Sequence[str]) -> dict[str, Quote]:
        return {each: self._quotes[each] for each in refs if each in self._quotes}

    async def tagged(self, tags: Sequence[tuple[str, str]]) -> dict[tuple[str, str], TaggedThread]:
        rows = {(each.insurer, each.tag): each for each in self._threads.values()}
        return {each: rows[each] for each in tags if each in rows}

    async def tagged_threads(self, thread_ids: Sequence[str]) -> dict[str, TaggedThread]:
        return {each: self._threads[each] for each in thread_ids if each in self._threads}

    async def replies(self, keys: Sequence[str]) -> dict[str, PhoneReply]:
        return {each: self._replies[each] for each in keys if each in self._replies}

    async def waiting(self, insurers: Sequence[str]) -> list[PhoneReply]:
        return [each for each in self._in_order() if each.insurer in insurers and each.state in WAITING]

    async def offering(self, option_ids: Sequence[str]) -> dict[str, PhoneReply]:
        every = {offer.option_id: each for each in self._replies.values() for offer in each.offers}
        return {each: every[each] for each in option_ids if each in every}

    async def caused_by(self, positions: Sequence[str]) -> list[PhoneReply]:
        return [each for each in self._in_order() if each.ended_by in positions or each.asked_by in positions]

    async def overdue(self, asked_before: datetime, most: int) -> list[PhoneReply]:
        found = [
            each
            for each in self._in_order()
            if each.state == "expiring"
            or (each.state == "waiting" and each.asked_at is not None and each.asked_at <= asked_before)
        ]
        return found[:most]

    async def save(self, changes: PhoneChanges) -> None:
        self._quotes = changes.quotes | self._quotes
        for key, thread in changes.threads.items():
            known = self._threads.get(key)
            if known is None or known.shown_at < thread.shown_at:
                self._threads[key] = thread
        fits = {key: each for key, each in changes.replies.items() if each.version == self._version(key) + 1}
        self._replies |= fits
        if len(fits) != len(changes.replies):
            raise ConflictError("a reply was changed by somebody else")

    async def sweep(self, decided_before: datetime) -> None:
        self._replies = {
            key: each
            for key, each in self._replies.items()
            if each.state in WAITING or each.decided_at >= decided_before
        }

    async def erase(self, aliases: Sequence[str]) -> None:
        self._quotes = {key: each for key, each in self._quotes.items() if each.alias not in aliases}
        self._threads = {key: each for key, each in self._threads.items() if each.alias not in aliases}
        self._replies = {key: each for key, each in self._replies.items() if each.alias not in aliases}

    def _in_order(self) -> list[PhoneReply]:
        return sorted(self._replies.values(), key=lambda each: each.place)

    def _version(self, key: str) -> int:
        return self._replies[key].version if key in self._replies else 0


def _document(row: Any) -> dict[str, Any]:
    """A row as a document: its first field is its key."""
    document = asdict(row)
    key = next(iter(document))
    return {"_id": document.pop(key), **document}


def _fields(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "_id"}


def _reply(document: dict[str, Any]) -> PhoneReply:
    fields = _fields(document)
    fields["offers"] = tuple(Offer(**each) for each in fields["offers"])
    fields["only"] = tuple(fields["only"])
    return PhoneReply(document["_id"], **fields)
