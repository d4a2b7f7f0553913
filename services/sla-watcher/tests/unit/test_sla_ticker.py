"""The ticker: fires on time, once, through crashes and beside other tickers."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRelayed, SlaTerms
from bowchat_contracts.sla import SlaChanged
from bowchat_runtime.errors import DependencyDownError
from bowchat_runtime.testing import MemoryPublisher
from bowchat_sla import domain
from bowchat_sla.memory import MemoryClocks
from bowchat_sla.ticker import LEASE, Ticker

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Hands:
    """A clock whose hands the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


async def start(store: MemoryClocks, *names: str, seconds: int = 300, begin: datetime = START) -> None:
    """Clocks that run from `begin` on."""
    for name in names:
        event = MessageRelayed(
            message_id=derived_id("ms", name),
            conversation_id=derived_id("cv", name),
            contact_id=derived_id("ct", "one"),
            insurer="acme",
            desk=None,
            seq=1,
            outcome="relayed",
            insurer_message_id=derived_id("im", name),
            alias=derived_id("ph", "one"),
            sla=SlaTerms(first_response_s=seconds, warn_ratio=0.75),
            sent_at=begin,
            relayed_at=begin,
        )
        clock = domain.new_clock(event.conversation_id)
        clock = domain.started(clock, event, "", now=begin, cause=f"r/0/{name}")
        await store.write([replace(clock, version=1)])


def told(publisher: MemoryPublisher) -> list[str]:
    return [change.state for change in changes(publisher)]


def changes(publisher: MemoryPublisher) -> list[SlaChanged]:
    return [each.event for each in publisher.sent if isinstance(each.event, SlaChanged)]


async def test_a_clock_is_warned_and_breached_in_its_time() -> None:
    """Nothing before 75 %, the warning then, the breach at the agreed time, and never again."""
    hands, store, publisher = Hands(), MemoryClocks(), MemoryPublisher()
    await start(store, "a")
    ticker = Ticker(store, publisher, hands)
    for _ in range(8):
        hands.move(75)
        await ticker.tick()
    assert told(publisher) == ["warned", "breached"]


async def test_a_change_that_was_claimed_and_not_published_is_told_after_the_lease() -> None:
    """A crash, or a broker that is away, between claim and publication delays the event and never loses it."""
    hands, store, publisher = Hands(), MemoryClocks(), MemoryPublisher()
    await start(store, "a")
    publisher.fail_next(1)
    hands.move(301)
    with pytest.raises(DependencyDownError):
        await Ticker(store, publisher, hands).tick()
    heir = Ticker(store, publisher, hands)
    await heir.tick()
    assert told(publisher) == []
    hands.move(LEASE.total_seconds())
    await heir.tick()
    assert told(publisher) == ["breached"]
    assert (changes(publisher)[0].detected_at - START).total_seconds() == 301
    hands.move(60)
    await heir.tick()
    assert told(publisher) == ["breached"]


async def test_two_tickers_at_once_tell_each_change_once() -> None:
    """The compare-and-set decides whose firing counts."""
    hands, store, publisher = Hands(), SlowClocks(), MemoryPublisher()
    await start(store, *"abcdefgh")
    hands.move(301)
    await asyncio.gather(*(Ticker(store, publisher, hands).tick() for _ in range(3)))
    assert told(publisher) == ["breached"] * 8


class SlowClocks(MemoryClocks):
    """A store that lets others in between a question and its answer, as a database does."""

    async def due(self, now: datetime, limit: int) -> list[domain.Clock]:
        found = await super().due(now, limit)
        await asyncio.sleep(0)
        return found


async def test_many_due_at_once_are_all_told() -> None:
    """More than fit in one look are fired in the same tick."""
    hands, store, publisher = Hands(), MemoryClocks(), MemoryPublisher()
    await start(store, *(f"n{number}" for number in range(1203)))
    hands.move(301)
    await Ticker(store, publisher, hands).tick()
    assert len(publisher.sent) == 1203


async def test_a_running_ticker_fires_within_a_second() -> None:
    """By the wall clock: due 0.4 s from now, told less than 1 s later."""
    store, publisher = MemoryClocks(), MemoryPublisher()
    await start(store, "a", seconds=1, begin=datetime.now(UTC) - timedelta(seconds=0.6))
    async with Ticker(store, publisher, lambda: datetime.now(UTC)):
        await asyncio.sleep(1.4)
    assert told(publisher)[-1] == "breached"
    lateness = changes(publisher)[-1].detected_at - changes(publisher)[-1].at
    assert lateness < timedelta(seconds=1)


async def test_a_ticker_outlives_an_absent_broker() -> None:
    """It waits a second and tries again; the lease over, the change is told."""
    store, publisher = MemoryClocks(), MemoryPublisher()
    publisher.fail_next(1)
    await start(store, "a", seconds=1, begin=datetime.now(UTC) - timedelta(seconds=60))
    async with Ticker(store, publisher, lambda: datetime.now(UTC)):
        await asyncio.sleep(2.6)
    assert told(publisher) == ["breached"]


async def test_a_ticker_that_fails_says_so() -> None:
    """An error of its own ends the process instead of leaving a watcher that watches nothing."""
    async with Ticker(Broken(), MemoryPublisher(), Hands()) as ticker:
        with pytest.raises(ZeroDivisionError):
            await ticker.watch()


class Broken(MemoryClocks):
    """A store with a defect."""

    async def due(self, now: datetime, limit: int) -> list[domain.Clock]:
        raise ZeroDivisionError
