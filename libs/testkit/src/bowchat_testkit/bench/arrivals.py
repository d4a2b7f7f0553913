"""What reaches the insurers' topics, and when."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from bowchat_testkit.bench.messages import marks_in


class Arrivals:
    """Notes when each marked message is read from a topic: what is written from now on, in all partitions."""

    def __init__(self, bootstrap: str, topics: Sequence[str], partitions: int) -> None:
        self._bootstrap = bootstrap
        self._partitions = [TopicPartition(topic, each) for topic in topics for each in range(partitions)]
        self.at: dict[bytes, float] = {}
        self.more = asyncio.Event()
        """Set for a moment whenever something has arrived."""
        self.repeated = 0
        self.unmarked = 0

    async def __aenter__(self) -> Self:
        self._consumer: Any = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, fetch_max_wait_ms=100)
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        await self._consumer.seek_to_end()
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._consumer.stop()

    async def _read(self) -> None:
        while True:
            batches = await self._consumer.getmany(timeout_ms=200)
            now = time.perf_counter()
            for records in batches.values():
                for record in records:
                    self._note(record.value or b"", now)
            self.more.set()
            self.more.clear()

    def _note(self, value: bytes, now: float) -> None:
        mark = marks_in(value)
        if mark is None:
            self.unmarked += 1
        elif mark in self.at:
            self.repeated += 1
        else:
            self.at[mark] = now
