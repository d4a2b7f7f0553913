"""Fakes that stand in for the outside: a clock, a gateway, an insurer's registry; and rows to begin with."""

import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bowchat_contracts.deliveries import DeliveryRequested, DeliveryUpdated
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import Identity
from bowchat_contracts.pii import MessageText
from bowchat_dispatcher.carriers import WebhookCarrier, WhatsAppCarrier
from bowchat_dispatcher.domain import Row, opened
from bowchat_dispatcher.handlers import InsurersHandler
from bowchat_dispatcher.memory import MemoryLedger
from bowchat_dispatcher.phones import PhoneCarrier, PhoneRows
from bowchat_dispatcher.requests import whatsapp_row
from bowchat_dispatcher.sender import Sender
from bowchat_dispatcher.tags import MemoryTags
from bowchat_dispatcher.verdicts import Answer, Taken
from bowchat_runtime.seal import Opener, new_keysets
from bowchat_runtime.testing import MemoryPublisher, record

START = datetime(2026, 1, 1, tzinfo=UTC)
NUMBER_ID = "106540352242922"


class FakeClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class FakeWhatsApp:
    """Answers what it was told to, then takes everything. `on_send` happens while the message is under way."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.shown: list[tuple[Any, str | None]] = []
        self.answers: deque[Answer] = deque()
        self.on_send: Callable[[str], Any] | None = None

    async def send(
        self,
        *,
        business_number_id: str,
        delivery_id: str,
        recipient: Identity,
        text: MessageText,
        buttons: Any = (),
        list_label: str | None = None,
    ) -> Answer:
        self.shown.append((buttons, list_label))
        self.sent.append((delivery_id, recipient.number or recipient.bsuid or "", text.reveal()))
        if self.on_send is not None:
            await self.on_send(delivery_id)
        return self.answers.popleft() if self.answers else Taken(derived_id("pr", delivery_id))

    @property
    def ids(self) -> list[str]:
        return [delivery_id for delivery_id, _, _ in self.sent]


class FakeEndpoints:
    def __init__(self) -> None:
        self.urls: dict[str, str] = {"acme": "https://acme.example/hook", "slow": "https://slow.example/hook"}

        self.phones: dict[str, str] = {"coast": "+447700900777"}

    def url(self, insurer: str) -> str | None:
        return self.urls.get(insurer)

    def kind(self, insurer: str) -> str | None:
        if insurer in self.phones:
            return "whatsapp"
        return "webhook" if insurer in self.urls else None


class FakeInsurers:
    """Webhooks: per insurer, what is answered next; then everything is taken."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, str, str, datetime]] = []
        self.answers: dict[str, deque[Answer]] = {}
        self.on_post: Callable[[str], Any] | None = None

    async def post(self, *, insurer: str, url: str, webhook_id: str, body: str, now: datetime) -> Answer:
        self.posts.append((insurer, webhook_id, body, now))
        if self.on_post is not None:
            await self.on_post(insurer)
        waiting = self.answers.get(insurer)
        return waiting.popleft() if waiting else Taken()


class World:
    """A dispatcher in memory, whose time stands still until it is moved."""

    def __init__(self, opener: Opener) -> None:
        self.opener, self.sealer = opener, opener.sealer()
        self.clock, self.ledger, self.publisher = FakeClock(), MemoryLedger(), MemoryPublisher()
        self.whatsapp, self.endpoints, self.insurers = FakeWhatsApp(), FakeEndpoints(), FakeInsurers()
        self.tags = MemoryTags()
        self.offsets = itertools.count()
        self.sender = self.new_sender()

    def new_sender(
        self, *, pair_interval_s: float = 6, rate_per_s: float = 80, instance: str = "1"
    ) -> Sender:
        """A sender as after a start: it knows nothing but the ledger."""
        self.whatsapp_carrier = WhatsAppCarrier(
            self.whatsapp, self.opener, concurrency=32, timeout_s=10, rate_per_s=rate_per_s,
            pair_interval_s=pair_interval_s, pair_burst=45,
        )  # fmt: skip
        webhooks = WebhookCarrier(
            self.insurers, self.endpoints, concurrency=2, timeout_s=15, schedule_s=(0, 5, 300)
        )
        phones = PhoneCarrier(self.whatsapp_carrier, self.whatsapp, self.endpoints.phones.get)
        self.sender = Sender(
            self.ledger, self.publisher,
            {"whatsapp": self.whatsapp_carrier, "webhook": webhooks, "phone": phones},
            clock=self.clock, instance=instance, unknown_wait_s=120,
        )  # fmt: skip
        return self.sender

    def to_insurers(self) -> InsurersHandler:
        rows = PhoneRows(self.tags, NUMBER_ID, "https://relay.example")
        return InsurersHandler(self.ledger, self.endpoints, rows, self.sender.wake)

    def request(self, name: str, *, person: str = "asha", text: str = "Hello") -> DeliveryRequested:
        """A reply to send. `person` stands for a recipient; each has a number of their own."""
        delivery_id = derived_id("dl", name)
        number = f"447700900{100 + sum(person.encode()) % 900}"
        sealed = self.sealer.seal(
            Identity(number=number).model_dump_json(exclude_none=True).encode(), f"delivery:{delivery_id}"
        )
        return DeliveryRequested(
            delivery_id=delivery_id,
            recipient_ref=derived_id("rf", person),
            sealed_recipient=sealed,
            conversation_id=derived_id("cv", person),
            reply_key=derived_id("rp", name),
            insurer="acme",
            business_number_id=NUMBER_ID,
            text=MessageText(text),
            requested_at=START,
        )

    def row(self, name: str, *, person: str = "asha", text: str = "Hello") -> Row:
        """The pending row of such a reply."""
        event = self.request(name, person=person, text=text)
        one = record(event, topic="deliveries.requested", key=event.recipient_ref, offset=next(self.offsets))
        return opened(whatsapp_row(event, one), self.clock(), one.position)

    def webhook_row(self, name: str, *, insurer: str = "acme", alias: str = "one") -> Row:
        """The pending row of an event to an insurer."""
        return replace(
            self.row(name), kind="webhook", channel=f"webhook|{insurer}", lane=f"{insurer}|{alias}", insurer=insurer,
            conversation_id=None, sealed_recipient="", content=MessageText('{"data":{}}'), webhook_id=f"im_{name}",
        )  # fmt: skip

    async def rounds(self, count: int = 6) -> None:
        """Let the sender work at this moment, until nothing moves."""
        for _ in range(count):
            await self.sender.step()
            await self.sender.landing()

    async def stored(self, name: str) -> Row:
        delivery_id = derived_id("dl", name)
        return (await self.ledger.find([delivery_id]))[delivery_id]

    def announced(self, name: str) -> list[str]:
        """The states told of this delivery, in order."""
        delivery_id = derived_id("dl", name)
        told = [each.event for each in self.publisher.sent if isinstance(each.event, DeliveryUpdated)]
        return [each.state for each in told if each.delivery_id == delivery_id]


@pytest.fixture(scope="session")
def opener() -> Opener:
    return Opener(new_keysets()[0].encode())


@pytest.fixture
def world(opener: Opener) -> World:
    return World(opener)
