"""What becomes of a thread is told to its insurer: what it may know, never before its first message, the same again."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bowchat_contracts.commands import AliasRevoke, Author, CommandRequested, PersonErase
from bowchat_contracts.conversations import (
    ConversationChange,
    ConversationChanged,
    ConversationNoted,
    ConversationState,
)
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRelayed
from bowchat_contracts.insurer import InsurerThreadChanged
from bowchat_contracts.pii import MessageText
from bowchat_contracts.topics import COMMANDS_REQUESTED, CONVERSATIONS_CHANGED, INBOUND_RELAYED
from bowchat_masker.guard.clearance import NotMintedError
from bowchat_masker.handlers import thread_changes
from bowchat_masker.handlers.alias_commands import AliasCommands
from bowchat_masker.handlers.erasure import ErasureCommands, Kept
from bowchat_masker.handlers.media import Files
from bowchat_masker.handlers.thread_changes import ThreadChanges
from bowchat_masker.phone_store import MemoryPhones
from bowchat_masker.quarantine_memory import MemoryQuarantine
from bowchat_masker.reveal_memory import MemoryReveals
from bowchat_masker.thread_news import WORTH_TELLING, thread_changed
from bowchat_runtime.files import MemoryFiles
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.testing import record, run_batch

AT = datetime(2026, 11, 22, 10, 5, 3, 987654, tzinfo=UTC)
ASHA = derived_id("ct", "asha")
MEERA, ACME = Author(role="aggregator", name="meera.of.support"), Author(role="insurer", name="acme")
FIELDS = {"alias", "thread_id", "after_seq", "state", "desk", "cycle", "priority", "by", "at"}


class Raw(NamedTuple):
    """A record before it is decoded."""

    topic: str
    key: bytes | None
    value: Any
    partition: int = 0
    offset: int = 0


class Told:
    """A masker's world, and its insurers' threads."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.handler = self.started()

    def started(self) -> ThreadChanges:
        """One just started: nothing in memory."""
        return ThreadChanges(self.world.store, self.world.mint)

    async def of(self, *records: Record, handler: ThreadChanges | None = None) -> list[Outgoing]:
        return await run_batch(handler or self.handler, records, AT)

    async def relayed(self, **message: Any) -> Record:
        """What the masker says when a message is on its insurer's topic."""
        sent = await self.world.takes(self.world.message(**message))
        (event,) = [each.event for each in sent if isinstance(each.event, MessageRelayed)]
        return self.record(event, INBOUND_RELAYED)

    def change(self, change: Any, state: Any, version: int = 2, **more: Any) -> Record:
        values = {
            "conversation_id": derived_id("cv", "c1"), "contact_id": ASHA, "insurer": "acme", "desk": "claims",
            "policy_type": "motor", "previous": "waiting_insurer", "state": state, "version": version, "at": AT,
            "change": change, "left_seq": 1, "by": MEERA,
        }  # fmt: skip
        return self.record(ConversationChanged.model_validate(values | more), CONVERSATIONS_CHANGED)

    def record(self, event: Any, topic: str) -> Record:
        self.world.offset += 1
        return record(event, topic=topic, key=event.conversation_id, offset=self.world.offset)

    async def commanded(self, handler: Any, command: Any) -> None:
        asked = CommandRequested(
            command_id=derived_id("cm", command.name), by=MEERA, command=command, requested_at=AT
        )
        await run_batch(handler, [record(asked, topic=COMMANDS_REQUESTED)], AT)

    async def erase(self) -> None:
        files = Files(MemoryFiles(), MemoryFiles())
        kept = Kept(self.world.store, MemoryQuarantine(), MemoryReveals(), files, MemoryPhones())
        eraser = ErasureCommands(kept, self.world.vault, self.world.mint)
        await self.commanded(eraser, PersonErase(contact_id=ASHA, why="asked for it"))


@pytest.fixture
def told(world: Any) -> Told:
    return Told(world)


def bytes_of(outgoing: Sequence[Outgoing]) -> list[tuple[Any, ...]]:
    return [(each.topic, each.key, each.meta, each.body) for each in outgoing]


def events(outgoing: Sequence[Outgoing]) -> list[InsurerThreadChanged]:
    assert all(isinstance(each.event, InsurerThreadChanged) for each in outgoing)
    return [each.event for each in outgoing]  # type: ignore[misc]


