"""The relay in one process: the real code of ingest, router, masker and dispatcher between a webhook and its sinks.

Topics are lists, stores are memory. A webhook goes in over HTTP without a socket, and comes out at the insurer the same way.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import httpx
import orjson
from prometheus_client import generate_latest
from starlette.applications import Starlette

from bowchat_contracts.envelope import Event, to_headers
from bowchat_contracts.inbound import Identity
from bowchat_contracts.topics import insurer_of
from bowchat_dispatcher.gateway import message
from bowchat_dispatcher.phones import PhoneRows
from bowchat_dispatcher.requests import webhook_row
from bowchat_dispatcher.tags import MemoryTags
from bowchat_dispatcher.webhook import SignedPost
from bowchat_ingest.app import build as ingest
from bowchat_ingest.settings import IngestSettings
from bowchat_masker.app import build as masker
from bowchat_masker.memory import MemoryVault
from bowchat_masker.settings import MaskerSettings
from bowchat_registry.watcher import RegistryWatcher
from bowchat_router.app import Stores
from bowchat_router.app import build as router
from bowchat_router.settings import RouterSettings
from bowchat_router.testing import FixedReadings
from bowchat_runtime.keys import init
from bowchat_runtime.parking import parked
from bowchat_runtime.records import Outgoing, Record, Subscription
from bowchat_runtime.rereading import MemoryRereader
from bowchat_runtime.settings import load
from bowchat_runtime.testing import MemoryPublisher, run_batch
from bowchat_testkit.whatsapp_payloads import encode, sign

_APP_SECRET = "canary-app-secret"
_WEBHOOK_INSURER = "coast-life"
_NO_CLASS = '{"policy_type": null, "intent": null}'
_BATCH = 200
_PHONE = Identity(number="15550100777")
"""Whose number it is does not matter here: an insurer's own."""


@dataclass
class Sinks:
    """Everything that was written, by where."""

    insurer_topics: list[bytes] = field(default_factory=list)
    webhooks: list[bytes] = field(default_factory=list)
    """Requests to insurers: address, headers and body."""
    phones: list[bytes] = field(default_factory=list)
    """WhatsApp sends to insurers: the calls that show them the same on a phone."""
    hosted_model: list[bytes] = field(default_factory=list)
    """Requests to the model that the router may ask what a text is about: address, headers and body."""
    own_topics: list[bytes] = field(default_factory=list)
    """The relay's own topics, which no insurer reads."""
    keys_and_headers: list[bytes] = field(default_factory=list)
    """Of the relay's own topics."""
    parked: list[bytes] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    """What ingest answered, errors included."""
    metrics: list[bytes] = field(default_factory=list)


@dataclass(frozen=True)
class _Raw:
    """A record as the consumer library hands it over."""

    topic: str
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]
    offset: int
    partition: int = 0
    timestamp: int = 0
    timestamp_type: int = 0


