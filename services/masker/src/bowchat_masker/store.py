"""Where the vault lives. Single-document operations; one read and one write of each kind per batch."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from bowchat_masker.model import (
    AliasRow,
    Changes,
    Contact,
    ConversationRow,
    Erased,
    Held,
    Names,
    ReplyRow,
    Thread,
    ThreadNews,
    WindowRow,
    alias_key,
)
from bowchat_masker.ways import Ended, Switch, Way
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.mongo import Collection, MongoDatabase

DATABASE = "vault"


class VaultStore(Protocol):
    """The rows of the vault. All reads leave out what does not exist."""

    async def contacts(self, ids: Sequence[str]) -> dict[str, Contact]: ...

    async def aliases(self, names: Sequence[tuple[str, str, int]]) -> dict[str, AliasRow]:
        """By (insurer, contact, generation); keyed by `alias_key`."""

    async def aliases_named(self, aliases: Sequence[str]) -> dict[str, AliasRow]:
        """By the alias itself."""

    async def threads(self, ids: Sequence[str]) -> dict[str, Thread]: ...

    async def threads_of(self, aliases: Sequence[str]) -> list[Thread]: ...

    async def news(self, thread_ids: Sequence[str]) -> dict[str, ThreadNews]: ...

    async def threads_since(self, insurer: str, moment: datetime) -> list[Thread]:
        """An insurer's threads that are open, or were at this moment."""

    async def mark_threads(self, closed: Mapping[str, datetime | None]) -> None:
        """Note since when threads are closed, or that they are open again."""

    async def erased_since(self, insurer: str, moment: datetime) -> bool:
        """Whether somebody whom this insurer knew was erased after this moment."""

    async def conversations(self, ids: Sequence[str]) -> dict[str, ConversationRow]: ...

    async def replies(self, keys: Sequence[str]) -> dict[str, ReplyRow]: ...

    async def held(self, ids: Sequence[str]) -> dict[str, Held]: ...

    async def windows(self, keys: Sequence[str]) -> dict[str, WindowRow]:
        """By `alias_key`."""

    async def ways(self, keys: Sequence[str]) -> dict[str, Way]:
        """By `alias_key`, of the first generation."""

    async def erased(self, contact_ids: Sequence[str]) -> dict[str, Erased]: ...

    async def wrapped_after(self, contact_id: str, limit: int) -> dict[str, bytes]:
        """The wrapped data keys of the first `limit` contacts after this one, in order of their ids."""

    async def rewrap(self, contact_id: str, before: bytes, after: bytes) -> bool:
        """Put a contact's wrapped key in the place of the one before, and say whether it was still there."""

    async def names_of(self, contact_id: str) -> Names:
        """Under which names a contact is known, to insurers and in the relay."""

    async def erase(self, erased: Erased) -> None:
        """Keep that a person was erased, then destroy everything of theirs. Doing it again does no harm, so that it can be
        taken up after a crash.
        """

    async def save(self, changes: Changes) -> None:
        """Write everything. What is there already by the same key stays; rows with a version replace the one before.

        Errors: `ConflictError` when a contact, alias, thread, its news, conversation, reply, window or way was written
        by somebody else; the rest may be written, and writing it again does no harm.
        """


Row = TypeVar("Row")


