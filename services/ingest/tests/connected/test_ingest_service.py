"""The whole service as a process, on a real broker: what only they can show."""

import asyncio
import functools
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import Producer
from standardwebhooks import Webhook

from bowchat_contracts.envelope import Meta, from_headers, to_headers, traceparent
from bowchat_contracts.insurer import InsurerReply
from bowchat_contracts.pii import MessageText
from bowchat_contracts.topics import INBOUND_RECEIVED, REPLIES_RECEIVED, topic_names
from bowchat_runtime.parked_topic import discard, outstanding
from bowchat_runtime.settings import ServiceSettings, load
from bowchat_testkit.foreign_headers import send_with_header
from bowchat_testkit.kafka_server import KafkaServer
from bowchat_testkit.plugin import unavailable
from bowchat_testkit.stack import create_topics
from bowchat_testkit.stack_process import ChildProcess, StackUnavailableError, free_port, until

pytestmark = [pytest.mark.connected, pytest.mark.asyncio(loop_scope="module")]

ALIAS = "ph_" + "a" * 32


class Rig:
    """A broker, the service, and a reader of what it publishes."""

    def __init__(self, broker: KafkaServer, http: httpx.AsyncClient, service: ChildProcess) -> None:
        self.broker, self.http, self.service = broker, http, service
        self.records: dict[str, list[Any]] = {INBOUND_RECEIVED: [], REPLIES_RECEIVED: []}

    async def ready(self) -> bool:
        try:
            return (await self.http.get("/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    async def read(self) -> None:
        """Collect what is published, for as long as the test runs."""
        consumer = AIOKafkaConsumer(
            *self.records, bootstrap_servers=self.broker.bootstrap, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            async for record in consumer:
                self.records[record.topic].append(record)
        finally:
            await consumer.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory, keys_directory: Path) -> AsyncIterator[Rig]:
    directory = tmp_path_factory.mktemp("ingest")
    broker, port = KafkaServer(directory / "kafka"), free_port()
    try:
        await broker.start()
    except StackUnavailableError as error:
        unavailable("a Kafka broker", error)
    await create_topics(broker.bootstrap, topic_names(("acme", "other")))
    environment = {
        "BOWCHAT_KAFKA_BOOTSTRAP": broker.bootstrap,
        "BOWCHAT_SECRETS": str(keys_directory / "ingest"),
        "BOWCHAT_HTTP_PORT": str(port),
        "BOWCHAT_PUBLISH_SECONDS": "2",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-m", "bowchat_ingest", "serve"]
    service = ChildProcess(command, log=directory / "ingest.log", environment=environment)
    service.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
        one = Rig(broker, http, service)
        await until(one.ready, seconds=30)
        reader = asyncio.create_task(one.read())
        yield one
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
    service.terminate()
    assert await service.ended(seconds=20) == 0
    assert "447700" not in (directory / "ingest.log").read_text()
    broker.kill()


async def test_what_was_answered_200_is_on_the_topic(
    rig: Rig, signed: Callable[..., Mapping[str, str]], message_body: Callable[..., Any]
) -> None:
    """The record is a CloudEvent keyed by a ref, with no trace of the number outside the seal."""
    body = orjson.dumps(message_body(id="wamid.on-the-topic"))
    assert (await rig.http.post("/webhooks/whatsapp", content=body, headers=signed(body))).status_code == 200
    await until(lambda: _many(rig, INBOUND_RECEIVED, 1), seconds=10)
    record = rig.records[INBOUND_RECEIVED][0]
    event = orjson.loads(record.value)
    assert record.key.decode() == event["refs"][0]
    assert from_headers(tuple(record.headers)).type == "bowchat.inbound.received.v1"
    assert b"4477" not in record.value.replace(event["sealed_identity"].encode(), b"")


async def test_replies_come_in_both_ways(rig: Rig, keys_directory: Path) -> None:
    """A reply over HTTPS and one on the insurer's own topic end on one topic, keyed by alias."""
    reply = _reply("by-https")
    body, moment = reply.model_dump_json().encode(), datetime.now(UTC)
    secret = (keys_directory / "ingest/insurers/acme.secret").read_text().strip()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", moment, body.decode()),
    }
    assert (
        await rig.http.post("/v1/insurers/acme/replies", content=body, headers=headers)
    ).status_code == 202
    await _produce(rig, _reply("by-kafka"))
    await until(lambda: _many(rig, REPLIES_RECEIVED, 2), seconds=20)
    events = [orjson.loads(record.value) for record in rig.records[REPLIES_RECEIVED]]
    assert {(each["reply_id"], each["via"], each["insurer"]) for each in events} == {
        ("by-https", "https", "acme"),
        ("by-kafka", "kafka", "acme"),
    }
    assert {record.key.decode() for record in rig.records[REPLIES_RECEIVED]} == {ALIAS}


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_an_insurer_may_compress_as_it_likes(rig: Rig, codec: str) -> None:
    """A reply is read whatever codec its writer compressed it with."""
    writer = Producer({"bootstrap.servers": rig.broker.bootstrap, "compression.type": codec})
    reply = _reply(f"by-{codec}", "z" * 2000)
    writer.produce("insurer.acme.replies", reply.model_dump_json(), headers=dict(_headers(reply)))
    assert writer.flush(20) == 0
    await until(lambda: _reply_is_there(rig, f"by-{codec}"), seconds=20)


async def test_an_odd_header_name_stops_no_insurer(rig: Rig) -> None:
    """A header whose name is no text hinders neither its own reply nor those of others behind it."""
    odd = _reply("with-an-odd-header")
    for key, value in ((b"any", odd.model_dump_json().encode()), (b"other", b"garbage")):
        await send_with_header(
            rig.broker.bootstrap,
            "insurer.acme.replies",
            b"\xff\xfe\x00\x80",
            key=key,
            value=value,
            headers=_headers(odd),
        )
    await _produce(rig, _reply("behind-it"))
    await _produce(rig, _reply("by-another"), insurer="other")
    for reply_id in ("with-an-odd-header", "behind-it", "by-another"):
        await until(functools.partial(_reply_is_there, rig, reply_id), seconds=20)
    settings = load(ServiceSettings, kafka_bootstrap=rig.broker.bootstrap)
    (parked,) = await outstanding("ingest", settings)
    assert parked.headers[-1][0] == "hex:fffe0080"
    assert await discard("ingest", settings, parked.park_id, datetime.now(UTC))


async def test_without_kafka_503_and_then_all_is_well_again(
    rig: Rig, signed: Callable[..., Mapping[str, str]], message_body: Callable[..., Any]
) -> None:
    """While the broker is away nothing is answered 200, and `/readyz` says why; when it is back, it is well without a
    webhook that would show it, and the same webhook goes through.
    """
    body = orjson.dumps(message_body(id="wamid.after-the-outage", text={"body": "after the outage"}))

    async def taken() -> bool:
        answer = await rig.http.post("/webhooks/whatsapp", content=body, headers=signed(body))
        assert answer.status_code in (200, 503)
        return answer.status_code == 200

    await rig.broker.stop()
    for _ in range(8):
        assert not await taken()
    said = (await rig.http.get("/readyz")).json()["reasons"]
    assert said == [
        f"the Kafka broker at {rig.broker.bootstrap} does not answer. Start it, or correct the BOWCHAT_KAFKA_ variables"
    ]
    await rig.broker.start()
    await until(rig.ready, seconds=60)
    await until(taken, seconds=60)
    await until(lambda: _text_is_there(rig, "after the outage"), seconds=20)


async def _many(rig: Rig, topic: str, count: int) -> bool:
    return len(rig.records[topic]) >= count


async def _text_is_there(rig: Rig, text: str) -> bool:
    return any(text.encode() in record.value for record in rig.records[INBOUND_RECEIVED])


async def _reply_is_there(rig: Rig, reply_id: str) -> bool:
    return any(f'"{reply_id}"'.encode() in record.value for record in rig.records[REPLIES_RECEIVED])


def _reply(reply_id: str, text: str = "We have it.") -> InsurerReply:
    return InsurerReply(reply_id=reply_id, alias=ALIAS, text=MessageText(text))


def _headers(reply: InsurerReply) -> list[tuple[str, bytes]]:
    meta = Meta("theirs-1", reply.type, "/acme", datetime.now(UTC), traceparent("theirs", "send"))
    return list(to_headers(meta))


async def _produce(rig: Rig, reply: InsurerReply, *, insurer: str = "acme") -> None:
    async with AIOKafkaProducer(bootstrap_servers=rig.broker.bootstrap) as producer:
        await producer.send_and_wait(
            f"insurer.{insurer}.replies", reply.model_dump_json().encode(), b"any", headers=_headers(reply)
        )
