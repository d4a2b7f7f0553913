"""What an insurer types as a command never reaches a policyholder: the router gets it, and its author hears the outcome."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bowchat_contracts.commands import (
    Author,
    CommandDecided,
    CommandRequested,
    Reply,
    SlashCommand,
    command_in_reply,
)
from bowchat_contracts.conversations import GuardRaised
from bowchat_contracts.deliveries import DeliveryRequested
from bowchat_contracts.envelope import to_headers
from bowchat_contracts.ids import derived_id
from bowchat_contracts.insurer import InsurerCommandAnswered, InsurerMessage, ReplyRefused
from bowchat_contracts.insurer_content import InsurerText
from bowchat_contracts.replies import ReplyDecided
from bowchat_contracts.topics import COMMANDS_ANSWERED
from bowchat_masker.handlers.command_answers import CommandAnswers
from bowchat_masker.model import Erased
from bowchat_runtime.errors import RejectError
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.testing import record, run_batch

ACME = Author(role="insurer", name="acme")
CONVERSATION = derived_id("cv", "c1")


def kinds(outgoing: Sequence[Outgoing]) -> list[str]:
    return [each.event.type for each in outgoing]


def final(outgoing: Sequence[Outgoing]) -> list[Any]:
    return [(each.topic, each.key, each.body, to_headers(each.meta)) for each in outgoing]


def answer(world: Any, alias: str, now: datetime, **more: Any) -> Record:
    """What the router says of a command in the reply `r1`."""
    thread_id = world.mint.thread_id("acme", CONVERSATION)
    values: dict[str, Any] = {
        "command_id": command_in_reply(derived_id("rp", "r1")),
        "command": "/resolve",
        "outcome": "accepted",
        "detail": "Resolved. The policyholder is asked how content they were.",
        "by": ACME,
        "decided_at": now,
        "reply": Reply(alias=alias, thread_id=thread_id, reply_id="r1"),
    }
    world.offset += 1
    decided = CommandDecided(**(values | more))
    return record(decided, topic=COMMANDS_ANSWERED, key=CONVERSATION, offset=world.offset)


async def hears(world: Any, *records: Record, now: datetime) -> list[Outgoing]:
    handler = CommandAnswers(world.store, world.vault, world.mint, inspect=world.inspect)
    return await run_batch(handler, records, now)


@pytest.mark.parametrize(
    "text",
    [
        "/resolve",
        "  /handoff_to_underwriter urgent",
        "\u200b/nothing",
        "/",
        "\uff0fresolve",
        "\ufe0f/resolve",
        "*/resolve*",
        "> ```/resolve```",
        "1. _/resolve_",
    ],
)
async def test_a_command_goes_to_the_router_and_to_nobody_else(world: Any, now: Any, text: str) -> None:
    """With the conversation, who typed it, and where the answer goes; what is mistyped goes the same way."""
    alias = await world.alias()
    sent = await world.answers(world.reply(alias, text))
    assert kinds(sent) == [CommandRequested.type, ReplyDecided.type]
    asked = sent[0].event
    assert isinstance(asked, CommandRequested)
    assert (sent[0].topic, sent[0].key) == ("commands.requested", CONVERSATION)
    assert (asked.by, asked.command_id) == (ACME, command_in_reply(derived_id("rp", "r1")))
    command = asked.command
    assert isinstance(command, SlashCommand)
    assert (command.conversation_id, command.contact_id) == (CONVERSATION, derived_id("ct", "asha"))
    assert command.text.reveal() == text
    thread_id = world.mint.thread_id("acme", CONVERSATION)
    assert command.reply == Reply(alias=alias, thread_id=thread_id, reply_id="r1")
    decided = sent[1].event
    assert isinstance(decided, ReplyDecided)
    assert (decided.outcome, decided.reason, decided.delivery_id) == ("command", None, None)


@given(before=st.text(alphabet="*_~`>- \n\u200b", max_size=6), text=st.text(max_size=40))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_slash_reaches_a_policyholder(world: Any, before: str, text: str) -> None:
    """Whatever follows it, and however it is formatted, a text whose first visible character is a slash is never carried."""
    fresh = world.__class__()
    sent = await fresh.answers(fresh.reply(await fresh.alias(), f"{before}/{text}"))
    assert not [each for each in sent if isinstance(each.event, DeliveryRequested)]


async def test_a_command_has_one_effect(world: Any, later: Any) -> None:
    """Read again after a crash it is the same command to the byte; sent again it is none."""
    alias = await world.alias()
    reply = world.reply(alias, "/resolve")
    first = await world.answers(reply)
    assert final(await world.answers(reply, now=later)) == final(first)
    assert await world.answers(world.reply(alias, "/resolve"), now=later) == []


async def test_refusals_stay_refusals(world: Any) -> None:
    """A command by an alias that is not the insurer's, or in a closed conversation, is refused as a reply is. Closed is for
    good: nobody is told to wait until it opens again.
    """
    alias = await world.alias()
    sent = await world.answers(world.reply(alias, "/resolve", insurer="zenith"))
    assert kinds(sent) == [ReplyRefused.type, ReplyDecided.type]
    await world.follows(world.changed("closed", 2))
    (refusal, _) = await world.answers(world.reply(alias, "/resolve", name="r2"))
    assert refusal.event.reason == "conversation_closed"
    assert "closed for good" in refusal.event.detail


@pytest.mark.parametrize("text", ["/resolve", "*/resolve*", "> /resolve"])
async def test_a_policyholders_slash_is_text(world: Any, text: str) -> None:
    """They give no commands: what they write is carried, as they formatted it."""
    sent = await world.takes(world.message(text))
    assert isinstance(sent[0].event, InsurerMessage)
    assert isinstance(sent[0].event.content, InsurerText)
    assert sent[0].event.content.text == text


async def test_the_author_is_answered(world: Any, now: Any, later: Any) -> None:
    """On its own topic, under its own names, in whole seconds; told again, the same to the byte."""
    alias = await world.alias()
    decided = answer(world, alias, now)
    (sent,) = await hears(world, decided, now=now)
    event = sent.event
    assert isinstance(event, InsurerCommandAnswered)
    assert (sent.topic, sent.key) == ("insurer.acme.messages", alias)
    assert (event.reply_id, event.alias) == ("r1", alias)
    assert (event.command, event.outcome) == ("/resolve", "accepted")
    assert event.detail == "Resolved. The policyholder is asked how content they were."
    assert event.at.microsecond == 0
    assert final(await hears(world, decided, now=later)) == final([sent])


@pytest.mark.parametrize(
    "more",
    [
        {"detail": "There is no desk called 447700900123."},
        {"detail": "There is no desk called Asha Testperson."},
        {"command": "/asha_testperson", "detail": "asha.writes is no argument."},
    ],
)
async def test_an_answer_never_names_the_policyholder(world: Any, now: Any, more: dict[str, Any]) -> None:
    """What repeats their number or name out of the command is told in plain words instead."""
    alias = await world.alias()
    (sent,) = await hears(world, answer(world, alias, now, outcome="refused", **more), now=now)
    event = sent.event
    assert isinstance(event, InsurerCommandAnswered)
    assert (event.command, event.outcome) == ("/", "refused")
    assert event.detail == "The command was not carried out. Ask the aggregator's people why."


@pytest.mark.parametrize("command", ["held.release", "/RESOLVE", "/resolve now", "/447700900199", ""])
async def test_only_a_commands_name_is_a_name(world: Any, now: Any, command: str) -> None:
    """What does not have its form is told as a bare slash."""
    (sent,) = await hears(world, answer(world, await world.alias(), now, command=command), now=now)
    assert isinstance(sent.event, InsurerCommandAnswered)
    assert sent.event.command == "/"


async def test_a_reply_id_that_spells_the_number_is_held(world: Any, now: Any) -> None:
    """An insurer that hides a guess in its own id does not learn from the echo whether it was right."""
    alias = await world.alias()
    sent = await world.answers(world.reply(alias, "/resolve", reply_id="447700900123"))
    assert kinds(sent) == [GuardRaised.type, ReplyDecided.type]
    reply = Reply(alias=alias, reply_id="447700900123")
    (sent_answer,) = await hears(world, answer(world, alias, now, reply=reply), now=now)
    assert isinstance(sent_answer.event, GuardRaised)
    assert sent_answer.event.direction == "to_insurer"


async def test_an_answer_for_somebody_else_passes_by(world: Any, now: Any) -> None:
    """The aggregator's people read theirs elsewhere; who was erased leaves no name to answer under."""
    alias = await world.alias()
    meera = Author(role="aggregator", name="meera")
    assert await hears(world, answer(world, alias, now, reply=None, by=meera), now=now) == []
    lanes = (alias,)
    await world.store.erase(Erased(derived_id("ct", "asha"), derived_id("cm", "e"), "p", now, lanes=lanes))
    assert await hears(world, answer(world, alias, now), now=now) == []


async def test_an_answer_goes_to_the_aliass_own_insurer(world: Any, now: Any) -> None:
    """A mistake that would tell another insurer of an alias is set aside."""
    alias = await world.alias()
    zenith = Author(role="insurer", name="zenith")
    with pytest.raises(RejectError):
        await hears(world, answer(world, alias, now, by=zenith), now=now)


async def test_whom_nobody_can_look_for_is_not_written_of(world: Any, now: Any) -> None:
    """With a broken guard nothing is told to the insurer, and people hear of it."""
    alias = await world.alias()

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError

    world.inspect = broken
    (sent,) = await hears(world, answer(world, alias, now), now=now)
    assert isinstance(sent.event, GuardRaised)
