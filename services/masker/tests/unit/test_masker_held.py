"""What was held ends by a person's word: released, rewritten or blocked, once, and never with an identity in it."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bowchat_contracts.commands import (
    Author,
    CommandDecided,
    CommandRequested,
    HeldBlock,
    HeldRelease,
    HeldRewrite,
    PersonErase,
)
from bowchat_contracts.deliveries import DeliveryRequested
from bowchat_contracts.envelope import to_headers
from bowchat_contracts.held import HeldChanged, InsurerBlocked, InsurerReleased
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import Identity, MessageRelayed
from bowchat_contracts.insurer import InsurerWithheld
from bowchat_contracts.insurer_content import InsurerText
from bowchat_contracts.pii import MessageText
from bowchat_contracts.replies import ReplyDecided
from bowchat_contracts.topics import COMMANDS_REQUESTED
from bowchat_masker.handlers.held_commands import HeldCommands
from bowchat_masker.handlers.held_messages import HeldMessages, Tools
from bowchat_masker.handlers.held_replies import HeldReplies
from bowchat_masker.held_cli import configure_held, shown
from bowchat_masker.model import Changes, Held
from bowchat_masker.quarantine_memory import MemoryQuarantine
from bowchat_runtime.errors import ConflictError, RejectError
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.testing import run_batch

MESSAGE = derived_id("ms", "1")
REPLY = derived_id("rp", "r1")
PERSON = Author(role="aggregator", name="meera")
NUMBER = "+44 7700 900123"


class Desk:
    """People who decide on what a masker's world holds."""

    def __init__(self, world: Any) -> None:
        self.world, self.rulings = world, MemoryQuarantine()

    def handler(self) -> HeldCommands:
        world = self.world
        tools = Tools(world.vault, world.opener, world.mint, world.mask, world.inspect)
        replies = HeldReplies(world.store, world.vault, world.opener, world.mint)
        return HeldCommands(
            world.store, self.rulings, {"ms": HeldMessages(world.store, tools), "rp": replies}
        )

    def command(self, command: Any, *, name: str = "k1", by: Author = PERSON) -> Record:
        event = CommandRequested(
            command_id=derived_id("cm", name), by=by, command=command, requested_at=self.world.now
        )
        made: Record = self.world.record(event, COMMANDS_REQUESTED)
        return made

    async def says(self, *records: Record) -> list[Outgoing]:
        return await run_batch(self.handler(), records, self.world.now)


@pytest.fixture
def desk(world: Any, now: Any) -> Desk:
    world.now = now
    return Desk(world)


def release(subject: str = MESSAGE) -> HeldRelease:
    return HeldRelease(subject_id=subject, why="a false alarm")


def rewrite(text: str, subject: str = MESSAGE) -> HeldRewrite:
    return HeldRewrite(subject_id=subject, text=MessageText(text), why="without the number")


def block(subject: str = MESSAGE) -> HeldBlock:
    return HeldBlock(subject_id=subject, why="abuse")


def found(outgoing: Sequence[Outgoing], kind: type[Any]) -> Any:
    """The one event of this type."""
    (event,) = [each.event for each in outgoing if isinstance(each.event, kind)]
    return event


def final(outgoing: Sequence[Outgoing]) -> list[Any]:
    return [(each.topic, each.key, each.body, to_headers(each.meta)) for each in outgoing]


async def hold(world: Any, text: str = "My car broke down", *, reason: str = "masking") -> list[Outgoing]:
    """Hold a message for a reason that is over when people look at it."""
    mask, inspect = world.mask, world.inspect
    if reason == "masking":
        world.mask = _broken
    else:
        world.inspect = lambda *_, **__: "a clue"
    sent: list[Outgoing] = await world.takes(world.message(text, seq=4))
    world.mask, world.inspect = mask, inspect
    return sent


def _broken(*_: Any) -> Any:
    raise RuntimeError


@pytest.mark.parametrize(
    ("reason", "said"), [("masking", "could_not_be_checked"), ("guard", "contact_details")]
)
async def test_the_insurer_reads_why_a_place_is_withheld(world: Any, reason: str, said: str) -> None:
    """A closed word that speaks of the message, not of the person."""
    assert found(await hold(world, reason=reason), InsurerWithheld).reason == said


