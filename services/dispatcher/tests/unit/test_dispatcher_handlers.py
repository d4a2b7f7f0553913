"""What the dispatcher reads, and what it writes down and tells of it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from bowchat_contracts.deliveries import DeliveryUpdated, StatusReceived
from bowchat_contracts.ids import derived_id
from bowchat_contracts.insurer import InsurerMessage, InsurerWithheld, ReplyRefused
from bowchat_contracts.insurer_content import InsurerText
from bowchat_dispatcher.handlers import DeliveriesHandler, StatusesHandler
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.records import Outgoing
from bowchat_runtime.testing import record, run_batch


def message(world: Any, name: str = "a") -> InsurerMessage:
    return InsurerMessage(
        message_id=derived_id("im", name),
        alias=derived_id("ph", "asha"),
        thread_id=derived_id("th", "x"),
        seq=1,
        sent_at=world.clock(),
        content=InsurerText(text="Where is my claim? ✓"),
    )


def status(world: Any, what: str, name: str | None, ref: str = "x") -> StatusReceived:
    return StatusReceived(
        provider_ref=derived_id("pr", ref),
        delivery_id=derived_id("dl", name) if name else None,
        status=what,
        business_number_id=None,
        occurred_at=world.clock(),
        received_at=world.clock(),
    )


async def test_opens_a_delivery(world: Any) -> None:
    """A reply becomes a pending row, its recipient still sealed, and is announced under its conversation."""
    event = world.request("a")
    handler = DeliveriesHandler(world.ledger, world.sender.wake)
    told = await run_batch(handler, [record(event, topic="deliveries.requested", offset=7)], world.clock())
    row = await world.stored("a")
    assert (row.state, row.order, row.sealed_recipient) == ("pending", 7, event.sealed_recipient)
    assert [(each.topic, each.key, shown(each).state) for each in told] == [
        ("deliveries.updated", event.conversation_id, "pending")
    ]
    assert isinstance(told[0].event, DeliveryUpdated)


async def test_read_again_and_duplicate(world: Any) -> None:
    """The record read again after a crash is told again with the same bytes; the same reply elsewhere is absorbed."""
    handler = DeliveriesHandler(world.ledger, world.sender.wake)
    one = record(world.request("a"), topic="deliveries.requested", offset=7)
    first = await run_batch(handler, [one], world.clock())
    world.clock.forward(60)
    again = await run_batch(handler, [one], world.clock())
    assert again == first
    elsewhere = record(one.event, topic="deliveries.requested", offset=9)
    assert await run_batch(handler, [elsewhere], world.clock()) == []
    assert await world.ledger.count("pending") == 1


async def test_duplicate_within_a_batch(world: Any) -> None:
    """Twice in one batch is one delivery."""
    handler = DeliveriesHandler(world.ledger, world.sender.wake)
    event = world.request("a")
    records = [record(event, topic="deliveries.requested", offset=offset) for offset in (1, 2)]
    assert len(await run_batch(handler, records, world.clock())) == 1
    assert (await world.stored("a")).order == 1


async def test_webhook_body(world: Any) -> None:
    """An insurer's event becomes a webhook that holds the record's exact bytes, under the message's id."""
    handler = world.to_insurers()
    event = message(world)
    one = record(event, topic="insurer.acme.messages", key=event.alias)
    await run_batch(handler, [one], world.clock())
    await world.rounds()
    insurer, name, body, _ = world.insurers.posts[0]
    assert (insurer, name) == ("acme", event.message_id)
    assert one.value in body.encode()
    assert json.loads(body) == {
        "type": "bowchat.insurer.message.v1",
        "timestamp": "2026-01-01T00:00:00Z",
        "data": json.loads(one.value),
    }


async def test_withheld_and_released(world: Any) -> None:
    """A message that is withheld first and released later is two webhooks with different ids."""
    handler = world.to_insurers()
    event = message(world)
    withheld = InsurerWithheld(
        message_id=event.message_id, alias=event.alias, thread_id=event.thread_id, seq=1, sent_at=event.sent_at,
        reason="under_review",
    )  # fmt: skip
    refused = ReplyRefused(reply_id="r1", alias=event.alias, reason="text_empty", detail="Write a text.")
    records = [
        record(each, topic="insurer.acme.messages", key=event.alias, offset=offset)
        for offset, each in enumerate((withheld, event, refused))
    ]
    await run_batch(handler, records, world.clock())
    await world.rounds()
    names = [name for _, name, _, _ in world.insurers.posts]
    assert names == [records[0].meta.id, event.message_id, records[2].meta.id]


async def test_insurers_on_kafka_are_left_alone(world: Any) -> None:
    """An insurer that reads its topic itself gets no webhook."""
    handler = world.to_insurers()
    one = record(message(world), topic="insurer.other.messages", key="x")
    assert await run_batch(handler, [one], world.clock()) == []
    assert await world.ledger.count("pending") == 0


async def test_statuses_in_one_batch(world: Any) -> None:
    """All statuses of a batch are one write; each step forward is told, a step back is not."""
    await world.ledger.insert([world.row("a")])
    await world.rounds()
    version = (await world.stored("a")).version
    handler = StatusesHandler(world.ledger, world.sender.wake)
    records = [
        record(status(world, what, "a"), topic="statuses.received", offset=offset)
        for offset, what in enumerate(("delivered", "sent", "read"))
    ]
    told = await run_batch(handler, records, world.clock())
    assert [shown(each).state for each in told] == ["delivered", "read"]
    row = await world.stored("a")
    assert (row.state, row.version) == ("read", version + 1)
    world.clock.now += timedelta(seconds=5)
    assert await run_batch(handler, records, world.clock()) == told


async def test_status_by_provider_ref(world: Any) -> None:
    """A status without our own id finds its delivery by the provider's; one of nothing we know is dropped."""
    await world.ledger.insert([world.row("a")])
    await world.rounds()
    handler = StatusesHandler(world.ledger, world.sender.wake)
    known = status(world, "sent", None, derived_id("dl", "a"))
    unknown = status(world, "sent", "nobody", "nobody")
    records = [record(each, topic="statuses.received", offset=n) for n, each in enumerate((known, unknown))]
    told = await run_batch(handler, records, world.clock())
    assert [shown(each).delivery_id for each in told] == [derived_id("dl", "a")]


async def test_status_conflict(world: Any) -> None:
    """A delivery that the sender changed meanwhile is read and decided again."""
    await world.ledger.insert([world.row("a")])
    await world.rounds()
    handler = StatusesHandler(world.ledger, world.sender.wake)
    one = record(status(world, "sent", "a"), topic="statuses.received")
    state = await handler.load([one])
    handler.decide(one, state, world.clock())
    await world.ledger.write([await world.stored("a")])
    with pytest.raises(ConflictError):
        await handler.save(state)
    assert len(await run_batch(handler, [one], world.clock())) == 1


def shown(outgoing: Outgoing) -> DeliveryUpdated:
    assert isinstance(outgoing.event, DeliveryUpdated)
    return outgoing.event
