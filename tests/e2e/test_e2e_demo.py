"""`make demo`, as a newcomer runs it: it keeps its promises, and leaves nothing behind however it ends."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.e2e

PROGRAM = Path(sys.executable).parent / "bowchat-demo"
# Far more than a run takes on a machine that does nothing else.
UP_S, STEP_S, DOWN_S = 180, 90, 60
PARTS = 8
"""Six services, the broker and the database."""


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    """A shell that runs the tests in the background makes them, and all that they start, deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Running:
    """A demo, what it has printed so far, and the processes that it started."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.said = ""

    async def says(self, text: str, *, seconds: float) -> None:
        """Read on until it has said so."""
        assert self._process.stdout is not None
        async with asyncio.timeout(seconds):
            while text not in self.said:
                line = await self._process.stdout.readline()
                assert line, f"It ended without saying {text!r}:\n{self.said}"
                self.said += line.decode()

    async def ends(self) -> int:
        """Its exit code, once everything that it started has let go of its output."""
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(DOWN_S):
                while line := await self._process.stdout.readline():
                    self.said += line.decode()
                return await self._process.wait()
        except TimeoutError:
            pytest.fail(f"It goes on and has said:\n{self.said}")

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def children(self) -> set[int]:
        return {pid for pid, parent in processes().items() if parent == self._process.pid}


def processes() -> dict[int, int]:
    """Every process that has not ended, and its parent."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            found[int(entry.name)] = int(parent)
    return found


@asynccontextmanager
async def demo(directory: Path, *arguments: str, **environment: str) -> AsyncIterator[Running]:
    """Runs it with a directory of its own for temporary files."""
    process = await asyncio.create_subprocess_exec(
        str(PROGRAM),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "TMPDIR": str(directory), **environment},
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def left_in(directory: Path) -> list[Path]:
    return list(directory.iterdir())


def sections(said: str) -> list[str]:
    return [line.strip("─ ") for line in said.splitlines() if line.startswith("──")]


async def test_once_shows_both_sides_and_checks_itself(tmp_path: Path) -> None:
    """Three conversations, a breach, the times, the accounts: all promises kept, exit code 0, nothing left."""
    async with demo(tmp_path, "--once") as running:
        await running.says("promises were kept", seconds=UP_S)
        code = await running.ends()
    assert code == 0, running.said
    assert "All 9 promises were kept." in running.said
    conversations = [title for title in sections(running.said) if title[0].isdigit()]
    assert [title.split(".")[0] for title in conversations] == ["1", "2", "3", "1, continued", "4"]
    assert sum("Kafka" in title for title in conversations[:3]) == 2
    assert sum("webhook" in title for title in conversations[:3]) == 1
    assert "SLA breach" in running.said
    assert "[phone-1] or [phone-2], or write to [email-1]" in running.said
    assert max(map(len, running.said.splitlines())) <= 100
    assert "\x1b" not in running.said
    assert left_in(tmp_path) == []


async def test_it_stays_up_to_be_tried_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    """The line it prints works, what comes of it is shown, every address answers; Ctrl-C ends all processes."""
    async with demo(tmp_path) as running:
        await running.says("Ctrl-C ends everything", seconds=UP_S)
        started = running.children()
        assert len(started) == PARTS
        await _pasted(running.said)
        await running.says("Someone reads", seconds=STEP_S)
        assert "My car broke down, ring me on [phone-1]" in running.said
        await _addresses_answer(running.said)
        running.send(signal.SIGINT)
        assert await running.ends() == 0
    assert started & processes().keys() == set()
    assert left_in(tmp_path) == []


async def _pasted(said: str) -> None:
    """Give the first command to a shell, as a reader would."""
    command = said[said.index("curl") :].split("\n  See what", maxsplit=1)[0]
    shell = await asyncio.create_subprocess_shell(command, stdout=asyncio.subprocess.PIPE)
    answer, _ = await shell.communicate()
    assert b'"status":200' in answer


async def _addresses_answer(said: str) -> None:
    urls = [word for word in said.split() if word.endswith(("/readyz", "/metrics"))]
    assert len(urls) == 12
    async with httpx.AsyncClient(trust_env=False, timeout=STEP_S) as client:
        assert {(await client.get(url)).status_code for url in urls} == {200}


@pytest.mark.parametrize(("moment", "later_s"), [("Bow Chat", 0), ("Starting", 3), ("SecantusDB", 0.2)])
async def test_stopped_while_it_starts_it_leaves_nothing(tmp_path: Path, moment: str, later_s: float) -> None:
    """SIGTERM at any time ends it with the code that says so: while Python loads, and while the first parts start."""
    async with demo(tmp_path) as running:
        await running.says(moment, seconds=STEP_S)
        await asyncio.sleep(later_s)
        started = running.children()
        running.send(signal.SIGTERM)
        assert await running.ends() == 128 + signal.SIGTERM
    assert started & processes().keys() == set()
    assert left_in(tmp_path) == []


async def test_a_second_ctrl_c_ends_it_at_once(tmp_path: Path) -> None:
    """Whoever is in a hurry leaves as little behind."""
    async with demo(tmp_path) as running:
        await running.says("ready in", seconds=STEP_S)
        started = running.children()
        running.send(signal.SIGINT)
        await running.says("Stopping", seconds=STEP_S)
        running.send(signal.SIGINT)
        assert await running.ends() == 128 + signal.SIGINT
    assert len(started) >= PARTS
    assert started & processes().keys() == set()
    assert left_in(tmp_path) == []


async def test_a_failure_says_what_and_keeps_the_logs(tmp_path: Path) -> None:
    """A service that does not start ends the demo with its last words, and the directory stays."""
    async with demo(tmp_path, "--once", BOWCHAT_LOG_LEVEL="LOUD") as running:
        await running.says("are kept in", seconds=STEP_S)
        assert await running.ends() == 1
    assert "BOWCHAT_LOG_LEVEL" in running.said
    assert "Traceback" not in running.said
    (kept,) = left_in(tmp_path)
    assert str(kept) in running.said
    assert {"relay", "broker", "database", "registry", "demo.log"} <= {path.name for path in left_in(kept)}
