"""The sender against the simulated Cloud API over real sockets: lost answers, outages, limits."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bowchat_contracts.deliveries import StatusReceived
from bowchat_contracts.ids import keyed_id
from bowchat_dispatcher.carriers import WhatsAppCarrier
from bowchat_dispatcher.gateway import CloudApi
from bowchat_dispatcher.handlers import StatusesHandler
from bowchat_dispatcher.sender import Sender
from bowchat_runtime.clock import system_clock
from bowchat_runtime.testing import record, run_batch
from bowchat_testkit.webhook_sink import WebhookSink
from bowchat_testkit.whatsapp.faults import Fault
from bowchat_testkit.whatsapp.settings import SimulatorSettings, StatusPlan
from bowchat_testkit.whatsapp.simulator import CloudApiSimulator
from bowchat_testkit.whatsapp_payloads import BusinessNumber

KEY = b"k" * 32


class Account:
    """A simulated account, a sender that uses it, and a reader of its statuses in ingest's place."""

    def __init__(self, world: Any, simulator: CloudApiSimulator, sink: WebhookSink) -> None:
        self.world, self.simulator, self.sink = world, simulator, sink
        self.gateway = CloudApi(
            url=f"{simulator.url}/v25.0", token=lambda: "token", message_key=KEY, timeout_s=0.5
        )
        carrier = WhatsAppCarrier(
            self.gateway, world.opener, concurrency=32, timeout_s=0.5, rate_per_s=1000,
            pair_interval_s=0, pair_burst=45,
        )  # fmt: skip
        world.sender = self.sender = Sender(
            world.ledger, world.publisher, {"whatsapp": carrier}, clock=system_clock, instance="1", unknown_wait_s=60,
            poll_s=0.02,
        )  # fmt: skip
        self._read = 0

    async def read_statuses(self) -> None:
        """Hand over the statuses that came in, as ingest would."""
        bodies, self._read = self.sink.bodies()[self._read :], len(self.sink.calls)
        records = [
            record(event, topic="statuses.received", offset=next(self.world.offsets))
            for body in bodies
            for entry in body["entry"]
            for change in entry["changes"]
            for event in map(_status, change["value"].get("statuses", []))
        ]
        if records:
            await run_batch(StatusesHandler(self.world.ledger, self.sender.wake), records, system_clock())

    async def until(self, state: str, count: int, *, within_s: float = 10) -> None:
        """Wait until so many deliveries have this state."""
        async with asyncio.timeout(within_s):
            while await self.world.ledger.count(state) < count:
                await self.read_statuses()
                await asyncio.sleep(0.01)


def _status(raw: dict[str, Any]) -> StatusReceived:
    return StatusReceived(
        provider_ref=keyed_id("pr", KEY, raw["id"]),
        delivery_id=raw.get("biz_opaque_callback_data"),
        status=raw["status"],
        business_number_id=None,
        occurred_at=system_clock(),
        received_at=system_clock(),
    )


@pytest.fixture
async def account(world: Any) -> AsyncIterator[Account]:
    world.clock.now = system_clock()
    number = BusinessNumber(phone_number_id="106540352242922")
    async with WebhookSink() as sink:
        settings = SimulatorSettings(
            webhook_url=f"{sink.url}/", app_secret="secret", access_token="token", numbers=(number,), window_s=None,
            messages_per_second=10_000, pair_burst=10_000, statuses=StatusPlan(0.0, 0.02, None),
        )  # fmt: skip
        async with CloudApiSimulator(settings) as simulator:
            account = Account(world, simulator, sink)
            sending = asyncio.create_task(account.sender.run())
            yield account
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await account.gateway.aclose()


async def test_delivered(account: Account, world: Any) -> None:
    """Texts reach the right people in order, and their statuses come home."""
    rows = [
        world.row(f"{person}{n}", person=person, text=f"{n}") for n in range(5) for person in ("asha", "ravi")
    ]
    await world.ledger.insert(rows)
    await account.until("delivered", 10)
    for recipient in {message.recipient for message in account.simulator.received}:
        assert [message.text for message in account.simulator.inbox(recipient)] == ["0", "1", "2", "3", "4"]


async def test_accepted_then_reset(account: Account, world: Any) -> None:
    """The provider takes 100 texts and breaks each connection before it answers: none is sent twice, and the status
    of each reconciles it.
    """
    account.simulator.faults.add(Fault(kind="reset", count=100, accepted=True))
    await world.ledger.insert([world.row(f"m{n}", person=f"p{n}") for n in range(100)])
    await account.until("delivered", 100, within_s=20)
    assert len(account.simulator.received) == 100
    assert len({message.callback for message in account.simulator.received}) == 100


async def test_hanging_answer(account: Account, world: Any) -> None:
    """While an answer never comes, the status settles the delivery, and the time-out does not unsettle it."""
    account.simulator.faults.add(Fault(kind="hang", accepted=True))
    await world.ledger.insert([world.row("a")])
    await account.until("delivered", 1)
    assert len(account.simulator.received) == 1
    await account.sender.landing()
    await asyncio.sleep(0.1)
    assert (await world.stored("a")).state == "delivered"


async def test_not_taken_and_reset_is_not_repeated(account: Account, world: Any) -> None:
    """A connection broken after the text was written, with nothing taken: it stays unknown, for people to decide."""
    account.simulator.faults.add(Fault(kind="reset", accepted=False))
    await world.ledger.insert([world.row("a")])
    await account.until("unknown", 1)
    await asyncio.sleep(0.2)
    assert account.simulator.received == []


async def test_port_closed(account: Account, world: Any) -> None:
    """While nothing listens, texts wait; afterwards each arrives once."""
    await account.simulator.leave("refuse")
    await world.ledger.insert([world.row(f"m{n}", person=f"p{n}") for n in range(20)])
    await asyncio.sleep(1.0)
    assert await world.ledger.count("unknown") == 0
    await account.simulator.come_back()
    await account.until("delivered", 20, within_s=15)
    assert len(account.simulator.received) == 20


async def test_errors_by_code(account: Account, world: Any) -> None:
    """A passing error is retried, a final one ends the delivery with its code."""
    account.simulator.faults.add(Fault(kind="error", code=131026))
    await world.ledger.insert([world.row("a")])
    await account.until("failed", 1)
    assert (await world.stored("a")).error_code == "131026"
    account.simulator.faults.add(Fault(kind="error", code=131016))
    await world.ledger.insert([world.row("b")])
    await account.until("delivered", 1)


async def test_recipient_is_nowhere(account: Account, world: Any, caplog: Any, capsys: Any) -> None:
    """No log line, event or row shows the number, whatever goes wrong."""
    for fault in ("reset", "http", "error"):
        account.simulator.faults.add(Fault(kind=fault, code=100 if fault == "error" else None))
    await world.ledger.insert([world.row(f"m{n}", person=f"p{n}") for n in range(4)])
    await account.until("delivered", 2)
    await account.simulator.leave("refuse")
    await world.ledger.insert([world.row("late", person="p9")])
    await asyncio.sleep(0.2)
    printed = capsys.readouterr()
    rows = await world.ledger.find([row.event.delivery_id for row in world.publisher.sent])
    shown = caplog.text + printed.out + printed.err + repr(rows) + repr(world.publisher.sent)
    assert "attempt_failed" in shown
    assert "447700900" not in shown
    assert "7700900" not in httpx.URL(account.simulator.url).path + shown
