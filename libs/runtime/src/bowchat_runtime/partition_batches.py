"""Records of an idempotent producer, laid into batches by us.

aiokafka's own `send` makes a future, a task and a look at the metadata for each record, which costs more than writing it. A
batch is one of each for all records of a partition. Whoever publishes at the same time shares the batch that is still open.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aiokafka import TopicPartition
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer import message_accumulator

from bowchat_contracts.envelope import Headers

_BatchBuilder: Any = message_accumulator.BatchBuilder

_LARGEST_BATCH_BYTES = 256 * 1024
"""A record larger than this has a batch of its own."""


@dataclass(frozen=True, slots=True)
class Laid:
    """One record as it is written."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers
    timestamp_ms: int | None


@dataclass(frozen=True, slots=True)
class _Open:
    builder: Any
    acknowledged: "asyncio.Task[None]"


class PartitionBatches:
    """The batches of one producer that still take records: at most one for each partition."""

    def __init__(self, producer: Any) -> None:
        self._producer = producer
        self._open: dict[TopicPartition, _Open] = {}
        self._turns: defaultdict[TopicPartition, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def publish(self, records: Sequence[Laid], seconds: float) -> None:
        """Return when the broker has acknowledged every record; those of one partition are written in order.

        Errors: `TimeoutError` after so many seconds, `KafkaError`. Some records may have arrived then.
        """
        async with asyncio.timeout(seconds):
            counts = {
                topic: len(await self._producer.partitions_for(topic))
                for topic in {each.topic for each in records}
            }
            batches = {self._lay(each, counts[each.topic]) for each in records}
            # A batch may hold another's records too: it is waited for, never cancelled.
            await asyncio.wait(batches)
        for batch in batches:
            batch.result()

    def _lay(self, record: Laid, partitions: int) -> "asyncio.Task[None]":
        place = TopicPartition(record.topic, partition_of(record.key, partitions))
        batch = self._open.get(place)
        if batch is None or not _append(batch.builder, record):
            batch = self._opened(place)
            _append(batch.builder, record)
        return batch.acknowledged

    def _opened(self, place: TopicPartition) -> _Open:
        builder = _Builder(_LARGEST_BATCH_BYTES, 0)
        task = asyncio.create_task(self._send(place, builder))
        batch = self._open[place] = _Open(builder, task)

        def ended(done: "asyncio.Task[None]") -> None:
            if self._open.get(place) is batch:
                del self._open[place]
            if not done.cancelled():
                done.exception()  # seen, also where nobody waits any more

        task.add_done_callback(ended)
        return batch

    async def _send(self, place: TopicPartition, builder: Any) -> None:
        async with self._turns[place]:
            acknowledged = await self._producer.send_batch(builder, place.topic, partition=place.partition)
        await acknowledged


class _Builder(_BatchBuilder):  # type: ignore[misc]
    """A batch that is closed as soon as aiokafka has counted its records into the partition's sequence."""

    def _set_producer_state(self, *state: Any) -> None:
        self.close()
        super()._set_producer_state(*state)


def _append(builder: Any, record: Laid) -> bool:
    """False where the batch is full or on its way."""
    taken = builder.append(
        timestamp=record.timestamp_ms, key=record.key, value=record.value, headers=list(record.headers)
    )
    return taken is not None


_kafkas_own = DefaultPartitioner()


@lru_cache(maxsize=16_384)
def partition_of(key: bytes, partitions: int) -> int:
    """Kafka's own choice. It costs as much as the rest of a record, and a conversation asks for the same key again."""
    return int(_kafkas_own(key, list(range(partitions)), []))
