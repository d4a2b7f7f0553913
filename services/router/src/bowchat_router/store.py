"""Where contacts and conversations live.

A contact is a journal: one document per step of their dossier, `<contact>/<version>`, inserted and never written again.
The insert is the compare-and-set: whoever is second finds the version, or the cause, there already. On the local database
an insert costs a fifth of a replace, and all that one cause did is one document, so no crash can part it. `heads` says
which conversations a contact has had; `refs` who a contact is.

The latest version is found by its id alone: versions have no gaps, so doubling and halving find the end in a few reads
for any number of contacts at once. No index on the journal but the one that makes subjects unique.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pydantic import TypeAdapter

from bowchat_contracts.ids import ContactId, ConversationId, ProviderRef, Ref
from bowchat_router.contacts import KnownRef
from bowchat_router.deeds import Deed, Timer
from bowchat_router.domain.model import Dossier
from bowchat_runtime.mongo import Collection, Document, MongoDatabase

DATABASE = "router"


@dataclass(frozen=True, slots=True)
class Names:
    """Under which names a contact's records travel."""

    refs: tuple[Ref, ...]
    conversations: tuple[ConversationId, ...]


class RouterStore(Protocol):
    """Named operations, each for a whole batch."""

    async def prepare(self) -> None: ...

    async def refs(self, refs: Sequence[Ref]) -> dict[Ref, KnownRef]:
        """What is known of these identities; an unknown one is left out."""

    async def deeds(self, subjects: Sequence[str]) -> dict[str, Deed]:
        """What was decided for these messages, replies and commands; an undecided one is left out."""

    async def dossiers(self, contacts: Sequence[ContactId]) -> dict[ContactId, Dossier]:
        """The dossier of each of these contacts; one of whom nothing is known is left out."""

    async def overtaken(self, versions: Mapping[ContactId, int]) -> set[ContactId]:
        """The contacts of whom there is a later version of the dossier than this one."""

    async def save(self, refs: Sequence[KnownRef], deeds: Sequence[Deed]) -> None:
        """Keep what was learnt and decided. Deeds of one contact are in order. A new identity is kept only where all that
        change are as they were: none follows one that was forgotten meanwhile.

        Errors: `ConflictError` when somebody else was first. What was written then stays, and is found again.
        """

    async def quoted(self, refs: Sequence[ProviderRef]) -> dict[ProviderRef, ConversationId]:
        """The conversations of these messages of ours, where they are known."""

    async def sent(self, places: Mapping[ProviderRef, ConversationId]) -> None:
        """Remember in which conversation these messages of ours were sent."""

    async def due(self, now: datetime, most: int) -> list[Timer]:
        """The timers whose moment has come, the oldest first."""

    async def rest(self, timer_ids: Sequence[str], later: Sequence[Timer] = ()) -> None:
        """These timers are done with; look `later` again."""

    async def names_of(self, contact: ContactId) -> Names: ...

    async def forget(self, contact: ContactId) -> None:
        """Forget by which identities a contact was known: who writes again is somebody new. The journal stays: it
        names a random contact id and a policy, and no person.

        Errors: `ConflictError` when somebody else was forgotten meanwhile: do it again.
        """

    async def forgotten(self) -> int:
        """How often somebody was forgotten. It grows once the identities are gone."""