STATES = {
    "waiting_insurer": "open", "waiting_policyholder": "waiting_for_policyholder",
    "waiting_documents": "waiting_for_documents", "on_hold": "on_hold", "handed_off": "handed_off",
    "resolved": "resolved", "closed": "closed",
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
async def test_the_record_holds_what_an_insurer_may_know_and_nothing_else(told: Told, state: Any) -> None:
    """Its own alias and thread, the state in its words, desk, cycle, priority, actor, place and whole seconds; under its own
    alias, on its own topic. No id of the relay, no name of a person, nothing of the other fields.
    """
    await told.of(first := await told.relayed())
    (sent,) = await told.of(told.change("escalated", state, cycle=2, priority=4, intent="claim"))
    assert sent.topic == "insurer.acme.messages"
    assert json.loads(sent.body) == {
        "alias": first.event.alias,
        "thread_id": told.world.mint.thread_id("acme", derived_id("cv", "c1")),
        "after_seq": 1,
        "state": STATES[state],
        "desk": "claims",
        "cycle": 2,
        "priority": 4,
        "by": "aggregator",
        "at": "2026-11-22T10:05:03Z",
    }
    assert sent.key == first.event.alias
    assert sent.whole_seconds
    assert sent.meta.time.microsecond == 0


def test_the_event_has_no_other_field() -> None:
    """A field more would have to be thought about here."""
    assert set(InsurerThreadChanged.model_fields) == FIELDS


@pytest.mark.parametrize("change", get_args(ConversationChange))
async def test_only_what_is_an_insurers_business_is_told(told: Told, change: Any) -> None:
    """What was done to the thread; not that somebody wrote, nor how the aggregator came to choose insurer and place."""
    await told.of(await told.relayed())
    outgoing = await told.of(told.change(change, "waiting_insurer"))
    silent = {"opened", "assigned", "queued", "admitted", "overflowed", "message", "answered"}
    assert [len(outgoing), change in WORTH_TELLING] == ([0, False] if change in silent else [1, True])


@pytest.mark.parametrize(
    ("by", "change", "actor"),
    [
        (ACME, "resolved", "you"),
        (MEERA, "resolved", "aggregator"),
        (Author(role="aggregator", name="acme"), "resolved", "aggregator"),
        (Author(role="insurer", name="zenith"), "resolved", "aggregator"),
        (None, "reopened", "policyholder"),
        (None, "resumed", "relay"),
        (None, "closed", "relay"),
    ],
)
async def test_who_did_it_is_one_of_four(told: Told, by: Author | None, change: Any, actor: str) -> None:
    """No person's name, and no other insurer's."""
    await told.of(await told.relayed())
    (sent,) = await told.of(told.change(change, "resolved", by=by))
    assert [each.by for each in events([sent])] == [actor]
    assert b"meera" not in sent.body
    assert b"zenith" not in sent.body


async def test_a_transfer_is_closed_here_and_says_nothing_of_where_it_goes(told: Told) -> None:
    """The insurer that had it learns that it is closed; the other one, whose thread has just begun, learns nothing of it."""
    await told.of(await told.relayed())
    successor = derived_id("cv", "c2")
    moved = told.change("transferred", "closed", successor=successor)
    begun = told.change(
        "opened", "waiting_insurer", 1, conversation_id=successor, insurer="zenith", desk="intake"
    )
    (sent,) = await told.of(moved, begun)
    assert [each.state for each in events([sent])] == ["closed"]
    around = sent.body + repr((sent.key, sent.meta)).encode()
    for secret in (successor, told.world.mint.thread_id("zenith", successor), "zenith", "intake", "transfer"):
        assert secret.encode() not in around


async def test_nothing_comes_before_the_threads_first_message(told: Told) -> None:
    """What is read before waits, over restarts, and follows in order once the message is on the insurer's topic."""
    early = [told.change("handed_off", "handed_off", 2), told.change("put_on_hold", "on_hold", 3)]
    assert await told.of(*early) == []
    message = told.world.message()
    sent = await told.world.takes(message)
    assert await told.of(told.change("escalated", "on_hold", 4), handler=told.started()) == []
    (relayed,) = [each.event for each in sent if isinstance(each.event, MessageRelayed)]
    first = told.record(relayed, INBOUND_RELAYED)
    flushed = await told.of(first, told.change("resolved", "resolved", 5), handler=told.started())
    assert [each.state for each in events(flushed)] == ["handed_off", "on_hold", "on_hold", "resolved"]
    assert {each.key for each in flushed} == {relayed.alias}


async def test_a_held_message_is_a_first_message_as_well(told: Told) -> None:
    """Its place is on the insurer's topic: the thread is known."""
    assert await told.of(told.change("handed_off", "handed_off")) == []
    first = await told.relayed(sealed_identity="broken")
    assert first.event.outcome == "held"
    assert [each.state for each in events(await told.of(first))] == ["handed_off"]


@pytest.mark.parametrize(
    "unknown",
    [
        {"left_seq": 0},
        {"left_seq": 0, "insurer": None, "desk": None},
        {"insurer": None, "desk": None},
        {"state": "queued"},
        {"state": "triage"},
    ],
)
async def test_an_insurer_that_does_not_have_it_is_told_nothing(told: Told, unknown: dict[str, Any]) -> None:
    """Of what stands in a line, or with people, nothing is said: not then, and not when its first message goes out."""
    values = {"state": "closed"} | unknown
    assert await told.of(told.change("closed", values.pop("state"), **values)) == []
    assert await told.of(await told.relayed()) == []


async def test_each_insurer_hears_of_its_own_threads_alone(told: Told) -> None:
    """Two insurers, one policyholder: topics, aliases and threads stay apart."""
    mine = await told.relayed()
    theirs = await told.relayed(name="z", conversation="c9", insurer="zenith")
    await told.of(mine, theirs)
    other: dict[str, Any] = {"conversation_id": derived_id("cv", "c9"), "insurer": "zenith"}
    sent = await told.of(told.change("resolved", "resolved"), told.change("resolved", "resolved", **other))
    assert [(each.topic, each.key) for each in sent] == [
        ("insurer.acme.messages", mine.event.alias),
        ("insurer.zenith.messages", theirs.event.alias),
    ]
    first, second = (set(json.loads(each.body).values()) for each in sent)
    assert not {each for each in first & second if isinstance(each, str) and "_" in each}


async def test_read_again_it_is_the_same_to_the_byte(told: Told) -> None:
    """After a crash between saving and publishing, and by a masker that starts anew: ids, headers, trace, time."""
    early, first = told.change("handed_off", "handed_off", 2), await told.relayed()
    await told.of(early)
    flushed = await told.of(first)
    later = told.change("resolved", "resolved", 3)
    sent = await told.of(later)
    assert len(flushed) == len(sent) == 1
    rows = dict(told.world.store._news)
    for handler in (told.handler, told.started()):
        assert bytes_of(await told.of(first, handler=handler)) == bytes_of(flushed)
        assert bytes_of(await told.of(later, handler=handler)) == bytes_of(sent)
        assert bytes_of(await told.of(early, handler=handler)) == bytes_of(flushed)
    assert told.world.store._news == rows
    assert flushed[0].meta.id != sent[0].meta.id


async def test_a_change_that_waits_is_kept_once(told: Told) -> None:
    """Read twice before the first message, it is told once."""
    early = told.change("handed_off", "handed_off")
    await told.of(early)
    await told.of(early, handler=told.started())
    assert len(await told.of(await told.relayed())) == 1


async def test_only_the_first_message_lets_go_what_waited(told: Told) -> None:
    """Later ones repeat nothing."""
    await told.of(told.change("handed_off", "handed_off"))
    first = await told.relayed()
    assert len(await told.of(first)) == 1
    assert await told.of(await told.relayed(name="2", seq=2), handler=told.started()) == []


async def test_it_goes_under_the_alias_of_its_time(told: Told, now: datetime) -> None:
    """After an alias has ended and the policyholder has written again, under the new one; what happened before, read again,
    under the old one.
    """
    old = await told.relayed()
    await told.of(old)
    before = told.change("put_on_hold", "on_hold", 2, at=now)
    sent = await told.of(before)
    await told.commanded(
        AliasCommands(told.world.store), AliasRevoke(alias=old.event.alias, why="sold the car")
    )
    between = await told.of(told.change("resumed", "waiting_insurer", 3, at=AT + timedelta(minutes=1)))
    new = await told.relayed(name="2", seq=2, received_at=AT + timedelta(hours=1))
    after = await told.of(told.change("resolved", "resolved", 4, at=AT + timedelta(hours=2)))
    assert new.event.alias != old.event.alias
    assert [each.key for each in (*sent, *between, *after)] == [old.event.alias] * 2 + [new.event.alias]
    assert bytes_of(await told.of(before, handler=told.started())) == bytes_of(sent)


async def test_of_an_erased_person_nothing_is_told(told: Told) -> None:
    """Neither what happens later nor what waited, and no row of theirs is made again."""
    first = await told.relayed()
    await told.of(first)
    waiting = told.change("handed_off", "handed_off", conversation_id=derived_id("cv", "c2"))
    await told.of(waiting)
    await told.erase()
    assert told.world.store._news == {}
    late = await told.relayed(name="2", conversation="c2")
    outgoing = await told.of(told.change("closed", "closed", 3), waiting, first, late, handler=told.started())
    assert outgoing == []
    assert told.world.store._news == {}


async def test_a_row_that_is_written_while_a_person_is_erased_does_not_stay(told: Told) -> None:
    """Between reading and writing a batch they were erased."""
    early, first = told.change("handed_off", "handed_off"), await told.relayed()
    state = await told.handler.load([early])
    told.handler.decide(early, state, AT)
    await told.erase()
    await told.handler.save(state)
    assert told.world.store._news == {}
    assert await told.of(first, handler=told.started()) == []


def raw(record: Record) -> Raw:
    return Raw(record.topic, (record.key or "").encode(), record.value, record.partition, record.offset)


async def test_most_of_what_is_read_is_not_decoded(told: Told) -> None:
    """Changes that are nobody's business, notes, and a known thread's later messages pass by; the message that made the
    thread known is read again after a crash, and doubt is no reason to pass by.
    """
    first, later = await told.relayed(), await told.relayed(name="2", seq=2)
    assert told.handler.concerns(raw(first))
    assert told.handler.concerns(raw(later))
    await told.of(first)
    assert told.handler.concerns(raw(first))
    assert not told.handler.concerns(raw(later))
    assert told.handler.concerns(raw(told.change("resolved", "resolved")))
    assert not told.handler.concerns(raw(told.change("message", "waiting_insurer")))
    noted = ConversationNoted(
        conversation_id=derived_id("cv", "c1"),
        contact_id=ASHA,
        by=MEERA,
        text=MessageText("call back"),
        at=AT,
    )
    assert not told.handler.concerns(raw(told.record(noted, CONVERSATIONS_CHANGED)))
    for broken in (b"{", b"[]", b'"x"', b'{"change": []}', None):
        assert told.handler.concerns(Raw(CONVERSATIONS_CHANGED, None, broken)) is True
    told.handler.forget()
    assert told.handler.concerns(raw(later))


class WithIntent(InsurerThreadChanged):
    """A shape with one field too many."""

    intent: str


async def test_a_field_that_leaks_stops_at_the_guard(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is neither minted nor a word of the registry's or the contract's does not leave."""
    await told.of(await told.relayed())

    def leaky(event: ConversationChanged, *more: str) -> InsurerThreadChanged:
        return WithIntent(**dict(thread_changed(event, *more)), intent=event.intent or "")

    monkeypatch.setattr(thread_changes, "thread_changed", leaky)
    with pytest.raises(NotMintedError):
        await told.of(told.change("resolved", "resolved", intent="claim"))


async def test_a_note_is_never_told(told: Told) -> None:
    """It is for the aggregator's people, though it comes on the same topic."""
    await told.of(await told.relayed())
    noted = ConversationNoted(
        conversation_id=derived_id("cv", "c1"),
        contact_id=ASHA,
        by=MEERA,
        text=MessageText("call back"),
        at=AT,
    )
    assert await told.of(told.record(noted, CONVERSATIONS_CHANGED)) == []


STEPS = st.lists(st.sampled_from(["message", "resolved", "reopened", "escalated"]), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    steps=STEPS, turns=st.lists(st.booleans(), max_size=14), sizes=st.lists(st.integers(1, 4), max_size=14)
)
def test_however_the_two_topics_interleave(
    world: Any, steps: list[str], turns: list[bool], sizes: list[int]
) -> None:
    """Each change that is news is told once, in order, and none before the first message; by a masker that starts anew for
    each batch.
    """
    asyncio.run(_interleaved(Told(world.__class__()), steps, turns, sizes))


async def _interleaved(told: Told, steps: list[str], turns: list[bool], sizes: list[int]) -> None:
    changes = [told.change(each, "waiting_insurer", number) for number, each in enumerate(steps, 2)]
    messages = [await told.relayed(name=str(each), seq=each) for each in (1, 2)]
    lanes = {True: list(messages), False: list(changes)}
    every = [*turns, *[True] * len(messages), *[False] * len(changes)]
    order = [lanes[turn].pop(0) for turn in every if lanes[turn]]
    sent: list[Outgoing] = []
    while order:
        size = sizes.pop() if sizes else 1
        batch, order = order[:size], order[size:]
        outgoing = await told.of(*batch, handler=told.started())
        assert not outgoing or messages[0] not in order
        sent += outgoing
    news = [each.event.version for each in changes if each.event.change in WORTH_TELLING]
    assert [each.meta.id for each in sent] == [_id_of(told, each) for each in news]


def _id_of(told: Told, version: int) -> str:
    changed = InsurerThreadChanged(
        alias=derived_id("ph", "x"),
        thread_id=derived_id("th", "x"),
        after_seq=1,
        state="open",
        by="you",
        at=AT,
    )
    subject = f"{derived_id('cv', 'c1')}|{version}"
    return told.world.mint.draft("acme", "x", changed, subject_id=subject, time=AT).meta.id  # type: ignore[no-any-return]


def test_every_state_of_a_conversation_is_thought_of() -> None:
    """A new one would be noticed here."""
    assert set(get_args(ConversationState)) == STATES.keys() | {"triage", "queued"}
