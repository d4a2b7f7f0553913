"""The consumer loop on a real broker: what only a broker can show."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bowchat_contracts.envelope import Meta, to_headers, traceparent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.sla import SlaChanged
from bowchat_contracts.topics import GUARD_RAISED, PARKED, SLA_CHANGED
from bowchat_runtime.parked_topic import discard, outstanding, replay
from bowchat_runtime.settings import ServiceSettings, load
from bowchat_testkit.kafka_server import KafkaServer
from bowchat_testkit.plugin import unavailable
from bowchat_testkit.stack import create_topics
from bowchat_testkit.stack_process import ChildProcess, StackUnavailableError, free_port, until

pytestmark = pytest.mark.connected

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = [derived_id("cv", str(each)) for each in range(10)]


class Rig:
    """A broker of its own, the copying service as a process, and both ends of it."""

    def __init__(self, broker: KafkaServer, directory: Path) -> None:
        self.broker, self.directory, self.port = broker, directory, free_port()
        self.sent = 0
        self.copies: dict[str, list[int]] = {}
        self.settings = load(ServiceSettings, kafka_bootstrap=broker.bootstrap)
        self.producer = AIOKafkaProducer(
            bootstrap_servers=broker.bootstrap, enable_idempotence=True, max_request_size=2_000_000
        )
        self.consumer = AIOKafkaConsumer(
            GUARD_RAISED, bootstrap_servers=broker.bootstrap, group_id=None, auto_offset_reset="earliest"
        )

    def service(self, poison: str = "") -> ChildProcess:
        environment = {
            "BOWCHAT_KAFKA_BOOTSTRAP": self.broker.bootstrap,
            "BOWCHAT_HTTP_PORT": str(self.port),
            "GROUP": "copy",
            "POISON": poison,
        }
        command = [sys.executable, str(Path(__file__).with_name("copying_service.py"))]
        child = ChildProcess(command, log=self.directory / "service.log", environment=environment)
        child.start()
        return child

    async def send(self, count: int, poison_at: int = -1) -> None:
        for _ in range(count):
            number = self.sent
            desk = "bad" if number == poison_at else "claims"
            event = SlaChanged(
                clock_id=derived_id("ck", str(number)), conversation_id=KEYS[number % 10], insurer="acme", desk=desk,
                kind="first_response", state="running", target_s=number + 1, started_at=NOW, due_at=NOW, at=NOW,
                detected_at=NOW,
            )  # fmt: skip
            meta = Meta(derived_id("ev", str(number)), event.type, "/t", NOW, traceparent(str(number), "t"))
            await self.producer.send(
                SLA_CHANGED,
                event.model_dump_json().encode(),
                KEYS[number % 10].encode(),
                headers=list(to_headers(meta)),
            )
            self.sent += 1
        await self.producer.flush()

    async def collect(self, wanted: int, *, seconds: float = 40) -> int:
        """Read copies until so many different ones are there, or the time is over; returns how many there are."""
        end = time.monotonic() + seconds
        while self.unique < wanted and time.monotonic() < end:
            for batch in (await self.consumer.getmany(timeout_ms=200)).values():
                for raw in batch:
                    event = SlaChanged.model_validate_json(raw.value or b"")
                    self.copies.setdefault(event.conversation_id, []).append(event.target_s)
        return self.unique

    @property
    def unique(self) -> int:
        return sum(len(set(each)) for each in self.copies.values())

    @property
    def in_order(self) -> bool:
        """Within each key, first appearances come in the order of sending."""
        return all(list(dict.fromkeys(each)) == sorted(set(each)) for each in self.copies.values())


@pytest_asyncio.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    try:
        broker = KafkaServer(tmp_path / "kafka")
        await broker.start()
    except StackUnavailableError as error:
        unavailable("a Kafka broker", error)
    await create_topics(broker.bootstrap, (SLA_CHANGED, GUARD_RAISED, PARKED.format(service="router")))
    one = Rig(broker, tmp_path)
    await one.producer.start()
    await one.consumer.start()
    yield one
    await one.consumer.stop()
    await one.producer.stop()
    broker.kill()


async def test_kills_and_a_broker_restart_lose_nothing_and_keep_the_order(rig: Rig) -> None:
    """A service killed at any moment, and a broker restarted beneath it, lose no record and never reorder a key."""
    service = rig.service()
    for pause in (1.5, 2.5, 0.7):
        await rig.send(150)
        await asyncio.sleep(pause)
        service.kill()
        service = rig.service()
    await rig.send(50)
    assert await rig.collect(500) == 500
    await rig.broker.restart()
    await rig.send(100)
    assert await rig.collect(600) == 600
    assert rig.in_order
    service.terminate()
    assert await service.ended(seconds=20) == 0


async def test_a_parked_conversation_is_replayed_in_order_after_the_repair(rig: Rig) -> None:
    """One poisonous record stops its own key only; after the repair, a replay brings back everything, in order."""
    service = rig.service(poison="bad")
    await rig.send(200, poison_at=33)
    assert await rig.collect(183) == 183
    await until_parked(rig, 17)
    service.terminate()
    assert await service.ended(seconds=20) == 0
    service = rig.service()
    await rig.send(20)
    assert await rig.collect(201) == 201
    while parked := await outstanding("router", rig.settings):
        assert len(await replay("router", rig.settings)) >= len(parked)
        await asyncio.sleep(1)
    assert await rig.collect(220) == 220
    assert rig.in_order
    await stop(service)


async def test_a_record_as_large_as_the_broker_takes_is_parked_and_can_be_given_up(rig: Rig) -> None:
    """Whoever writes a megabyte of garbage, under any key, stops neither the service nor, for good, those behind it."""
    service = rig.service()
    for value, headers in (
        (b"x" * 1_040_000, []),
        (b"", [("\x01" * 1_000_000, b"")]),
        (b"", [("ce_id", None)]),
    ):
        await rig.producer.send_and_wait(SLA_CHANGED, value, KEYS[0].encode(), headers=headers)
    await rig.send(10)
    assert await rig.collect(9) == 9
    await until_parked(rig, 4)
    for garbage in (await outstanding("router", rig.settings))[:3]:
        assert await discard("router", rig.settings, garbage.park_id, NOW)
    assert len(await replay("router", rig.settings)) == 1
    assert await rig.collect(10) == 10
    assert await outstanding("router", rig.settings) == []
    await stop(service)


async def until_parked(rig: Rig, count: int) -> None:
    async def there() -> bool:
        return len(await outstanding("router", rig.settings)) == count

    await until(there, seconds=20)


async def test_a_service_that_starts_before_its_broker_waits_and_says_so(rig: Rig) -> None:
    """Without a broker, the process is alive and not ready, and says what to do; once the broker is there, it works."""
    rig.broker.kill()
    service = rig.service()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{rig.port}", trust_env=False) as client:

        async def waiting() -> bool:
            try:
                answer = await client.get("/readyz")
            except httpx.TransportError:
                return False
            reasons = answer.json()["reasons"]
            away = f"the Kafka broker at {rig.settings.kafka_bootstrap} does not answer"
            return bool(reasons == [f"{away}. Start it, or correct the BOWCHAT_KAFKA_ variables"])

        await until(waiting, seconds=20)
        assert (await client.get("/healthz")).status_code == 200
        await rig.broker.start()

        async def ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await until(ready, seconds=40)
        await rig.send(10)
        assert await rig.collect(10) == 10

        async def counted() -> bool:
            shown = (await client.get("/metrics")).text
            return 'bowchat_records_total{service="router",topic="sla.changed"} 10.0' in shown

        await until(counted, seconds=10)
    await stop(service)


async def test_a_service_to_whom_nothing_comes_says_that_its_broker_is_away(rig: Rig) -> None:
    """A service that has nothing to do notices all the same that the broker goes, and that it is back."""
    service = rig.service()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{rig.port}", trust_env=False) as client:

        async def answers(status: int) -> bool:
            try:
                return (await client.get("/readyz")).status_code == status
            except httpx.ConnectError:
                return False

        await until(lambda: answers(200), seconds=40)
        rig.broker.kill()
        await until(lambda: answers(503), seconds=20)
        await rig.broker.start()
        await until(lambda: answers(200), seconds=40)
    await stop(service)


async def stop(service: ChildProcess) -> None:
    service.terminate()
    assert await service.ended(seconds=20) == 0
