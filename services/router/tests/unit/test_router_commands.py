"""Commands: each does its work or says why not, is answered to its author, and never reaches the other side."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bowchat_contracts.commands import (
    Author,
    CommandDecided,
    CommandRequested,
    InsurerBlock,
    Reply,
    RevealRequest,
    SlashCommand,
)
from bowchat_contracts.content import ChoiceContent
from bowchat_contracts.conversations import ConversationChanged, ConversationNoted
from bowchat_contracts.envelope import to_headers
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import CsatReceived, PromptRequested
from bowchat_contracts.topics import COMMANDS_REQUESTED
from bowchat_registry.commands import Command, CommandChecks
from bowchat_registry.registry import Registry
from bowchat_registry.slash import BUILT_INS
from bowchat_router.domain.life import REOPENS_WITHIN
from bowchat_router.testing import Worker
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.testing import record

NOW = datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)
Make = Callable[..., Record]
PEOPLE, INSURER = Author(role="aggregator", name="meera"), Author(role="insurer", name="acme")
REPLY = Reply(alias=derived_id("ph", "one"), thread_id=derived_id("th", "one"), reply_id="r-1")


class Desk:
    """A router with one conversation, and a keyboard."""

    def __init__(self, registry: Registry) -> None:
        self.worker = Worker(registry)
        self.offset = 0
        self.conversation: str = ""
        self.contact: str = ""

    async def takes(self, record: Record, now: datetime = NOW) -> list[Outgoing]:
        out = await self.worker.messages(record, now=now)
        for each in of(out, MessageRouted):
            self.conversation, self.contact = each.conversation_id, each.contact_id
        return out

    async def types(
        self, text: str, by: Author = PEOPLE, *, now: datetime = NOW, name: str = "", to: str = ""
    ) -> list[Outgoing]:
        self.offset += 1
        event = CommandRequested(
            command_id=derived_id("cm", name or f"{text}{self.offset}"),
            by=by,
            command=SlashCommand(
                conversation_id=to or self.conversation,
                contact_id=self.contact,
                text=MessageText(text),
                reply=REPLY if by.role == "insurer" else None,
            ),
            requested_at=now,
        )
        given = record(event, topic=COMMANDS_REQUESTED, key=self.conversation, offset=self.offset)
        return await self.worker.commanded(given, now=now)


def of(outgoing: list[Outgoing], kind: type) -> list:  # type: ignore[type-arg]
    return [each.event for each in outgoing if isinstance(each.event, kind)]


def answer(outgoing: list[Outgoing]) -> CommandDecided:
    (found,) = of(outgoing, CommandDecided)
    return found  # type: ignore[no-any-return]


@pytest.fixture
async def desk(registry: Registry, received: Make) -> Desk:
    """With a conversation at acme."""
    made = Desk(registry)
    await made.takes(received("a", "my car, a claim"))
    return made


async def test_a_conversation_is_handed_to_another_desk(desk: Desk, received: Make) -> None:
    """Its insurer stays, its later messages go to the new desk, and the answer says where it is."""
    out = await desk.types("/handoff_to_experts", INSURER)
    assert answer(out).outcome == "accepted"
    assert answer(out).reply == REPLY
    (change,) = of(out, ConversationChanged)
    assert (change.change, change.state, change.desk, change.by) == (
        "handed_off",
        "handed_off",
        "experts",
        INSURER,
    )
    (next_one,) = of(await desk.takes(received("b", "any news?", offset=1)), MessageRouted)
    assert (next_one.insurer, next_one.desk, next_one.seq) == ("acme", "experts", 2)


async def test_triage_is_assigned_and_its_messages_go_on(registry: Registry, received: Make) -> None:
    """What waited for people reaches the insurer they chose, in order, in the same conversation."""
    desk = Desk(registry)
    await desk.takes(received("a", "hello"))
    await desk.takes(received("b", "anyone?", offset=1))
    out = await desk.types("/assign bharat service")
    assert [(each.insurer, each.desk, each.seq, each.outcome) for each in of(out, MessageRouted)] == [
        ("bharat", "service", 1, "routed"),
        ("bharat", "service", 2, "routed"),
    ]
    assert [each.content.text.reveal() for each in of(out, MessageRouted)] == ["hello", "anyone?"]
    assert {each.conversation_id for each in of(out, MessageRouted)} == {desk.conversation}
    (later,) = of(await desk.takes(received("c", "thanks", offset=2)), MessageRouted)
    assert (later.insurer, later.seq, later.conversation_id) == ("bharat", 3, desk.conversation)


async def test_a_transfer_opens_another_conversation_with_what_is_unanswered(
    desk: Desk, received: Make
) -> None:
    """The old one is closed and names its successor; the new insurer gets the open question, numbered from 1."""
    before = desk.conversation
    await desk.takes(received("b", "and the rental?", offset=1))
    out = await desk.types("/transfer bharat")
    closed, opened = of(out, ConversationChanged)
    assert (closed.change, closed.state, closed.successor) == (
        "transferred",
        "closed",
        opened.conversation_id,
    )
    assert (opened.change, opened.insurer, opened.previous) == ("opened", "bharat", None)
    assert [(each.conversation_id, each.seq, each.insurer) for each in of(out, MessageRouted)] == [
        (opened.conversation_id, 1, "bharat"),
        (opened.conversation_id, 2, "bharat"),
    ]
    (later,) = of(await desk.takes(received("c", "thanks", offset=2)), MessageRouted)
    assert (later.conversation_id, later.seq) == (opened.conversation_id, 3)
    assert answer(await desk.types("/resolve", to=before)).outcome == "refused"


async def test_a_change_says_how_much_of_the_conversation_has_gone_to_its_insurer(
    registry: Registry, received: Make
) -> None:
    """Nothing while people decide; then all that was sent on, as each change finds it."""
    desk = Desk(registry)
    (opened,) = of(await desk.takes(received("a", "hello")), ConversationChanged)
    (assigned,) = of(await desk.types("/assign bharat service"), ConversationChanged)
    await desk.takes(received("b", "anyone?", offset=1))
    (held,) = of(await desk.types("/hold"), ConversationChanged)
    assert [each.left_seq for each in (opened, assigned, held)] == [0, 1, 2]


async def test_documents_are_asked_for_in_the_insurers_name(desk: Desk) -> None:
    """The list comes in the relay's own words; who asks is named, so that the list is looked through."""
    out = await desk.types("/request_docs RC book, driving licence", INSURER)
    (prompt,) = of(out, PromptRequested)
    assert prompt.text.reveal() == "acme asks you to send here: RC book, driving licence"
    assert (prompt.kind, prompt.by, prompt.insurer) == ("documents", INSURER, "acme")
    (change,) = of(out, ConversationChanged)
    assert change.state == "waiting_documents"


