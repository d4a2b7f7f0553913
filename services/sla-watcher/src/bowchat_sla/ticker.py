"""The timers. They live in the database, so a killed watcher forgets none: whoever runs next fires them.

Firing is three steps: claim the clocks by compare-and-set, publish, note that it was published. A ticker killed after
the claim leaves the changes untold; when its lease ends, any ticker tells them again, with the same bytes.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import structlog

from bowchat_contracts.ids import random_id
from bowchat_runtime.clock import Clock as TimeOfDay
from bowchat_runtime.errors import ConflictError, DependencyDownError
from bowchat_runtime.publisher import Publisher
from bowchat_sla import domain, metrics
from bowchat_sla.domain import Clock
from bowchat_sla.store import ClockStore

LEASE = timedelta(seconds=2)
_LONGEST_SLEEP_S = 0.5
_SHORTEST_SLEEP_S = 0.01
_BACK_OFF_S = 1.0
_AT_ONCE = 500
_GAUGE_EVERY = timedelta(seconds=5)

log = structlog.get_logger()


class Ticker(AbstractAsyncContextManager["Ticker"]):
    """Fires what is due. Several may run: the compare-and-set decides whose firing counts.

    It runs from the moment it is entered, without waiting for the consumers to join their group: what fell due while no
    watcher ran is late already.
    """

    def __init__(self, store: ClockStore, publisher: Publisher, clock: TimeOfDay) -> None:
        self._store, self._publisher, self._clock = store, publisher, clock
        self._name = random_id("tk")
        self._gauge_at: datetime | None = None
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})

    async def watch(self) -> None:
        """Wait for ever; raises what the ticker failed of."""
        assert self._running is not None, "a ticker is entered before it is watched"
        await self._running

    async def run(self) -> None:
        """Tick until cancelled. While the database or broker is away, try again every second."""
        while True:
            try:
                await self.tick()
                pause = await self._pause()
            except DependencyDownError as error:
                log.warning("ticker_waits", reason=str(error))
                pause = _BACK_OFF_S
            await asyncio.sleep(pause)

    async def tick(self) -> int:
        """Fire everything that is due now, and say how many clocks that were."""
        fired = 0
        while due := await self._store.due(self._clock(), _AT_ONCE):
            metrics.OLDEST_OVERDUE.set(_overdue(due, self._clock()))
            fired += await self._fire(due)
            if len(due) < _AT_ONCE:
                break
        metrics.OLDEST_OVERDUE.set(0)
        await self._measure()
        return fired

    async def _fire(self, due: Sequence[Clock]) -> int:
        now = self._clock()
        claimed = await self._claim(
            [_next(domain.fired(clock, now=now, lease=LEASE, ticker=self._name), clock) for clock in due]
        )
        await self._publisher.publish(
            [domain.outgoing(clock, index) for clock in claimed for index in clock.untold]
        )
        _count(claimed, due)
        done = [_next(domain.told(clock), clock) for clock in claimed if clock.untold]
        try:
            await self._store.write(done)
        except ConflictError:
            # A reply changed the clock meanwhile. Its changes are told once more when the lease ends: same bytes.
            log.info("told_again_later", clocks=len(done))
        return len(claimed)

    async def _claim(self, clocks: list[Clock]) -> list[Clock]:
        """Those of the clocks that are ours to tell."""
        try:
            await self._store.write(clocks)
        except ConflictError:
            held = await self._store.read([clock.clock_id for clock in clocks])
            return [clock for clock in clocks if held.get(clock.clock_id) == clock]
        return clocks

    async def _pause(self) -> float:
        look_at = await self._store.next_look()
        if look_at is None:
            return _LONGEST_SLEEP_S
        wait = (look_at - self._clock()).total_seconds()
        return min(max(wait, _SHORTEST_SLEEP_S), _LONGEST_SLEEP_S)

    async def _measure(self) -> None:
        now = self._clock()
        if self._gauge_at is None or now >= self._gauge_at:
            metrics.LIVE_CLOCKS.set(await self._store.live())
            self._gauge_at = now + _GAUGE_EVERY


def _next(clock: Clock, before: Clock) -> Clock:
    return replace(clock, version=before.version + 1)


def _overdue(due: Sequence[Clock], now: datetime) -> float:
    first = due[0].look_at
    return (now - first).total_seconds() if first else 0.0


def _count(claimed: Sequence[Clock], due: Sequence[Clock]) -> None:
    before = {clock.clock_id: len(clock.changes) for clock in due}
    for clock in claimed:
        for change in clock.changes[before[clock.clock_id] :]:
            assert clock.terms is not None, "a clock that has changed has terms"
            metrics.CHANGES.labels(clock.terms.insurer, change.state).inc()
            metrics.LATENESS.observe((change.detected_at - change.at).total_seconds())
