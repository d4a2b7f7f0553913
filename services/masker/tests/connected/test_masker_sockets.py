"""The masker does its work with every socket denied but the broker's and the database's."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiokafka import AIOKafkaConsumer

from bowchat_contracts.envelope import Meta
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import Identity, MessageRouted, SlaTerms
from bowchat_contracts.topics import INBOUND_ROUTED, INSURER_MESSAGES, topic_names
from bowchat_runtime import keys
from bowchat_runtime.publisher import KafkaPublisher
from bowchat_runtime.records import Outgoing
from bowchat_runtime.seal import Sealer
from bowchat_runtime.settings import ServiceSettings
from bowchat_testkit import stack
from bowchat_testkit.stack_process import ChildProcess, free_port

GUARD = Path(__file__).parent / "socket_guard"


def routed(text: str, sealer: Sealer, name: str) -> Outgoing:
    now, message_id = datetime.now(UTC), derived_id("ms", name)
    identity = Identity(number="447700900123", name="Asha Testperson").model_dump_json(exclude_none=True)
    values: dict[str, Any] = {
        "message_id": message_id, "conversation_id": derived_id("cv", name), "contact_id": derived_id("ct", "asha"),
        "seq": 1, "outcome": "routed", "insurer": "acme", "desk": "claims", "policy_type": "motor", "tags": (),
        "policy_number": None, "rule": "policy_number", "reasons": (), "business_number_id": "business",
        "sla": SlaTerms(first_response_s=300, warn_ratio=0.75),
        "sealed_identity": sealer.seal(identity.encode(), f"inbound:{message_id}"),
        "content": {"kind": "text", "text": text}, "sent_at": now, "received_at": now,
    }  # fmt: skip
    event = MessageRouted.model_validate(values)
    return Outgoing(
        INBOUND_ROUTED, event.conversation_id, event, Meta(f"ev_{name}", event.type, "/test", now, "")
    )


@pytest.mark.connected
async def test_the_masker_needs_no_other_socket(kafka: str, mongo_uri: str, tmp_path: Path) -> None:
    """With a guard in the process that refuses every other peer and name: messages are masked and held, none refused."""
    await stack.create_topics(kafka, topic_names(("acme",)), partitions=1)
    keys.init(tmp_path / "secrets", ("acme",))
    denied, log = tmp_path / "denied.txt", tmp_path / "masker.log"
    ports = [kafka.rpartition(":")[2], str(urlsplit(mongo_uri).port)]
    masker = ChildProcess(
        [sys.executable, "-m", "bowchat_masker", "serve"],
        log=log,
        environment={
            **os.environ,
            "PYTHONPATH": str(GUARD),
            "BOWCHAT_TEST_PEERS": ",".join(ports),
            "BOWCHAT_TEST_DENIED": str(denied),
            "BOWCHAT_KAFKA_BOOTSTRAP": kafka,
            "BOWCHAT_MONGO_URI": mongo_uri,
            "BOWCHAT_HTTP_PORT": str(free_port()),
            "BOWCHAT_SECRETS": str(tmp_path / "secrets/masker"),
        },
    )
    sealer = Sealer((tmp_path / "secrets/ingest/identity.public.json").read_bytes())
    topic = INSURER_MESSAGES.format(insurer="acme")
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest")
    masker.start()
    await consumer.start()
    try:
        async with KafkaPublisher(ServiceSettings(kafka_bootstrap=kafka), "test") as publisher:
            texts = ("call +44 7700 900188", "I am Asha Testperson")
            await publisher.publish([routed(text, sealer, f"socket{at}") for at, text in enumerate(texts)])
            async with asyncio.timeout(60):
                values = [(await consumer.getone()).value or b"" for _ in texts]
    finally:
        await consumer.stop()
        masker.kill()
    assert any(b"[phone-1]" in each for each in values), log.read_text()[-2000:]
    assert any(b'"reason":' in each and b"Asha" not in each for each in values)
    assert not denied.exists(), denied.read_text()


def test_the_guard_refuses_others(tmp_path: Path) -> None:
    """The test above can fail: the same guard stops a connection to another port, and the asking for a name."""
    denied = tmp_path / "denied.txt"
    environment = {
        **os.environ,
        "PYTHONPATH": str(GUARD),
        "BOWCHAT_TEST_DENIED": str(denied),
        "BOWCHAT_TEST_PEERS": "9",
    }
    for code in (
        "import socket; socket.create_connection(('127.0.0.1', 10))",
        "import socket; socket.getaddrinfo('example.com', 80)",
    ):
        ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
        assert b"PermissionError" in ran.stderr
    assert len(denied.read_text().splitlines()) == 2
