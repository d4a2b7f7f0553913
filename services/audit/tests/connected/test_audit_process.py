"""The audit log as a process on a real broker and database: killed, fed duplicates, and robbed of records."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from bowchat_audit.guard import check
from bowchat_audit.store import MongoLog, mongo_log, prepare
from bowchat_contracts.conversations import GuardRaised
from bowchat_contracts.envelope import Meta
from bowchat_contracts.ids import derived_id
from bowchat_contracts.topics import GUARD_RAISED, topic_names
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.publisher import KafkaPublisher
from bowchat_runtime.records import Outgoing
from bowchat_runtime.settings import ServiceSettings
from bowchat_testkit import stack
from bowchat_testkit.database import Database
from bowchat_testkit.plugin import unavailable
from bowchat_testkit.stack_process import ChildProcess, StackUnavailableError, free_port, until

pytestmark = pytest.mark.connected

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EXIT_BROKEN = 3


class Rig:
    """A broker, a database, and a way to start the service and to publish."""

    def __init__(
        self, directory: Path, bootstrap: str, mongo_uri: str, publisher: KafkaPublisher, log: MongoLog
    ) -> None:
        self.log = log
        self.bootstrap = bootstrap
        self._directory, self._mongo_uri, self._publisher = directory, mongo_uri, publisher

    def service(self) -> ChildProcess:
        environment = {
            "BOWCHAT_KAFKA_BOOTSTRAP": self.bootstrap,
            "BOWCHAT_MONGO_URI": self._mongo_uri,
            "BOWCHAT_HTTP_PORT": str(free_port()),
        }
        command = [sys.executable, "-m", "bowchat_audit", "serve"]
        child = ChildProcess(command, log=self._directory / "audit.log", environment=environment)
        child.start()
        return child

    async def publish(self, *numbers: int) -> None:
        """One event per number; the same number is the same event."""
        await self._publisher.publish([event(number) for number in numbers])

    async def logged(self, number: int) -> None:
        """Wait until the log has so many entries."""

        async def complete() -> bool:
            return await self.log.count() >= number

        await until(complete, seconds=60)


def event(number: int) -> Outgoing:
    raised = GuardRaised(
        subject_id=derived_id("ms", str(number)),
        direction="to_insurer",
        conversation_id=derived_id("cv", str(number % 7)),
        insurer="acme",
        reason="masking_failed",
        at=NOW,
    )
    return Outgoing(
        GUARD_RAISED,
        raised.conversation_id,
        raised,
        Meta(f"ev_{number}", raised.type, "/bowchat/test", NOW, ""),
    )


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[Rig]:
    async with AsyncExitStack() as opened:
        try:
            broker = await opened.enter_async_context(stack.broker(directory / "kafka"))
            server = await opened.enter_async_context(Database(directory / "database"))
        except StackUnavailableError as error:
            unavailable("a Kafka broker and a database of its own", error)
        await stack.create_topics(broker.bootstrap, topic_names(("acme",)), partitions=2)
        database = await opened.enter_async_context(MongoDatabase(server.uri, "audit"))
        await prepare(database)
        settings = ServiceSettings(kafka_bootstrap=broker.bootstrap)
        publisher = await opened.enter_async_context(KafkaPublisher(settings, "test"))
        yield Rig(directory, broker.bootstrap, server.uri, publisher, mongo_log(database))


async def test_kills_and_duplicates_leave_every_event_once_and_a_loss_stops_the_log(tmp_path: Path) -> None:
    """300 events and 100 of them again, the service killed with -9 twice: 300 entries, no place left out, chained. Then
    records are removed from the broker while the service is down: it ends with exit code 3 and says which.
    """
    async with running(tmp_path) as rig:
        for round_ in range(3):
            service = rig.service()
            await rig.publish(*range(round_ * 100, round_ * 100 + 100))
            await rig.publish(*range(0, 100, 2))
            await rig.logged(round_ * 100 + (100 if round_ == 2 else 30))
            if round_ < 2:
                service.kill()
        await asyncio.sleep(1)
        entries = await rig.log.read(0, 1000)
        assert sorted(entry["event_id"] for entry in entries) == sorted(
            f"ev_{number}" for number in range(300)
        )
        await check(rig.log)
        await service.stop(seconds=20)

        await rig.publish(*range(300, 340))
        await _lose_everything(rig)
        await rig.publish(*range(340, 380))
        service = rig.service()
        assert await service.ended(seconds=60) == EXIT_BROKEN
        assert "were lost before they were audited" in service.tail(5)
        assert await rig.log.count() == 300


async def _lose_everything(rig: Rig) -> None:
    """Remove all records the broker has of the topic, as a retention that is too short would."""
    admin = AIOKafkaAdminClient(bootstrap_servers=rig.bootstrap)
    await admin.start()
    try:
        all_of_it = {
            TopicPartition(GUARD_RAISED, number): RecordsToDelete(before_offset=-1) for number in range(2)
        }
        await admin.delete_records(all_of_it)
    finally:
        await admin.close()
