"""Contract suites: the same tests on a store in memory and on its twin in a database."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

from bowchat_runtime.mongo import MongoDatabase


class Prepared(Protocol):
    """A store that makes its indexes."""

    async def prepare(self) -> None: ...


InMemory = TypeVar("InMemory")
InDatabase = TypeVar("InDatabase", bound=Prepared)


@asynccontextmanager
async def either(
    place: tuple[str, str] | None,
    memory: Callable[[], InMemory],
    stored: Callable[[MongoDatabase], InDatabase],
) -> AsyncIterator[InMemory | InDatabase]:
    """The store that the fixture `place` asks for, prepared, until the fixture around it ends."""
    if place is None:
        yield memory()
        return
    async with MongoDatabase(*place) as database:
        store = stored(database)
        await store.prepare()
        yield store
