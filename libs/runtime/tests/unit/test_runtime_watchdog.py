"""When the watchdog gives a process up."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from bowchat_runtime import watchdog
from bowchat_runtime.settings import ServiceSettings
from bowchat_runtime.watchdog import Progress, Watchdog


def test_a_consumer_with_lag_and_no_progress_is_stuck_after_the_limit() -> None:
    """Thirty seconds of waiting records and no movement, with everything else well, is stuck."""
    progress = Progress(limit_s=30)
    seen = [progress.stuck("main", lag=5, position=1, excused=False, now=now) for now in (0, 10, 30, 31)]
    assert seen == [False, False, False, True]


@pytest.mark.parametrize(("lag", "excused"), [(0, False), (5, True)])
def test_idle_and_backing_off_consumers_are_left_alone(lag: int, excused: bool) -> None:
    """No lag, or a dependency that is known to be down, is never stuck."""
    progress = Progress(limit_s=30)
    assert not any(
        progress.stuck("main", lag=lag, position=1, excused=excused, now=now) for now in range(0, 600, 5)
    )


@given(st.lists(st.integers(1, 29), min_size=1, max_size=50))
def test_a_consumer_that_moves_is_never_stuck(steps: list[int]) -> None:
    """As long as something is done within each limit, the process lives."""
    progress, now = Progress(limit_s=30), 0
    for position, step in enumerate(steps):
        now += step
        assert not progress.stuck("main", lag=100, position=position, excused=False, now=now)


PARTITIONS = [TopicPartition("inbound.received", each) for each in range(40)]


class Assigned:
    """A consumer of forty partitions, each read up to its seventh record."""

    def __init__(self, *, answers_after: int) -> None:
        self._everybody = asyncio.Barrier(answers_after)
        self.asked = 0

    def assignment(self) -> set[TopicPartition]:
        return set(PARTITIONS)

    async def position(self, _: TopicPartition) -> int:
        self.asked += 1
        await self._everybody.wait()
        return 7


async def lag(
    consumer: Assigned, ends: dict[TopicPartition, int], in_hand: dict[TopicPartition, int] | None = None
) -> int:
    loop: Any = SimpleNamespace(in_hand=in_hand or {})
    dog = Watchdog("router", ServiceSettings(), SimpleNamespace(pairs=list))  # type: ignore[arg-type]
    return await dog._lag(loop, consumer, ends)


async def test_what_is_read_and_not_done_waits_as_well() -> None:
    """A batch in hand moved the consumer's place, and nothing of it is done yet."""
    consumer, ends = Assigned(answers_after=len(PARTITIONS)), dict.fromkeys(PARTITIONS, 7)
    assert await lag(consumer, ends) == 0
    assert await lag(consumer, ends, {PARTITIONS[3]: 2}) == 5


async def test_a_slow_coordinator_is_waited_for_once() -> None:
    """All partitions are asked for together: one after the other, an outage would look like a blocked event loop."""
    consumer = Assigned(answers_after=len(PARTITIONS))
    assert await lag(consumer, dict.fromkeys(PARTITIONS, 10)) == 3 * len(PARTITIONS)


async def test_a_broker_that_is_away_is_asked_nothing_more() -> None:
    """Where it does not say where topics end, nothing is known to wait."""
    consumer = Assigned(answers_after=1)
    assert (await lag(consumer, {}), consumer.asked) == (0, 0)


async def test_a_look_that_takes_long_is_no_blocked_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event loop shows that it is alive while a broker keeps the watchdog waiting."""
    monkeypatch.setattr(watchdog, "_EVERY_S", 0)
    monkeypatch.setattr("threading.Thread", lambda **_: SimpleNamespace(start=lambda: None))
    dog = Watchdog("router", ServiceSettings(), SimpleNamespace(pairs=list))  # type: ignore[arg-type]
    looking = asyncio.Event()

    async def look() -> None:
        looking.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(dog, "_look", look)
    running = asyncio.create_task(dog.run())
    await looking.wait()
    dog._beat = before = 0.0
    for _ in range(3):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert dog._beat > before


@pytest.mark.parametrize("moves", [True, False])
async def test_a_batch_that_is_done_in_parts_is_seen_to_move(
    monkeypatch: pytest.MonkeyPatch, moves: bool
) -> None:
    """Nothing of a batch is committed before its end, so each part that is done counts; where none is, the process ends."""
    now = 0.0
    given_up: list[int] = []
    loop = SimpleNamespace(
        subscription=SimpleNamespace(name="replies"),
        backing_off=None,
        in_hand=dict.fromkeys(PARTITIONS, 7),
        steps=0,
    )
    consumers: Any = SimpleNamespace(pairs=lambda: [(loop, Assigned(answers_after=len(PARTITIONS)))])
    dog = Watchdog("router", ServiceSettings(), consumers, give_up=given_up.append)

    async def ends(_: object) -> dict[TopicPartition, int]:
        return dict.fromkeys(PARTITIONS, 10)

    monkeypatch.setattr(dog, "_ends", ends)
    monkeypatch.setattr("time.monotonic", lambda: now)
    for _ in range(10):
        await dog._look()
        now += 10
        loop.steps += moves
    assert bool(given_up) is not moves
