"""Laying records into batches, on aiokafka's own accumulator; what would go to the broker is read back."""

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError
from aiokafka.producer.message_accumulator import MessageAccumulator
from aiokafka.producer.transaction_manager import TransactionManager
from aiokafka.record.memory_records import MemoryRecords

from bowchat_runtime.partition_batches import Laid, PartitionBatches


class Cluster:
    """One broker leads everything."""

    def leader_for_partition(self, partition: TopicPartition) -> int:
        return 1


class Producer:
    """aiokafka's idempotent producer without its sender: `drain` is what that would take next."""

    def __init__(self, partitions: int = 1) -> None:
        sequences: Any = TransactionManager(None, 0)
        sequences.set_pid_and_epoch(7, 0)
        self._accumulator: Any = MessageAccumulator(Cluster(), 0, 0, 30, txn_manager=sequences)
        self._partitions = partitions

    async def partitions_for(self, topic: str) -> set[int]:
        return set(range(self._partitions))

    async def send_batch(self, builder: Any, topic: str, *, partition: int) -> Any:
        return await self._accumulator.add_batch(builder, TopicPartition(topic, partition), 10)

    def drain(self) -> list[Any]:
        nodes, _ = self._accumulator.drain_by_nodes(set())
        return list(nodes[1].values())


def laid(value: bytes, key: bytes = b"k") -> Laid:
    return Laid("t", key, value, (("name", b"x"),), None)


def written(batch: Any) -> tuple[int, list[bytes]]:
    """The sequence number of the first record, and the values of all."""
    records: Any = MemoryRecords(bytes(batch.get_data_buffer())).next_batch()
    return records.base_sequence, [each.value for each in records]


async def started(*publishes: Any) -> list["asyncio.Task[None]"]:
    tasks = [asyncio.create_task(each) for each in publishes]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def test_who_publishes_at_the_same_time_shares_a_batch() -> None:
    """Two publishes are one batch, each one's records in order, and both return when it is acknowledged."""
    producer = Producer()
    batches = PartitionBatches(producer)
    tasks = await started(
        batches.publish([laid(b"a"), laid(b"b")], 5), batches.publish([laid(b"c"), laid(b"d")], 5)
    )
    (batch,) = producer.drain()
    assert written(batch) == (0, [b"a", b"b", b"c", b"d"])
    assert not any(each.done() for each in tasks)
    batch.done(0)
    await asyncio.gather(*tasks)


async def test_nothing_joins_a_batch_whose_records_are_counted() -> None:
    """Once the sequence has moved on by a batch's records no other is added, or the broker would take none any more."""
    producer = Producer()
    batches = PartitionBatches(producer)
    first = await started(batches.publish([laid(b"a")], 5))
    (batch,) = producer.drain()
    second = await started(batches.publish([laid(b"b")], 5))
    (other,) = producer.drain()
    assert [written(batch), written(other)] == [(0, [b"a"]), (1, [b"b"])]
    batch.done(0)
    other.done(1)
    await asyncio.gather(*first, *second)


async def test_a_full_batch_is_followed_by_the_next() -> None:
    """However much is published at once, a partition gets it in order, in batches that the broker takes."""
    producer = Producer()
    values = [bytes([each]) * 100_000 for each in b"abcdef"]
    (task,) = await started(PartitionBatches(producer).publish([laid(each) for each in values], 5))
    found = []
    while not task.done():
        for batch in producer.drain():
            found.append(written(batch))
            batch.done(len(found))
        await asyncio.sleep(0)
    await task
    assert [sequence for sequence, _ in found] == [0, 2, 4]
    assert [value for _, batch in found for value in batch] == values


async def test_an_error_reaches_everybody_whose_records_it_hit() -> None:
    """A batch that fails fails every publish that had a record in it."""
    producer = Producer()
    batches = PartitionBatches(producer)
    tasks = await started(batches.publish([laid(b"a")], 5), batches.publish([laid(b"b")], 5))
    (batch,) = producer.drain()
    batch.failure(KafkaTimeoutError())
    for each in tasks:
        with pytest.raises(KafkaTimeoutError):
            await each


async def test_who_gives_up_takes_nobody_with_it() -> None:
    """A publish that is cancelled leaves the batch it shared to the others."""
    producer = Producer()
    batches = PartitionBatches(producer)
    impatient, patient = await started(batches.publish([laid(b"a")], 5), batches.publish([laid(b"b")], 5))
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    (batch,) = producer.drain()
    batch.done(0)
    await patient


async def test_a_broker_that_does_not_answer_is_waited_for_so_long() -> None:
    """Without an answer a publish ends after its time."""
    with pytest.raises(TimeoutError):
        await PartitionBatches(Producer()).publish([laid(b"a")], 0.0)
