"""The handler over batches: what is told, what is absorbed, what a crash repeats."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bowchat_contracts.conversations import ConversationChanged
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRelayed, SlaTerms
from bowchat_contracts.replies import ReplyDecided
from bowchat_contracts.sla import SlaChanged
from bowchat_contracts.topics import CONVERSATIONS_CHANGED, INBOUND_RELAYED, REPLIES_DECIDED
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.testing import record, run_batch
from bowchat_sla.handlers import ClockHandler
from bowchat_sla.memory import MemoryClocks

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def relayed(conversation: str, offset: int, *, seq: int = 1, outcome: Any = "relayed") -> Record:
    event = MessageRelayed(
        message_id=derived_id("ms", conversation, str(seq)),
        conversation_id=derived_id("cv", conversation),
        contact_id=derived_id("ct", "one"),
        insurer="acme",
        desk="claims",
        seq=seq,
        outcome=outcome,
        insurer_message_id=derived_id("im", conversation, str(seq)),
        alias=derived_id("ph", "one"),
        sla=SlaTerms(first_response_s=300, warn_ratio=0.75),
        sent_at=START,
        relayed_at=START,
    )
    return record(event, topic=INBOUND_RELAYED, offset=offset)


def decided(conversation: str | None, offset: int, *, seconds: int, outcome: str = "accepted") -> Record:
    event = ReplyDecided(
        reply_key=derived_id("rp", str(offset)),
        insurer="acme",
        outcome=outcome,
        conversation_id=derived_id("cv", conversation) if conversation else None,
        received_at=START + timedelta(seconds=seconds),
        decided_at=START + timedelta(seconds=seconds),
    )
    return record(event, topic=REPLIES_DECIDED, offset=offset)


def changed(conversation: str, offset: int, *, seconds: int, state: str = "closed") -> Record:
    event = ConversationChanged(
        conversation_id=derived_id("cv", conversation),
        contact_id=derived_id("ct", "one"),
        insurer="acme",
        desk="claims",
        policy_type="motor",
        previous="waiting_insurer",
        state=state,
        version=2,
        at=START + timedelta(seconds=seconds),
    )
    return record(event, topic=CONVERSATIONS_CHANGED, offset=offset)


def told(outgoing: list[Outgoing]) -> list[str]:
    return [each.event.state for each in outgoing if isinstance(each.event, SlaChanged)]


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


async def test_a_conversation_runs_and_is_met() -> None:
    """The first message starts the clock, the first accepted reply meets it, in one batch or in two."""
    handler = ClockHandler(MemoryClocks())
    assert told(await run_batch(handler, [relayed("a", 0)], at(0))) == ["running"]
    assert told(await run_batch(handler, [relayed("a", 1, seq=2), decided("a", 0, seconds=9)], at(10))) == [
        "met"
    ]
    together = [relayed("b", 2), decided("b", 1, seconds=9)]
    assert told(await run_batch(handler, together, at(10))) == ["running", "met"]


async def test_a_released_message_starts_the_clock_where_a_held_one_did_not() -> None:
    """An insurer is timed from the moment that it has the message: not before people let it go."""
    handler = ClockHandler(MemoryClocks())
    assert told(await run_batch(handler, [relayed("a", 0, outcome="held")], at(0))) == []
    assert told(await run_batch(handler, [relayed("a", 1, outcome="released")], at(1))) == ["running"]


async def test_a_reply_that_overtakes_its_message_is_remembered() -> None:
    """Topics have no common order: the clock comes out met, not running for ever."""
    handler = ClockHandler(MemoryClocks())
    assert told(await run_batch(handler, [decided("a", 0, seconds=9)], at(10))) == []
    assert told(await run_batch(handler, [relayed("a", 0)], at(11))) == ["running", "met"]


@pytest.mark.parametrize(
    "harmless",
    [
        decided("a", 1, seconds=5, outcome="held"),
        decided(None, 1, seconds=5, outcome="refused"),
        decided("a", 1, seconds=5, outcome="command"),
        changed("a", 1, seconds=5, state="waiting_policyholder"),
    ],
    ids=["held reply", "refused reply", "command", "other state"],
)
async def test_what_is_no_answer_and_no_end_moves_no_clock(harmless: Record) -> None:
    """Held and refused replies, and commands, do not count as a response."""
    store = MemoryClocks()
    handler = ClockHandler(store)
    assert told(await run_batch(handler, [relayed("a", 0), harmless], at(10))) == ["running"]
    assert await store.live() == 1


async def test_closing_in_time_cancels() -> None:
    """Nobody waits for an answer in a closed conversation."""
    handler = ClockHandler(MemoryClocks())
    assert (
        told(await run_batch(handler, [relayed("a", 0), changed("a", 0, seconds=60)], at(61)))[-1]
        == "cancelled"
    )


async def test_a_batch_read_again_after_a_crash_tells_the_same_events() -> None:
    """Saved but not published: the restarted watcher publishes the same ids and bytes, however late."""
    store = MemoryClocks()
    batch = [relayed("a", 0), decided("a", 0, seconds=9)]
    first = await run_batch(ClockHandler(store), batch, at(10))
    again = await run_batch(ClockHandler(store), batch, at(500))
    assert again == first
    warm = ClockHandler(store)
    await run_batch(warm, batch, at(500))
    assert await run_batch(warm, batch, at(501)) == first


async def test_a_duplicate_at_another_position_is_absorbed() -> None:
    """The masker may tell a message twice: the clock starts once and nothing is told again."""
    store = MemoryClocks()
    handler = ClockHandler(store)
    await run_batch(handler, [relayed("a", 0), decided("a", 0, seconds=9)], at(10))
    assert await run_batch(handler, [relayed("a", 7), decided("a", 8, seconds=9)], at(11)) == []
    handler.forget()
    assert await run_batch(handler, [relayed("a", 7), decided("a", 8, seconds=9)], at(12)) == []


async def test_a_lost_compare_and_set_is_decided_again() -> None:
    """Two workers on one clock: the second sees a conflict, reads again and tells what is left to tell."""
    store = MemoryClocks()
    slow, fast = ClockHandler(store), ClockHandler(store)
    await run_batch(fast, [relayed("a", 0)], at(0))
    reply = decided("a", 0, seconds=9)
    state = await slow.load([reply])
    slow.decide(reply, state, at(10))
    await run_batch(fast, [changed("a", 0, seconds=20)], at(21))
    with pytest.raises(ConflictError):
        await slow.save(state)
    slow.forget()
    assert told(await run_batch(slow, [reply], at(22))) == ["met"]


async def test_only_the_message_that_started_a_clock_is_read_again() -> None:
    """Once a conversation's clock is known to run, its later messages pass by unread; its starter, replies, and whatever
    comes after partitions moved do not.
    """
    handler = ClockHandler(MemoryClocks())
    starter, later = relayed("one", 0), relayed("one", 1, seq=2)
    assert handler.concerns(as_read(starter))
    assert handler.concerns(as_read(later))
    await run_batch(handler, [starter], at(0))
    assert handler.concerns(as_read(starter))
    assert not handler.concerns(as_read(later))
    assert handler.concerns(as_read(decided("one", 2, seconds=9)))
    assert handler.concerns(as_read(relayed("other", 3)))
    handler.forget()
    assert handler.concerns(as_read(later))


def as_read(record: Record) -> Any:
    """As aiokafka hands it over."""
    return SimpleNamespace(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.event.conversation_id.encode(),
    )