async def test_a_note_is_written_down_and_kept_nowhere_else(desk: Desk) -> None:
    """Its words are in the event alone: the store has none of them."""
    out = await desk.types("/note call back about the secretword", name="noted")
    (note,) = of(out, ConversationNoted)
    assert note.text.reveal() == "call back about the secretword"
    deeds = await desk.worker.store.deeds([derived_id("cm", "noted")])
    assert deeds
    assert "secretword" not in repr(deeds)


async def test_a_hold_ends_by_its_time_by_command_or_by_a_message(desk: Desk, received: Make) -> None:
    """Nobody is waited for while it rests, and nothing that is on hold is forgotten."""
    await desk.types("/hold for 2h")
    out = await desk.worker.tick(NOW + timedelta(hours=2))
    assert [(each.change, each.state) for each in of(out, ConversationChanged)] == [
        ("resumed", "waiting_insurer")
    ]
    await desk.types("/hold")
    assert of(await desk.types("/open"), ConversationChanged)[0].state == "waiting_insurer"
    await desk.types("/hold")
    out = await desk.takes(received("b", "hello?", offset=1))
    assert of(out, ConversationChanged)[0].state == "waiting_insurer"


async def test_resolved_means_asked_once_and_reopened_by_a_message(desk: Desk, received: Make) -> None:
    """The policyholder is asked how it was, their tap is counted once, thanks opens nothing, a question does."""
    out = await desk.types("/resolve")
    (prompt,) = of(out, PromptRequested)
    assert [each.title.reveal() for each in prompt.options] == ["Very well", "So-so", "Not well"]
    tap = ChoiceContent(
        choice="button_reply",
        choice_id=MessageText(prompt.options[1].option_id),
        title=prompt.options[1].title,
    )
    for offset in (1, 2):
        counted = of(await desk.takes(received(f"tap{offset}", tap, offset=offset)), CsatReceived)
        assert [(each.score, each.cycle, each.insurer) for each in counted] == [(3, 1, "acme")][: 2 - offset]
    thanks = await desk.takes(received("b", "ok thanks", offset=3))
    assert of(thanks, ConversationChanged) == []
    assert len(of(thanks, MessageRouted)) == 1
    (back,) = of(await desk.takes(received("c", "it broke again", offset=4)), ConversationChanged)
    assert (back.change, back.previous, back.state, back.cycle) == (
        "reopened",
        "resolved",
        "waiting_insurer",
        1,
    )
    assert of(await desk.types("/resolve"), PromptRequested) == []


async def test_a_new_cycle_is_asked_about_again(desk: Desk, received: Make) -> None:
    """What comes back days later is another cycle."""
    await desk.types("/resolve")
    later = NOW + timedelta(days=3)
    (back,) = of(
        await desk.takes(received("b", "again", offset=1, after_s=3 * 86_400), now=later), ConversationChanged
    )
    assert back.cycle == 2
    assert len(of(await desk.types("/resolve", now=later), PromptRequested)) == 1


async def test_nobody_is_asked_who_can_no_longer_be_written_to(desk: Desk) -> None:
    """WhatsApp's day after the last message is over."""
    assert of(await desk.types("/resolve", now=NOW + timedelta(hours=25)), PromptRequested) == []


