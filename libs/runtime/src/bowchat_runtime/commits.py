"""Committing what is done: a few times a second, not after every small batch."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

log = structlog.get_logger()

EVERY_S = 0.1
"""A crash repeats what was done in this time. That changes nothing, since saves are idempotent and ids derived."""


class Commits:
    """What one subscription has done and not committed yet."""

    def __init__(self, subscription: str, failed: Callable[[], None]) -> None:
        """`failed` is told when a commit was refused: partitions have moved."""
        self._subscription, self._failed = subscription, failed
        self._consumer: Any = None
        self._owed: dict[TopicPartition, int] = {}
        self._committing = asyncio.Lock()
        self._later: asyncio.Task[None] | None = None
        self._at_once = False

    def open(self) -> None:
        """Commit soon, not at once: the consumer is about to join."""
        self._at_once = False

    async def owe(self, ends: Mapping[TopicPartition, int], consumer: Any) -> None:
        """These offsets are to be committed, soon."""
        self._consumer = consumer
        self._owed.update(ends)
        if self._at_once:
            await self.settle()
        elif self._later is None or self._later.done():
            self._later = asyncio.create_task(self._settle_later())

    async def settle(self) -> None:
        """Commit what is owed. A lost partition's new owner repeats the work, which changes nothing."""
        async with self._committing:
            owed, self._owed = self._owed, {}
            ours = {each: offset for each, offset in owed.items() if each in self._consumer.assignment()}
            try:
                if ours:
                    await self._consumer.commit(ours)
            except (KafkaError, IllegalStateError) as error:
                self._failed()
                log.warning("commit_failed", subscription=self._subscription, error=type(error).__name__)

    async def close(self) -> None:
        """Commit what is owed, and from now on every batch at once: the consumer is about to leave."""
        self._at_once = True
        await self.settle()

    async def _settle_later(self) -> None:
        while self._owed:
            await asyncio.sleep(EVERY_S)
            await self.settle()
