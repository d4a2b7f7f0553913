"""One child process of the local stack: it dies with its parent, logs to a file, and is waited for."""

import asyncio
import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"
_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.02
# Below the range that Linux hands to outgoing connections, so that nobody takes the port while its server restarts.
_PORTS = range(20_000, 32_000)
_random = random.SystemRandom()
_reserved: list[int] = []


class StackUnavailableError(Exception):
    """A part of the local stack is missing or did not start; the text says what to do."""


def free_port() -> int:
    """A loopback port that nobody listens on, and that no other process is given by this while we live."""
    for _ in range(200):
        port = _random.choice(_PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                _reserve(port)
                probe.bind((LOOPBACK, port))
                return port
    raise StackUnavailableError(f"No free port between {_PORTS.start} and {_PORTS.stop} on {LOOPBACK}.")


def _reserve(port: int) -> None:
    """Errors: OSError when it is somebody's already. Servers bind long after they have chosen: a name says whose it is.

    A name in Linux' abstract namespace leaves no file, and goes with its process.
    """
    if sys.platform == "linux":
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0bowchat-port-{port}")
        except OSError:
            name.close()
            raise
        _reserved.append(name.detach())  # held until this process ends, whatever is collected before


class ChildProcess:
    """A command that runs beside us. On Linux the kernel kills it when the thread that started it ends, however that
    happens: so start it from the main thread, where the event loop is.
    """

    def __init__(
        self, command: Sequence[str], *, log: Path, environment: dict[str, str] | None = None
    ) -> None:
        self._command = list(command)
        self._log = log
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = False

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def fell(self) -> str | None:
        """None while it runs, or when somebody here has ended it; else its exit code and its last words."""
        if self._process is None or self._asked or self.running:
            return None
        return f"{self._name} ended by itself with {self._process.returncode}. Its last words:\n{self.tail()}"

    @property
    def pid(self) -> int:
        """The process id. Errors: StackUnavailableError when it was never started."""
        if self._process is None:
            raise StackUnavailableError(f"{self._command[0]} has not been started.")
        return self._process.pid

    def start(self) -> None:
        """Starts the command; its output is appended to the log. Errors: StackUnavailableError."""
        self._asked = False
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            try:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=self._environment,
                    preexec_fn=_die_with_parent,  # noqa: PLW1509 (only one system call, loaded before the fork)
                    start_new_session=True,  # Ctrl-C in the terminal reaches us alone; we stop our children in order
                )
            except OSError as error:
                raise StackUnavailableError(f"Cannot run {self._command[0]}: {error.strerror}.") from error

    async def started(self, ready: Callable[[], Awaitable[bool]], *, seconds: float) -> None:
        """Waits until `ready` says so. Errors: StackUnavailableError with the end of the log."""

        async def ready_or_ended() -> bool:
            return not self.running or await ready()

        try:
            await until(ready_or_ended, seconds=seconds)
        except TimeoutError:
            self.kill()
            raise StackUnavailableError(
                f"{self._name} was not ready after {seconds:.0f} s. Its last words:\n{self.tail()}"
            ) from None
        if not self.running:
            raise StackUnavailableError(f"{self._name} ended at once. Its last words:\n{self.tail()}")

    async def ended(self, *, seconds: float) -> int | None:
        """The exit code, or None when it still runs after so many seconds."""

        async def gone() -> bool:
            return not self.running

        with contextlib.suppress(TimeoutError):
            await until(gone, seconds=seconds)
        return None if self._process is None else self._process.poll()

    def terminate(self) -> None:
        """Asks it to end (SIGTERM) and does not wait."""
        if self._process is not None and self.running:
            self._asked = True
            self._process.terminate()

    async def stop(self, *, seconds: float) -> None:
        """Asks it to end (SIGTERM), and kills it when it has not after so many seconds."""
        self.terminate()
        if self._process is not None:
            await self.ended(seconds=seconds)
        self.kill()

    def kill(self) -> None:
        """Ends it with SIGKILL and waits until it is gone. Does nothing when it is."""
        if self._process is not None:
            self._asked = self._asked or self.running
            self._process.kill()
            self._process.wait()

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    @property
    def _name(self) -> str:
        return Path(self._command[0]).name


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float) -> None:
    """Asks again and again until the condition holds. Errors: TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 (another process changes it; nothing here could set an event)
            await asyncio.sleep(_POLL_SECONDS)


async def port_open(port: int) -> bool:
    """Whether something accepts connections on this loopback port."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
