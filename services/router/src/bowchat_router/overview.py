"""Looking at what the router keeps, for people: nothing is written, and nothing that anybody said is there."""

from collections.abc import AsyncIterator

from bowchat_contracts.ids import ContactId, ConversationId
from bowchat_router.domain.model import Conversation
from bowchat_router.store import MongoRouter
from bowchat_runtime.mongo import MongoDatabase

_AT_ONCE = 200
"""Contacts in memory while all are looked at."""


class Overview:
    """Reads the router's own database.

    Errors: `DependencyDownError`.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._heads = database.collection("heads")
        self._store = MongoRouter(database)

    async def contact_of(self, conversation: ConversationId) -> ContactId | None:
        """Whose conversation it is; None where there never was one of this id."""
        found = await self._heads.find({"_id": conversation})
        return found[0]["contact_id"] if found else None

    async def conversations(self, contact: ContactId | None = None) -> AsyncIterator[Conversation]:
        """The conversations that are not closed: of this contact, or all, contact by contact; the oldest of each first."""
        if contact is not None:
            for each in await self._of([contact]):
                yield each
            return
        people: list[ContactId] = []
        async for head in self._heads.stream({}, [("contact_id", 1)]):
            if people and head["contact_id"] == people[-1]:
                continue
            if len(people) == _AT_ONCE:
                for each in await self._of(people):
                    yield each
                people = []
            people.append(head["contact_id"])
        for each in await self._of(people):
            yield each

    async def _of(self, people: list[ContactId]) -> list[Conversation]:
        found = await self._store.dossiers(people)
        return [each for person in people if person in found for each in found[person].conversations]
