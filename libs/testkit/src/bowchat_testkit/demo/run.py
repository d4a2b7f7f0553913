"""From the greeting to the last process's end: what happens on Ctrl-C, on failure, and to the directory."""

import asyncio
import logging
import shutil
import signal
import tempfile
import time
from pathlib import Path
from types import FrameType

import httpx
import structlog
from aiokafka.errors import KafkaError

from bowchat_testkit.demo import by_hand, show
from bowchat_testkit.demo.screen import Screen
from bowchat_testkit.demo.stage import Stage
from bowchat_testkit.demo.story import Story
from bowchat_testkit.stack_process import StackUnavailableError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_Failure = StackUnavailableError | OSError | httpx.HTTPError | KafkaError


def run(screen: Screen, *, once: bool) -> int:
    """Play the demo and return the exit code."""
    # Between two moments of the event loop's own handlers a signal must not leave the directory behind.
    previous = {number: signal.signal(number, _as_interrupt) for number in _SIGNALS}
    directory = Path(tempfile.mkdtemp(prefix="bowchat-demo-"))
    demo = Demo(screen, directory, once=once)
    try:
        return asyncio.run(demo.run())
    finally:
        if demo.keep:
            screen.line()
            screen.paragraph(f"Logs, data and registry are kept: {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
        for number, handler in previous.items():
            signal.signal(number, handler)


def _as_interrupt(number: int, _: FrameType | None) -> None:
    raise KeyboardInterrupt(number)


class Demo:
    """One run. `keep`: something failed, so that its logs are of use."""

    def __init__(self, screen: Screen, directory: Path, *, once: bool) -> None:
        self._screen, self._directory, self._once = screen, directory, once
        self._stage = Stage(directory, screen.row)
        self._stopped_by: int | None = None
        self._code: int | None = None
        self._playing: asyncio.Task[None] | None = None
        self.keep = True

    async def run(self) -> int:
        """The exit code."""
        _log_to(self._directory / "demo.log")
        self._playing = asyncio.create_task(self._play())
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._stop, number)
        await asyncio.wait({self._playing})
        self.keep = self._code == 1
        if not self._playing.cancelled():
            self._playing.result()
        return self._code if self._code is not None else 128 + (self._stopped_by or 0)

    def _stop(self, number: int) -> None:
        """The first signal ends in order, the second at once; neither leaves a process."""
        if self._stopped_by is None and self._playing is not None:
            self._stopped_by = number
            self._screen.line()
            self._screen.line("Stopping (again: at once) …", "dim")
            self._playing.cancel()
        else:
            self._stage.hurry()

    async def _play(self) -> None:
        try:
            async with self._stage:
                self._code = 0 if await self._perform() else 1
                if not self._once:
                    by_hand.addresses(self._screen, self._stage)
                    await by_hand.watch(self._screen, self._stage)
        except (StackUnavailableError, OSError, httpx.HTTPError, KafkaError) as error:
            self._code = 1
            self._screen.line()
            self._screen.paragraph("The demo could not go on.", "red")
            self._screen.verbatim(str(error) or type(error).__name__)

    async def _perform(self) -> bool:
        began = time.monotonic()
        kept = await Story(self._stage, self._screen).play()
        whole = show.outcome(self._screen, kept)
        self._screen.paragraph(f"The conversations took {time.monotonic() - began:.0f} s.", "dim")
        return whole


def _log_to(path: Path) -> None:
    """What libraries and simulators have to say goes to a file, not between the conversations."""
    logging.basicConfig(filename=path, level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(path.open("a")))
