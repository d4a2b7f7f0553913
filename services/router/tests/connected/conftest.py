"""What tests of the router's stores share."""

from collections.abc import AsyncIterator

import pytest

from bowchat_router.memory import MemoryRouter
from bowchat_router.store import MongoRouter, RouterStore
from bowchat_testkit.stores import either


@pytest.fixture
async def store(place: tuple[str, str] | None) -> AsyncIterator[RouterStore]:
    async with either(place, MemoryRouter, MongoRouter) as one:
        yield one
