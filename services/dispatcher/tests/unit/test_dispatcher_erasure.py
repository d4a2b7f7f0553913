"""Forgetting an erased person."""

from typing import Any

from bowchat_contracts.commands import Author
from bowchat_contracts.deliveries import DeliveryUpdated
from bowchat_contracts.erasure import AliasOf, InsurerContactErased, SubjectErased
from bowchat_contracts.ids import derived_id
from bowchat_dispatcher.erasure import ErasureHandler
from bowchat_dispatcher.handlers import DeliveriesHandler
from bowchat_runtime.records import Outgoing
from bowchat_runtime.testing import record, run_batch

ALIAS = derived_id("ph", "asha")


async def erased(world: Any, *lanes: str) -> list[Outgoing]:
    event = SubjectErased(
        command_id=derived_id("cm", "one"),
        contact_id=derived_id("ct", "asha"),
        aliases=(AliasOf(insurer="acme", alias=ALIAS),),
        lanes=lanes,
        by=Author(role="aggregator", name="meera"),
        why="asked for it",
        at=world.clock(),
    )
    found: list[Outgoing] = await run_batch(
        ErasureHandler(world.ledger), [record(event, topic="subjects.erased", offset=3)], world.clock()
    )
    return found


async def test_a_text_to_an_erased_person_never_leaves_and_says_nothing_more(world: Any) -> None:
    """Its words and its sealed recipient are gone, and it fails in plain sight; a second reading changes nothing."""
    event = world.request("a")
    await run_batch(
        DeliveriesHandler(world.ledger, world.sender.wake),
        [record(event, topic="deliveries.requested", offset=1)],
        world.clock(),
    )
    (told,) = await erased(world, event.recipient_ref)
    row = await world.stored("a")
    assert (row.state, row.error_code) == ("failed", "recipient_erased")
    assert (row.content.reveal(), row.sealed_recipient) == ("", "")
    assert isinstance(told.event, DeliveryUpdated)
    assert told.event.error_code == "recipient_erased"
    assert await erased(world, event.recipient_ref) == []


async def test_a_text_to_somebody_else_stays(world: Any) -> None:
    """Only the lanes that are named are emptied."""
    event = world.request("a")
    await run_batch(
        DeliveriesHandler(world.ledger, world.sender.wake),
        [record(event, topic="deliveries.requested", offset=1)],
        world.clock(),
    )
    assert await erased(world, derived_id("rf", "other")) == []
    assert (await world.stored("a")).sealed_recipient == event.sealed_recipient


async def test_the_tombstone_still_reaches_an_insurer_behind_a_webhook(world: Any) -> None:
    """What is on its way to an insurer goes on: the word that the person was erased is among it."""
    tombstone = InsurerContactErased(alias=ALIAS, erased_at=world.clock())
    await run_batch(
        world.to_insurers(),
        [record(tombstone, topic="insurer.acme.messages", key=ALIAS, offset=1)],
        world.clock(),
    )
    await erased(world, ALIAS)
    (row,) = await world.ledger.in_state("pending", 10)
    assert "contact_erased" in row.content.reveal()
