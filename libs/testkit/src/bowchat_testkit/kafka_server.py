"""Apache Kafka itself on a loopback port: one KRaft node run from its jars, for tests, the bench and restarts.

`python -m bowchat_testkit.kafka_server` keeps beside the jars what every broker would make anew: an archive of the classes
that it loads, and an empty data directory. Later brokers start in half the time. An archive of another Java is passed over.
"""

import asyncio
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Self

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from bowchat_testkit.stack_process import LOOPBACK, ChildProcess, StackUnavailableError, free_port, port_open

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


def broker_properties() -> dict[str, str]:
    """The configuration of a broker that stands alone, without its listeners and its data directory."""
    alone = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "auto.create.topics.enable": "false",
        "num.partitions": "4",
    }
    one_replica = {
        f"{topic}.replication.factor": "1"
        for topic in ("default", "offsets.topic", "transaction.state.log", "share.coordinator.state.topic")
    }
    small = {
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.num.partitions": "1",
        "log.cleaner.dedupe.buffer.size": "4194304",
        "log.index.size.max.bytes": "262144",  # laid out ahead of time, two for each partition
    }
    # A killed broker may serve again once its old session has expired; a killed consumer gives way likewise.
    quick = {
        "broker.heartbeat.interval.ms": "500",
        "broker.session.timeout.ms": "3000",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
    }
    return alone | one_replica | small | quick


def kafka_jars() -> Path:
    """The directory of Kafka's jars. Errors: StackUnavailableError when `make setup` has not put them there."""
    for parent in Path(__file__).resolve().parents:
        jars = parent / ".local" / "kafka" / "lib"
        if any(jars.glob("kafka-server-*.jar")):
            return jars
    raise StackUnavailableError("Apache Kafka's jars are not there: run `make setup`.")


def _archive() -> Path:
    return kafka_jars().parent / "classes.jsa"


def _empty() -> Path:
    return kafka_jars().parent / "empty"


def _java() -> str:
    java = shutil.which("java")
    if java is None:
        raise StackUnavailableError("Apache Kafka needs Java 17: install openjdk-17-jre-headless.")
    return java


class KafkaServer:
    """A broker in a directory of its own. Its port and its data stay the same through stops, kills and restarts.

    Args:
        directory: Holds data, configuration and log; whoever names it removes it.
        quick: Compile with Java's first compiler alone: a third less work at the start, on which tests spend most of a
            broker's time. False for one whose throughput counts.
        archiving: Lay out a data directory of its own, and keep the classes that were loaded, when it ends.
    """

    def __init__(
        self, directory: Path, *, port: int | None = None, quick: bool = True, archiving: bool = False
    ) -> None:
        self._port = port or free_port()
        self._controller_port = free_port()
        self._properties = directory / "server.properties"
        self._log = directory / "kafka.log"
        self._quick, self._archiving = quick, archiving
        self._child: ChildProcess | None = None
        self.data_dir = directory / "data"
        self.bootstrap = f"{LOOPBACK}:{self._port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.kill()  # nobody reads it again, and a stop in order writes down where every partition stands

    @property
    def pid(self) -> int:
        """The process id of the broker. Errors: StackUnavailableError when it was never started."""
        if self._child is None:
            raise StackUnavailableError("The Kafka broker has not been started.")
        return self._child.pid

    async def start(self) -> None:
        """Starts the broker, the first time with an empty data directory, and waits until it serves.

        Errors: StackUnavailableError.
        """
        if not (self.data_dir / "meta.properties").exists():
            await self.lay_out()
        self._child = self._java("kafka.Kafka", str(self._properties), quick=self._quick)
        self._child.start()
        await self._child.started(self._serves, seconds=_START_SECONDS)

    async def stop(self) -> None:
        """Stops the broker in order: it writes down where it stands and leaves."""
        if self._child is not None:
            await self._child.stop(seconds=_STOP_SECONDS)

    def kill(self) -> None:
        """Ends the broker as a crash would (SIGKILL)."""
        if self._child is not None:
            self._child.kill()

    async def restart(self) -> None:
        """Stops it in order and starts it again, with the same port and data."""
        await self.stop()
        await self.start()

    async def lay_out(self) -> None:
        """Write its configuration and an empty data directory. Errors: StackUnavailableError."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        quorum = f"{LOOPBACK}:{self._controller_port}"
        here = {
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{quorum}",
            "controller.quorum.voters": f"1@{quorum}",
            "log.dirs": str(self.data_dir),
        }
        lines = [f"{name}={value}\n" for name, value in (broker_properties() | here).items()]
        self._properties.write_text("".join(lines))
        if _empty().exists() and not self._archiving:
            shutil.copytree(_empty(), self.data_dir, dirs_exist_ok=True)
            return
        cluster = uuid.uuid4().hex[:22]
        arguments = ("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self._properties))
        tool = self._java(*arguments, quick=True)
        tool.start()
        if await tool.ended(seconds=_START_SECONDS) != 0:
            tool.kill()
            raise StackUnavailableError(f"Kafka could not lay out its data directory:\n{tool.tail()}")

    def _java(self, *arguments: str, quick: bool) -> ChildProcess:
        command = [
            _java(),
            "-Xmx512m",
            *(["-XX:TieredStopAtLevel=1"] if quick else []),
            *self._sharing(),
            "-Dorg.apache.logging.log4j.level=WARN",
            "-cp",
            f"{kafka_jars()}/*",
        ]
        return ChildProcess([*command, *arguments], log=self._log)

    def _sharing(self) -> list[str]:
        if self._archiving:
            return [f"-XX:ArchiveClassesAtExit={_archive()}"]
        return [f"-XX:SharedArchiveFile={_archive()}"] if _archive().exists() else []

    async def _serves(self) -> bool:
        return await broker_serves(self._port)


async def broker_serves(port: int) -> bool:
    """Whether the broker on this loopback port is open, has a controller and is part of its own cluster."""
    if not await port_open(port):
        return False
    admin = AIOKafkaAdminClient(bootstrap_servers=f"{LOOPBACK}:{port}", request_timeout_ms=5_000)
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
    except KafkaError:
        return False
    finally:
        await admin.close()
    return bool(cluster["brokers"]) and int(cluster["controller_id"]) >= 0


async def _keep() -> None:
    with tempfile.TemporaryDirectory() as directory:
        one = KafkaServer(Path(directory), archiving=True)
        await one.lay_out()
        shutil.copytree(one.data_dir, _empty(), dirs_exist_ok=True)
        async with one:
            await one.stop()


if __name__ == "__main__":
    asyncio.run(_keep())
