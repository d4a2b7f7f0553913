"""The broker inside librdkafka, in a process of its own: Kafka's protocol over real TCP with nothing to install.

For the demo and for quick looks. Its limits, as measured with librdkafka 2.16: in memory only (a stop loses all, the
next start has another port); each partition keeps its last 5 MiB; every topic has four partitions and comes into being
when it is first asked for; a group waits three seconds for members before it first reads; no topic administration, no
ACLs, no SASL, no looking up of records by their time. Groups, commits, pattern subscriptions, idempotent producers,
headers and timestamps work as on Kafka.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Self

from aiokafka.admin import AIOKafkaAdminClient

from bowchat_testkit.stack_process import ChildProcess, StackUnavailableError

PARTITIONS = 4
_START_SECONDS = 20.0
_STOP_SECONDS = 3.0


class EmbeddedBroker:
    """An in-memory broker.

    Args:
        directory: Where it writes its address and its log; whoever names it removes it.
    """

    def __init__(self, directory: Path) -> None:
        self._address = directory / "embedded-broker.json"
        command = [sys.executable, "-m", "bowchat_testkit.embedded_broker", str(self._address)]
        self._child = ChildProcess(command, log=directory / "embedded-broker.log")

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def bootstrap(self) -> str:
        """Its address. Errors: StackUnavailableError when it does not run."""
        if not self._address.exists():
            raise StackUnavailableError("The embedded broker does not run.")
        return str(json.loads(self._address.read_text())["bootstrap"])

    @property
    def pid(self) -> int:
        """Its process id. Errors: StackUnavailableError when it was never started."""
        return self._child.pid

    async def start(self) -> None:
        """Starts an empty broker. Errors: StackUnavailableError."""
        self._child.start()
        await self._child.started(self._announced, seconds=_START_SECONDS)

    async def stop(self) -> None:
        """Ends the broker, and all it kept with it."""
        await self._child.stop(seconds=_STOP_SECONDS)
        self._address.unlink(missing_ok=True)

    async def create_topics(self, names: tuple[str, ...]) -> None:
        """Brings the topics into being: asking about one is what creates it here."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            await admin.describe_topics(list(names))
        finally:
            await admin.close()

    async def _announced(self) -> bool:
        return self._address.exists()


def main() -> None:
    """Runs the broker until it is told to end, having written its address to the file named."""
    from confluent_kafka import Producer  # noqa: PLC0415 (the parent never loads librdkafka)

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    address = Path(sys.argv[1])
    # librdkafka replaces the address by that of the brokers it makes; it only has to be there.
    host = Producer({"bootstrap.servers": "replaced", "test.mock.num.brokers": 1, "log_level": 3})
    broker = next(iter(host.list_topics(timeout=_START_SECONDS).brokers.values()))
    draft = address.with_suffix(".draft")
    draft.write_text(json.dumps({"bootstrap": f"{broker.host}:{broker.port}", "pid": os.getpid()}))
    draft.rename(address)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
