"""Apache Kafka from its jars, and the broker inside librdkafka."""

import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from bowchat_testkit.embedded_broker import PARTITIONS, EmbeddedBroker
from bowchat_testkit.kafka_server import KafkaServer
from bowchat_testkit.plugin import unavailable
from bowchat_testkit.stack import create_topics
from bowchat_testkit.stack_process import StackUnavailableError

pytestmark = pytest.mark.connected

# A moment ago: brokers remove what is older than a topic keeps.
SENT_MS = int(time.time() * 1000) - 5_000


async def _send(bootstrap: str, topic: str, values: list[bytes]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all") as producer:
        for value in values:
            await producer.send_and_wait(topic, value, key=b"k", headers=[("h", b"1")], timestamp_ms=SENT_MS)


async def _read(bootstrap: str, topic: str, count: int, *, commit: bool = True) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id="g",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    async with consumer:
        records = [await consumer.getone() for _ in range(count)]
        if commit:
            last = records[-1]
            await consumer.commit({TopicPartition(last.topic, last.partition): last.offset + 1})
    return [record.value or b"" for record in records]


async def test_broker_keeps_its_data_through_stop_and_kill(tmp_path: Path) -> None:
    """A broker that is restarted, and one that is killed, serves the same records and commits at the same address."""
    async with _local(tmp_path) as server:
        await create_topics(server.bootstrap, ["t"], partitions=1)
        await _send(server.bootstrap, "t", [b"one", b"two"])
        assert await _read(server.bootstrap, "t", 1) == [b"one"]
        await server.restart()
        await _send(server.bootstrap, "t", [b"three"])
        server.kill()
        await server.start()
        assert await _read(server.bootstrap, "t", 2) == [b"two", b"three"]
        assert any(server.data_dir.glob("t-0/*.log"))


async def test_topics_are_made_once_and_never_by_accident(kafka: str) -> None:
    """Making topics again changes nothing, and a topic that nobody made does not exist."""
    await create_topics(kafka, ["stack-a", "stack-b"], partitions=3)
    await create_topics(kafka, ["stack-b", "stack-c"], partitions=5)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        topics = await admin.describe_topics(["stack-a", "stack-b", "stack-c", "stack-never-made"])
    finally:
        await admin.close()
    counts = {topic["topic"]: len(topic["partitions"]) for topic in topics}
    assert counts == {"stack-a": 3, "stack-b": 3, "stack-c": 5, "stack-never-made": 0}


async def test_embedded_broker_carries_groups_and_idempotent_producers(
    embedded_kafka: EmbeddedBroker,
) -> None:
    """What the relay needs of a broker, the embedded one gives: idempotent sends, groups, commits, headers, times."""
    bootstrap = embedded_kafka.bootstrap
    await embedded_kafka.create_topics(("embedded.one",))
    await _send(bootstrap, "embedded.one", [b"a", b"b", b"c"])
    assert await _read(bootstrap, "embedded.one", 2) == [b"a", b"b"]
    assert await _read(bootstrap, "embedded.one", 1, commit=False) == [b"c"]
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    consumer.subscribe(pattern=r"^embedded\..*$")
    async with consumer:
        record = await consumer.getone()
        assert record.headers == (("h", b"1"),)
        assert record.timestamp == SENT_MS
        assert len(consumer.assignment()) == PARTITIONS


async def test_embedded_broker_keeps_the_last_of_each_partition(embedded_kafka: EmbeddedBroker) -> None:
    """It forgets what is older than the last 5 MiB of a partition: a demo fits, a load test does not."""
    bootstrap, partition = embedded_kafka.bootstrap, TopicPartition("embedded.many", 0)
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for _ in range(70):
            await producer.send_and_wait(partition.topic, b"x" * 100_000, partition=0)
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
        consumer.assign([partition])
        begin = (await consumer.beginning_offsets([partition]))[partition]
    assert 15 <= begin <= 25


def _local(directory: Path) -> KafkaServer:
    try:
        return KafkaServer(directory)
    except StackUnavailableError as error:
        unavailable("a Kafka broker", error)
