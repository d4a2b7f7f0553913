"""One contract for both stores of clocks: memory and a real database keep the same promises."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRelayed, SlaTerms
from bowchat_contracts.sla import SlaChanged
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.testing import MemoryPublisher
from bowchat_sla import domain
from bowchat_sla.domain import Clock
from bowchat_sla.memory import MemoryClocks
from bowchat_sla.store import ClockStore, MongoClocks
from bowchat_sla.ticker import Ticker
from bowchat_testkit.stores import either

START = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
async def store(place: tuple[str, str] | None) -> AsyncIterator[ClockStore]:
    async with either(place, MemoryClocks, MongoClocks) as one:
        yield one


def running(name: str, *, begin: datetime = START) -> Clock:
    event = MessageRelayed(
        message_id=derived_id("ms", name),
        conversation_id=derived_id("cv", name),
        contact_id=derived_id("ct", "one"),
        insurer="acme",
        desk="claims",
        seq=1,
        outcome="relayed",
        insurer_message_id=derived_id("im", name),
        alias=derived_id("ph", "one"),
        sla=SlaTerms(first_response_s=300, warn_ratio=0.75),
        sent_at=begin,
        relayed_at=begin,
    )
    clock = domain.new_clock(event.conversation_id)
    return replace(domain.started(clock, event, "00-trace", now=begin, cause="r/0/1"), version=1)


def breached(clock: Clock) -> Clock:
    fired = domain.fired(clock, now=START + timedelta(seconds=301), lease=timedelta(seconds=2), ticker="tk")
    return replace(fired, version=clock.version + 1)


async def test_a_clock_comes_back_as_it_was_written(store: ClockStore) -> None:
    """Every fact, the journal and what is untold survive the store, moment for moment."""
    first = running("a")
    second = breached(first)
    met = domain.answered(
        second, START + timedelta(seconds=9), now=START + timedelta(seconds=400), cause="d/0/1"
    )
    third = replace(met, version=3)
    for clock in (first, second, third):
        await store.write([clock])
        assert await store.read([clock.clock_id]) == {clock.clock_id: clock}


async def test_a_clock_without_a_start_is_kept_and_never_due(store: ClockStore) -> None:
    """A reply that overtook its message waits, and bothers no ticker."""
    waiting = domain.answered(domain.new_clock(derived_id("cv", "b")), START, now=START, cause="d/0/1")
    await store.write([replace(waiting, version=1)])
    assert (await store.read([waiting.clock_id]))[waiting.clock_id].state == "waiting"
    assert await store.due(START + timedelta(days=1), 10) == []
    assert await store.next_look() is None


async def test_whoever_knew_an_older_version_loses(store: ClockStore) -> None:
    """A second start and a second breach from the same version are conflicts; other clocks of the batch are written."""
    first = running("a")
    await store.write([first])
    with pytest.raises(ConflictError):
        await store.write([first, running("other")])
    await store.write([breached(first)])
    with pytest.raises(ConflictError):
        await store.write([breached(first)])
    assert set(await store.read([first.clock_id, running("other").clock_id])) == {
        first.clock_id,
        running("other").clock_id,
    }


async def test_due_clocks_come_earliest_first_and_bounded(store: ClockStore) -> None:
    """The ticker reads what is overdue longest, and knows when to look next."""
    clocks = [running(str(number), begin=START + timedelta(seconds=number)) for number in range(5)]
    await store.write(clocks[::-1])
    due = await store.due(START + timedelta(seconds=228), 3)
    assert [clock.conversation_id for clock in due] == [clock.conversation_id for clock in clocks[:3]]
    assert await store.due(START + timedelta(seconds=224), 3) == []
    assert await store.next_look() == clocks[0].look_at
    assert await store.live() == 5


async def test_a_ticker_works_on_either_store(store: ClockStore) -> None:
    """Claim, tell, note: the breach is told once, and nothing is due any more."""
    publisher = MemoryPublisher()
    await store.write([running("a"), running("b")])
    ticker = Ticker(store, publisher, lambda: START + timedelta(seconds=301))
    assert await ticker.tick() == 2
    assert await ticker.tick() == 0
    assert [each.event.state for each in publisher.sent if isinstance(each.event, SlaChanged)] == [
        "breached"
    ] * 2
    assert await store.next_look() is None
    assert await store.live() == 0