class MongoVault(AbstractAsyncContextManager["MongoVault"]):
    """The vault in its own database; entering it makes the indexes."""

    def __init__(self, database: MongoDatabase) -> None:
        self._contacts = database.collection("contacts")
        self._aliases = database.collection("aliases")
        self._threads = database.collection("threads")
        self._news = database.collection("thread_news")
        self._conversations = database.collection("conversations")
        self._replies = database.collection("replies")
        self._held = database.collection("held")
        self._windows = database.collection("windows")
        self._ways = database.collection("ways")
        self._erased = database.collection("erased")

    async def __aenter__(self) -> Self:
        await self._aliases.ensure_index([("alias", 1)], unique=True)
        await self._threads.ensure_index([("alias", 1)])
        await self._threads.ensure_index([("insurer", 1), ("closed_at", 1)])
        await self._erased.ensure_index([("at", 1)])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def contacts(self, ids: Sequence[str]) -> dict[str, Contact]:
        found = await self._contacts.find_by_ids(ids)
        return {key: _row(Contact, "contact_id", each) for key, each in found.items()}

    async def aliases(self, names: Sequence[tuple[str, str, int]]) -> dict[str, AliasRow]:
        found = await self._aliases.find_by_ids([alias_key(*name) for name in names])
        return {key: _alias(each) for key, each in found.items()}

    async def aliases_named(self, aliases: Sequence[str]) -> dict[str, AliasRow]:
        if not aliases:
            return {}
        found = await self._aliases.find({"alias": {"$in": list(aliases)}})
        return {each["alias"]: _alias(each) for each in found}

    async def threads(self, ids: Sequence[str]) -> dict[str, Thread]:
        found = await self._threads.find_by_ids(ids)
        return {key: _row(Thread, "thread_id", each) for key, each in found.items()}

    async def threads_of(self, aliases: Sequence[str]) -> list[Thread]:
        if not aliases:
            return []
        found = await self._threads.find({"alias": {"$in": list(aliases)}})
        return [_row(Thread, "thread_id", each) for each in found]

    async def news(self, thread_ids: Sequence[str]) -> dict[str, ThreadNews]:
        found = await self._news.find_by_ids(thread_ids)
        rows = {key: each | {"waiting": tuple(each["waiting"])} for key, each in found.items()}
        return {key: _row(ThreadNews, "thread_id", each) for key, each in rows.items()}

    async def threads_since(self, insurer: str, moment: datetime) -> list[Thread]:
        lately = [{"closed_at": None}, {"closed_at": {"$gt": moment}}]
        found = await self._threads.find({"insurer": insurer, "$or": lately})
        return [_row(Thread, "thread_id", each) for each in found]

    async def mark_threads(self, closed: Mapping[str, datetime | None]) -> None:
        # Only this field: nothing that a reply or message reads of the thread has changed.
        for thread_id, at in closed.items():
            await self._threads.update_where({"_id": thread_id}, {"$set": {"closed_at": at}})

    async def erased_since(self, insurer: str, moment: datetime) -> bool:
        found = await self._erased.find({"at": {"$gt": moment}}, projection={"aliases": 1})
        return any(name == insurer for each in found for name, _ in each["aliases"])

    async def conversations(self, ids: Sequence[str]) -> dict[str, ConversationRow]:
        found = await self._conversations.find_by_ids(ids)
        return {key: _row(ConversationRow, "conversation_id", each) for key, each in found.items()}

    async def replies(self, keys: Sequence[str]) -> dict[str, ReplyRow]:
        found = await self._replies.find_by_ids(keys)
        rows = {key: each | {"removed": tuple(each["removed"])} for key, each in found.items()}
        return {key: _row(ReplyRow, "reply_key", each) for key, each in rows.items()}

    async def held(self, ids: Sequence[str]) -> dict[str, Held]:
        found = await self._held.find_by_ids(ids)
        return {key: _row(Held, "subject_id", each) for key, each in found.items()}

    async def windows(self, keys: Sequence[str]) -> dict[str, WindowRow]:
        found = await self._windows.find_by_ids(keys)
        return {key: _row(WindowRow, "key", each) for key, each in found.items()}

    async def ways(self, keys: Sequence[str]) -> dict[str, Way]:
        return {key: _way(each) for key, each in (await self._ways.find_by_ids(keys)).items()}

    async def erased(self, contact_ids: Sequence[str]) -> dict[str, Erased]:
        found = await self._erased.find_by_ids(contact_ids)
        return {key: _erased(each) for key, each in found.items()}

    async def wrapped_after(self, contact_id: str, limit: int) -> dict[str, bytes]:
        found = await self._contacts.find(
            {"_id": {"$gt": contact_id}}, sort=[("_id", 1)], limit=limit, projection={"wrapped_key": 1}
        )
        return {each["_id"]: each["wrapped_key"] for each in found}

    async def rewrap(self, contact_id: str, before: bytes, after: bytes) -> bool:
        # Only this field: the version is the person's, and nothing about the person changes.
        here = {"_id": contact_id, "wrapped_key": before}
        return bool(await self._contacts.update_where(here, {"$set": {"wrapped_key": after}}))

    async def names_of(self, contact_id: str) -> Names:
        of = {"contact_id": contact_id}
        aliases = await self._aliases.find(of, sort=[("_id", 1)])
        threads = await self._threads.find(of, sort=[("_id", 1)])
        replies = await self._replies.find(of, sort=[("_id", 1)], projection={"_id": 1})
        conversations = [each["conversation_id"] for each in threads]
        held = await self._held.find({"conversation_id": {"$in": conversations}}, sort=[("_id", 1)])
        return Names(
            tuple((each["insurer"], each["alias"]) for each in aliases),
            tuple(conversations),
            (*(each["_id"] for each in held), *(each["_id"] for each in replies)),
        )

    async def erase(self, erased: Erased) -> None:
        fields = {name: each for name, each in asdict(erased).items() if name != "contact_id"}
        await self._erased.insert_new([{"_id": erased.contact_id, **fields}])
        # The data key first: with it goes all that is locked by it, whatever a crash leaves standing.
        await self._contacts.delete({"_id": erased.contact_id})
        await self._held.delete({"_id": {"$in": list(erased.lanes)}})
        for rows in (
            self._windows, self._replies, self._threads, self._news, self._ways, self._aliases
        ):  # fmt: skip
            await rows.delete({"contact_id": erased.contact_id})

    async def save(self, changes: Changes) -> None:
        # Before the aliases: whoever finds an alias finds how long it answers.
        await self._ways.write(_documents(changes.ways))
        await self._contacts.write(_documents(changes.contacts))
        aliases = {key: {"_id": key, **asdict(each)} for key, each in changes.aliases.items()}
        await _insert(self._aliases, list(aliases.values()))
        await self._threads.write(_documents(changes.threads))
        await self._news.write(_documents(changes.news))
        await self._conversations.write(_documents(changes.conversations))
        # Before the replies: a reply that is kept is not read again, so what it left in a window has to be there.
        await self._windows.write(_documents(changes.windows))
        await _insert(self._replies, _documents(changes.replies))
        await self._held.insert_new(_documents(changes.held))


