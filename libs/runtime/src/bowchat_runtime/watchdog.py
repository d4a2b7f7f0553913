"""Ends a process that is stuck, so that its supervisor starts another: aiokafka has no health signal of its own.

Stuck is: records wait on the broker, the broker answers somebody else, no dependency is known to be down, and nothing was
done for the limit. A blocked event loop is seen by a thread.
"""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from bowchat_runtime import metrics
from bowchat_runtime.consumers import EXIT_STUCK, Consumers
from bowchat_runtime.loop import BatchLoop
from bowchat_runtime.own_consumer import OwnConsumer
from bowchat_runtime.settings import ServiceSettings

log = structlog.get_logger()

LIMIT_S = 30.0
_EVERY_S = 5.0


@dataclass
class Progress:
    """The rule: fed with what is seen and the time, says whether to give up."""

    limit_s: float = LIMIT_S
    _since: dict[str, float] = field(default_factory=dict)
    _last: dict[str, object] = field(default_factory=dict)

    def stuck(self, name: str, *, lag: int, position: object, excused: bool, now: float) -> bool:
        """True when `name` has had lag, no excuse and an unmoved `position` for longer than the limit (seconds)."""
        if lag <= 0 or excused or self._last.get(name) != position:
            self._since[name] = now
            self._last[name] = position
        return now - self._since.setdefault(name, now) > self.limit_s


class Watchdog:
    """Watches all consumers of one process."""

    def __init__(
        self,
        service: str,
        settings: ServiceSettings,
        consumers: Consumers,
        give_up: Callable[[int], Any] = os._exit,
    ) -> None:
        self._service, self._settings, self._consumers, self._give_up = service, settings, consumers, give_up
        self._progress = Progress()
        self._observer = OwnConsumer(settings, request_timeout_ms=5000)
        self._beat = time.monotonic()

    async def run(self) -> None:
        """Look every few seconds, for ever."""
        threading.Thread(target=self._watch_loop, name="watchdog", daemon=True).start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._beats())
                while True:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LIMIT_S):
                            await self._look()
                    await asyncio.sleep(_EVERY_S)
        finally:
            await self._observer.close()

    async def _beats(self) -> None:
        """Shows the thread that the event loop is alive, however long a broker takes to answer a look."""
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(_EVERY_S)

    async def _look(self) -> None:
        pairs = [(loop, consumer) for loop, consumer in self._consumers.pairs() if consumer is not None]
        partitions = {each for _, consumer in pairs for each in consumer.assignment()}
        ends = await self._ends(partitions)
        for loop, consumer in pairs:
            lag = await self._lag(loop, consumer, ends)
            excused = loop.backing_off is not None or not ends
            if self._progress.stuck(
                loop.subscription.name, lag=lag, position=loop.steps, excused=excused, now=time.monotonic()
            ):
                log.critical("consumer_stuck", subscription=loop.subscription.name, lag=lag)
                self._give_up(EXIT_STUCK)

    async def _ends(self, partitions: set[TopicPartition]) -> dict[TopicPartition, int]:
        """Where the topics end, asked over a connection of our own; empty while the broker does not answer."""
        if not partitions:
            return {}
        try:
            async with asyncio.timeout(10):
                observer = await self._observer.opened()
                ends: dict[TopicPartition, int] = await observer.end_offsets(list(partitions))
        except (KafkaError, TimeoutError):
            await self._observer.close()
            return {}
        return ends

    async def _lag(self, loop: BatchLoop, consumer: Any, ends: dict[TopicPartition, int]) -> int:
        """Records that wait, or are in hand; none are known of while the broker does not say where its topics end.

        What the consumer has passed over counts as done: the marks of transactions, and what the broker no longer keeps.
        """
        if not ends:
            return 0
        lags: dict[str, int] = {}
        read_to = await _positions(consumer, list(consumer.assignment()))
        for partition, position in read_to.items():
            begin = loop.in_hand.get(partition, position)
            lags[partition.topic] = lags.get(partition.topic, 0) + max(0, ends.get(partition, 0) - begin)
        for topic, lag in lags.items():
            metrics.CONSUMER_LAG.labels(self._service, topic).set(lag)
        return sum(lags.values())

    def _watch_loop(self) -> None:
        while time.monotonic() - self._beat < 2 * LIMIT_S + _EVERY_S:
            time.sleep(_EVERY_S)
        log.critical("event_loop_blocked", seconds=round(time.monotonic() - self._beat))
        self._give_up(EXIT_STUCK)


async def _positions(consumer: Any, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """The next offset that the consumer reads of each. All asked at once: a coordinator that does not say where to begin
    costs one wait, not one for each, and then all records wait.
    """
    try:
        async with asyncio.timeout(5):
            found = await asyncio.gather(*map(consumer.position, partitions))
    except (KafkaError, TimeoutError):
        return dict.fromkeys(partitions, 0)
    return dict(zip(partitions, found, strict=True))
