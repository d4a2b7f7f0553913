"""Where reveals are kept: in the vault's database. One read and one write per batch."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self

from bowchat_masker.reveals import Reveal
from bowchat_runtime.mongo import MongoDatabase

_OPEN = ("asked", "granted")


class RevealStore(Protocol):
    async def of_contacts(self, contact_ids: Sequence[str]) -> list[Reveal]:
        """Every reveal of these people, the oldest first."""

    async def overdue(self, now: datetime, most: int) -> list[Reveal]:
        """Those that are open and whose time is over, at most so many."""

    async def save(self, reveals: Sequence[Reveal]) -> None:
        """Write each as the version after the one before.

        Errors: `ConflictError` when one was changed by somebody else; the others are written.
        """

    async def erase(self, contact_id: str) -> None:
        """Forget every reveal of this person."""


class MongoReveals(AbstractAsyncContextManager["MongoReveals"]):
    """In their own collection; entering it makes the indexes."""

    def __init__(self, database: MongoDatabase) -> None:
        self._rows = database.collection("reveals")

    async def __aenter__(self) -> Self:
        await self._rows.ensure_index([("contact_id", 1)])
        await self._rows.ensure_index([("ends_at", 1)])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def of_contacts(self, contact_ids: Sequence[str]) -> list[Reveal]:
        if not contact_ids:
            return []
        found = await self._rows.find({"contact_id": {"$in": list(contact_ids)}}, sort=[("_id", 1)])
        return [_row(each) for each in found]

    async def overdue(self, now: datetime, most: int) -> list[Reveal]:
        query = {"state": {"$in": list(_OPEN)}, "ends_at": {"$lte": now}}
        return [_row(each) for each in await self._rows.find(query, sort=[("ends_at", 1)], limit=most)]

    async def open(self) -> list[Reveal]:
        """What is asked or agreed, the first to end first."""
        found = await self._rows.find({"state": {"$in": list(_OPEN)}}, sort=[("ends_at", 1)])
        return [_row(each) for each in found]

    async def save(self, reveals: Sequence[Reveal]) -> None:
        await self._rows.write([_document(each) for each in reveals])

    async def erase(self, contact_id: str) -> None:
        await self._rows.delete({"contact_id": contact_id})


def _document(reveal: Reveal) -> dict[str, Any]:
    document = asdict(reveal)
    return {"_id": document.pop("reveal_id"), **document}


def _row(document: dict[str, Any]) -> Reveal:
    fields = {name: value for name, value in document.items() if name != "_id"}
    return Reveal(document["_id"], **fields)
