"""The whole service as a process on a real broker and database, killed while it works."""

import asyncio
import os
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from standardwebhooks import Webhook

from bowchat_contracts.deliveries import DeliveryRequested, DeliveryUpdated, StatusReceived
from bowchat_contracts.envelope import Event, Meta, to_headers, traceparent
from bowchat_contracts.ids import derived_id, keyed_id
from bowchat_contracts.inbound import Identity
from bowchat_contracts.insurer import InsurerMessage
from bowchat_contracts.insurer_content import InsurerText
from bowchat_contracts.pii import MessageText
from bowchat_contracts.topics import DELIVERIES_REQUESTED, DELIVERIES_UPDATED, STATUSES_RECEIVED, topic_names
from bowchat_runtime import keys
from bowchat_runtime.clock import system_clock
from bowchat_runtime.seal import Sealer
from bowchat_runtime.settings import ServiceSettings
from bowchat_testkit.kafka_server import KafkaServer
from bowchat_testkit.plugin import unavailable
from bowchat_testkit.stack import create_topics
from bowchat_testkit.stack_process import ChildProcess, StackUnavailableError, free_port, until
from bowchat_testkit.webhook_sink import WebhookSink
from bowchat_testkit.whatsapp.settings import SimulatorSettings, StatusPlan
from bowchat_testkit.whatsapp.simulator import CloudApiSimulator
from bowchat_testkit.whatsapp_payloads import BusinessNumber

pytestmark = [pytest.mark.connected, pytest.mark.asyncio(loop_scope="module")]

REGISTRY = Path(__file__).parents[4] / "registry"
HOOKED = "coast-life"


