"""What is not through, without asking the ledger for all of it at every round."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bowchat_dispatcher import backlog
from bowchat_dispatcher.backlog import Backlog
from bowchat_dispatcher.domain import Row, begun
from bowchat_dispatcher.memory import MemoryLedger
from bowchat_dispatcher.store import Open

EVERY_S = 0.2


class Asked(MemoryLedger):
    """Counts how often it is read, and may be slow."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self.slow: asyncio.Event | None = None

    async def backlog(
        self, limit: int, *, without_channels: Collection[str], without_lanes: Collection[str] = ()
    ) -> list[Open]:
        self.looks += 1
        found = await super().backlog(limit, without_channels=without_channels, without_lanes=without_lanes)
        if self.slow is not None:
            await self.slow.wait()
        return found


@pytest.fixture
def ledger(world: Any) -> Asked:
    asked = world.ledger = Asked()
    world.new_sender()
    return asked


async def ready(one: Backlog, world: Any) -> list[str]:
    return [each.delivery_id for each in await one.ready(world.clock(), lambda _: True, frozenset())]


async def claimed(ledger: MemoryLedger, row: Row, world: Any) -> Row:
    """Somebody has begun to send it."""
    stored = (await ledger.find([row.delivery_id]))[row.delivery_id]
    under_way = begun(stored, world.clock(), 30)
    assert under_way is not None
    [written] = await ledger.write([under_way])
    return written


async def test_a_long_backlog_is_not_read_for_every_round(world: Any, ledger: Asked) -> None:
    """A thousand deliveries leave after a handful of looks at what is left of them."""
    world.new_sender(rate_per_s=100_000)
    await ledger.insert([world.row(f"r{number}", person=f"p{number}") for number in range(1000)])
    await world.rounds(100)
    assert len(world.whatsapp.sent) == 1000
    assert ledger.looks < 10


async def test_what_is_noted_during_a_look_stays(world: Any, ledger: Asked) -> None:
    """A delivery that is opened while the ledger is being read is not forgotten until the next look."""
    one, ledger.slow = Backlog(ledger, EVERY_S), asyncio.Event()
    looking = asyncio.create_task(ready(one, world))
    await asyncio.sleep(0)
    row = world.row("a")
    await ledger.insert([row])
    one.note(row)
    ledger.slow.set()
    assert await looking == [row.delivery_id]


async def test_what_others_changed_is_found_at_the_next_look(world: Any, ledger: Asked) -> None:
    """Another process opens one delivery and sends another; this one learns of it without being told."""
    one, row = Backlog(ledger, EVERY_S), world.row("a")
    await ledger.insert([row])
    assert await ready(one, world) == [row.delivery_id]
    await claimed(ledger, row, world)
    other = world.row("b", person="ravi")
    await ledger.insert([other])
    world.clock.forward(EVERY_S)
    assert await ready(one, world) == [other.delivery_id]


async def test_what_another_took_is_left_alone(world: Any, ledger: Asked) -> None:
    """A row that turns out to be under way elsewhere is asked for once, and blocks its lane."""
    row, behind = world.row("a"), world.row("b")
    await ledger.insert([row, behind])
    await world.sender._ready(world.clock())
    await claimed(ledger, row, world)
    assert await world.sender.step()
    assert not await world.sender.step()
    assert world.whatsapp.sent == []


async def test_nothing_overtakes_what_another_has_opened(world: Any, ledger: Asked) -> None:
    """A lane moves from one process to another: what the first one opened leaves first, though nobody told the second."""
    one, first, second = Backlog(ledger, EVERY_S), world.row("a"), world.row("b")
    assert await ready(one, world) == []
    await ledger.insert([first, second])
    one.note(second)
    heads = await one.ready(world.clock(), lambda _: True, frozenset())
    assert [each.delivery_id for each in heads] == [second.delivery_id]
    assert await one.confirmed(heads) == []
    assert await ready(one, world) == [first.delivery_id]


async def test_what_was_erased_is_dropped(world: Any, ledger: Asked) -> None:
    """A row that is gone from the ledger is not asked for over and over."""
    world.sender.wake([world.row("a")])
    await world.sender._backlog.ready(world.clock(), lambda _: True, frozenset())
    world.sender.wake([world.row("a")])
    assert await world.sender.step()
    assert not await world.sender.step()


async def test_more_than_is_read_at_once(world: Any, ledger: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it leaves, in the order of each lane."""
    monkeypatch.setattr(backlog, "_AT_MOST", 6)
    monkeypatch.setattr(backlog, "_LANES_AT_MOST", 2)
    world.new_sender(rate_per_s=100_000)
    rows = [world.row(f"r{number}", person=f"p{number % 7}") for number in range(28)]
    await ledger.insert(rows[::-1])
    await world.rounds(60)
    sent = [row.delivery_id for row in rows]
    assert sorted(world.whatsapp.ids) == sorted(sent)
    for person in range(7):
        lane = [row.delivery_id for row in rows[person::7]]
        assert [each for each in world.whatsapp.ids if each in lane] == lane


async def test_a_full_channel_hides_no_other(
    world: Any, ledger: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a channel has more due than is read at once and takes nothing, another's deliveries are seen all the same."""
    monkeypatch.setattr(backlog, "_AT_MOST", 3)
    early = world.clock() - timedelta(seconds=9)
    blocked = [replace(world.row(f"r{number}", person=f"p{number}"), due_at=early) for number in range(6)]
    hook = world.webhook_row("w")
    await ledger.insert([*blocked, hook])
    one, full = Backlog(ledger, EVERY_S), frozenset({blocked[0].channel})
    found = await one.ready(world.clock(), lambda head: head.channel not in full, full)
    assert [each.delivery_id for each in found] == [hook.delivery_id]


async def test_heads_that_wait_for_long_hide_no_other(
    world: Any, ledger: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An insurer that refuses everything has more waiting than is read at once: texts to policyholders leave meanwhile."""
    monkeypatch.setattr(backlog, "_AT_MOST", 12)
    monkeypatch.setattr(backlog, "_LANES_AT_MOST", 2)
    later = world.clock() + timedelta(hours=2)
    for lane in range(6):
        first, *behind = [world.webhook_row(f"w{lane}-{number}", alias=f"a{lane}") for number in range(4)]
        await ledger.insert([replace(first, due_at=later), *behind])
    world.clock.forward(1)
    await ledger.insert([world.row("text")])
    await world.rounds(1)
    assert world.whatsapp.ids == [world.row("text").delivery_id]
