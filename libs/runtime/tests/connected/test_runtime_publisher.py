"""Publishing on a real broker: what a record says of its own age."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from bowchat_contracts.commands import Author, CommandDecided
from bowchat_contracts.envelope import Meta, traceparent
from bowchat_contracts.ids import derived_id
from bowchat_runtime.errors import RejectError
from bowchat_runtime.publisher import KafkaPublisher
from bowchat_runtime.records import Outgoing
from bowchat_runtime.settings import ServiceSettings
from bowchat_testkit.stack import create_topics

pytestmark = pytest.mark.connected

TOPIC = "insurer.publisher-age.messages"
MISSING = "insurer.publisher-late.messages"
LONG_AGO = datetime(2020, 2, 29, tzinfo=UTC)


def of_long_ago(*, whole_seconds: bool, topic: str = TOPIC) -> Outgoing:
    event = CommandDecided(
        command_id=derived_id("cm", "age"),
        command="/resolve",
        outcome="accepted",
        detail="",
        by=Author(role="aggregator", name="meera"),
        decided_at=LONG_AGO,
    )
    meta = Meta(derived_id("ev", "age"), event.type, "/t", LONG_AGO, traceparent("age", "t"))
    return Outgoing(topic, "key", event, meta, whole_seconds=whole_seconds)


async def read(kafka: str, many: int) -> list[Any]:
    async with AIOKafkaConsumer(TOPIC, bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
        return [await consumer.getone() for _ in range(many)]


async def test_a_late_event_is_a_young_record(kafka: str) -> None:
    """What is told late, a held message or one that WhatsApp kept for days, stays on its topic as long as any other: a
    broker goes by the record's timestamp. Insurers see it in whole seconds.
    """
    await create_topics(kafka, (TOPIC,), partitions=1)
    began_ms = time.time() * 1000
    async with KafkaPublisher(ServiceSettings(kafka_bootstrap=kafka), "test") as publisher:
        await publisher.publish([of_long_ago(whole_seconds=True), of_long_ago(whole_seconds=False)])
    cut, exact = await read(kafka, 2)
    assert began_ms - 1000 < cut.timestamp <= time.time() * 1000
    assert cut.timestamp % 1000 == 0
    assert began_ms - 1 <= exact.timestamp <= time.time() * 1000


async def test_a_topic_that_does_not_exist_is_refused_at_once_until_it_does(kafka: str) -> None:
    """With what to do about it. To wait for it would hold up all that goes to others."""
    event = of_long_ago(whole_seconds=True, topic=MISSING)
    async with KafkaPublisher(ServiceSettings(kafka_bootstrap=kafka), "test") as publisher:
        for _ in range(2):
            with pytest.raises(
                RejectError, match=f"the topic {MISSING} does not exist.*bowchat-topics apply"
            ):
                async with asyncio.timeout(5):
                    await publisher.publish([event])
        await create_topics(kafka, (MISSING,), partitions=1)
        await publisher.publish([event])
