"""Things to be done at a time, handed out in the order of that time."""

import asyncio
import heapq
from itertools import count
from typing import Generic, TypeVar

Item = TypeVar("Item")


class DueQueue(Generic[Item]):
    """A queue on the event loop's clock. Items of one due time come out in the order they were added."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Item]] = []
        self._order = count()
        self._added = asyncio.Event()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, after_s: float, item: Item) -> None:
        """`item` comes out `after_s` seconds from now."""
        due = asyncio.get_running_loop().time() + after_s
        heapq.heappush(self._heap, (due, next(self._order), item))
        self._added.set()

    async def take(self, *, gather_s: float = 0.0) -> list[Item]:
        """Wait for the first item to be due, and `gather_s` longer for others to join it; return all that are due."""
        while True:
            self._added.clear()
            wait = self._heap[0][0] + gather_s - asyncio.get_running_loop().time() if self._heap else None
            if wait is not None and wait <= 0:
                return self._pop_due()
            try:
                await asyncio.wait_for(self._added.wait(), wait)
            except TimeoutError:
                continue

    def _pop_due(self) -> list[Item]:
        now = asyncio.get_running_loop().time()
        due: list[Item] = []
        while self._heap and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap)[2])
        return due
