"""The same broker and database from their official images, where Docker answers."""

import asyncio
from abc import abstractmethod
from typing import Self

from docker.errors import DockerException  # type: ignore[import-untyped]
from testcontainers.core.container import DockerContainer

from bowchat_testkit.database import database_answers
from bowchat_testkit.kafka_server import broker_properties, broker_serves
from bowchat_testkit.stack_process import LOOPBACK, StackUnavailableError, free_port, until

_KAFKA_IMAGE = "apache/kafka:4.3.1"
_MONGO_IMAGE = "mongo:8"
_START_SECONDS = 120.0


class _Container:
    """A container on one fixed port. It is kept through stops and kills, and its data with it, until the block ends."""

    def __init__(self, image: str, *, inner_port: int, port: int, environment: dict[str, str]) -> None:
        self._image = image
        self._port = port
        self._container = DockerContainer(image, env=environment).with_bind_ports(inner_port, port)
        self._created = False

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._created:
            await asyncio.to_thread(self._container.stop)

    async def start(self) -> None:
        """Starts it and waits until it serves. Errors: StackUnavailableError."""
        try:
            await asyncio.to_thread(self._create_or_start)
            await until(self._serves, seconds=_START_SECONDS)
        except (DockerException, TimeoutError) as error:
            raise StackUnavailableError(f"The container {self._image} did not start: {error!r}.") from error

    async def stop(self) -> None:
        """Stops it in order."""
        if self._created:
            await asyncio.to_thread(self._container.get_wrapped_container().stop)

    def kill(self) -> None:
        """Ends it as a crash would (SIGKILL)."""
        if self._created:
            self._container.get_wrapped_container().kill()

    async def restart(self) -> None:
        """Stops it in order and starts it again, with the same port and data."""
        await self.stop()
        await self.start()

    def _create_or_start(self) -> None:
        if self._created:
            self._container.get_wrapped_container().start()
        else:
            self._container.start()
            self._created = True

    @abstractmethod
    async def _serves(self) -> bool: ...


class KafkaContainer(_Container):
    """Apache Kafka's official image, used as `KafkaServer` is."""

    def __init__(self) -> None:
        port = free_port()
        self.bootstrap = f"{LOOPBACK}:{port}"
        listeners = {
            "listeners": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.quorum.voters": "1@localhost:9093",
        }
        properties = broker_properties() | listeners
        environment = {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in properties.items()}
        super().__init__(_KAFKA_IMAGE, inner_port=9092, port=port, environment=environment)

    async def _serves(self) -> bool:
        return await broker_serves(self._port)


class MongoContainer(_Container):
    """MongoDB's official image, used as `Database` is."""

    def __init__(self) -> None:
        port = free_port()
        self.uri = f"mongodb://{LOOPBACK}:{port}/?directConnection=true"
        super().__init__(_MONGO_IMAGE, inner_port=27017, port=port, environment={})

    async def _serves(self) -> bool:
        return await database_answers(self.uri, self._port)