class Chain:
    """The relay, as long as its context lasts.

    Args:
        directory: Where its keys are made.
        now: The time at which everything happens.
    """

    def __init__(self, directory: Path, registry: Path, now: datetime) -> None:
        self.sinks, self._now = Sinks(), now
        self._watcher = RegistryWatcher(registry)
        self._publisher = MemoryPublisher()
        init(directory, ("acme-motor", "bharat-health", _WEBHOOK_INSURER))
        (directory / "ingest/meta_app_secret").write_text(_APP_SECRET)
        (directory / "ingest/meta_verify_token").write_text("canary-verify-token")
        self._directory = directory
        self._offsets: dict[str, int] = defaultdict(int)
        self._to_post: list[tuple[str, str, str]] = []
        self._to_show: list[Record] = []
        self._phones = PhoneRows(MemoryTags(), "106540352242922", "https://relay.example")
        self.events: list[Event] = []
        """Every event of the relay's own topics."""
        self.vault = MemoryVault()

    async def __aenter__(self) -> Self:
        await self._watcher.__aenter__()
        self._http = self._ingest()
        self._subscriptions = [*self._router(), *self._masker()]
        self._post = SignedPost(
            secrets=lambda _: [b"whsec_" + b"Y2FuYXJ5" * 4],
            timeout_s=5,
            transport=httpx.MockTransport(self._insurer_reads),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        await self._post.aclose()
        await self._watcher.__aexit__(None, None, None)

    async def receives(self, webhooks: Iterable[dict[str, Any]]) -> None:
        """Posts each webhook, and takes what follows from all of them to its end."""
        for webhook in webhooks:
            body = encode(webhook)
            await self._answer(body, _APP_SECRET)
        pending, self._publisher.sent = self._publisher.sent, []
        await self.says(pending)

    async def says(self, pending: Sequence[Outgoing]) -> None:
        """Takes what a service has published, and all that follows from it, to its end."""
        while pending:
            pending = await self._one_hop(pending)
        for insurer, webhook_id, posted in self._to_post:
            await self._post.post(
                insurer=insurer,
                url="https://insurer.example/hook",
                webhook_id=webhook_id,
                body=posted,
                now=self._now,
            )
        self._to_post.clear()
        await self._show()
        self.sinks.metrics = [generate_latest()]

    async def refuses(self, webhook: dict[str, Any]) -> None:
        """Posts the webhook under a wrong signature, and in forms that are no webhook."""
        body = encode(webhook)
        await self._answer(body, "another")
        await self._answer(body[:-1], _APP_SECRET)
        await self._answer(encode(webhook["entry"][0]), _APP_SECRET)

    async def _answer(self, body: bytes, secret: str) -> None:
        headers = {"x-hub-signature-256": sign(body, secret)}
        response = await self._http.post("/webhooks/whatsapp", content=body, headers=headers)
        self.sinks.answers.append(response.content + repr(response.headers.multi_items()).encode())

    async def _one_hop(self, outgoing: Sequence[Outgoing]) -> list[Outgoing]:
        records = [self._written(each) for each in outgoing]
        caused: list[Outgoing] = []
        for subscription in self._subscriptions:
            wanted = [each for each in records if each.topic in subscription.topics]
            for start in range(0, len(wanted), _BATCH):
                caused += await run_batch(subscription.handler, wanted[start : start + _BATCH], self._now)
                await asyncio.sleep(0)
        return caused

    def _written(self, outgoing: Outgoing) -> Record:
        offset = self._offsets[outgoing.topic]
        self._offsets[outgoing.topic] += 1
        headers = to_headers(outgoing.meta)
        record = Record(
            outgoing.topic, 0, offset, outgoing.key, outgoing.meta, outgoing.event, outgoing.body, 0, headers=headers
        )  # fmt: skip
        around = outgoing.key.encode() + b" " + repr(headers).encode()
        if outgoing.topic.startswith("insurer."):
            self.sinks.insurer_topics.append(record.value + around)
            self._posted(record)
            return record
        self.events.append(outgoing.event)
        self.sinks.own_topics.append(record.value)
        self.sinks.keys_and_headers.append(around)
        raw = _Raw(outgoing.topic, outgoing.key.encode(), record.value, headers, offset)
        self.sinks.parked.append(parked(raw, "masker", "ValueError at domain.py:1", self._now).body)
        return record

    def _posted(self, record: Record) -> None:
        """As the dispatcher would, whichever way this insurer is reached."""
        self._to_show.append(record)
        row = webhook_row(record)
        self._to_post.append((insurer_of(record.topic), row.webhook_id or "", row.content.reveal()))

    async def _show(self) -> None:
        """As the dispatcher would, were every insurer reached in WhatsApp."""
        threads = await self._phones.threads(self._to_show)
        await self._phones.keep(threads)
        for row in [row for record in self._to_show for row in self._phones.rows(record, threads)]:
            call = message(row.delivery_id, _PHONE, row.content, row.buttons, row.list_label)
            self.sinks.phones.append(orjson.dumps(call))
        self._to_show.clear()

    def _insurer_reads(self, request: httpx.Request) -> httpx.Response:
        said = f"{request.method} {request.url} {request.headers.multi_items()}".encode()
        self.sinks.webhooks.append(said + request.content)
        return httpx.Response(204)

    def _model_reads(self, request: httpx.Request) -> httpx.Response:
        """It says of nothing what it is about."""
        said = f"{request.method} {request.url} {request.headers.multi_items()}".encode()
        self.sinks.hosted_model.append(said + request.content)
        return httpx.Response(200, json={"choices": [{"message": {"content": _NO_CLASS}}]})

    def _ingest(self) -> httpx.AsyncClient:
        settings = load(IngestSettings, secrets=self._directory / "ingest")
        service = ingest(settings, publisher=self._publisher, clock=lambda: self._now)
        app = Starlette(routes=service.routes)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ingest")

    def _router(self) -> Sequence[Subscription[Any]]:
        settings = load(
            RouterSettings, model_url="http://127.0.0.1/v1/chat/completions", model_name="some-model"
        )
        return router(
            settings,
            stores=Stores(),
            publisher=MemoryPublisher(),
            registry=self._watcher,
            rereader=MemoryRereader(),
            readings=FixedReadings(),
            transport=httpx.MockTransport(self._model_reads),
        ).subscriptions

    def _masker(self) -> Sequence[Subscription[Any]]:
        settings = load(MaskerSettings, secrets=self._directory / "masker")
        return masker(settings, store=self.vault, publisher=MemoryPublisher()).subscriptions
