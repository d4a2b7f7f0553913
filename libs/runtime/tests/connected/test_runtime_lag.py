"""Which records wait, as a real broker counts them: what no consumer is ever given must not look like work left undone."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from bowchat_runtime.settings import ServiceSettings, load
from bowchat_runtime.watchdog import Watchdog
from bowchat_testkit.stack import create_topics

pytestmark = pytest.mark.connected


@pytest_asyncio.fixture
async def topic(kafka: str) -> str:
    name = f"lag-{uuid.uuid4().hex[:8]}"
    await create_topics(kafka, [name], partitions=1)
    return name


@asynccontextmanager
async def reader(kafka: str, topic: str) -> AsyncIterator[Any]:
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=kafka, group_id=topic, auto_offset_reset="earliest", enable_auto_commit=False
    ) as consumer:
        yield consumer


async def lag(kafka: str, consumer: Any, in_hand: dict[TopicPartition, int] | None = None) -> int:
    loop: Any = SimpleNamespace(in_hand=in_hand or {})
    dog = Watchdog("router", load(ServiceSettings, kafka_bootstrap=kafka), SimpleNamespace(pairs=list))  # type: ignore[arg-type]
    try:
        return await dog._lag(loop, consumer, await dog._ends(consumer.assignment()))
    finally:
        await dog._observer.close()


async def read(consumer: Any) -> int:
    """Read until nothing more comes; how many came."""
    count = 0
    while found := await consumer.getmany(timeout_ms=1000):
        count += sum(map(len, found.values()))
    return count


async def test_the_mark_of_a_transaction_does_not_wait(kafka: str, topic: str) -> None:
    """An insurer may write in transactions. The mark behind the last record is counted by the broker and given to nobody:
    a service that waited for it would be ended as stuck, again and again, while all is well.
    """
    async with AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=topic) as producer:
        for value in (b"0", b"1"):
            async with producer.transaction():
                await producer.send_and_wait(topic, value)
    async with reader(kafka, topic) as consumer:
        assert await read(consumer) == 2
        assert await lag(kafka, consumer) == 0
        assert await lag(kafka, consumer, {TopicPartition(topic, 0): 2}) == 2


async def test_what_the_broker_no_longer_keeps_does_not_wait(kafka: str, topic: str) -> None:
    """A new consumer of a quiet topic whose records have all expired has nothing to do."""
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for _ in range(5):
            await producer.send_and_wait(topic, b"old")
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=-1)})
    await admin.close()
    async with reader(kafka, topic) as consumer:
        assert await read(consumer) == 0
        assert await lag(kafka, consumer) == 0