class MongoRouter:
    """The router's own database."""

    def __init__(self, database: MongoDatabase) -> None:
        self._refs = database.collection("refs")
        self._heads = database.collection("heads")
        self._journal = database.collection("journal")
        self._timers = database.collection("timers")
        self._sent = database.collection("sent")
        self._forgotten = database.collection("forgotten")

    async def prepare(self) -> None:
        """Make the indexes; those that exist stay."""
        await self._heads.ensure_index([("contact_id", 1)])
        await self._journal.ensure_index([("subject", 1)], unique=True)
        await self._timers.ensure_index([("due_at", 1)])

    async def refs(self, refs: Sequence[Ref]) -> dict[Ref, KnownRef]:
        found = await _among(self._refs, "_id", refs)
        return {document["_id"]: _known_ref(document) for document in found}

    async def deeds(self, subjects: Sequence[str]) -> dict[str, Deed]:
        found = await _among(self._journal, "subject", subjects)
        return {document["subject"]: deed_from(document) for document in found}

    async def dossiers(self, contacts: Sequence[ContactId]) -> dict[ContactId, Dossier]:
        ends = {each: End() for each in contacts}
        while wanted := [step_id(each, probe) for each, end in ends.items() for probe in end.probes()]:
            there = {found["_id"] for found in await _among(self._journal, "_id", wanted, {"_id": 1})}
            for each, end in ends.items():
                end.learn([probe for probe in end.probes() if step_id(each, probe) in there])
        last = [step_id(each, end.low) for each, end in ends.items() if end.low]
        found = [deed_from(document).after for document in await _among(self._journal, "_id", last)]
        return {each.contact_id: each for each in found}

    async def overtaken(self, versions: Mapping[ContactId, int]) -> set[ContactId]:
        following = {step_id(each, version + 1): each for each, version in versions.items()}
        found = await _among(self._journal, "_id", sorted(following), {"_id": 1})
        return {following[each["_id"]] for each in found}

    async def save(self, refs: Sequence[KnownRef], deeds: Sequence[Deed]) -> None:
        """In the order that a crash anywhere leaves whole: who, then where and when, then what."""
        await self._refs.write([_ref_document(each) for each in refs if each.version > 1])
        await self._refs.write([_ref_document(each) for each in refs if each.version == 1])
        await self._heads.insert_new([_head_document(each) for deed in deeds for each in deed.opened])
        await self._timers.insert_new([_timer_document(timer) for each in deeds for timer in each.timers])
        # In order: after one that somebody else was first with, none is written, so no version is left out.
        await self._journal.insert_ordered([deed_document(each) for each in deeds])

    async def quoted(self, refs: Sequence[ProviderRef]) -> dict[ProviderRef, ConversationId]:
        found = await _among(self._sent, "_id", refs)
        return {each["_id"]: each["conversation_id"] for each in found}

    async def sent(self, places: Mapping[ProviderRef, ConversationId]) -> None:
        await self._sent.insert_new(
            [{"_id": ref, "conversation_id": conversation} for ref, conversation in places.items()]
        )

    async def due(self, now: datetime, most: int) -> list[Timer]:
        found = await self._timers.find({"due_at": {"$lte": now}}, sort=[("due_at", 1)], limit=most)
        return [_TIMER.validate_python(each) for each in found]

    async def rest(self, timer_ids: Sequence[str], later: Sequence[Timer] = ()) -> None:
        await self._timers.insert_new([_timer_document(each) for each in later])
        done = sorted(set(timer_ids) - {each.timer_id for each in later})
        if done:
            await self._timers.delete({"_id": {"$in": done}})

    async def names_of(self, contact: ContactId) -> Names:
        refs = await self._refs.find({"contact_id": contact}, sort=[("_id", 1)], projection={"_id": 1})
        heads = await self._heads.find({"contact_id": contact}, sort=[("_id", 1)], projection={"_id": 1})
        return Names(tuple(each["_id"] for each in refs), tuple(each["_id"] for each in heads))

    async def forget(self, contact: ContactId) -> None:
        await self._refs.delete({"contact_id": contact})
        await self._forgotten.write([{"_id": _LATEST, "version": await self.forgotten() + 1}])

    async def forgotten(self) -> int:
        found = await self._forgotten.find_by_ids([_LATEST])
        return int(found[_LATEST]["version"]) if found else 0


_LATEST = "latest"


_AT_ONCE = 50
"""Values per query. The local database compares each document it finds with every value asked for."""


async def _among(
    collection: Collection, field: str, values: Sequence[str], projection: Document | None = None
) -> list[Document]:
    """The documents whose field is one of these values."""
    parts = [list(values[start : start + _AT_ONCE]) for start in range(0, len(values), _AT_ONCE)]
    found = [await collection.find({field: {"$in": part}}, projection=projection) for part in parts]
    return [document for part in found for document in part]


_DOUBLINGS = 8


class End:
    """The search for the last of a contact's versions: the numbers 1..n are there, and n is wanted."""

    def __init__(self) -> None:
        self.low = 0
        """This many are there for certain."""
        self._high: int | None = None
        """This one is not there."""
        self._started = False

    def probes(self) -> list[int]:
        """Which versions to ask for next; none when `low` is the answer."""
        if self._high is None:
            return [(self.low or 1) * 2**power for power in range(bool(self._started), _DOUBLINGS + 1)]
        return [] if self._high - self.low <= 1 else [(self.low + self._high) // 2]

    def learn(self, there: Sequence[int]) -> None:
        """Which of the probes are there."""
        asked = self.probes()
        self._started = True
        self.low = max([self.low, *there])
        missing = [probe for probe in asked if probe > self.low]
        if missing:
            self._high = min(missing)


def step_id(contact_id: ContactId, version: int) -> str:
    return f"{contact_id}/{version}"


_DEED = TypeAdapter(Deed)
_TIMER = TypeAdapter(Timer)
_REF = tuple(name for name in KnownRef.__dataclass_fields__ if name != "ref")


def deed_document(deed: Deed) -> Document:
    """A deed as it is stored: what is as it always is stays unsaid."""
    given: Document = _DEED.dump_python(deed, exclude_defaults=True)
    return {"_id": step_id(deed.after.contact_id, deed.after.version), **given}


def deed_from(document: Mapping[str, Any]) -> Deed:
    """A deed from its document."""
    return _DEED.validate_python(document)


def _timer_document(timer: Timer) -> Document:
    return {"_id": timer.timer_id, **_fields(timer, Timer.__dataclass_fields__)}


def _fields(source: object, names: Iterable[str]) -> Document:
    return {name: getattr(source, name) for name in names}


def _head_document(conversation: Any) -> Document:
    return {
        "_id": conversation.conversation_id,
        "contact_id": conversation.contact_id,
        "opened_at": conversation.opened_at,
    }


def _ref_document(known: KnownRef) -> Document:
    return {"_id": known.ref, **_fields(known, _REF)}


def _known_ref(document: Mapping[str, Any]) -> KnownRef:
    rest = {name: document[name] for name in _REF}
    return KnownRef(ref=document["_id"], **{**rest, "weaker": tuple(document["weaker"])})
