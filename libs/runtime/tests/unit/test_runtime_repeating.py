"""What is done again and again survives what passes, and nothing else."""

import asyncio
import contextlib

import pytest

from bowchat_runtime.errors import ConflictError, DependencyDownError
from bowchat_runtime.repeating import repeat


@pytest.mark.parametrize("passing", [DependencyDownError("away"), ConflictError("late")])
async def test_it_goes_on_when_a_dependency_is_back(passing: Exception) -> None:
    """A database that is away for a moment does not end the timers of a service."""
    done: list[int] = []
    often = asyncio.Event()

    async def act() -> None:
        done.append(1)
        if len(done) == 3:
            often.set()
        if len(done) == 1:
            raise passing

    running = asyncio.create_task(repeat(act, every_s=0.001, task="test"))
    await asyncio.wait_for(often.wait(), 10)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_a_mistake_is_not_hidden() -> None:
    """What no waiting mends reaches the service, which stops."""

    async def act() -> None:
        raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        await repeat(act, every_s=0.001, task="test")
