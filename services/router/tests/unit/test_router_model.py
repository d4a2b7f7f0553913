"""The whole router against a small model of what it promises, over thousands of random lives of two contacts.

A life is fifty steps: messages with and without a word of what they are about, taps, quotes, duplicates, replays after a
crash, restarts, replies, commands, transfers, the passing of time. It is written as bytes, two a step, so that a failing
one shrinks to the few steps that matter.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bowchat_contracts.commands import Author, CommandDecided, CommandRequested, SlashCommand
from bowchat_contracts.content import ChoiceContent
from bowchat_contracts.conversations import ConversationChanged
from bowchat_contracts.envelope import to_headers
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import PromptAnswered, PromptRequested
from bowchat_contracts.topics import COMMANDS_REQUESTED
from bowchat_registry.registry import Registry
from bowchat_router.memory import MemoryRouter
from bowchat_router.testing import Worker
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.rereading import MemoryRereader
from bowchat_runtime.testing import record

STEPS, LIVES = 50, 2_000
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PEOPLE = Author(role="aggregator", name="meera")
WRITERS = ("mixed", "both")
TEXTS = (
    "hello",
    "my car",
    "BHS-2026-021",
    "the hospital",
    "ACM-2026-021",
    "thanks",
    "any news?",
    "2",
    "a claim",
    "/resolve",
)
COMMANDS = (
    "/resolve", "/reopen", "/escalate", "/hold", "/open", "/assign acme", "/assign bharat service", "/transfer bharat",
    "/transfer acme experts", "/handoff_to_experts", "/handoff_to_claims", "/no_reply_needed all is said",
    "/request_docs papers", "/note remember", "/block_insurer they sell", "/nonsense",
)  # fmt: skip
LIFE = st.binary(min_size=2 * STEPS, max_size=2 * STEPS)


@dataclass
class Model:
    """What has been told, and what must hold of it."""

    place: dict[str, tuple[str, int]] = field(default_factory=dict)
    """The conversation and number of each message, as it was last told."""
    taken: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    """Which message has which number of a conversation."""
    insurer: dict[str, str] = field(default_factory=dict)
    """Whose each conversation is, once it is anybody's."""
    state: dict[str, str] = field(default_factory=dict)
    version: dict[str, int] = field(default_factory=dict)
    successor: dict[str, str] = field(default_factory=dict)
    answers: set[str] = field(default_factory=set)
    """Messages that were the answer to a question and nothing else."""
    bytes_of: dict[str, tuple[object, ...]] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)

    def takes(self, outgoing: Sequence[Outgoing]) -> None:
        for each in outgoing:
            wire = (each.topic, each.key, to_headers(each.meta), each.event.model_dump_json())
            if each.meta.id in self.bytes_of:
                assert self.bytes_of[each.meta.id] == wire, "told again, an event says the same"
                continue
            self.bytes_of[each.meta.id] = wire
            match each.event:
                case ConversationChanged() as change:
                    self._changed(change)
                case MessageRouted() as message:
                    self._routed(message)
                case PromptRequested() as prompt:
                    self.options += [option.option_id for option in prompt.options]
                case PromptAnswered(message_id=str(message_id)):
                    self.answers.add(message_id)

    def _changed(self, change: ConversationChanged) -> None:
        assert change.version > self.version.get(change.conversation_id, 0), "a version never goes back"
        before = self.state.get(change.conversation_id)
        assert before != "closed", "what is closed stays closed"
        assert before == change.previous, "each change follows from the one before"
        self.version[change.conversation_id] = change.version
        self.state[change.conversation_id] = change.state
        if change.successor:
            self.successor[change.conversation_id] = change.successor
        if change.insurer:
            owner = self.insurer.setdefault(change.conversation_id, change.insurer)
            assert owner == change.insurer, "a conversation never changes its insurer once one has it"

    def _routed(self, message: MessageRouted) -> None:
        where = (message.conversation_id, message.seq)
        before = self.place.get(message.message_id)
        if before is not None and before[0] != where[0]:
            assert self._follows(before[0], where[0]), "a message moves only with its conversation"
        holder = self.taken[where[0]].setdefault(where[1], message.message_id)
        assert holder == message.message_id, "one number, one message"
        if message.outcome == "routed":
            assert self.insurer.setdefault(where[0], message.insurer or "") == message.insurer, (
                "its own insurer's alone"
            )
        self.place[message.message_id] = where

    def _follows(self, before: str, after: str) -> bool:
        while before in self.successor:
            before = self.successor[before]
            if before == after:
                return True
        return False

    def holds(self, sent: Sequence[str], waiting: set[str]) -> None:
        """Every message is in exactly one conversation, or waits for an answer, or was one; numbers have no gaps."""
        for each in sent:
            places = (each in self.place) + (each in waiting) + (each in self.answers)
            assert places == 1, f"{each} is in {places} places"
        for taken in self.taken.values():
            assert sorted(taken) == list(range(1, len(taken) + 1)), "numbers have no gaps"