async def test_a_released_message_takes_its_place(world: Any, desk: Desk) -> None:
    """The insurer gets it masked, under the id, thread and place that were withheld; the log and the author hear of it."""
    place = found(await hold(world, "My car broke down, call 07700 900188"), InsurerWithheld)
    sent = await desk.says(desk.command(release()))
    event = found(sent, InsurerReleased)
    assert event.content == InsurerText(text="My car broke down, call [phone-1]", masked=event.content.masked)
    for name in ("message_id", "alias", "thread_id", "seq", "sent_at"):
        assert getattr(event, name) == getattr(place, name)
    assert found(sent, MessageRelayed).outcome == "released"
    assert found(sent, HeldChanged).model_dump(include={"state", "by", "why", "subject_id"}) == {
        "state": "released", "by": PERSON.model_dump(), "why": "a false alarm", "subject_id": MESSAGE,
    }  # fmt: skip
    assert found(sent, CommandDecided).outcome == "accepted"
    assert [each.stage for each in sent] == [0, 1, 1, 1]


async def test_a_blocked_message_never_comes_and_its_place_says_so(world: Any, desk: Desk) -> None:
    """No silence: the insurer is told, and the accounts have an end of their own for it."""
    place = found(await hold(world, reason="guard"), InsurerWithheld)
    sent = await desk.says(desk.command(block()))
    event = found(sent, InsurerBlocked)
    assert (event.message_id, event.seq, event.reason) == (place.message_id, 4, "contact_details")
    assert found(sent, MessageRelayed).outcome == "blocked"
    assert found(sent, HeldChanged).state == "blocked"


async def test_a_known_identity_is_not_released(world: Any, desk: Desk) -> None:
    """Nobody's word lets the person's own number out; the advice is to rewrite, and the rewritten text goes."""
    await hold(world, f"I am {NUMBER}", reason="guard")
    sent = await desk.says(desk.command(release()))
    assert [(found(sent, CommandDecided).outcome, len(sent))] == [("refused", 1)]
    assert "rewrite" in found(sent, CommandDecided).detail
    sent = await desk.says(desk.command(rewrite("I am the policyholder"), name="k2"))
    assert found(sent, InsurerReleased).content.text == "I am the policyholder"
    assert found(sent, HeldChanged).state == "rewritten"


async def test_a_rewritten_text_is_masked_as_any_other(world: Any, desk: Desk) -> None:
    """What a colleague types by mistake is masked as what a policyholder types."""
    await hold(world)
    sent = await desk.says(desk.command(rewrite("Call 07700 900188")))
    assert found(sent, InsurerReleased).content.text == "Call [phone-1]"


async def test_a_rewritten_text_is_guarded_as_any_other(world: Any, desk: Desk) -> None:
    """A number that masking misses is stopped by the guard, and the hold stays for a better text."""
    await hold(world)
    world.mask = lambda texts, _: tuple(_unmasked(each) for each in texts)
    sent = await desk.says(desk.command(rewrite(f"Call {NUMBER}")))
    assert found(sent, CommandDecided).outcome == "refused"
    assert not world_leaving(sent)
    assert world_leaving(await desk.says(desk.command(rewrite("Call us"), name="k2")))


def _unmasked(text: str) -> Any:
    from bowchat_masking import MaskedText

    return MaskedText(text, ())


def world_leaving(sent: Sequence[Outgoing]) -> list[Outgoing]:
    return [each for each in sent if each.topic.startswith("insurer.")]


async def test_what_the_message_itself_says_of_its_writer_is_looked_for(world: Any, desk: Desk) -> None:
    """The guard of a release knows the identity in the held message, also where the vault has lost the person."""
    await hold(world, f"this is {NUMBER}")
    world.store._contacts.clear()
    world.mask = lambda texts, _: tuple(_unmasked(each) for each in texts)
    assert found(await desk.says(desk.command(release())), CommandDecided).outcome == "refused"


