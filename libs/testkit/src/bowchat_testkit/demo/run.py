"""From the greeting to the last process's end: what happens on Ctrl-C, on failure, and to the directory."""

import asyncio
import logging
import shutil
import signal
import tempfile
import time
from pathlib import Path

import httpx
import structlog
from aiokafka.errors import KafkaError

from bowchat_testkit.demo import by_hand, show
from bowchat_testkit.demo.screen import Screen
from bowchat_testkit.demo.stage import Stage
from bowchat_testkit.demo.story import Story
from bowchat_testkit.stack_process import StackUnavailableError

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_AGAIN_S = 0.2


def run(screen: Screen, *, once: bool) -> int:
    """Play the demo and return the exit code."""
    return asyncio.run(Demo(screen, once=once).run())


class Demo:
    """One run, in a directory of its own, which is kept when something failed."""

    def __init__(self, screen: Screen, *, once: bool) -> None:
        self._screen, self._once = screen, once
        self._stage: Stage | None = None
        self._stopped_by: int | None = None
        self._code: int | None = None

    async def run(self) -> int:
        """The exit code: 0 or 1 once the promises are checked, 128 + signal when it was stopped before."""
        # Signals first: from here on none can leave the directory or a process behind.
        self._playing = asyncio.create_task(self._play())
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                asyncio.get_running_loop().add_signal_handler(number, self._stop, number)
        directory = self._directory = Path(tempfile.mkdtemp(prefix="bowchat-demo-"))
        _log_to(directory / "demo.log")
        await asyncio.wait({self._playing})
        if self._stage is not None:
            await self._stage.close()
        failed = self._code == 1 or (not self._playing.cancelled() and self._playing.exception() is not None)
        if failed:
            self._screen.line()
            self._screen.paragraph(f"Logs, data and registry are kept in {directory}")
        else:
            # A client that was stopped while it started may be collected later, and says so.
            logging.basicConfig(handlers=[logging.NullHandler()], force=True)
            shutil.rmtree(directory, ignore_errors=True)
        if not self._playing.cancelled():
            self._playing.result()
        return self._code if self._code is not None else 128 + (self._stopped_by or 0)

    def _stop(self, number: int) -> None:
        """The first signal ends in order, the second at once; neither leaves a process."""
        if self._stopped_by is None:
            self._stopped_by = number
            self._cancelling = asyncio.create_task(self._cancel())
            self._screen.line()
            self._screen.line("Stopping … (once more: at once)", "dim")
        elif self._stage is not None:
            self._stage.hurry()

    async def _cancel(self) -> None:
        # More than once: a cancellation that meets the end of a `wait_for` is lost in Python 3.11, and clients use it.
        while not self._playing.done():
            self._playing.cancel()
            await asyncio.sleep(_AGAIN_S)

    async def _play(self) -> None:
        try:
            stage = self._stage = Stage(self._directory, self._screen.row)
            await stage.open()
            self._code = 0 if await self._perform(stage) else 1
            if not self._once and not self._screen.gone:
                by_hand.addresses(self._screen, stage)
                await by_hand.watch(self._screen, stage)
        except (StackUnavailableError, OSError, httpx.HTTPError, KafkaError) as error:
            self._code = 1
            self._screen.line()
            self._screen.paragraph("The demo could not go on.", "red")
            self._screen.verbatim(str(error) or type(error).__name__)

    async def _perform(self, stage: Stage) -> bool:
        began = time.monotonic()
        kept = await Story(stage, self._screen).play()
        whole = show.outcome(self._screen, kept)
        self._screen.paragraph(f"The conversations took {time.monotonic() - began:.0f} s.", "dim")
        return whole


def _log_to(path: Path) -> None:
    """What libraries and simulators have to say goes to a file, not between the conversations."""
    logging.basicConfig(filename=path, level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(path.open("a")))
