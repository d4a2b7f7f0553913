"""Where contacts and conversations live.

A conversation is a journal: one document per change, `<conversation>/<version>`, inserted and never written again. The
insert is the compare-and-set: whoever is second finds the version, or the message, there already. On the local database
an insert costs a fifth of a replace, and message, number and state are written in one document, so no crash can part
them. `heads` says which conversations a contact has; `refs` who a contact is.

The latest version is found by its id alone: versions have no gaps, so doubling and halving find the end in a few reads
for any number of conversations at once. No index on the journal but the one that makes subjects unique.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bowchat_contracts.ids import ContactId, ConversationId, Ref
from bowchat_contracts.inbound import SlaTerms
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_router.contacts import KnownRef
from bowchat_router.domain import Conversation, Route
from bowchat_router.journal import Entry
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

    async def entries(self, subjects: Sequence[str]) -> dict[str, Entry]:
        """What was decided for these messages and replies; an undecided one is left out."""

    async def conversations(self, contacts: Sequence[ContactId]) -> dict[ContactId, tuple[Conversation, ...]]:
        """The conversations of each of these contacts that are not closed, the oldest first."""

    async def save(self, refs: Sequence[KnownRef], entries: Sequence[Entry]) -> None:
        """Keep what was learnt and decided. Entries of one conversation are in order.

        Errors: `ConflictError` when somebody else was first. What was written then stays, and is found again.
        """

    async def names_of(self, contact: ContactId) -> Names: ...

    async def forget(self, contact: ContactId) -> None:
        """Forget by which identities a contact was known: who writes again is somebody new. The journal stays: it
        names a random contact id and a policy, and no person.
        """


class MongoRouter:
    """The router's own database."""

    def __init__(self, database: MongoDatabase) -> None:
        self._refs = database.collection("refs")
        self._heads = database.collection("heads")
        self._journal = database.collection("journal")

    async def prepare(self) -> None:
        """Make the indexes; those that exist stay."""
        await self._heads.ensure_index([("contact_id", 1)])
        await self._journal.ensure_index([("subject", 1)], unique=True)

    async def refs(self, refs: Sequence[Ref]) -> dict[Ref, KnownRef]:
        found = await _among(self._refs, "_id", refs)
        return {document["_id"]: _known_ref(document) for document in found}

    async def entries(self, subjects: Sequence[str]) -> dict[str, Entry]:
        if not subjects:
            return {}
        found = await self._journal.find({"subject": {"$in": list(subjects)}})
        return {document["subject"]: entry_from(document) for document in found}

    async def conversations(self, contacts: Sequence[ContactId]) -> dict[ContactId, tuple[Conversation, ...]]:
        heads = await _among(self._heads, "contact_id", contacts)
        latest = await self._latest([head["_id"] for head in heads])
        found: dict[ContactId, list[Conversation]] = {}
        for each in sorted(latest, key=lambda one: (one.opened_at, one.conversation_id)):
            if each.state != "closed":
                found.setdefault(each.contact_id, []).append(each)
        return {contact: tuple(each) for contact, each in found.items()}

    async def _latest(self, ids: Sequence[ConversationId]) -> list[Conversation]:
        ends = {each: End() for each in ids}
        while wanted := [entry_id(each, probe) for each, end in ends.items() for probe in end.probes()]:
            there = {found["_id"] for found in await _among(self._journal, "_id", wanted, {"_id": 1})}
            for each, end in ends.items():
                end.learn([probe for probe in end.probes() if entry_id(each, probe) in there])
        last = [entry_id(each, end.low) for each, end in ends.items() if end.low]
        return [entry_from(document).after for document in await _among(self._journal, "_id", last)]

    async def save(self, refs: Sequence[KnownRef], entries: Sequence[Entry]) -> None:
        """In the order that a crash anywhere leaves whole: who, then where, then what."""
        await self._refs.write([_ref_document(each) for each in refs])
        await self._heads.insert_new(
            [_head_document(each.after) for each in entries if each.previous is None]
        )
        # In order: after one that somebody else was first with, none is written, so no version is left out.
        await self._journal.insert_ordered([entry_document(each) for each in entries])

    async def names_of(self, contact: ContactId) -> Names:
        refs = await self._refs.find({"contact_id": contact}, sort=[("_id", 1)], projection={"_id": 1})
        heads = await self._heads.find({"contact_id": contact}, sort=[("_id", 1)], projection={"_id": 1})
        return Names(tuple(each["_id"] for each in refs), tuple(each["_id"] for each in heads))

    async def forget(self, contact: ContactId) -> None:
        await self._refs.delete({"contact_id": contact})


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
    """The search for the last of a conversation's versions: the numbers 1..n are there, and n is wanted."""

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


def entry_id(conversation_id: ConversationId, version: int) -> str:
    return f"{conversation_id}/{version}"


_CONVERSATION = tuple(Conversation.__dataclass_fields__)
# What a route says beyond the state of the conversation after it.
_ROUTE = ("rule", "reasons", "tags", "priority", "related")
_SHARED = ("insurer", "desk", "policy_type", "policy_number", "agreement_version")
_REF = tuple(name for name in KnownRef.__dataclass_fields__ if name != "ref")


def entry_document(entry: Entry) -> Document:
    """An entry as it is stored."""
    return {
        "_id": entry_id(entry.after.conversation_id, entry.after.version),
        "subject": entry.subject,
        "position": entry.position,
        "at": entry.at,
        "previous": entry.previous,
        "after": _fields(entry.after, _CONVERSATION),
        "route": _route_document(entry.route) if entry.route else None,
    }


def entry_from(document: Mapping[str, Any]) -> Entry:
    """An entry from its document."""
    return Entry(
        subject=document["subject"],
        position=document["position"],
        at=document["at"],
        previous=document["previous"],
        after=Conversation(**document["after"]),
        route=_route(document["route"], document["after"]) if document["route"] else None,
    )


def _fields(source: object, names: Iterable[str]) -> Document:
    return {name: getattr(source, name) for name in names}


def _route_document(route: Route) -> Document:
    terms = route.sla
    sla = [terms.first_response_s, terms.warn_ratio] if terms else None
    # What differs from the careful defaults: mostly nothing, or a region.
    masking = route.masking.model_dump(mode="json", exclude_defaults=True)
    return {**_fields(route, _ROUTE), "sla": sla, "masking": masking}


def _route(document: Mapping[str, Any], after: Mapping[str, Any]) -> Route:
    sla = document["sla"]
    return Route(
        conversation=None,
        rule=document["rule"],
        reasons=tuple(document["reasons"]),
        tags=tuple(document["tags"]),
        priority=document["priority"],
        related=tuple(document["related"]),
        sla=SlaTerms(first_response_s=sla[0], warn_ratio=sla[1]) if sla else None,
        masking=MaskingPolicy.model_validate(document["masking"]),
        **{name: after[name] for name in _SHARED},
    )


def _head_document(conversation: Conversation) -> Document:
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