class Life:
    """Fifty steps of two contacts, over one store and several processes, one after the other."""

    def __init__(
        self, registry: Registry, received: Callable[..., Record], replied: Callable[..., Record]
    ) -> None:
        self._registry, self._received, self._replied = registry, received, replied
        self._store, self._rereader, self.model = MemoryRouter(), MemoryRereader(), Model()
        self._worker = self._started()
        self._now, self._offset = START, 0
        self._sent: list[Record] = []
        self._commands: list[Record] = []
        self._people: dict[str, str] = {}

    def _started(self) -> Worker:
        return Worker(self._registry, self._store, rereader=self._rereader)

    async def lives(self, script: bytes) -> None:
        for what, which in zip(script[::2], script[1::2], strict=True):
            self._now += timedelta(seconds=1 + which % 7)
            self._offset += 1
            await self._step(what, which)
        sent = list(dict.fromkeys(each.event.message_id for each in self._sent))
        self.model.holds(sent, await self._waiting())

    async def _step(self, what: int, which: int) -> None:
        if what < 100:
            await self._writes(TEXTS[which % len(TEXTS)], WRITERS[what % 2], quoted=None)
        elif what < 115:
            await self._taps(which)
        elif what < 125 and self._sent:
            await self._writes("about this", WRITERS[what % 2], quoted=which)
        elif what < 140 and self._sent:
            await self._repeats(which)
        elif what < 150:
            self._worker = self._started()
        elif what < 185:
            await self._answers(which)
        elif what < 240:
            await self._commanded(COMMANDS[which % len(COMMANDS)], what)
        else:
            self._now += timedelta(minutes=which)
            self.model.takes(await self._worker.tick(self._now))

    async def _writes(self, text: object, who: str, quoted: int | None) -> None:
        record = self._received(
            f"m{self._offset}", text, who, offset=self._offset, after_s=self._seconds(),
            quoted=f"m{quoted % self._offset}" if quoted is not None else None,
        )  # fmt: skip
        self._sent.append(record)
        self._took(await self._worker.messages(record, now=self._now))

    async def _taps(self, which: int) -> None:
        if self.model.options:
            option = self.model.options[-1 - which % min(len(self.model.options), 6)]
            tap = ChoiceContent(
                choice="list_reply", choice_id=MessageText(option), title=MessageText("tapped")
            )
            await self._writes(tap, WRITERS[which % 2], quoted=None)

    async def _repeats(self, which: int) -> None:
        """The same record again, as after a crash, by a process that knows nothing; or the same message elsewhere."""
        old = self._sent[which % len(self._sent)]
        if which % 2:
            self._worker = self._started()
            self._took(await self._worker.messages(old, now=self._now))
            return
        event = old.event
        copy = record(event, topic=old.topic, key=old.key, offset=10_000 + self._offset, meta=old.meta)
        assert await self._worker.messages(copy, now=self._now) == [], "a duplicate has no effect"
        self._rereader.put(old)

    async def _answers(self, which: int) -> None:
        if self._people:
            conversation = sorted(self._people)[which % len(self._people)]
            closed = self.model.state.get(conversation) == "closed"
            answer = self._replied(
                f"r{self._offset}", conversation, self._people[conversation], offset=self._seconds()
            )
            out = await self._worker.answers(answer, now=self._now)
            assert not closed or out == [], "a reply to a closed conversation changes nothing"
            self._took(out)

    async def _commanded(self, text: str, which: int) -> None:
        if self._people:
            conversation = sorted(self._people)[which % len(self._people)]
            event = CommandRequested(
                command_id=derived_id("cm", str(self._offset)),
                by=PEOPLE,
                command=SlashCommand(
                    conversation_id=conversation,
                    contact_id=self._people[conversation],
                    text=MessageText(text),
                ),
                requested_at=self._now,
            )
            given = record(event, topic=COMMANDS_REQUESTED, key=conversation, offset=self._offset)
            out = await self._worker.commanded(given, now=self._now)
            assert sum(isinstance(each.event, CommandDecided) for each in out) == 1, (
                "every command is answered once"
            )
            self._took(out)

    def _took(self, outgoing: Sequence[Outgoing]) -> None:
        self.model.takes(outgoing)
        for each in outgoing:
            if isinstance(each.event, ConversationChanged):
                self._people[each.event.conversation_id] = each.event.contact_id

    def _seconds(self) -> int:
        return int((self._now - START).total_seconds())

    async def _waiting(self) -> set[str]:
        refs = await self._store.refs([derived_id("rf", each) for each in WRITERS])
        dossiers = await self._store.dossiers([each.contact_id for each in refs.values()])
        questions = [each.question for each in dossiers.values() if each.question]
        return {place.message_id for question in questions for place in question.pending}


@pytest.fixture
def lives(
    registry: Registry, received: Callable[..., Record], replied: Callable[..., Record]
) -> Callable[[bytes], None]:
    """Lives one life. A test that took the registry would show its hundreds of kilobytes in place of what failed."""

    def live(script: bytes) -> None:
        asyncio.run(Life(registry, received, replied).lives(script))

    return live


@settings(max_examples=LIVES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=LIFE)
def test_a_life_keeps_every_promise(lives: Callable[[bytes], None], script: bytes) -> None:
    """Every message in exactly one conversation, numbers without gaps, one insurer a conversation, nothing after the end,
    the same bytes whenever something is told again.
    """
    lives(script)
