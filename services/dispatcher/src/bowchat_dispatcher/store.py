"""The delivery ledger: what it can be asked, and its keeping in MongoDB."""

from collections.abc import Collection as Some
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Protocol

from bowchat_contracts.deliveries import DeliveryState
from bowchat_contracts.ids import random_id
from bowchat_contracts.pii import MessageText
from bowchat_dispatcher.domain import BLOCKING, Change, Choice, Row, Stop
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.mongo import Document, MongoDatabase

DATABASE = "dispatch"

WAITED_FOR: tuple[DeliveryState, ...] = ("sending", "unknown", "unresolved", "failed")
"""States whose due time means something other than: send now."""


@dataclass(frozen=True, slots=True)
class Open:
    """A delivery that is not through, without what it carries."""

    delivery_id: str
    lane: str
    channel: str
    order: int
    state: DeliveryState
    due_at: datetime | None


def open_of(row: Row) -> Open:
    """A row that is not through, without what it carries."""
    return Open(row.delivery_id, row.lane, row.channel, row.order, row.state, row.due_at)


@dataclass(frozen=True, slots=True)
class Watermark:
    """Up to when one sender has announced everything it did, and when it was last there."""

    instance: str
    announced_until: datetime
    seen_at: datetime


class Ledger(Protocol):
    """Named operations. Errors of all: `DependencyDownError` while the database is away."""

    async def find(self, delivery_ids: Some[str]) -> dict[str, Row]: ...

    async def find_by_provider(self, refs: Some[str]) -> dict[str, Row]:
        """By the provider's reference."""
        ...

    async def insert(self, rows: Sequence[Row]) -> None:
        """Add those that are not there yet."""
        ...

    async def write(self, rows: Sequence[Row]) -> list[Row]:
        """Compare-and-set each against the version it was read at. Returns those that stand, at their new version.

        The same write made again, because its answer was lost, stands.
        """
        ...

    async def backlog(
        self, limit: int, *, without_channels: Some[str], without_lanes: Some[str] = ()
    ) -> list[Open]:
        """What is not through, the longest due first."""
        ...

    async def behind_and_ahead(self, lanes: Some[str]) -> list[Open]:
        """Everything of these lanes that is not through."""
        ...

    async def overdue(self, now: datetime, limit: int) -> list[Row]:
        """Rows whose waiting ran out, or that a person gave an instruction for."""
        ...

    async def begun_since(self, moment: datetime) -> list[tuple[str, datetime]]:
        """Lane and time of what was last sent since then, the oldest first."""
        ...

    async def changed_since(self, moment: datetime) -> list[Row]: ...

    async def in_state(self, state: DeliveryState, limit: int) -> list[Row]: ...

    async def count(self, state: DeliveryState) -> int: ...

    async def watermarks(self) -> list[Watermark]: ...

    async def set_watermark(self, mark: Watermark) -> None: ...

    async def drop_watermark(self, instance: str) -> None: ...

    async def of_lanes(self, refs: Some[str], lanes: Some[str]) -> list[Row]:
        """What goes to these recipients or through these lanes, and still carries something."""
        ...

    async def stops(self, subjects: Some[str]) -> dict[str, Stop]:
        """By subject; those that nothing is known of are left out."""
        ...

    async def write_stops(self, stops: Sequence[Stop]) -> None:
        """Compare-and-set each against the version it was read at.

        Errors: `ConflictError` when one was changed by somebody else; the others are written.
        """
        ...


