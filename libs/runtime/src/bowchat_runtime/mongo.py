"""The only file that imports the Mongo driver. Single-document operations only: no transactions, change streams or TTL.

See `docs/adr/0002` for why it is motor, and what switching to PyMongo's async client takes.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC
from types import TracebackType
from typing import Any, Self, TypeVar

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import InsertOne, ReplaceOne, WriteConcern
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    DuplicateKeyError,
    InvalidURI,
    OperationFailure,
    PyMongoError,
)

from bowchat_runtime.errors import DATABASE_AWAY, ConflictError, DependencyDownError, SettingsError

Document = dict[str, Any]
_DUPLICATE_KEY = 11000
_TIMEOUT_MS = 5000
_PING_S = 2.0
"""Shorter than any work's: who asks whether a service is ready waits for an answer, and asks again."""
# A longer list is asked in parts: SecantusDB holds each document against every value of it.
_IDS_AT_ONCE = 100
# Codes that a server gives while it changes its primary or shuts down: the same call works later.
_PASSING_CODES = frozenset({6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436})

Result = TypeVar("Result")


class MongoDatabase(AbstractAsyncContextManager["MongoDatabase"]):
    """One service's own database. Writes are acknowledged by a majority and on disk."""

    def __init__(self, uri: str, name: str) -> None:
        self._uri, self._name = uri, name
        self._client: Any = None
        self._database: Any = None

    async def __aenter__(self) -> Self:
        """Errors: `SettingsError` for an address that is none."""
        try:
            self._client = AsyncIOMotorClient(
                self._uri,
                serverSelectionTimeoutMS=_TIMEOUT_MS,
                connectTimeoutMS=_TIMEOUT_MS,
                socketTimeoutMS=2 * _TIMEOUT_MS,
                tz_aware=True,
            )
        except (InvalidURI, ConfigurationError, ValueError) as error:
            raise SettingsError(f"BOWCHAT_MONGO_URI: {error}; write mongodb://HOST:PORT") from None
        options: CodecOptions[Any] = CodecOptions(tz_aware=True, tzinfo=UTC)
        self._database = self._client.get_database(
            self._name, write_concern=WriteConcern(w="majority", j=True), codec_options=options
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def collection(self, name: str) -> "Collection":
        return Collection(self, name)

    def raw(self, name: str) -> Any:
        """The driver's collection; for this file only."""
        if self._database is None:
            raise DependencyDownError("the database is not open yet")
        return self._database[name]

    async def ping(self) -> str | None:
        """None when the database answers, or the reason in words."""
        try:
            async with asyncio.timeout(_PING_S):
                await self._database.command("ping")
        except (PyMongoError, TimeoutError):
            return DATABASE_AWAY
        return None


class Collection:
    """Named operations on one collection. All raise `DependencyDownError` while the database is away."""

    def __init__(self, database: MongoDatabase, name: str) -> None:
        self._database, self._name = database, name

    @property
    def _raw(self) -> Any:
        return self._database.raw(self._name)

    async def find(
        self,
        query: Document,
        sort: Sequence[tuple[str, int]] | None = None,
        limit: int = 0,
        projection: Mapping[str, Any] | None = None,
    ) -> list[Document]:
        """The documents that match, at most `limit` (0: all)."""
        cursor = self._raw.find(query, projection=projection, sort=sort, limit=limit)
        found: list[Document] = await _answer(cursor.to_list(None))
        return found

    async def stream(
        self, query: Document, sort: Sequence[tuple[str, int]], *, batch: int = 1000
    ) -> AsyncIterator[Document]:
        """The documents that match, one after the other, `batch` of them in memory at once."""
        cursor = self._raw.find(query, sort=sort, batch_size=batch)
        while found := await _answer(cursor.to_list(batch)):
            for document in found:
                yield document

    async def find_by_ids(self, ids: Sequence[Any]) -> dict[Any, Document]:
        """The documents with these `_id`s, by `_id`; a missing one is left out."""
        wanted = list(ids)
        parts = [wanted[start : start + _IDS_AT_ONCE] for start in range(0, len(wanted), _IDS_AT_ONCE)]
        found = await asyncio.gather(*[self.find({"_id": {"$in": part}}) for part in parts])
        return {document["_id"]: document for part in found for document in part}

    async def insert_new(self, documents: Sequence[Document]) -> set[Any]:
        """Insert those that are not there. Returns the `_id`s refused because they, or a unique value, were there."""
        if not documents:
            return set()
        try:
            await _answer(self._raw.insert_many([dict(each) for each in documents], ordered=False))
        except BulkWriteError as error:
            return {documents[each["index"]]["_id"] for each in _only_duplicates(error)}
        return set()

    async def insert_ordered(self, documents: Sequence[Document]) -> None:
        """Insert all, in order, up to the first that is there already.

        Errors: `ConflictError` when one was there; those before it are inserted.
        """
        if not documents:
            return
        try:
            await _answer(self._raw.insert_many([dict(each) for each in documents], ordered=True))
        except BulkWriteError as error:
            _only_duplicates(error)
            raise ConflictError("a document was there already") from None

    async def write(self, documents: Sequence[Document]) -> None:
        """Compare-and-set each document: `version` 1 inserts it, a higher one replaces the version before.

        Errors: `ConflictError` when any of them was changed by somebody else; the others are written.
        """
        if not documents:
            return
        operations = [_operation(document) for document in documents]
        updates = sum(isinstance(each, ReplaceOne) for each in operations)
        try:
            result = await _answer(self._raw.bulk_write(operations, ordered=False))
        except BulkWriteError as error:
            _only_duplicates(error)
            raise ConflictError("a document was inserted by somebody else") from None
        if result.matched_count != updates:
            raise ConflictError("a document was changed by somebody else")

    async def update_where(self, query: Document, update: Document) -> int:
        """Update the first document that matches, and say how many did (0 or 1)."""
        result = await _answer(self._raw.update_one(query, update))
        return int(result.modified_count)

    async def delete(self, query: Document) -> int:
        """Delete what matches, and say how many did."""
        result = await _answer(self._raw.delete_many(query))
        return int(result.deleted_count)

    async def count(self, query: Document) -> int:
        return int(await _answer(self._raw.count_documents(query)))

    async def ensure_index(self, keys: Sequence[tuple[str, int]], *, unique: bool = False) -> None:
        await _answer(self._raw.create_index(list(keys), unique=unique))


def _operation(document: Document) -> InsertOne[Document] | ReplaceOne[Document]:
    if document["version"] == 1:
        return InsertOne(document)
    return ReplaceOne({"_id": document["_id"], "version": document["version"] - 1}, document)


def _only_duplicates(error: BulkWriteError) -> list[Document]:
    details: Any = error.details or {}
    failures: list[Document] = details.get("writeErrors", [])
    if any(
        each.get("code") in _PASSING_CODES for each in (*failures, *details.get("writeConcernErrors", []))
    ):
        raise DependencyDownError("the database is changing its primary") from error
    if any(each.get("code") != _DUPLICATE_KEY for each in failures) or not failures:
        raise error
    return failures


async def _answer(call: Awaitable[Result]) -> Result:
    """The driver's answer; an absent server is told apart from a refused operation."""
    try:
        return await call
    except (BulkWriteError, DuplicateKeyError):
        raise
    except ConnectionFailure as error:
        raise DependencyDownError(DATABASE_AWAY) from error
    except OperationFailure as error:
        if error.code in _PASSING_CODES:
            raise DependencyDownError("the database is changing its primary") from error
        raise
