"""Erasing a person."""

from datetime import datetime
from typing import Any

import pytest

from bowchat_contracts.commands import Author, CommandDecided, CommandRequested, PersonErase
from bowchat_contracts.erasure import InsurerContactErased, SubjectErased
from bowchat_contracts.ids import derived_id
from bowchat_contracts.topics import COMMANDS_REQUESTED
from bowchat_masker.handlers.erasure import ErasureCommands, Kept
from bowchat_masker.handlers.media import Files
from bowchat_masker.model import Contact
from bowchat_masker.quarantine_memory import MemoryQuarantine
from bowchat_masker.reveal_memory import MemoryReveals
from bowchat_masker.vault import VaultBrokenError
from bowchat_runtime.files import MemoryFiles
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.testing import run_batch

ASHA, BEN = derived_id("ct", "asha"), derived_id("ct", "ben")


def command(world: Any, now: datetime, *, contact: str = ASHA, name: str = "one") -> Record:
    event = CommandRequested(
        command_id=derived_id("cm", name),
        by=Author(role="aggregator", name="meera"),
        command=PersonErase(contact_id=contact, why="asked for it"),
        requested_at=now,
    )
    found: Record = world.record(event, COMMANDS_REQUESTED)
    return found


def eraser(world: Any, files: Files | None = None) -> ErasureCommands:
    stores = Kept(
        world.store, MemoryQuarantine(), MemoryReveals(), files or Files(MemoryFiles(), MemoryFiles())
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
