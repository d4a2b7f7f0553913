"""The watcher as a process on a real broker and database: its timers survive kill -9."""

import asyncio
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer

from bowchat_contracts.envelope import Meta
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRelayed, SlaTerms
from bowchat_contracts.sla import SlaChanged
from bowchat_contracts.topics import INBOUND_RELAYED, SLA_CHANGED, topic_names
from bowchat_runtime.publisher import KafkaPublisher
from bowchat_runtime.records import Outgoing
from bowchat_runtime.settings import ServiceSettings
from bowchat_testkit import stack
from bowchat_testkit.database import Database
from bowchat_testkit.plugin import unavailable
from bowchat_testkit.relay import last_start
from bowchat_testkit.stack_process import ChildProcess, StackUnavailableError, free_port

pytestmark = pytest.mark.connected


def relayed(name: str, target_s: int) -> Outgoing:
    now = datetime.now(UTC)
    event = MessageRelayed(
        message_id=derived_id("ms", name),
        conversation_id=derived_id("cv", name),
        contact_id=derived_id("ct", name),
        insurer="acme",
        desk="claims",
        seq=1,
        outcome="relayed",
        insurer_message_id=derived_id("im", name),
        alias=derived_id("ph", name),
        sla=SlaTerms(first_response_s=target_s, warn_ratio=0.5),
        sent_at=now,
        relayed_at=now,
    )
    meta = Meta(f"ev_{name}", event.type, "/bowchat/test", now, "")
    return Outgoing(INBOUND_RELAYED, event.conversation_id, event, meta)


Seen = dict[tuple[str, str], SlaChanged]
"""Changes of clocks, by conversation and state."""


async def seen(consumer: AIOKafkaConsumer, states: set[tuple[str, str]], seconds: float) -> Seen:
    """The changes of these clocks into these states, once all are there."""
    found: Seen = {}
    async with asyncio.timeout(seconds):
        while not states <= found.keys():
            record = await consumer.getone()
            change = SlaChanged.model_validate_json(record.value or b"")
            found.setdefault((change.conversation_id, change.state), change)
    return found


async def test_timers_survive_a_kill(tmp_path: Path) -> None:
    """A running clock breaches within 1 s of its due time. One that falls due while the watcher is dead breaches
    within 5 s of the start of the next, with the exact due time in it; one that is still running then breaches in its time.
    """
    async with AsyncExitStack() as opened:
        try:
            broker = await opened.enter_async_context(stack.broker(tmp_path / "kafka"))
            database = await opened.enter_async_context(Database(tmp_path / "database"))
        except StackUnavailableError as error:
            unavailable("a Kafka broker and a database of its own", error)
        await stack.create_topics(broker.bootstrap, topic_names(()), partitions=2)
        await _play(tmp_path, broker.bootstrap, database.uri)


async def _play(directory: Path, bootstrap: str, mongo_uri: str) -> None:
    environment = {
        "BOWCHAT_KAFKA_BOOTSTRAP": bootstrap,
        "BOWCHAT_MONGO_URI": mongo_uri,
        "BOWCHAT_HTTP_PORT": str(free_port()),
    }
    watcher = ChildProcess(
        [sys.executable, "-m", "bowchat_sla", "serve"], log=directory / "sla.log", environment=environment
    )
    watcher.start()
    consumer = AIOKafkaConsumer(SLA_CHANGED, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with KafkaPublisher(ServiceSettings(kafka_bootstrap=bootstrap), "test") as publisher:
            quick, overdue, later = (derived_id("cv", name) for name in ("quick", "overdue", "later"))
            await publisher.publish([relayed("first", 3600)])
            await seen(consumer, {(derived_id("cv", "first"), "running")}, 60)

            await publisher.publish([relayed("quick", 2), relayed("overdue", 5), relayed("later", 16)])
            found = await seen(consumer, {(quick, "breached"), (overdue, "running"), (later, "running")}, 20)
            assert _lateness(found[quick, "breached"]) < timedelta(seconds=1)

            watcher.kill()
            await asyncio.sleep(5)
            restarted = datetime.now(UTC)
            watcher.start()
            found = await seen(consumer, {(overdue, "breached"), (later, "breached")}, 40)
            missed = found[overdue, "breached"]
            assert missed.at == missed.due_at < restarted
            assert missed.detected_at - last_start(directory / "sla.log") < timedelta(seconds=5)
            assert _lateness(found[later, "breached"]) < timedelta(seconds=1)
    finally:
        await consumer.stop()
        await watcher.stop(seconds=20)


def _lateness(change: SlaChanged) -> timedelta:
    return change.detected_at - change.due_at