async def _insert(collection: Collection, documents: list[dict[str, Any]]) -> None:
    if await collection.insert_new(documents):
        raise ConflictError("a row was inserted by somebody else")


def _documents(rows: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows as documents: the first field of a row is its key."""
    documents = []
    for key, row in rows.items():
        document = asdict(row)
        del document[next(iter(document))]
        documents.append({"_id": key, **document})
    return documents


def _row(build: Callable[..., Row], key: str, document: dict[str, Any]) -> Row:
    fields = {name: value for name, value in document.items() if name != "_id"}
    return build(**{key: document["_id"]}, **fields)


def _alias(document: dict[str, Any]) -> AliasRow:
    return AliasRow(document["insurer"], document["contact_id"], document["alias"], document["generation"])


def _erased(document: dict[str, Any]) -> Erased:
    fields = {name: value for name, value in document.items() if name not in ("_id", "aliases", "lanes")}
    aliases = tuple((insurer, alias) for insurer, alias in document["aliases"])
    return Erased(document["_id"], aliases=aliases, lanes=tuple(document["lanes"]), **fields)


def _way(document: dict[str, Any]) -> Way:
    fields = {name: value for name, value in document.items() if name != "_id"}
    ended = tuple(Ended(**each) for each in fields.pop("ended"))
    switch = fields.pop("switch")
    return Way(document["_id"], **fields, ended=ended, switch=Switch(**switch) if switch else None)
