"""A service that is told to stop stops in order and soon, also where a client loses the cancellation."""

import subprocess
import sys
import time

import pytest

from bowchat_runtime.service import STOP_S


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )


DEAF_CLIENT = """
import asyncio, contextlib, os, signal
from bowchat_runtime.service import STOP_S, Service, serve
from bowchat_runtime.settings import ServiceSettings, load

@contextlib.asynccontextmanager
async def deaf():
    try:
        await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(2 * STOP_S)
    except asyncio.CancelledError:
        pass
    try:
        yield
    finally:
        print("closed", flush=True)

async def busy():
    print("working", flush=True)
    await asyncio.sleep(2 * STOP_S)

serve(Service("router", None, resources=[deaf()], tasks=[busy]), load(ServiceSettings))
"""


def test_a_lost_cancellation_does_not_keep_a_service_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was open is closed, and no work begins; otherwise it would stay for all of the time it may take."""
    monkeypatch.setenv("BOWCHAT_HTTP_PORT", "0")
    began = time.monotonic()
    ended = run(DEAF_CLIENT)
    assert ended.returncode == 0, ended.stderr
    assert "closed" in ended.stdout
    assert "working" not in ended.stdout
    assert time.monotonic() - began < STOP_S


JOINING = """
import asyncio, os, signal
from bowchat_runtime import service
from bowchat_runtime.settings import ServiceSettings, load

class Joining:
    abandoned = False

    def __init__(self, *_):
        pass

    async def start(self):
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(2 * service.STOP_S)

    async def stop(self):
        print("left", flush=True)

service.Consumers = Joining
service.serve(service.Service("router", None, subscriptions=[None]), load(ServiceSettings))
"""


def test_groups_that_were_joined_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is told to stop while the last groups are joined leaves the first: they would work on over closed stores."""
    monkeypatch.setenv("BOWCHAT_HTTP_PORT", "0")
    ended = run(JOINING)
    assert (ended.returncode, "left" in ended.stdout) == (0, True), ended.stdout + ended.stderr


ABANDONED = """
import asyncio, os, signal
from bowchat_runtime import service
from bowchat_runtime.settings import ServiceSettings, load

class Abandoned:
    abandoned = False

    def __init__(self, *_):
        pass

    async def start(self):
        self.client = asyncio.create_task(self.waits())
        os.kill(os.getpid(), signal.SIGTERM)

    async def waits(self):
        until = asyncio.get_running_loop().time() + 2 * service.STOP_S
        while asyncio.get_running_loop().time() < until:
            try:
                await asyncio.sleep(2 * service.STOP_S)
            except asyncio.CancelledError:
                pass

    async def stop(self):
        self.abandoned = True

service.Consumers = Abandoned
service.serve(service.Service("router", None, subscriptions=[None]), load(ServiceSettings))
"""


def test_what_waits_for_a_broker_that_is_away_keeps_no_service_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that is deaf to its cancellation, as aiokafka's are for seconds, is left behind, and that is no error."""
    monkeypatch.setenv("BOWCHAT_HTTP_PORT", "0")
    began = time.monotonic()
    ended = run(ABANDONED)
    assert ended.returncode == 0, ended.stderr
    assert '"event":"stopped"' in ended.stdout
    assert time.monotonic() - began < STOP_S
