"""Transactions on a real broker: their marks are no lost records."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from confluent_kafka import TopicPartition as ConfluentPartition
from confluent_kafka.admin import AdminClient

from bowchat_audit.domain import Gap
from bowchat_audit.holes import KafkaHoles
from bowchat_runtime.errors import DependencyDownError
from bowchat_runtime.settings import ServiceSettings, load
from bowchat_testkit.stack import create_topics

pytestmark = pytest.mark.connected


@pytest_asyncio.fixture
async def topic(kafka: str) -> AsyncIterator[str]:
    """Its offsets: a record, the mark of a transaction, an aborted record, its mark, a record."""
    name = f"transactions-{uuid.uuid4().hex[:8]}"
    await create_topics(kafka, [name], partitions=1)
    async with AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=name) as producer:
        async with producer.transaction():
            await producer.send_and_wait(name, b"0", partition=0)
        await producer.begin_transaction()
        await producer.send_and_wait(name, b"2", partition=0)
        await producer.abort_transaction()
        async with producer.transaction():
            await producer.send_and_wait(name, b"4", partition=0)
    yield name


async def test_the_marks_of_transactions_are_holes_and_records_are_not(kafka: str, topic: str) -> None:
    """A place that held a record is none, whether the record is there, was given up by its writer, or is gone."""
    settings = load(ServiceSettings, kafka_bootstrap=kafka)
    async with KafkaHoles(settings) as holes:
        for first, last, expected in (
            (1, 1, True),
            (3, 3, True),
            (0, 0, False),
            (1, 3, False),
            (2, 3, False),
        ):
            assert await holes.is_hole(Gap((topic, 0), first, last)) is expected
        admin = AdminClient({"bootstrap.servers": kafka})
        for gone in admin.delete_records([ConfluentPartition(topic, 0, 4)]).values():
            await asyncio.to_thread(gone.result, 20)
        assert not await holes.is_hole(Gap((topic, 0), 1, 1))


async def test_without_a_broker_nothing_is_decided() -> None:
    """While Kafka does not answer, a gap is neither accepted nor taken for a loss."""
    async with KafkaHoles(load(ServiceSettings, kafka_bootstrap="127.0.0.1:1")) as holes:
        with pytest.raises(DependencyDownError):
            await holes.is_hole(Gap(("any", 0), 1, 1))