async def test_a_message_whose_writer_cannot_be_read_can_only_be_blocked(world: Any, desk: Desk) -> None:
    """Without an identity to look for nothing can be checked."""
    await world.takes(world.message("Hello", sealed_identity="broken"))
    for command in (release(), rewrite("Hello again")):
        sent = await desk.says(desk.command(command, name=command.name))
        assert "block" in found(sent, CommandDecided).detail
        assert len(sent) == 1
    assert found(await desk.says(desk.command(block())), HeldChanged).state == "blocked"


async def test_what_cannot_be_masked_stays_held(world: Any, desk: Desk) -> None:
    """A release is masked again; where that fails again, people rewrite or block."""
    await hold(world)
    world.mask = _broken
    sent = await desk.says(desk.command(release()))
    assert "rewrite or block" in found(sent, CommandDecided).detail
    assert len(sent) == 1


@pytest.mark.parametrize("subject", [MESSAGE, REPLY, derived_id("xx", "1")])
async def test_nothing_held_is_nothing_to_decide(desk: Desk, subject: str) -> None:
    """A command about something unknown is answered, not parked."""
    sent = await desk.says(desk.command(release(subject)))
    assert found(sent, CommandDecided).detail == "nothing of this id is held"


async def test_a_hold_without_a_copy_stays_held(world: Any, desk: Desk) -> None:
    """Where sealing the copy failed, or the copy opens no more, there is nothing to let go; the author is told."""
    await hold(world)
    world.store._held[MESSAGE] = _with(world.store._held[MESSAGE], sealed=None)
    assert found(await desk.says(desk.command(release())), CommandDecided).outcome == "refused"
    world.store._held[MESSAGE] = _with(world.store._held[MESSAGE], sealed="no.seal")
    sent = await desk.says(desk.command(block(), name="k2"))
    assert "cannot be read" in found(sent, CommandDecided).detail


