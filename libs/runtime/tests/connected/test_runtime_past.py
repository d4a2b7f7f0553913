"""Looking back at topics: what was there from a moment on, in the order of time, and where it ends."""

from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer

from bowchat_contracts.commands import Author, CommandDecided
from bowchat_contracts.envelope import Meta, to_headers, traceparent
from bowchat_contracts.ids import derived_id
from bowchat_runtime.errors import DependencyDownError
from bowchat_runtime.past import Past
from bowchat_runtime.settings import ServiceSettings
from bowchat_testkit.stack import create_topics

pytestmark = pytest.mark.connected

# Of late: what is older than a topic keeps is removed, now and then, while the test still writes.
START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
FIRST, SECOND = "insurer.past-one.messages", "insurer.past-two.messages"


async def write(kafka: str, *records: tuple[str, int, int], value: bytes | None = None) -> None:
    """Records as (topic, partition, second after the start): each says which second it is of."""
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for topic, partition, second in records:
            at = START + timedelta(seconds=second)
            event = CommandDecided(
                command_id=derived_id("cm", str(second)),
                command="/resolve",
                outcome="accepted",
                detail=str(second),
                by=Author(role="aggregator", name="meera"),
                decided_at=at,
            )
            meta = Meta(derived_id("ev", str(second)), event.type, "/t", at, traceparent(str(second), "t"))
            await producer.send_and_wait(
                topic,
                event.model_dump_json().encode() if value is None else value,
                partition=partition,
                timestamp_ms=int(at.timestamp() * 1000),
                headers=list(to_headers(meta)),
            )


async def seconds(past: Past) -> list[int]:
    return [int(each.event.detail) async for each in past.records()]


async def test_what_was_there_from_a_moment_on_comes_in_the_order_of_time(kafka: str) -> None:
    """Of several topics and partitions: from the moment on, to what was there at the start, each record once; what is no
    event is counted and left out; what comes meanwhile is not waited for.
    """
    await create_topics(kafka, (FIRST, SECOND), partitions=2)
    many = [(SECOND, 0, second) for second in range(100, 1700)]
    await write(kafka, (FIRST, 0, 0), (FIRST, 0, 10), (FIRST, 1, 20), (SECOND, 1, 5), (SECOND, 1, 15), *many)
    await write(kafka, (FIRST, 1, 30), value=b"?")
    settings = ServiceSettings(kafka_bootstrap=kafka)
    async with Past(settings, (FIRST, SECOND), START + timedelta(seconds=10)) as past:
        await write(kafka, (FIRST, 0, 40))
        assert await seconds(past) == [10, 15, 20, *range(100, 1700)]
        assert past.unreadable == 1
    async with Past(settings, (FIRST, SECOND), START + timedelta(days=1)) as past:
        assert await seconds(past) == []


async def test_a_missing_topic_is_named(kafka: str) -> None:
    """With what to do about it."""
    await create_topics(kafka, (FIRST,), partitions=2)
    past = Past(ServiceSettings(kafka_bootstrap=kafka), (FIRST, "insurer.past-none.messages"), START)
    with pytest.raises(DependencyDownError, match=r"insurer\.past-none\.messages.*bowchat-topics apply"):
        await past.__aenter__()


async def test_a_broker_that_is_away_is_said_so() -> None:
    """In the words that the command line adds its advice to."""
    with pytest.raises(DependencyDownError, match="the Kafka broker does not answer"):
        await Past(ServiceSettings(kafka_bootstrap="127.0.0.1:1"), (FIRST,), START).__aenter__()
