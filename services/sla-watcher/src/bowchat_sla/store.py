"""Where clocks live. A clock is one document; a change is a compare-and-set on its version."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Protocol

from bowchat_contracts.ids import ClockId
from bowchat_runtime.mongo import Collection, MongoDatabase
from bowchat_sla.domain import Change, Clock, Terms

DATABASE = "sla"
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


class ClockStore(Protocol):
    """Clocks, and which of them a ticker has to look at."""

    async def prepare(self) -> None: ...

    async def read(self, ids: Sequence[ClockId]) -> dict[ClockId, Clock]:
        """The clocks that exist, by id."""

    async def write(self, clocks: Sequence[Clock]) -> None:
        """Each clock over its version before.

        Errors: `ConflictError` when somebody else changed one; the others may be written.
        """

    async def due(self, now: datetime, limit: int) -> list[Clock]:
        """The clocks to look at by `now`, the earliest first."""

    async def next_look(self) -> datetime | None:
        """The earliest moment at which any clock has to be looked at."""

    async def live(self) -> int:
        """How many clocks run, give or take those being told of at this moment."""


class MongoClocks:
    """The clocks in their own database."""

    def __init__(self, database: MongoDatabase) -> None:
        self._clocks: Collection = database.collection("clocks")

    async def prepare(self) -> None:
        """Make the index; one that exists stays."""
        await self._clocks.ensure_index([("look_at", 1)])

    async def read(self, ids: Sequence[ClockId]) -> dict[ClockId, Clock]:
        found = await self._clocks.find_by_ids(ids)
        return {each: _clock(document) for each, document in found.items()}

    async def write(self, clocks: Sequence[Clock]) -> None:
        await self._clocks.write([_document(clock) for clock in clocks])

    async def due(self, now: datetime, limit: int) -> list[Clock]:
        # Bounded from below as well: most clocks have ended and have none, and those stand first in the index.
        query = {"look_at": {"$gt": _BEFORE_ALL, "$lte": now}}
        found = await self._clocks.find(query, sort=[("look_at", 1)], limit=limit)
        return [_clock(document) for document in found]

    async def next_look(self) -> datetime | None:
        found = await self._clocks.find(
            {"look_at": {"$type": "date"}}, sort=[("look_at", 1)], limit=1, projection={"look_at": 1}
        )
        return found[0]["look_at"] if found else None

    async def live(self) -> int:
        # A clock is looked at as long as it runs, so the one index serves here too: each costs every write.
        return await self._clocks.count({"look_at": {"$type": "date"}})


def _document(clock: Clock) -> dict[str, Any]:
    document = asdict(clock)
    document["_id"] = document.pop("clock_id")
    return document | {
        "state": clock.state,
        "changes": list(document["changes"]),
        "untold": list(clock.untold),
    }


def _clock(document: dict[str, Any]) -> Clock:
    terms = document["terms"]
    return Clock(
        clock_id=document["_id"],
        conversation_id=document["conversation_id"],
        version=document["version"],
        terms=Terms(**terms) if terms else None,
        answered_at=document["answered_at"],
        closed_at=document["closed_at"],
        changes=tuple(Change(**change) for change in document["changes"]),
        untold=tuple(document["untold"]),
        look_at=document["look_at"],
        fired_by=document["fired_by"],
    )
