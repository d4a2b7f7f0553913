"""The broker and the database that tests and bench run on: containers where Docker answers, else our own processes."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

from bowchat_contracts.topics import topic_config
from bowchat_testkit.database import Database
from bowchat_testkit.kafka_server import KafkaServer
from bowchat_testkit.stack_process import StackUnavailableError, until

_TOPIC_EXISTS = 36
_TOPIC_SECONDS = 30.0


class Server(Protocol):
    """A part of the stack: its address and its data stay the same from the first start to the end of the block."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *_: object) -> None: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    def kill(self) -> None: ...
    async def restart(self) -> None: ...


class Broker(Server, Protocol):
    """Something that speaks Kafka's protocol."""

    bootstrap: str


class DocumentStore(Server, Protocol):
    """Something that speaks MongoDB's protocol."""

    @property
    def uri(self) -> str: ...


def broker(directory: Path) -> Broker:
    """A broker that is not yet started. Errors: StackUnavailableError."""
    if _containers():
        from bowchat_testkit.containers import KafkaContainer  # noqa: PLC0415 (loads Docker's client)

        return KafkaContainer()
    return KafkaServer(directory)


def document_store(directory: Path) -> DocumentStore:
    """A database that is not yet started. Errors: StackUnavailableError."""
    if _containers():
        from bowchat_testkit.containers import MongoContainer  # noqa: PLC0415 (loads Docker's client)

        return MongoContainer()
    return Database(directory)


def docker_answers() -> bool:
    """Whether there is a Docker daemon to run containers."""
    try:
        asked = subprocess.run(["docker", "info"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


async def create_topics(bootstrap: str, names: Sequence[str], *, partitions: int = 4) -> None:
    """Makes the topics that do not exist yet and returns when each has its leaders. Not for the embedded broker.

    Errors: TimeoutError when the broker has not done so in 30 s; KafkaError when it refuses.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        new = [NewTopic(name, partitions, 1, topic_configs=_config(name)) for name in names]
        answer = await admin.create_topics(new)
        for error in answer.to_object()["topic_errors"]:
            if error["error_code"] not in (0, _TOPIC_EXISTS):
                raise for_code(error["error_code"])(f"The topic {error['topic']} could not be made.")
        await until(lambda: _led(admin, names), seconds=_TOPIC_SECONDS)
    finally:
        await admin.close()


def _config(name: str) -> dict[str, str]:
    """A topic of the relay is configured as in production; a test's own is plain."""
    try:
        return topic_config(name)
    except StopIteration:
        return {}


async def _led(admin: AIOKafkaAdminClient, names: Sequence[str]) -> bool:
    topics = await admin.describe_topics(list(names))
    return all(
        topic["partitions"] and all(partition["leader"] >= 0 for partition in topic["partitions"])
        for topic in topics
    )


def _containers() -> bool:
    choice = os.environ.get("BOWCHAT_TESTKIT", "auto")
    if choice == "auto":
        return docker_answers()
    if choice == "containers" and not docker_answers():
        raise StackUnavailableError(
            "BOWCHAT_TESTKIT=containers, but Docker does not answer: start it, or unset it."
        )
    if choice not in ("containers", "local"):
        raise StackUnavailableError(f"BOWCHAT_TESTKIT is {choice!r}: it can be auto, local or containers.")
    return choice == "containers"
