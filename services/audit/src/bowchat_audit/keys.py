"""The keys of lanes: the one thing beside the log that can be taken away, so that a person can be forgotten."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from bowchat_audit.private import new_key
from bowchat_contracts.envelope import rfc3339
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.mongo import MongoDatabase

DATABASE = "audit_keys"
_MOST_REMEMBERED = 50_000


class KeyStore(Protocol):
    """Keys by lane."""

    async def find(self, lanes: Sequence[str]) -> dict[str, bytes]: ...

    async def add(self, keys: dict[str, bytes]) -> None:
        """Errors: `ConflictError` when a lane has got a key meanwhile."""

    async def destroy(self, lanes: Sequence[str], at: datetime) -> None:
        """For ever, and note when. A lane without a key is none to destroy."""

    async def destroyed(self, lanes: Sequence[str]) -> dict[str, datetime]:
        """When the keys of these lanes were destroyed last; a lane whose never was is left out."""


class MemoryKeys:
    """The same promises as the database, but for surviving a restart."""

    def __init__(self) -> None:
        self._keys: dict[str, bytes] = {}
        self._destroyed: dict[str, datetime] = {}

    async def find(self, lanes: Sequence[str]) -> dict[str, bytes]:
        return {each: self._keys[each] for each in lanes if each in self._keys}

    async def add(self, keys: dict[str, bytes]) -> None:
        taken = keys.keys() & self._keys.keys()
        self._keys = keys | self._keys
        if taken:
            raise ConflictError("a lane has got a key meanwhile")

    async def destroy(self, lanes: Sequence[str], at: datetime) -> None:
        for each in lanes:
            self._keys.pop(each, None)
            self._destroyed[each] = max(at, self._destroyed.get(each, at))

    async def destroyed(self, lanes: Sequence[str]) -> dict[str, datetime]:
        return {each: self._destroyed[each] for each in lanes if each in self._destroyed}


class MongoKeys:
    """Keys in a database of their own: the only one from which the service may remove anything, with its own backups."""

    def __init__(self, database: MongoDatabase) -> None:
        self._keys = database.collection("keys")
        self._destroyed = database.collection("destroyed")

    async def find(self, lanes: Sequence[str]) -> dict[str, bytes]:
        found = await self._keys.find_by_ids(lanes)
        return {lane: each["key"] for lane, each in found.items()}

    async def add(self, keys: dict[str, bytes]) -> None:
        documents: list[dict[str, Any]] = [{"_id": lane, "key": key} for lane, key in keys.items()]
        if await self._keys.insert_new(documents):
            raise ConflictError("a lane has got a key meanwhile")

    async def destroy(self, lanes: Sequence[str], at: datetime) -> None:
        # First the note: what is read from now on gets no lasting key.
        await self._destroyed.insert_new(
            [{"_id": f"{each}|{rfc3339(at)}", "lane": each, "at": at} for each in lanes]
        )
        await self._keys.delete({"_id": {"$in": list(lanes)}})

    async def destroyed(self, lanes: Sequence[str]) -> dict[str, datetime]:
        found = await self._destroyed.find({"lane": {"$in": list(lanes)}}, sort=[("at", 1)])
        return {each["lane"]: each["at"] for each in found}


class LaneKeys:
    """The keys that a batch needs, remembered from batch to batch."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self._remembered: dict[str, bytes] = {}
        self._fresh: dict[str, bytes] = {}
        self._destroyed: dict[str, datetime] = {}

    async def load(self, lanes: set[str]) -> None:
        """Have the keys of these lanes at hand; one that has none gets one with the next `save`."""
        if len(self._remembered) > _MOST_REMEMBERED:
            self.forget()
        self._fresh.clear()
        unknown = lanes - self._remembered.keys()
        if unknown:
            self._remembered |= await self._store.find(sorted(unknown))
            self._destroyed |= await self._store.destroyed(sorted(unknown))

    def key(self, lane: str, time: datetime) -> bytes:
        """The key for a record of this time. One from before its person was erased, read only now, gets a key that nobody
        keeps.
        """
        if lane in self._destroyed and time <= self._destroyed[lane]:
            return new_key()
        known = self._remembered.get(lane) or self._fresh.get(lane)
        if known is None:
            known = self._fresh[lane] = new_key()
        return known

    async def save(self) -> None:
        """Keep the new keys, before anything that they lock.

        Errors: `ConflictError`.
        """
        if self._fresh:
            await self._store.add(self._fresh)
            self._remembered |= self._fresh
            self._fresh = {}

    async def destroy(self, lanes: Sequence[str], at: datetime) -> None:
        await self._store.destroy(lanes, at)
        for each in lanes:
            self._remembered.pop(each, None)
            self._destroyed[each] = max(at, self._destroyed.get(each, at))

    def forget(self) -> None:
        self._remembered.clear()
        self._destroyed.clear()
        self._fresh.clear()
