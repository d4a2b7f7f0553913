"""Doing something again and again beside the consumers, for as long as the service runs."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bowchat_runtime.errors import ConflictError, DependencyDownError

log = structlog.get_logger()


async def repeat(act: Callable[[], Awaitable[object]], *, every_s: float, task: str) -> None:
    """Act until cancelled, `every_s` seconds after each time. A dependency that is away, or somebody else who was first,
    costs one time; what else goes wrong is raised. `task` names it in the log.
    """
    while True:
        try:
            await act()
        except (DependencyDownError, ConflictError) as error:
            log.warning("task_waits", task=task, reason=str(error))
        await asyncio.sleep(every_s)
