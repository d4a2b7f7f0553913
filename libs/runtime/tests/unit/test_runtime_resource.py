"""Resources that are opened by a call."""

from contextlib import AsyncExitStack

import pytest

from bowchat_runtime.errors import DependencyDownError
from bowchat_runtime.resource import Resource


async def test_what_could_not_be_opened_is_opened_later() -> None:
    """A service that starts before its database waits for it: the same resource opens at the second try, and closes once."""
    calls: list[str] = []

    async def opened() -> None:
        calls.append("open")
        if len(calls) == 1:
            raise DependencyDownError("the database does not answer")

    async def closed() -> None:
        calls.append("close")

    resource = Resource(opened, closed)
    async with AsyncExitStack() as stack:
        with pytest.raises(DependencyDownError):
            await stack.enter_async_context(resource)
        await stack.enter_async_context(resource)
    assert calls == ["open", "open", "close"]