async def test_what_is_resolved_for_long_is_closed(desk: Desk, received: Make) -> None:
    """Then the next message opens a conversation of its own."""
    await desk.types("/resolve")
    before = desk.conversation
    out = await desk.worker.tick(NOW + REOPENS_WITHIN)
    assert [(each.change, each.state) for each in of(out, ConversationChanged)] == [("closed", "closed")]
    await desk.takes(received("b", "my car", offset=1), now=NOW + REOPENS_WITHIN)
    assert desk.conversation != before


async def test_no_reply_needed_ends_the_wait(desk: Desk) -> None:
    """Nobody owes an answer, and the conversation is the policyholder's turn."""
    (change,) = of(await desk.types("/no_reply_needed a mere thank you", INSURER), ConversationChanged)
    assert (change.change, change.state) == ("no_reply_needed", "waiting_policyholder")


async def test_an_insurer_is_blocked_by_the_masker(desk: Desk) -> None:
    """The router ends the conversation, and tells who holds the way."""
    out = await desk.types("/block_insurer they keep advertising")
    (block,) = of(out, CommandRequested)
    assert block.command == InsurerBlock(insurer="acme", contact_id=desk.contact, why="they keep advertising")
    assert of(out, ConversationChanged)[0].state == "closed"


async def test_a_number_is_asked_for_through_the_masker(desk: Desk) -> None:
    """The request names the alias that the insurer wrote to, never the contact."""
    (asked,) = of(await desk.types("/request_contact to send a surveyor --days 3", INSURER), CommandRequested)
    assert asked.command == RevealRequest(
        insurer="acme", alias=REPLY.alias, thread_id=REPLY.thread_id, purpose="to send a surveyor", days=3
    )
    assert asked.by == INSURER


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("/reslove", PEOPLE),
        ("/assign nobody", PEOPLE),
        ("/assign bharat", PEOPLE),
        ("/transfer acme", PEOPLE),
        ("/transfer bharat", INSURER),
        ("/block_insurer because", INSURER),
        ("/handoff_to_nowhere", INSURER),
        ("/open", PEOPLE),
        ("/reopen", PEOPLE),
        ("/", PEOPLE),
    ],
)
async def test_what_may_not_be_done_is_refused_in_words_and_nothing_happens(
    desk: Desk, text: str, by: Author
) -> None:
    """Unknown, mistyped, of another role or at the wrong time: answered to its author, and nothing else is published."""
    out = await desk.types(text, by)
    assert answer(out).outcome == "refused"
    assert answer(out).detail
    assert len(out) == 1


async def test_an_insurer_commands_its_own_conversations_alone(desk: Desk) -> None:
    """Whoever names another's conversation is told that there is none."""
    stranger = Author(role="insurer", name="bharat")
    assert answer(await desk.types("/resolve", stranger)).outcome == "refused"


async def test_a_dry_run_changes_nothing(desk: Desk) -> None:
    """It says what would be done."""
    out = await desk.types("/resolve --dry-run")
    assert len(out) == 1
    assert "would be done" in answer(out).detail
    assert answer(await desk.types("/reopen")).outcome == "refused"


async def test_a_command_has_one_effect(desk: Desk) -> None:
    """Read again after a crash it gives the same bytes, sent again nothing."""
    first = await desk.types("/note one two three", name="once")
    desk.offset -= 1
    again = await desk.types("/note one two three", name="once")
    wire = [
        [(each.topic, to_headers(each.meta), each.event.model_dump_json()) for each in out]
        for out in (first, again)
    ]
    assert wire[0] == wire[1]
    assert await desk.types("/note one two three", name="once") == []


TYPED = {
    "handoff_to": "/handoff_to_experts", "assign": "/assign coast", "transfer": "/transfer bharat", "note": "/note x",
    "request_docs": "/request_docs papers", "no_reply_needed": "/no_reply_needed thanks",
    "block_insurer": "/block_insurer they sell", "request_contact": "/request_contact to call back",
}  # fmt: skip
STEPS = [TYPED.get(each, f"/{each}") for each in BUILT_INS if each != "help"]


@pytest.mark.parametrize("second", STEPS)
@pytest.mark.parametrize("first", ["/transfer bharat", "/block_insurer they sell", "/resolve"])
async def test_what_can_follow_the_end_of_a_conversation_is_what_the_registry_takes(
    registry: Registry, received: Make, first: str, second: str
) -> None:
    """A command of the aggregator's own with a step that can never be done is refused when the registry is read, and no
    other is: the registry's table says the same as the router's.
    """
    # Who may give each is looked at elsewhere: an insurer asks for numbers, the aggregator transfers.
    by = INSURER if second.startswith("/request_contact") and first == "/resolve" else PEOPLE
    own = Command(name="at_once", about="all of it", roles=(by.role,), steps=(first, second))
    desk = Desk(replace(registry, commands={own.name: own.macro()}))
    await desk.takes(received("a", "my car, a claim"))
    mistakes = dict(CommandChecks([own], registry.desks).mistakes())
    taken = not any("comes after" in each for each in mistakes.values())
    assert (answer(await desk.types("/at_once", by)).outcome == "accepted") is taken
