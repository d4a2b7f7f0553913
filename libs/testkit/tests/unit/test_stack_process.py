"""Child processes: none outlives its parent, and one that cannot start says why."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bowchat_testkit import stack, stack_process
from bowchat_testkit.plugin import unavailable
from bowchat_testkit.stack_process import ChildProcess, StackUnavailableError, free_port, port_open

_PARENT = """
import sys, time
from pathlib import Path
from bowchat_testkit.stack_process import ChildProcess
child = ChildProcess(["sleep", "60"], log=Path(sys.argv[1]))
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_a_killed_parent_leaves_no_child(tmp_path: Path) -> None:
    """SIGKILL to the parent, who can clean up nothing, ends the child as well."""
    command = [sys.executable, "-c", _PARENT, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert _alive(child)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(child)


async def test_a_command_that_ends_at_once_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    """Whoever waits for a server that broke learns what it said, not that a time-out passed."""
    child = ChildProcess(["sh", "-c", "echo the disk is full; exit 3"], log=tmp_path / "log")
    child.start()
    with pytest.raises(StackUnavailableError, match="the disk is full"):
        await child.started(_never, seconds=5)


async def test_a_command_that_is_never_ready_is_killed(tmp_path: Path) -> None:
    """A server that does not come up in time is not left behind."""
    child = ChildProcess(["sleep", "60"], log=tmp_path / "log")
    child.start()
    with pytest.raises(StackUnavailableError, match="was not ready"):
        await child.started(_never, seconds=0.1)
    assert not child.running


async def test_stop_kills_what_does_not_listen(tmp_path: Path) -> None:
    """A child that ignores SIGTERM is gone all the same when stop returns."""
    child = ChildProcess(
        ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"], log=tmp_path / "log"
    )
    child.start()

    async def up() -> bool:
        return "up" in child.tail()

    await child.started(up, seconds=5)
    await child.stop(seconds=0.2)
    assert not child.running


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    """The error of a command that is not installed names it."""
    with pytest.raises(StackUnavailableError, match="no-such-program"):
        ChildProcess(["no-such-program"], log=tmp_path / "log").start()


async def test_a_free_port_is_closed() -> None:
    """Nobody listens on a port that is handed out as free."""
    assert not await port_open(free_port())


@pytest.mark.skipif(sys.platform != "linux", reason="reserved by a name of Linux")
def test_a_port_is_handed_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stacks that start side by side, in other processes too, never choose the same port before they bind it."""
    monkeypatch.setattr(stack_process, "_PORTS", range(19_000, 19_008))
    ports = "s._PORTS = range(19_000, 19_008); print(s.free_port(), flush=True)"
    asked = f"from bowchat_testkit import stack_process as s; {ports}"
    other = subprocess.Popen(
        [sys.executable, "-c", f"{asked}; input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    given = [int(other.stdout.readline()), *(free_port() for _ in range(7))]
    assert sorted(given) == list(range(19_000, 19_008))
    with pytest.raises(StackUnavailableError):
        free_port()
    other.communicate("\n")
    assert free_port() == given[0]


def test_an_end_nobody_asked_for_is_told(tmp_path: Path) -> None:
    """A process that falls by itself is named with its exit code and last words; one that was ended is not."""
    fell = ChildProcess(["sh", "-c", "echo 'out of luck'; exit 7"], log=tmp_path / "fell.log")
    ended = ChildProcess(["sleep", "60"], log=tmp_path / "ended.log")
    for each in (fell, ended):
        assert each.fell is None
        each.start()
    ended.kill()
    asyncio.run(fell.ended(seconds=10))
    fell.kill()
    assert ended.fell is None
    assert fell.fell == "sh ended by itself with 7. Its last words:\nout of luck"


def test_a_missing_part_skips_here_and_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test passes in CI because what it needs was not there."""
    error = StackUnavailableError("Run `make setup`.")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="make setup"):
        unavailable("a broker", error)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="make setup"):
        unavailable("a broker", error)


def test_an_unknown_choice_of_stack_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A misspelt BOWCHAT_TESTKIT is an error, not a silent default."""
    monkeypatch.setenv("BOWCHAT_TESTKIT", "contaners")
    with pytest.raises(StackUnavailableError, match="BOWCHAT_TESTKIT"):
        stack.broker(tmp_path)


async def _never() -> bool:
    return False


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie answers signal 0 until its parent, here init, has waited for it.
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
