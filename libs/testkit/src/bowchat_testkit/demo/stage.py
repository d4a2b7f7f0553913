"""Everything that the demo needs, started together and ended together."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx

from bowchat_contracts.topics import INSURER_MESSAGES, SERVICES
from bowchat_registry import loader
from bowchat_testkit.database import Database
from bowchat_testkit.demo.cast import ANSWERS, SILENT, answering, write_registry
from bowchat_testkit.demo.journeys import Journey, Sighting, Way, journeys
from bowchat_testkit.demo.tape import Tape
from bowchat_testkit.embedded_broker import EmbeddedBroker
from bowchat_testkit.insurers import KafkaInsurer, SeenCall, SeenRecord, WebhookInsurer
from bowchat_testkit.relay import SCRIPTS, Relay
from bowchat_testkit.stack_process import ChildProcess, StackUnavailableError, free_port
from bowchat_testkit.whatsapp import CloudApiSimulator, SimulatorSettings

WEBHOOK = "coast-life"
BY_KAFKA = tuple(insurer for insurer in (*ANSWERS, SILENT) if insurer != WEBHOOK)
REPLY_AFTER_S = 0.2
_COMMAND_S = 60.0
_FIRST = ("router", "masker")
_COUNTED = ("bowchat_audit_appended_total{", "bowchat_audit_absorbed_total{")

Report = Callable[[str, str], None]
"""Told what is up, and where."""


class Stage:
    """Broker, database, relay, WhatsApp and four insurers.

    Args:
        directory: Holds keys, logs, data and the registry; whoever names it removes it.
    """

    def __init__(self, directory: Path, report: Report) -> None:
        self.directory = directory
        self.logs = directory / "relay" / "logs"
        self.broker = EmbeddedBroker(directory / "broker")
        self.database = Database(directory / "database")
        self._report = report
        self._names: dict[str, str] = {}
        self._relay: Relay | None = None
        self._running = contextlib.AsyncExitStack()

    async def close(self) -> None:
        """End everything that was started, in the reverse order, however far it had come."""
        await self._running.aclose()

    def hurry(self) -> None:
        """Leave no service the time to end in order: the wait for them is over at once."""
        if self._relay is not None:
            for name in SERVICES:
                if self._relay.running(name):
                    self._relay.kill(name)

    async def open(self) -> None:
        """Start everything. Whatever comes of it, `close` has to follow.

        Errors: StackUnavailableError, OSError when a port is taken meanwhile.
        """
        starting = self._running
        (self.directory / "broker").mkdir()
        starting.push_async_callback(self.broker.stop)
        starting.push_async_exit(self.database)
        await asyncio.gather(self.broker.start(), self.database.start())
        self._report("broker", f"in memory, {self.broker.bootstrap}")
        self._report("database", f"SecantusDB, {self.database.uri}")
        relay = self._make_relay()
        starting.push_async_callback(relay.stop)
        with _timed() as seconds:
            await self._serve(relay)
            await self._populate(starting, relay)
            await relay.ready()
        self._report("services", f"{' '.join(SERVICES)}, ready in {seconds():.1f} s")

    def _make_relay(self) -> Relay:
        webhook_port, self._whatsapp_port = free_port(), free_port()
        registry = write_registry(self.directory / "registry", webhook_port)
        self._names = {one.id: one.name for one in loader.load(registry).agreements.values()}
        self._relay = self.relay = Relay(
            self.directory / "relay",
            bootstrap=self.broker.bootstrap,
            mongo_uri=self.database.uri,
            registry=registry,
            whatsapp_url=f"http://127.0.0.1:{self._whatsapp_port}",
            # This broker answers a fetch only when the wait is over, also where a record has come meanwhile.
            environment={"BOWCHAT_KAFKA_FETCH_WAIT_MS": "100"},
        )
        self._webhook_port = webhook_port
        return self.relay

    async def _serve(self, relay: Relay) -> None:
        await self.broker.create_topics(relay.topics)
        # Loading Python is most of a start: audit waits for its database, so a part of the others waits with it.
        relay.spawn(*_FIRST)
        code, said = await self.command("audit", "prepare")
        if code:
            raise StackUnavailableError(f"The audit database could not be prepared: {said}")
        relay.spawn(*(name for name in SERVICES if name not in _FIRST))

    async def _populate(self, starting: contextlib.AsyncExitStack, relay: Relay) -> None:
        settings = SimulatorSettings(
            webhook_url=f"{relay.url('ingest')}/webhooks/whatsapp",
            app_secret=relay.secrets.app_secret,
            access_token=relay.secrets.whatsapp_token,
            # Samples are posted as they are, so the simulator does not know that their senders wrote.
            window_s=None,
        )
        self.tape = await starting.enter_async_context(Tape(relay.bootstrap, relay.topics))
        self.whatsapp = await starting.enter_async_context(
            CloudApiSimulator(settings, port=self._whatsapp_port)
        )
        self.by_kafka = {
            name: await starting.enter_async_context(
                KafkaInsurer(name, relay.bootstrap, answering(name), reply_after_s=REPLY_AFTER_S)
            )
            for name in BY_KAFKA
        }
        self.by_webhook = await starting.enter_async_context(
            WebhookInsurer(
                WEBHOOK,
                relay.secrets.insurer(WEBHOOK),
                relay.url("ingest"),
                answering(WEBHOOK),
                port=self._webhook_port,
                reply_after_s=REPLY_AFTER_S,
            )
        )

    def sightings(self) -> Iterator[Sighting]:
        """What all insurers have; of a message that came twice the earliest stands last."""
        by_kafka = [record for each in self.by_kafka.values() for record in each.records]
        ways: list[tuple[Way, Sequence[SeenRecord | SeenCall]]]
        ways = [("kafka", by_kafka), ("webhook", self.by_webhook.calls)]
        seen = [(one.seen_ms, way, one.message()) for way, all_ in ways for one in all_]
        for seen_ms, way, message in sorted(seen, key=lambda each: each[0], reverse=True):
            if message is not None:
                yield Sighting(message, seen_ms, way)

    def journeys(self) -> list[Journey]:
        return journeys(self.tape.told, self.sightings(), self.whatsapp.received)

    def insurer_records(self) -> list[bytes]:
        """Every record of the topics that insurers read, as it stands there."""
        topics = [INSURER_MESSAGES.format(insurer=insurer) for insurer in self.relay.insurers]
        return [each.raw for each in self.tape.of(*topics)]

    def name(self, insurer: str) -> str:
        """The insurer's name, as its agreement has it."""
        return self._names.get(insurer, insurer)

    async def audited(self) -> int:
        """How many records the audit service has dealt with, by its own metrics."""
        # Without TLS: to load its certificates takes longer than the call.
        async with httpx.AsyncClient(trust_env=False, timeout=5, verify=False) as client:
            page = (await client.get(f"{self.relay.url('audit')}/metrics")).text
        return sum(int(float(line.split()[-1])) for line in page.splitlines() if line.startswith(_COUNTED))

    async def command(self, name: str, *arguments: str) -> tuple[int, str]:
        """Run a subcommand of a service: its exit code and all that it printed. It never outlives the demo."""
        log = self.logs / f"{name}-{arguments[0]}.log"
        program = str(Path(sys.executable).parent / SCRIPTS[name])
        child = ChildProcess([program, *arguments], log=log, environment=self.relay.environment(name))
        child.start()
        try:
            code = await child.ended(seconds=_COMMAND_S)
        finally:
            child.kill()
        return (1 if code is None else code), log.read_text()


@contextlib.contextmanager
def _timed() -> Iterator[Callable[[], float]]:
    began = time.monotonic()
    yield lambda: time.monotonic() - began
