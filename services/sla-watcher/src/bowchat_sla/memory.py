"""Clocks in memory: for tests and for measuring the watcher's own cost."""

import heapq
from collections.abc import Sequence
from datetime import datetime

from bowchat_contracts.ids import ClockId
from bowchat_runtime.errors import ConflictError
from bowchat_sla.domain import Clock


class MemoryClocks:
    """The same promises as the database, but for surviving a restart.

    The heap holds every moment a clock was ever to be looked at; one that no longer holds is dropped when it comes up.
    """

    def __init__(self) -> None:
        self._clocks: dict[ClockId, Clock] = {}
        self._looks: list[tuple[datetime, ClockId]] = []

    async def prepare(self) -> None:
        """Nothing has to be made."""

    async def read(self, ids: Sequence[ClockId]) -> dict[ClockId, Clock]:
        return {each: self._clocks[each] for each in ids if each in self._clocks}

    async def write(self, clocks: Sequence[Clock]) -> None:
        lost = False
        for clock in clocks:
            held = self._clocks.get(clock.clock_id)
            if clock.version != (held.version if held else 0) + 1:
                lost = True
                continue
            self._clocks[clock.clock_id] = clock
            if clock.look_at is not None:
                heapq.heappush(self._looks, (clock.look_at, clock.clock_id))
        if lost:
            raise ConflictError("a clock was changed by somebody else")

    async def due(self, now: datetime, limit: int) -> list[Clock]:
        found: dict[ClockId, tuple[datetime, ClockId]] = {}
        while len(found) < limit and (look := self._first()) and look[0] <= now:
            found[look[1]] = heapq.heappop(self._looks)
        for look in found.values():
            heapq.heappush(self._looks, look)
        return [self._clocks[each] for each in found]

    async def next_look(self) -> datetime | None:
        look = self._first()
        return look[0] if look else None

    async def live(self) -> int:
        return sum(clock.look_at is not None for clock in self._clocks.values())

    def _first(self) -> tuple[datetime, ClockId] | None:
        while self._looks and self._clocks[self._looks[0][1]].look_at != self._looks[0][0]:
            heapq.heappop(self._looks)
        return self._looks[0] if self._looks else None
