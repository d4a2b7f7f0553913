"""A whole world on this machine, for the end-to-end tests: broker, database, relay, WhatsApp, three insurers, a crowd."""

import csv
import io
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx
import yaml

from bowchat_runtime.errors import SettingsError
from bowchat_testkit import stack
from bowchat_testkit.insurers import KafkaInsurer, ReplyPolicy, WebhookInsurer, replying
from bowchat_testkit.relay import Relay
from bowchat_testkit.stack_process import LOOPBACK, free_port, until
from bowchat_testkit.whatsapp import CloudApiSimulator, SimulatorSettings, StatusPlan
from bowchat_testkit.whatsapp_payloads import (
    BusinessNumber,
    Policyholder,
    encode,
    message_webhook,
    text,
    wamid_for,
)

KAFKA_INSURERS = ("acme-motor", "bharat-health")
WEBHOOK_INSURER = "coast-life"
_POLICY_TYPES = {"acme-motor": "motor", "bharat-health": "health", "coast-life": "life"}
QUICK = StatusPlan(sent_s=0.02, delivered_s=0.05, read_s=None)


@dataclass(frozen=True)
class Person:
    """A policyholder of the crowd and the policy they hold."""

    who: Policyholder
    insurer: str
    policy_number: str


def crowd(count: int) -> list[Person]:
    """So many policyholders with numbers from Ofcom's fictional range, spread over the three insurers."""
    insurers = (*KAFKA_INSURERS, WEBHOOK_INSURER)
    return [
        Person(
            Policyholder(
                number=f"447700900{index:03d}",
                # Some are known by their number alone, as before April 2026.
                bsuid=None if index % 7 == 0 else f"GB.2{index:018d}",
                name=f"Casey Crowd{index}",
            ),
            insurers[index % 3],
            f"POL-{'ABC'[index % 3]}{index:03d}",
        )
        for index in range(count)
    ]


class Stage:
    """Everything started, from `async with` until its end.

    Args:
        directory: Holds data, logs and keys; whoever names it removes it.
        examples: The example registry that is copied.
        people: Who holds policies.
        policy: What the insurers answer.
        environment: More variables for every service.
        agreements: What to change in an insurer's agreement, by insurer.
    """

    def __init__(
        self,
        directory: Path,
        examples: Path,
        people: Sequence[Person],
        *,
        policy: ReplyPolicy | None = None,
        environment: Mapping[str, str] | None = None,
        agreements: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.directory, self.people = directory, people
        self.registry = directory / "registry"
        self._webhook_port, self._whatsapp_port = free_port(), free_port()
        self._policy = policy or replying("re {seq} {text}")
        self._environment = {"BOWCHAT_WHATSAPP_RATE_PER_S": "500", **(environment or {})}
        self._write_registry(examples, agreements or {})
        self._running = AsyncExitStack()
        self._sequence = 0

    def _write_registry(self, examples: Path, agreements: Mapping[str, Mapping[str, Any]]) -> None:
        shutil.copytree(examples, self.registry)
        endpoint = {"kind": "webhook", "url": f"http://{LOOPBACK}:{self._webhook_port}/webhooks"}
        for path in (self.registry / "insurers").glob("*.yaml"):
            agreement = {**yaml.safe_load(path.read_text()), **agreements.get(path.stem, {})}
            if path.stem == WEBHOOK_INSURER:
                agreement["endpoint"] = endpoint
            path.write_text(yaml.safe_dump(agreement))

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as starting:
            enter = starting.enter_async_context
            self.broker = await enter(stack.broker(self.directory / "kafka"))
            self.database = await enter(stack.document_store(self.directory / "database"))
            self.relay = Relay(
                self.directory / "relay",
                bootstrap=self.broker.bootstrap,
                mongo_uri=self.database.uri,
                registry=self.registry,
                whatsapp_url=f"http://{LOOPBACK}:{self._whatsapp_port}",
                environment=self._environment,
            )
            await self._write_policies()
            await stack.create_topics(self.broker.bootstrap, self.relay.topics)
            self.whatsapp = await enter(CloudApiSimulator(self._simulated(), port=self._whatsapp_port))
            await enter(self.relay)
            self.by_kafka = {
                each: await enter(KafkaInsurer(each, self.broker.bootstrap, self._policy))
                for each in KAFKA_INSURERS
            }
            self.by_webhook = await enter(
                WebhookInsurer(
                    WEBHOOK_INSURER,
                    self.relay.secrets.insurer(WEBHOOK_INSURER),
                    self.relay.url("ingest"),
                    self._policy,
                    port=self._webhook_port,
                )
            )
            self._running = starting.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Errors: `ServiceEndedError` as the relay's own end."""
        await self._running.aclose()

    def _simulated(self) -> SimulatorSettings:
        return SimulatorSettings(
            webhook_url=f"{self.relay.url('ingest')}/webhooks/whatsapp",
            app_secret=self.relay.secrets.app_secret,
            access_token=self.relay.secrets.whatsapp_token,
            messages_per_second=2000,
            window_s=None,
            statuses=QUICK,
        )

    async def _write_policies(self) -> None:
        """The crowd's policies, with refs for numbers, made as an operator makes them."""
        rows = io.StringIO()
        writer = csv.writer(rows, lineterminator="\n")
        writer.writerow(["policy_number", "insurer", "policy_type", "phone"])
        for each in self.people:
            writer.writerow(
                [each.policy_number, each.insurer, _POLICY_TYPES[each.insurer], f"+{each.who.number}"]
            )
        code, said = await self.relay.command("ingest", "refs", given=rows.getvalue())
        if code:
            raise SettingsError(f"bowchat-ingest refs failed: {said}")
        (self.registry / "policies.csv").write_text(said)

    async def say(self, person: Person, said: str) -> None:
        """Post one message, again and again until the relay has answered 200, as Meta does."""
        self._sequence += 1
        business = BusinessNumber()
        sent = text(person.who, wamid_for(person.who.number, self._sequence), datetime.now(UTC), said)
        body = encode(message_webhook(business, person.who, sent))

        async def taken() -> bool:
            return (await self.whatsapp.post(body)).status == httpx.codes.OK

        await until(taken, seconds=120)

    async def accounts(self) -> tuple[int, str]:
        """What `bowchat-audit accounts` says: exit code and text."""
        return await self.relay.command("audit", "accounts")
