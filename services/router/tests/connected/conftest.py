"""What tests of the router's stores share."""

from collections.abc import AsyncIterator

import pytest

from bowchat_router.memory import MemoryRouter
from bowchat_router.store import MongoRouter, RouterStore
from bowchat_runtime.mongo import MongoDatabase


@pytest.fixture
async def store(place: tuple[str, str] | None) -> AsyncIterator[RouterStore]:
    if place is None:
        yield MemoryRouter()
        return
    async with MongoDatabase(*place) as database:
        router = MongoRouter(database)
        await router.prepare()
        yield router