def _with(row: Any, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(row, **changes)


async def test_other_commands_pass_by(desk: Desk) -> None:
    """A command that is not about something held is somebody else's."""
    erase = PersonErase(contact_id=derived_id("ct", "asha"), why="asked for it")
    assert await desk.says(desk.command(erase)) == []


async def test_a_replay_gives_the_same_bytes(world: Any, desk: Desk, later: Any) -> None:
    """After a crash between saving and publishing, every record is the same to the byte; a refusal as well."""
    await hold(world)
    accepted, refused = desk.command(release()), desk.command(block(), name="k2")
    first = await desk.says(accepted, refused)
    world.now = later
    assert final(await desk.says(accepted, refused)) == final(first)


async def test_a_command_sent_twice_has_one_effect(world: Any, desk: Desk) -> None:
    """The same command id at another place of the topic is absorbed, whether it was accepted or refused."""
    await hold(world)
    await desk.says(desk.command(release()), desk.command(block(), name="k2"))
    assert await desk.says(desk.command(release()), desk.command(block(), name="k2")) == []


async def test_a_replay_that_the_guard_refuses_is_parked(world: Any, desk: Desk) -> None:
    """What was decided and can no longer be published does not vanish: the command is parked."""
    await hold(world)
    command = desk.command(release())
    await desk.says(command)
    world.inspect = lambda *_, **__: "a clue"
    with pytest.raises(RejectError):
        await desk.says(command)


async def test_two_workers_cannot_both_decide(world: Any, desk: Desk, now: Any) -> None:
    """The second to save loses, reads again, and finds it decided."""
    await hold(world)
    one, two = desk.handler(), desk.handler()
    a, b = desk.command(release()), desk.command(block(), name="k2")
    first, second = await one.load([a]), await two.load([b])
    one.decide(a, first, now)
    two.decide(b, second, now)
    await one.save(first)
    with pytest.raises(ConflictError):
        await two.save(second)
    assert found(await desk.says(b), CommandDecided).detail == "it was released before, and stays so"


COMMANDS = st.lists(
    st.sampled_from([release(), rewrite("Hello"), rewrite(f"I am {NUMBER}"), block()]), min_size=1, max_size=6
)


@given(commands=COMMANDS, together=st.booleans(), known=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
async def test_any_commands_end_in_exactly_one_state(
    world: Any, desk: Desk, commands: list[Any], together: bool, known: bool
) -> None:
    """Whatever people say, in one batch or one by one: at most one ending, exactly one answer each, at most one record to
    the insurer, and never the person's number.
    """
    desk = Desk(type(world)())
    desk.world.now = world.now
    await hold(desk.world, reason="guard" if known else "masking")
    records = [desk.command(each, name=str(place)) for place, each in enumerate(commands)]
    batches = [records] if together else [[each] for each in records]
    sent = [each for batch in batches for each in await desk.says(*batch)]
    endings = [each.event.state for each in sent if isinstance(each.event, HeldChanged)]
    answers = [each.event.outcome for each in sent if isinstance(each.event, CommandDecided)]
    assert len(answers) == len(commands)
    assert answers.count("accepted") == len(endings) == len(world_leaving(sent)) <= 1
    assert len(endings) == 1 or (known and all(isinstance(each, HeldRelease) for each in commands))
    assert all(b"900123" not in each.body for each in world_leaving(sent))


async def held_reply(world: Any) -> str:
    """A reply that was held because the number changed, and its contact thawed again."""
    alias = str(await world.alias())
    await world.takes(world.message(name="2", seq=2, identity=Identity(number="447700900155", bsuid="GB.1")))
    sent = await world.answers(world.reply(alias, "Yes, it is covered."))
    assert found(sent, ReplyDecided).outcome == "held"
    return alias


async def thaw(world: Any) -> None:
    contacts = await world.store.contacts([derived_id("ct", "asha")])
    changed = {key: _with(row, version=row.version + 1, frozen=False) for key, row in contacts.items()}
    await world.store.save(Changes(contacts=changed))


async def test_a_released_reply_is_delivered(world: Any, desk: Desk) -> None:
    """To the contact of its thread, as it is now, and the conversation hears that it was answered."""
    await held_reply(world)
    await thaw(world)
    sent = await desk.says(desk.command(release(REPLY)))
    delivery, decided = found(sent, DeliveryRequested), found(sent, ReplyDecided)
    assert delivery.text.reveal() == "Yes, it is covered."
    assert (decided.outcome, decided.delivery_id) == ("accepted", delivery.delivery_id)
    sealed = world.opener.open(delivery.sealed_recipient, f"delivery:{delivery.delivery_id}")
    assert Identity.model_validate_json(sealed).number == "447700900155"
    assert found(sent, HeldChanged).direction == "to_policyholder"


async def test_a_rewritten_reply_is_delivered_with_the_new_text(world: Any, desk: Desk) -> None:
    """What the policyholder reads is the person's text; too long or empty a text, or a command, is refused."""
    await held_reply(world)
    await thaw(world)
    sent = await desk.says(desk.command(rewrite("/nothing", REPLY), name="k0"))
    assert "is a command" in found(sent, CommandDecided).detail
    sent = await desk.says(desk.command(rewrite("It is covered.", REPLY)))
    assert found(sent, DeliveryRequested).text.reveal() == "It is covered."


async def test_a_blocked_reply_is_never_delivered(world: Any, desk: Desk) -> None:
    """It ends as blocked, whoever has the number by now."""
    await held_reply(world)
    sent = await desk.says(desk.command(block(REPLY)))
    assert found(sent, ReplyDecided).outcome == "blocked"
    assert not [each for each in sent if isinstance(each.event, DeliveryRequested)]


async def test_a_reply_to_a_frozen_contact_is_not_released(world: Any, desk: Desk) -> None:
    """Nothing goes to a number that nobody has confirmed; the author is told what to do first."""
    await held_reply(world)
    sent = await desk.says(desk.command(release(REPLY)))
    assert "unfreeze" in found(sent, CommandDecided).detail
    assert len(sent) == 1


async def test_a_reply_of_a_closed_conversation_is_not_released(world: Any, desk: Desk) -> None:
    """A person's word sets aside the doubt, not the rules that every reply follows."""
    await held_reply(world)
    await thaw(world)
    await world.follows(world.changed("closed", 5))
    sent = await desk.says(desk.command(release(REPLY)))
    assert "conversation_closed" in found(sent, CommandDecided).detail


async def test_a_replayed_release_of_a_reply_gives_the_same_bytes(world: Any, desk: Desk, later: Any) -> None:
    """The seal, too: the ruling keeps it."""
    await held_reply(world)
    await thaw(world)
    command = desk.command(release(REPLY))
    first = await desk.says(command)
    world.now = later
    assert final(await desk.says(command)) == final(first)


@pytest.mark.parametrize(
    "text", ["Ask at +44 7700 900555.", "The form is at www.example.com/form.", "What is your phone number?"]
)
async def test_a_release_sets_aside_only_what_a_reply_was_held_for(world: Any, desk: Desk, text: str) -> None:
    """Held for a change of number, nobody has looked at its text: what the agreement takes out does not slip through."""
    alias = str(await world.alias())
    await world.takes(world.message(name="2", seq=2, identity=Identity(number="447700900155", bsuid="GB.1")))
    await world.answers(world.reply(alias, text))
    await thaw(world)
    sent = await desk.says(desk.command(release(REPLY)))
    assert "rewrite or block" in found(sent, CommandDecided).detail
    assert len(sent) == 1
    sent = await desk.says(desk.command(rewrite("We write to you here.", REPLY), name="k2"))
    assert found(sent, DeliveryRequested).text.reveal() == "We write to you here."


async def test_a_solicitation_that_is_released_carries_no_contact_details(world: Any, desk: Desk) -> None:
    """The person lets the asking pass; what the agreement takes out of every reply is another matter."""
    alias = str(await world.alias())
    await world.answers(world.reply(alias, "Call me on +44 7700 900555."))
    sent = await desk.says(desk.command(release(REPLY)))
    assert "rewrite or block" in found(sent, CommandDecided).detail
    await world.answers(world.reply(alias, "Call me when you are at the garage.", name="r2"))
    sent = await desk.says(desk.command(release(derived_id("rp", "r2")), name="k2"))
    assert found(sent, DeliveryRequested).text.reveal() == "Call me when you are at the garage."


async def test_what_is_released_does_not_complete_a_number_sent_in_pieces(world: Any, desk: Desk) -> None:
    """A message that was held for another reason is looked at beside its neighbours: those before, and those since."""
    await world.takes(world.message("it starts 07700 9", name="before", seq=1))
    await hold(world, "00123")
    for name, command in (("k1", release()), ("k2", rewrite("code 00123"))):
        sent = await desk.says(desk.command(command, name=name))
        assert "own number" in found(sent, CommandDecided).detail
        assert len(sent) == 1
    assert world_leaving(await desk.says(desk.command(rewrite("it is the usual one"), name="k3")))


async def test_an_insurer_decides_on_nothing_that_is_held(world: Any, desk: Desk) -> None:
    """Neither on its own replies nor on what it waits for; a person's word counts afterwards as before."""
    await hold(world)
    sent = await desk.says(desk.command(release(), by=Author(role="insurer", name="acme")))
    assert found(sent, CommandDecided).outcome == "refused"
    assert len(sent) == 1
    assert found(await desk.says(desk.command(release(), name="k2")), CommandDecided).outcome == "accepted"


@pytest.mark.parametrize("action", ["show", "release", "rewrite", "block"])
def test_the_commands_take_an_id_by_the_name_that_the_list_gives_it(action: str) -> None:
    """What is copied from a field of the list is asked for under that field's name."""
    listed = shown(
        Held(MESSAGE, "to_insurer", "cv", "acme", "known_identity", datetime(2026, 1, 1, tzinfo=UTC), None)
    )
    (name,) = (name for name, value in listed.items() if value == MESSAGE)
    parser = argparse.ArgumentParser()
    configure_held(parser)
    why = [] if action == "show" else ["--why", "asked"]
    assert getattr(parser.parse_args([action, MESSAGE, *why]), name) == MESSAGE
