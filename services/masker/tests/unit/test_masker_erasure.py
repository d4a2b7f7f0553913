"""Erasing a person."""

from datetime import datetime
from typing import Any, Literal

import pytest

from bowchat_contracts.commands import (
    Author,
    CommandDecided,
    CommandRequested,
    HeldBlock,
    HeldRelease,
    PersonErase,
)
from bowchat_contracts.erasure import InsurerContactErased, SubjectErased
from bowchat_contracts.held import InsurerBlocked
from bowchat_contracts.ids import derived_id
from bowchat_contracts.insurer import InsurerWithheld
from bowchat_contracts.topics import COMMANDS_REQUESTED
from bowchat_masker.handlers.erasure import ErasureCommands, Kept
from bowchat_masker.handlers.held_commands import HeldCommands
from bowchat_masker.handlers.held_messages import HeldMessages, Tools
from bowchat_masker.handlers.media import Files
from bowchat_masker.model import Contact
from bowchat_masker.phone_store import MemoryPhones
from bowchat_masker.quarantine_memory import MemoryQuarantine
from bowchat_masker.reveal_memory import MemoryReveals
from bowchat_masker.vault import VaultBrokenError
from bowchat_runtime.files import MemoryFiles
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.testing import run_batch

ASHA, BEN = derived_id("ct", "asha"), derived_id("ct", "ben")


def command(
    world: Any,
    now: datetime,
    *,
    contact: str = ASHA,
    name: str = "one",
    role: Literal["aggregator", "insurer"] = "aggregator",
) -> Record:
    event = CommandRequested(
        command_id=derived_id("cm", name),
        by=Author(role=role, name="meera"),
        command=PersonErase(contact_id=contact, why="asked for it"),
        requested_at=now,
    )
    found: Record = world.record(event, COMMANDS_REQUESTED)
    return found


def eraser(world: Any, files: Files | None = None) -> ErasureCommands:
    stores = Kept(
        world.store,
        MemoryQuarantine(),
        MemoryReveals(),
        files or Files(MemoryFiles(), MemoryFiles()),
        MemoryPhones(),
    )
    return ErasureCommands(stores, world.vault, world.mint)


def of(outgoing: list[Outgoing], kind: type) -> list[Any]:
    return [each.event for each in outgoing if isinstance(each.event, kind)]


async def test_nothing_of_an_erased_person_opens_and_their_insurers_get_a_tombstone(
    world: Any, now: datetime
) -> None:
    """The data key is gone, so what was locked under it is noise; every insurer is told under its own alias; another person
    keeps everything.
    """
    mine = await world.alias()
    theirs = await world.alias(name="2", conversation="c2", insurer="bharat")
    other = await world.alias(name="3", conversation="c3", contact="ben")
    before: Contact = (await world.store.contacts([ASHA]))[ASHA]
    outgoing = await run_batch(eraser(world), [command(world, now)], now)
    assert await world.store.contacts([ASHA, BEN]) != {}
    assert ASHA not in await world.store.contacts([ASHA])
    stripped = Contact(ASHA, before.version, b"", before.identity, frozen=False)
    with pytest.raises(VaultBrokenError):
        world.vault.open(stripped)
    assert {each.alias for each in of(outgoing, InsurerContactErased)} == {mine, theirs}
    (told,) = of(outgoing, SubjectErased)
    assert [(each.insurer, each.alias) for each in told.aliases] == [("acme", mine), ("bharat", theirs)]
    wanted = {mine, theirs, derived_id("cv", "c1"), derived_id("cv", "c2"), world.mint.recipient_ref(ASHA)}
    assert wanted <= set(told.lanes)
    assert (await world.store.names_of(BEN)).aliases == (("acme", other),)
    assert (await world.store.names_of(ASHA)).aliases == ()


async def test_a_crash_between_saving_and_publishing_tells_the_same_again(world: Any, now: datetime) -> None:
    """The names to tell survive what they named: the same bytes leave, however often the command is read."""
    await world.alias()
    asked = command(world, now)
    first = await run_batch(eraser(world), [asked], now)
    second = await run_batch(eraser(world), [asked], now.replace(year=2027))
    assert [each.event for each in first] == [each.event for each in second]
    assert len(first) == 3


async def test_nobody_is_erased_twice_and_a_stranger_not_at_all(world: Any, now: datetime) -> None:
    """A second command, and one for somebody who is not there, are refused in words."""
    await world.alias()
    await run_batch(eraser(world), [command(world, now)], now)
    for asked in (command(world, now, name="two"), command(world, now, contact=BEN, name="three")):
        (answer,) = of(await run_batch(eraser(world), [asked], now), CommandDecided)
        assert answer.outcome == "refused"


async def test_files_of_an_erased_person_are_gone(world: Any, now: datetime) -> None:
    """Originals and cleaned copies alike; another person's stay."""

    async def chunks() -> Any:
        yield b"data"

    files = Files(MemoryFiles(), MemoryFiles())
    for store in (files.originals, files.cleaned):
        await store.put("a", chunks(), {"contact_id": ASHA})
        await store.put("b", chunks(), {"contact_id": BEN})
    await world.alias()
    await run_batch(eraser(world, files), [command(world, now)], now)
    for store in (files.originals, files.cleaned):
        assert await store.about("a") is None
        assert await store.about("b") is not None


async def test_a_reply_to_an_erased_person_is_refused(world: Any, now: datetime) -> None:
    """The alias leads to nobody any more."""
    alias = await world.alias()
    await run_batch(eraser(world), [command(world, now)], now)
    (refused,) = [
        each.event for each in await world.answers(world.reply(alias)) if each.topic.endswith(".messages")
    ]
    assert refused.reason == "unknown_alias"


