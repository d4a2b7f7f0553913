"""A resource of a service that is opened and closed by a call each."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any

Call = Callable[[], Awaitable[Any]]


class Resource(AbstractAsyncContextManager[None]):
    """Opened again where what it needs was away: a generator's context manager opens only once."""

    def __init__(self, opened: Call | None = None, closed: Call | None = None) -> None:
        self._opened, self._closed = opened, closed

    async def __aenter__(self) -> None:
        if self._opened:
            await self._opened()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._closed:
            await self._closed()
