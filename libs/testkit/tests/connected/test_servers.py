"""Kafka and a database that people start by hand."""

import socket
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import AsyncMongoClient

from bowchat_testkit.plugin import unavailable
from bowchat_testkit.servers import standing
from bowchat_testkit.stack import create_topics
from bowchat_testkit.stack_process import LOOPBACK, StackUnavailableError, free_port

pytestmark = pytest.mark.connected
TOPIC = "inbound.received"


async def test_what_was_written_is_there_the_next_time(tmp_path: Path) -> None:
    """Who stops both in the evening goes on in the morning: topics and documents stay, at the same addresses."""
    ports = {"kafka_port": free_port(), "database_port": free_port()}
    try:
        async with standing(tmp_path, **ports) as (broker, database):
            await create_topics(broker.bootstrap, [TOPIC])
            async with AsyncMongoClient[dict[str, Any]](database.uri) as client:
                await client.router.things.insert_one({"_id": 1})
            before = broker.bootstrap, database.uri
    except StackUnavailableError as error:
        unavailable("Apache Kafka and a database", error)
    async with standing(tmp_path, **ports) as (broker, database):
        assert (broker.bootstrap, database.uri) == before
        assert TOPIC in await topics(broker.bootstrap)
        async with AsyncMongoClient[dict[str, Any]](database.uri) as client:
            assert await client.router.things.count_documents({}) == 1


async def test_a_port_that_is_taken_is_told_of(tmp_path: Path) -> None:
    """Nobody is left with half of it, or with somebody else's server for theirs."""
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StackUnavailableError, match=f"{LOOPBACK}:{port} is taken"):
            async with standing(tmp_path, kafka_port=free_port(), database_port=port):
                pass
    assert not tmp_path.joinpath("kafka").exists()


async def topics(bootstrap: str) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return set(await admin.list_topics())
    finally:
        await admin.close()
