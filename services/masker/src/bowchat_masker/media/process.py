"""Runs the worker, and takes every way in which it can end for an answer."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence

from bowchat_masker.media.answer import read
from bowchat_masker.media.results import EXTENSIONS, REASONS, CleaningResult, Uncleanable

LARGEST = 32 * 1024 * 1024
"""Bytes of a file that is worth an attempt; a larger one is for people."""
_SECONDS = 60.0
_COMMAND = (sys.executable, "-I", "-m", "bowchat_masker.media.worker")

Clean = Callable[[bytes], Awaitable[CleaningResult]]


async def clean_apart(
    data: bytes, *, seconds: float = _SECONDS, command: Sequence[str] = _COMMAND
) -> CleaningResult:
    """The result of cleaning in a process of its own, which is ended when it takes too long."""
    if len(data) > LARGEST:
        return Uncleanable("too_large")
    pipe = asyncio.subprocess.PIPE
    worker = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, env={}, close_fds=True
    )
    try:
        async with asyncio.timeout(seconds):
            answer, _ = await worker.communicate(data)
    except TimeoutError:
        return Uncleanable("timed_out")
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    return _understood(answer) if worker.returncode == 0 else Uncleanable("crashed")


def _understood(answer: bytes) -> CleaningResult:
    """The worker had hostile bytes in hand: what it says is taken for nothing but an answer of the known form."""
    try:
        result = read(answer)
    except (ValueError, KeyError, TypeError):
        return Uncleanable("crashed")
    known = result.reason in REASONS if isinstance(result, Uncleanable) else result.mime in EXTENSIONS
    return result if known else Uncleanable("crashed")
