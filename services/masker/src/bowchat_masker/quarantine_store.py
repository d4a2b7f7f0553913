"""Where the ends of holds are kept, beside the holds themselves. One read and one write of each kind per batch."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from bowchat_masker.model import Held
from bowchat_masker.quarantine import Destination, Refusal, Ruling
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.mongo import Collection, MongoDatabase


class QuarantineStore(Protocol):
    """What people have decided. All reads leave out what does not exist."""

    async def rulings(self, subjects: Sequence[str]) -> dict[str, Ruling]:
        """By what was held."""

    async def refusals(self, commands: Sequence[str]) -> dict[str, Refusal]:
        """By the command."""

    async def save(self, rulings: Mapping[str, Ruling], refusals: Mapping[str, Refusal]) -> None:
        """Add these.

        Errors: `ConflictError` when one was there; the rest may be written, and writing it again does no harm.
        """

    async def erase(self, subjects: Sequence[str]) -> None:
        """Forget what was decided on these: a ruling may hold a sealed recipient."""


class MongoQuarantine:
    """In the vault's database."""

    def __init__(self, database: MongoDatabase) -> None:
        self._held = database.collection("held")
        self._rulings = database.collection("held_rulings")
        self._refusals = database.collection("held_refusals")

    async def rulings(self, subjects: Sequence[str]) -> dict[str, Ruling]:
        return {key: _ruling(each) for key, each in (await self._rulings.find_by_ids(subjects)).items()}

    async def refusals(self, commands: Sequence[str]) -> dict[str, Refusal]:
        found = await self._refusals.find_by_ids(commands)
        return {key: Refusal(key, **_without_id(each)) for key, each in found.items()}

    async def waiting(self) -> list[Held]:
        """What is held and not decided, the oldest first."""
        decided = {each["_id"] for each in await self._rulings.find({}, projection={"_id": 1})}
        found = await self._held.find({}, sort=[("held_at", 1)])
        return [Held(each["_id"], **_without_id(each)) for each in found if each["_id"] not in decided]

    async def save(self, rulings: Mapping[str, Ruling], refusals: Mapping[str, Refusal]) -> None:
        await _add(self._rulings, "subject_id", rulings)
        await _add(self._refusals, "command_id", refusals)

    async def erase(self, subjects: Sequence[str]) -> None:
        await self._rulings.delete({"_id": {"$in": list(subjects)}})


async def _add(collection: Collection, key: str, rows: Mapping[str, Any]) -> None:
    documents = [{"_id": name, **asdict(row)} for name, row in rows.items()]
    for document in documents:
        del document[key]
    if await collection.insert_new(documents):
        raise ConflictError("it was decided by somebody else")


def _ruling(document: dict[str, Any]) -> Ruling:
    fields = _without_id(document)
    to = fields.pop("to")
    return Ruling(document["_id"], **fields, to=Destination(**to) if to else None)


def _without_id(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "_id"}