class Rig:
    """A broker, a simulated account, an insurer's webhook, and the service as a process that can be killed."""

    def __init__(
        self,
        directory: Path,
        bootstrap: str,
        mongo_uri: str,
        simulator: CloudApiSimulator,
        statuses: WebhookSink,
    ) -> None:
        self.directory, self.bootstrap = directory, bootstrap
        self.simulator, self.statuses, self.insurer = simulator, statuses, WebhookSink()
        self.settings = ServiceSettings(secrets=directory / "keys/ingest")
        self.sealer = Sealer(self.settings.secret("identity.public.json"))
        self.port = free_port()
        self.mongo_uri = mongo_uri
        self.updates: list[DeliveryUpdated] = []
        self.ids: list[bytes] = []
        self.producer = AIOKafkaProducer(bootstrap_servers=bootstrap)

    def start(self) -> ChildProcess:
        environment = {
            "BOWCHAT_KAFKA_BOOTSTRAP": self.bootstrap,
            "BOWCHAT_MONGO_URI": self.mongo_uri,
            "BOWCHAT_SECRETS": str(self.directory / "keys/dispatcher"),
            "BOWCHAT_REGISTRY": str(self.directory / "registry"),
            "BOWCHAT_HTTP_PORT": str(self.port),
            "BOWCHAT_WHATSAPP_API_URL": f"{self.simulator.url}/v25.0",
            "BOWCHAT_WHATSAPP_RATE_PER_S": "1000",
            "BOWCHAT_WHATSAPP_TIMEOUT_S": "1",
            "BOWCHAT_UNKNOWN_WAIT_S": "3",
            "BOWCHAT_PAIR_INTERVAL_S": "0",
            "BOWCHAT_ALLOW_LOOPBACK_WEBHOOKS": "true",
            "BOWCHAT_WEBHOOK_SCHEDULE_S": "[0, 0.2, 1, 2]",
            "BOWCHAT_LOG_LEVEL": "DEBUG",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        command = [sys.executable, "-m", "bowchat_dispatcher", "serve"]
        service = ChildProcess(command, log=self.directory / "dispatcher.log", environment=environment)
        service.start()
        return service

    async def ready(self) -> bool:
        try:
            async with httpx.AsyncClient() as http:
                return (await http.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    async def publish(self, topic: str, key: str, event: Event) -> None:
        seed = derived_id("ev", event.type, event.model_dump_json())
        meta = Meta(seed, event.type, "/bowchat/test", system_clock(), traceparent(seed, "test"))
        await self.producer.send(
            topic, event.model_dump_json().encode(), key=key.encode(), headers=list(to_headers(meta))
        )

    async def reply(self, name: str, person: int) -> None:
        delivery_id = derived_id("dl", name)
        sealed = self.sealer.seal(
            Identity(number=f"447700900{person:03}").model_dump_json(exclude_none=True).encode(),
            f"delivery:{delivery_id}",
        )
        event = DeliveryRequested(
            delivery_id=delivery_id,
            recipient_ref=derived_id("rf", str(person)),
            sealed_recipient=sealed,
            conversation_id=derived_id("cv", str(person)),
            reply_key=derived_id("rp", name),
            insurer="acme-motor",
            business_number_id="100000000000001",
            text=MessageText(name),
            requested_at=system_clock(),
        )
        await self.publish(DELIVERIES_REQUESTED, event.recipient_ref, event)

    async def carry_statuses(self) -> None:
        """What ingest does: a provider's webhook becomes an event."""
        done = 0
        while True:
            bodies = self.statuses.bodies()[done:]
            done += len(bodies)
            for raw in (raw for body in bodies for raw in _raw_statuses(body)):
                delivery_id = raw["biz_opaque_callback_data"]
                event = StatusReceived(
                    provider_ref=keyed_id("pr", self.settings.key("message.key"), raw["id"]),
                    delivery_id=delivery_id,
                    status=raw["status"],
                    business_number_id=None,
                    occurred_at=system_clock(),
                    received_at=system_clock(),
                )
                await self.publish(STATUSES_RECEIVED, delivery_id, event)
            await asyncio.sleep(0.02)

    async def collect(self) -> None:
        consumer = AIOKafkaConsumer(
            DELIVERIES_UPDATED, bootstrap_servers=self.bootstrap, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            async for one in consumer:
                self.updates.append(DeliveryUpdated.model_validate_json(one.value))
                self.ids.append(dict(one.headers)["ce_id"])
        finally:
            await consumer.stop()

    def states(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for update in self.updates:
            found[update.delivery_id].add(update.state)
        return found


def _raw_statuses(body: Any) -> list[Any]:
    return [
        raw for entry in body["entry"] for change in entry["changes"] for raw in change["value"]["statuses"]
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory, mongo_uri: str) -> AsyncIterator[Rig]:
    directory = tmp_path_factory.mktemp("dispatcher")
    broker = KafkaServer(directory / "kafka")
    try:
        await broker.start()
    except StackUnavailableError as error:
        unavailable("a Kafka broker", error)
    await create_topics(broker.bootstrap, topic_names(("acme-motor", HOOKED)))
    keys.init(directory / "keys", ("acme-motor", HOOKED))
    async with WebhookSink() as statuses:
        plan = SimulatorSettings(
            webhook_url=f"{statuses.url}/", app_secret="secret", numbers=(BusinessNumber(),), window_s=None,
            access_token=(directory / "keys/dispatcher/whatsapp_token").read_text().strip(),
            messages_per_second=10_000, pair_burst=10_000, statuses=StatusPlan(0.0, 0.05, None),
        )  # fmt: skip
        async with CloudApiSimulator(plan) as simulator:
            one = Rig(directory, broker.bootstrap, mongo_uri, simulator, statuses)
            async with one.insurer:
                _copy_registry(directory / "registry", one.insurer.url)
                await one.producer.start()
                tasks = [asyncio.create_task(each) for each in (one.collect(), one.carry_statuses())]
                yield one
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await one.producer.stop()
    broker.kill()


def _copy_registry(directory: Path, url: str) -> None:
    shutil.copytree(REGISTRY, directory)
    written = directory / "insurers" / f"{HOOKED}.yaml"
    lines = [
        f"  url: {url}/hook" if line.strip().startswith("url:") else line
        for line in written.read_text().splitlines()
    ]
    written.write_text("\n".join(lines) + "\n")


async def test_killed_while_it_works(rig: Rig) -> None:
    """Killed four times in 300 texts and 60 webhooks: no text twice, each delivered or shown as unresolved, in order
    for each person; each webhook arrived, signed, in order; every change announced.
    """
    for n in range(300):
        await rig.reply(f"r{n:03}", n % 50)
    for n in range(60):
        alias = derived_id("ph", str(n % 6))
        event = InsurerMessage(
            message_id=derived_id("im", str(n)), alias=alias, thread_id=derived_id("th", alias), seq=n + 1,
            sent_at=system_clock(), content=InsurerText(text=f"{n}"),
        )  # fmt: skip
        await rig.publish(f"insurer.{HOOKED}.messages", alias, event)
    await rig.producer.flush()
    for _ in range(4):
        before = len(rig.simulator.received)
        service = rig.start()
        await until(partial(_more, rig, before + 20), seconds=40)
        service.kill()
        await service.ended(seconds=10)
    service = rig.start()
    ends = {"delivered", "unresolved", "failed"}
    await until(lambda: _ended(rig, ends, 300), seconds=90)
    await until(lambda: _hooked(rig, 60), seconds=60)
    texts = Counter(message.callback for message in rig.simulator.received)
    assert max(texts.values()) == 1
    states = rig.states()
    unresolved = {key for key, found in states.items() if "unresolved" in found and "delivered" not in found}
    assert unresolved | set(texts) >= {derived_id("dl", f"r{n:03}") for n in range(300)}
    assert not unresolved & set(texts)
    for person in range(50):
        got = [message.text for message in rig.simulator.inbox(f"447700900{person:03}")]
        assert got == sorted(got)
    by_alias: dict[str, list[int]] = defaultdict(list)
    for body in rig.insurer.bodies():
        seqs = by_alias[body["data"]["alias"]]
        if body["data"]["seq"] not in seqs:
            seqs.append(body["data"]["seq"])
    assert all(seqs == sorted(seqs) for seqs in by_alias.values())
    secret = (rig.directory / f"keys/dispatcher/insurers/{HOOKED}.secret").read_text().strip()
    call = rig.insurer.calls[-1]
    Webhook(secret).verify(call.body, call.headers)
    service.terminate()
    assert await service.ended(seconds=20) == 0
    assert "447700" not in (rig.directory / "dispatcher.log").read_text()


async def _more(rig: Rig, count: int) -> bool:
    return len(rig.simulator.received) >= min(count, 280)


async def _ended(rig: Rig, ends: set[str], count: int) -> bool:
    replies = {
        update.delivery_id
        for update in rig.updates
        if update.recipient == "policyholder" and update.state in ends
    }
    return len(replies) >= count


async def _hooked(rig: Rig, count: int) -> bool:
    return len({body["data"]["message_id"] for body in rig.insurer.bodies()}) >= count