class MongoLedger:
    """The ledger in MongoDB."""

    def __init__(self, database: MongoDatabase) -> None:
        self._rows = database.collection("deliveries")
        self._senders = database.collection("senders")
        self._stops = database.collection("stops")
        self._writer = random_id("wr")

    async def prepare(self) -> None:
        """Make the indexes."""
        for keys in (
            ("state", "due_at"),
            ("lane", "state"),
            ("changed_at",),
            ("provider_ref",),
            ("began_at",),
            ("recipient_ref",),
        ):
            await self._rows.ensure_index([(key, 1) for key in keys])

    async def find(self, delivery_ids: Some[str]) -> dict[str, Row]:
        found = await self._rows.find_by_ids(list(delivery_ids))
        return {key: to_row(document) for key, document in found.items()}

    async def find_by_provider(self, refs: Some[str]) -> dict[str, Row]:
        if not refs:
            return {}
        found = await self._rows.find({"provider_ref": {"$in": list(refs)}})
        return {document["provider_ref"]: to_row(document) for document in found}

    async def insert(self, rows: Sequence[Row]) -> None:
        await self._rows.insert_new([self._document(row) for row in rows])

    async def write(self, rows: Sequence[Row]) -> list[Row]:
        documents = [self._document(row) for row in rows]
        try:
            await self._rows.write(documents)
        except ConflictError:
            stored = await self._rows.find_by_ids([row.delivery_id for row in rows])
            documents = [each for each in documents if stored.get(each["_id"]) == each]
        return [to_row(document) for document in documents]

    async def backlog(
        self, limit: int, *, without_channels: Some[str], without_lanes: Some[str] = ()
    ) -> list[Open]:
        query: Document = {"state": {"$in": sorted(BLOCKING)}}
        if without_channels:
            query["channel"] = {"$nin": list(without_channels)}
        if without_lanes:
            query["lane"] = {"$nin": list(without_lanes)}
        return await self._find_open(query, limit)

    async def behind_and_ahead(self, lanes: Some[str]) -> list[Open]:
        return await self._find_open({"lane": {"$in": list(lanes)}, "state": {"$in": sorted(BLOCKING)}}, 0)

    async def overdue(self, now: datetime, limit: int) -> list[Row]:
        query = {"state": {"$in": list(WAITED_FOR)}, "due_at": {"$lte": now}}
        return await self._find(query, [("due_at", 1)], limit)

    async def begun_since(self, moment: datetime) -> list[tuple[str, datetime]]:
        wanted = {"lane": 1, "began_at": 1}
        found = await self._rows.find({"began_at": {"$gte": moment}}, [("began_at", 1)], projection=wanted)
        return [(each["lane"], each["began_at"]) for each in found]

    async def changed_since(self, moment: datetime) -> list[Row]:
        return await self._find({"changed_at": {"$gte": moment}}, [("changed_at", 1)], 0)

    async def in_state(self, state: DeliveryState, limit: int) -> list[Row]:
        return await self._find({"state": state}, [("due_at", 1)], limit)

    async def count(self, state: DeliveryState) -> int:
        return await self._rows.count({"state": state})

    async def of_lanes(self, refs: Some[str], lanes: Some[str]) -> list[Row]:
        about = [{"recipient_ref": {"$in": list(refs)}}, {"lane": {"$in": list(lanes)}}]
        return await self._find({"$or": about, "content": {"$ne": ""}}, [("_id", 1)], 0)

    async def watermarks(self) -> list[Watermark]:
        found = await self._senders.find({})
        return [Watermark(each["_id"], each["announced_until"], each["seen_at"]) for each in found]

    async def set_watermark(self, mark: Watermark) -> None:
        values = {"announced_until": mark.announced_until, "seen_at": mark.seen_at}
        if await self._senders.insert_new([{"_id": mark.instance, **values}]):
            await self._senders.update_where({"_id": mark.instance}, {"$set": values})

    async def drop_watermark(self, instance: str) -> None:
        await self._senders.delete({"_id": instance})

    async def stops(self, subjects: Some[str]) -> dict[str, Stop]:
        found = await self._stops.find_by_ids(list(subjects)) if subjects else {}
        return {key: Stop(key, each["at"], each["in_force"], each["version"]) for key, each in found.items()}

    async def write_stops(self, stops: Sequence[Stop]) -> None:
        await self._stops.write(
            [
                {"_id": each.subject, "at": each.at, "in_force": each.in_force, "version": each.version + 1}
                for each in stops
            ]
        )

    async def _find(self, query: Document, sort: list[tuple[str, int]], limit: int) -> list[Row]:
        return [to_row(document) for document in await self._rows.find(query, sort, limit)]

    async def _find_open(self, query: Document, limit: int) -> list[Open]:
        wanted = dict.fromkeys(("lane", "channel", "order", "state", "due_at"), 1)
        found = await self._rows.find(query, [("due_at", 1)], limit, wanted)
        return [Open(delivery_id=each.pop("_id"), **each) for each in found]

    def _document(self, row: Row) -> Document:
        """The next version of a row, as this process writes it."""
        return {**to_document(replace(row, version=row.version + 1)), "writer": self._writer}


_FIELDS = tuple(
    field.name for field in fields(Row) if field.name not in {"delivery_id", "content", "history"}
)
_CHANGE_FIELDS = tuple(field.name for field in fields(Change))


def to_document(row: Row) -> Document:
    """A row as it is stored."""
    document: Document = {name: getattr(row, name) for name in _FIELDS}
    document["_id"] = row.delivery_id
    document["content"] = row.content.reveal()
    # As the database gives it back: `write` compares the two.
    document["buttons"] = [_written(each) for each in row.buttons]
    document["history"] = [{name: getattr(each, name) for name in _CHANGE_FIELDS} for each in row.history]
    return document


def _written(choice: Choice) -> list[str | None]:
    return [choice.id, choice.title.reveal(), choice.description.reveal() if choice.description else None]


def _choice(id_: str, title: str, description: str | None = None) -> Choice:
    return Choice(id_, MessageText(title), None if description is None else MessageText(description))


def to_row(document: Document) -> Row:
    """A row as it was stored."""
    values: dict[str, Any] = {name: document[name] for name in _FIELDS if name in document}
    history = tuple(Change(**{name: each[name] for name in _CHANGE_FIELDS}) for each in document["history"])
    values["buttons"] = tuple(_choice(*each) for each in values.get("buttons", ()))
    return Row(
        delivery_id=document["_id"], content=MessageText(document["content"]), history=history, **values
    )