async def test_a_message_that_was_under_way_does_not_bring_a_person_back(world: Any, now: datetime) -> None:
    """It is held, not lost, and the vault learns nothing of its writer."""
    await world.alias()
    await run_batch(eraser(world), [command(world, now)], now)
    outgoing = await world.takes(world.message(name="late", seq=2))
    assert [each.event.type for each in outgoing if each.topic.startswith("insurer.")] == [
        "bowchat.insurer.withheld.v1"
    ]
    assert await world.store.contacts([ASHA]) == {}


async def test_what_is_kept_of_a_late_message_opens_to_nothing_of_its_writer(
    world: Any, now: datetime
) -> None:
    """Its copy says neither what it said nor who wrote it, no name is made up for them anew, and STOP sends nothing."""
    alias = await world.alias()
    await run_batch(eraser(world), [command(world, now)], now)
    for name, text in (("late", "I am Asha, of policy MOT-2024-884412"), ("later", "STOP")):
        late = world.message(text, name=name, seq=2)
        outgoing = await world.takes(late)
        (place,) = of(outgoing, InsurerWithheld)
        assert place.alias == alias
        assert {each.topic for each in outgoing} == {
            "insurer.acme.messages",
            "guard.raised",
            "inbound.relayed",
        }
        subject = derived_id("ms", name)
        held = (await world.store.held([subject]))[subject]
        kept = world.opener.open(held.sealed, f"held:{subject}")
        assert all(
            each not in kept for each in (b"Asha", b"884412", b"STOP", late.event.sealed_identity.encode())
        )
    assert (await world.store.names_of(ASHA)).aliases == ()
    assert await world.store.ways([f"acme|{ASHA}"]) == {}


async def test_a_late_message_can_be_blocked_and_never_released(world: Any, now: datetime) -> None:
    """Its place in the thread ends by people's word, though nobody knows any more who wrote it."""
    await world.alias()
    await run_batch(eraser(world), [command(world, now)], now)
    await world.takes(world.message(name="late", seq=2))
    tools = Tools(world.vault, world.opener, world.mint, world.mask, world.inspect)
    people = HeldCommands(world.store, MemoryQuarantine(), {"ms": HeldMessages(world.store, tools)})
    subject = derived_id("ms", "late")
    orders = {
        "r": HeldRelease(subject_id=subject, why="looked at it"),
        "b": HeldBlock(subject_id=subject, why="erased"),
    }
    asked = [
        CommandRequested(
            command_id=derived_id("cm", name), by=Author(role="aggregator", name="meera"), command=each,
            requested_at=now,
        )
        for name, each in orders.items()
    ]  # fmt: skip
    sent = await run_batch(people, [world.record(each, COMMANDS_REQUESTED) for each in asked], now)
    assert [each.outcome for each in of(sent, CommandDecided)] == ["refused", "accepted"]
    assert len(of(sent, InsurerBlocked)) == 1


async def test_a_hold_of_the_very_moment_of_erasure_goes_as_well(world: Any, now: datetime) -> None:
    """A batch that was read before the erasure and saved after it leaves nothing that opens; another person's hold stays."""
    await world.alias()
    await world.alias(name="2", conversation="c2", contact="ben")
    world.mask = _broken
    late = world.message(name="late", seq=2)
    other = world.message(name="other", seq=2, conversation="c2", contact="ben")
    handler = world.inbound()
    state = await handler.load([late, other])
    for each in (late, other):
        handler.decide(each, state, now)
    await run_batch(eraser(world), [command(world, now)], now)
    await handler.save(state)
    assert set(await world.store.held([derived_id("ms", "late"), derived_id("ms", "other")])) == {
        derived_id("ms", "other")
    }


def _kept_of(world: Any, contact: str) -> dict[str, list[str]]:
    """The rows of a person that there are, by where they are."""
    rows = {name: world.store._of(contact, getattr(world.store, name)) for name in THEIRS}
    return {name: list(found) for name, found in rows.items() if found}


THEIRS = ("_contacts", "_aliases", "_threads", "_replies", "_windows", "_ways")


async def test_a_message_or_reply_of_the_very_moment_of_erasure_leaves_no_row(
    world: Any, now: datetime
) -> None:
    """Read before and saved after: what it would leave of the person is taken away again."""
    first, inbound = world.message("my number starts 98989"), world.inbound()
    alias = await world.alias(contact="ben", conversation="c2", name="b")
    reply, replies = world.reply(alias, "We have it.", name="late"), world.replies()
    handlers = [(inbound, first, ASHA), (replies, reply, BEN)]
    await world.takes(world.message(name="0", insurer=None))
    for handler, record, contact in handlers:
        state = await handler.load([record])
        handler.decide(record, state, now)
        await run_batch(eraser(world), [command(world, now, contact=contact, name=contact)], now)
        assert _kept_of(world, contact) == {}
        await handler.save(state)
        assert _kept_of(world, contact) == {}


def _broken(*_: Any) -> Any:
    raise RuntimeError("masking is out of order")


async def test_an_insurer_has_nobody_erased(world: Any, now: datetime) -> None:
    """Only a person of the aggregator: the vault stays as it was."""
    await world.alias()
    sent = await run_batch(eraser(world), [command(world, now, role="insurer")], now)
    assert [each.outcome for each in of(sent, CommandDecided)] == ["refused"]
    assert ASHA in await world.store.contacts([ASHA])
