"""One contract for both stores of desks: memory and a real database keep the same promises."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bowchat_contracts.ids import derived_id
from bowchat_router.desk_store import DeskNews, DeskStore, MemoryDesks, MongoDesks
from bowchat_router.domain.line import Book, Decision, Outcome, Recent, Seat, Waiter
from bowchat_runtime.errors import ConflictError
from bowchat_testkit.stores import either

AT = datetime(2026, 3, 2, 9, 0, 0, 123000, tzinfo=UTC)
ONE, TWO = derived_id("cv", "one"), derived_id("cv", "two")
BOOK = Book(
    "acme/claims",
    1,
    (Seat(ONE, 0.2),),
    (Waiter(TWO, derived_id("ct", "two"), 2.0, 3, AT, may_overflow=False),),
    (Outcome(AT, kept=False),),
    failing=True,
    recent=(Recent("ev", (Decision(TWO, derived_id("ct", "two"), "wait", 1),), "{}"),),
)


@pytest.fixture
async def store(place: tuple[str, str] | None) -> AsyncIterator[DeskStore]:
    async with either(place, MemoryDesks, MongoDesks) as one:
        yield one


async def test_a_book_is_read_back_as_it_was_written(store: DeskStore) -> None:
    """To the last field, and others than the one that is asked for are left out."""
    await store.save([BOOK, Book("acme/service", 1)])
    assert await store.books(["acme/claims", "acme/none"]) == {"acme/claims": BOOK}


async def test_a_version_is_taken_once(store: DeskStore) -> None:
    """Whoever read an older book cannot write over the newer one."""
    await store.save([BOOK])
    await store.save([replace(BOOK, version=2, line=())])
    for version in (1, 2):
        with pytest.raises(ConflictError):
            await store.save([replace(BOOK, version=version)])
    assert (await store.books(["acme/claims"]))["acme/claims"].line == ()


async def test_the_news_names_who_fails_and_who_is_waited_for(store: DeskStore) -> None:
    """A desk that keeps its promises and has nobody in line is no news."""
    fine = replace(BOOK, desk_id="acme/service", failing=False, line=())
    await store.save([BOOK, fine, replace(fine, desk_id="acme/roadside", line=BOOK.line)])
    assert await store.news() == DeskNews(
        frozenset({"acme/claims"}), frozenset({"acme/claims", "acme/roadside"})
    )
