"""Things come out when they are due, in order."""

import asyncio
import time

from bowchat_testkit.due_queue import DueQueue


async def test_the_earliest_comes_first() -> None:
    """Order is by due time, and by arrival where that is the same moment."""
    queue: DueQueue[str] = DueQueue()
    queue.add(0.05, "late")
    queue.add(0.0, "soon")
    queue.add(0.0, "soon after")
    assert await queue.take() == ["soon", "soon after"]
    assert await queue.take() == ["late"]
    assert len(queue) == 0


async def test_waiting_ends_for_an_earlier_one() -> None:
    """Who waits for a distant item gets a nearer one that is added meanwhile."""
    queue: DueQueue[str] = DueQueue()
    queue.add(60.0, "in a minute")
    waiting = asyncio.create_task(queue.take())
    await asyncio.sleep(0.01)
    queue.add(0.0, "now")
    assert await asyncio.wait_for(waiting, 2) == ["now"]


async def test_gathering_waits_for_company() -> None:
    """With a time to gather, items due within it come together."""
    queue: DueQueue[int] = DueQueue()
    began = time.monotonic()
    queue.add(0.0, 1)
    queue.add(0.05, 2)
    assert await queue.take(gather_s=0.2) == [1, 2]
    assert time.monotonic() - began >= 0.2
