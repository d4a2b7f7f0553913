"""Where the desks' books are kept: one document per desk, compared and set. Whoever decides for a desk reads its topic's
partition alone, so a conflict is rare.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import TypeAdapter

from bowchat_router.domain.line import Book
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.mongo import Document, MongoDatabase

_BOOK = TypeAdapter(Book)


@dataclass(frozen=True, slots=True)
class DeskNews:
    """What others have to know of the desks."""

    failing: frozenset[str] = frozenset()
    """Those that break too many promises."""
    waited_for: frozenset[str] = frozenset()
    """Those with somebody in line."""


class DeskStore(Protocol):
    """Named operations, each for a whole batch. Desks are named `insurer/desk`."""

    async def prepare(self) -> None: ...

    async def books(self, desks: Sequence[str]) -> dict[str, Book]:
        """The books of these desks; a desk that never had work is left out."""

    async def save(self, books: Sequence[Book]) -> None:
        """Keep the next version of each book.

        Errors: `ConflictError` when somebody else was first.
        """

    async def news(self) -> DeskNews: ...


class MongoDesks:
    """In the router's own database."""

    def __init__(self, database: MongoDatabase) -> None:
        self._desks = database.collection("desks")

    async def prepare(self) -> None:
        """There are few desks: no index is needed."""

    async def books(self, desks: Sequence[str]) -> dict[str, Book]:
        found = await self._desks.find_by_ids(desks)
        return {name: _BOOK.validate_python(document) for name, document in found.items()}

    async def save(self, books: Sequence[Book]) -> None:
        await self._desks.write([_document(each) for each in books])

    async def news(self) -> DeskNews:
        found = await self._desks.find(
            {"$or": [{"failing": True}, {"waiting": True}]}, projection={"failing": 1, "waiting": 1}
        )
        return DeskNews(
            frozenset(each["_id"] for each in found if each["failing"]),
            frozenset(each["_id"] for each in found if each["waiting"]),
        )


class MemoryDesks:
    """In memory: passes the same contract suite as the database."""

    def __init__(self) -> None:
        self._books: dict[str, Book] = {}

    async def prepare(self) -> None:
        return

    async def books(self, desks: Sequence[str]) -> dict[str, Book]:
        return {each: self._books[each] for each in desks if each in self._books}

    async def save(self, books: Sequence[Book]) -> None:
        for each in books:
            known = self._books.get(each.desk_id)
            if (known.version if known else 0) != each.version - 1:
                raise ConflictError("a desk was changed by somebody else")
        self._books |= {each.desk_id: each for each in books}

    async def news(self) -> DeskNews:
        return DeskNews(
            frozenset(name for name, each in self._books.items() if each.failing),
            frozenset(name for name, each in self._books.items() if each.line),
        )


def _document(book: Book) -> Document:
    given: Document = _BOOK.dump_python(book)
    return {"_id": book.desk_id, **given, "waiting": bool(book.line)}
