"""The last look before a text leaves: has its recipient changed, is its conversation closed?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_contracts.conversations import ContactFrozen, ConversationChanged
from bowchat_contracts.deliveries import Button, DeliveryUpdated
from bowchat_contracts.ids import derived_id
from bowchat_contracts.pii import MessageText
from bowchat_dispatcher.handlers import DeliveriesHandler, StopsHandler
from bowchat_dispatcher.memory import MemoryLedger
from bowchat_dispatcher.people import instruct, shown
from bowchat_dispatcher.verdicts import Declined
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.testing import record, run_batch

AT = datetime(2026, 1, 1, tzinfo=UTC)


async def asked(
    world: Any, name: str, *, person: str = "asha", contact_version: int = 1, **more: Any
) -> None:
    """An accepted reply arrives, decided when the contact had this version."""
    event = world.request(name, person=person).model_copy(update={"contact_version": contact_version} | more)
    one = record(event, topic="deliveries.requested", offset=next(world.offsets))
    await run_batch(DeliveriesHandler(world.ledger, world.sender.wake), [one], world.clock())


def frozen(*, version: int, person: str = "asha") -> ContactFrozen:
    return ContactFrozen(
        contact_id=derived_id("ct", person),
        recipient_ref=derived_id("rf", person),
        version=version,
        at=AT,
    )


def changed(state: Any, *, version: int, person: str = "asha") -> ConversationChanged:
    return ConversationChanged(
        conversation_id=derived_id("cv", person),
        contact_id=derived_id("ct", person),
        insurer="acme",
        desk=None,
        policy_type=None,
        previous=None,
        state=state,
        version=version,
        at=AT,
    )


async def told(world: Any, *events: Any) -> None:
    records = [record(each, topic="any", offset=next(world.offsets)) for each in events]
    await run_batch(StopsHandler(world.ledger), records, world.clock())


async def test_a_changed_recipient_is_not_written_to(world: Any) -> None:
    """A text that waits for its retry when its recipient's number changes does not leave. People see it, others get
    theirs.
    """
    world.whatsapp.answers.append(Declined(400, 131056))
    await asked(world, "a")
    await world.rounds()
    await told(world, frozen(version=2))
    await asked(world, "b", person="ravi")
    world.clock.forward(10)
    await world.rounds()
    assert world.whatsapp.ids == [derived_id("dl", "a"), derived_id("dl", "b")]
    (line,) = await shown(world.ledger)
    assert (line["delivery_id"], line["error_code"]) == (derived_id("dl", "a"), "recipient_changed")
    assert world.announced("a")[-1] == "unresolved"


async def test_nobody_can_send_it_to_the_old_number(world: Any) -> None:
    """A person may give such a text up, and not send it again: the number in it is the old one."""
    await told(world, frozen(version=2))
    await asked(world, "a")
    await world.rounds()
    delivery_id = derived_id("dl", "a")
    assert "give it up" in (await instruct(world.ledger, delivery_id, "resend", world.clock()) or "")
    assert await instruct(world.ledger, delivery_id, "give_up", world.clock()) is None
    world.clock.forward(1)
    await world.rounds()
    assert ((await world.stored("a")).state, world.whatsapp.ids) == ("failed", [])


async def test_what_is_decided_after_the_change_leaves(world: Any) -> None:
    """A reply accepted after people have confirmed the new number goes to it."""
    await told(world, frozen(version=2))
    await asked(world, "a", contact_version=3)
    await world.rounds()
    assert world.whatsapp.ids == [derived_id("dl", "a")]


async def test_a_closed_conversation_is_not_written_to_until_it_opens(world: Any) -> None:
    """A text whose conversation closed before it left waits for people, who may send it once the conversation is open."""
    await told(world, changed("closed", version=4))
    await asked(world, "a")
    await world.rounds()
    assert (await world.stored("a")).error_code == "conversation_closed"
    for version, sent in ((3, []), (5, [derived_id("dl", "a")])):
        await told(world, changed("waiting_insurer", version=version))
        assert await instruct(world.ledger, derived_id("dl", "a"), "resend", world.clock()) is None
        world.clock.forward(1)
        await world.rounds()
        assert world.whatsapp.ids == sent


async def test_the_relays_own_words_are_sent_into_a_closed_conversation(world: Any) -> None:
    """Whoever reads that a conversation is closed reads it after it has closed; an insurer's words wait."""
    await told(world, changed("closed", version=4))
    await asked(world, "a", notice=True)
    await world.rounds()
    assert world.whatsapp.ids == [derived_id("dl", "a")]


async def test_what_came_too_late_is_not_sent(world: Any) -> None:
    """A question whose time is over when its turn comes fails, visibly; nobody can send it again; the next goes out."""
    soon = world.clock() + timedelta(seconds=5)
    world.whatsapp.answers.append(Declined(400, 131056))
    await asked(world, "a", expires_at=soon)
    await world.rounds()
    await asked(world, "b", person="ravi", expires_at=soon + timedelta(hours=1))
    world.clock.forward(5)
    await world.rounds()
    assert world.whatsapp.ids == [derived_id("dl", "a"), derived_id("dl", "b")]
    assert world.announced("a")[-1] == "failed"
    row = await world.stored("a")
    assert row.error_code == "expired"
    assert await instruct(world.ledger, row.delivery_id, "resend", world.clock()) is not None


async def test_a_prompt_of_no_insurer_is_sent_like_any(world: Any) -> None:
    """It belongs to no conversation yet, and says so; its rows reach the gateway, and leave the ledger when they arrived."""
    choices = (Button(id="op_a", title=MessageText("POL-A100"), description=MessageText("Motor")),)
    more: dict[str, Any] = {
        "buttons": choices,
        "list_label": "Policies",
        "prompt_id": derived_id("pm", "a"),
        "notice": True,
    }
    await asked(world, "a", conversation_id=None, insurer=None, **more)
    await world.rounds()
    ((shown, label),) = world.whatsapp.shown
    assert [(each.id, each.title.reveal(), each.description.reveal()) for each in shown] == [
        ("op_a", "POL-A100", "Motor")
    ]
    assert label == "Policies"
    updates = [each.event for each in world.publisher.sent if isinstance(each.event, DeliveryUpdated)]
    assert {(each.insurer, each.conversation_id) for each in updates} == {(None, None)}
    assert (await world.stored("a")).buttons == ()


async def test_open_conversations_take_no_room(world: Any) -> None:
    """Nothing is kept of a conversation that never closed."""
    await told(world, changed("waiting_insurer", version=1))
    assert await world.ledger.stops({derived_id("cv", "asha")}) == {}


@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=3), min_size=1, max_size=6))
async def test_the_newest_freeze_counts(batches: list[list[int]]) -> None:
    """In whatever order and how often freezes are told, the latest stands."""
    ledger = MemoryLedger()
    for versions in batches:
        records = [record(frozen(version=each), topic="any") for each in versions]
        await run_batch(StopsHandler(ledger), records, AT)
    (stop,) = (await ledger.stops({derived_id("rf", "asha")})).values()
    assert stop.at == max(each for batch in batches for each in batch)


async def test_two_workers_do_not_overwrite_each_other(world: Any) -> None:
    """Of two that read the same, the second is told to look again."""
    handler = StopsHandler(world.ledger)
    one = record(frozen(version=2), topic="any")
    state = await handler.load([one])
    handler.decide(one, state, world.clock())
    await told(world, frozen(version=3))
    with pytest.raises(ConflictError):
        await handler.save(state)
