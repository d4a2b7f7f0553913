"""A service joins the groups of its subscriptions side by side."""

import asyncio
from types import SimpleNamespace

import pytest

from bowchat_runtime.clock import system_clock
from bowchat_runtime.consumers import Consumers
from bowchat_runtime.settings import ServiceSettings, load


class Joining:
    """A subscription that has joined its group once all the others are about to."""

    def __init__(self, all_there: asyncio.Barrier) -> None:
        self._all_there = all_there
        self.consumer = SimpleNamespace(_fetcher=SimpleNamespace())

    async def start(self) -> None:
        await self._all_there.wait()


async def _nothing() -> None: ...


async def test_no_group_waits_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker holds each new group back for some seconds; fifteen of them in turn are most of a minute."""
    consumers = Consumers("router", load(ServiceSettings), [], None, system_clock)  # type: ignore[arg-type]
    groups = asyncio.Barrier(15)
    monkeypatch.setattr(consumers, "_subscribers", [Joining(groups) for _ in range(15)])
    idle = SimpleNamespace(commits=SimpleNamespace(open=lambda: None))
    monkeypatch.setattr(consumers, "loops", [idle] * 15)
    monkeypatch.setattr(consumers, "_broker", SimpleNamespace(connect=_nothing))
    monkeypatch.setattr(consumers.parked, "start", _nothing)
    await asyncio.wait_for(consumers.start(), timeout=10)
