"""Readiness is told whatever becomes of a check."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
import pytest

from bowchat_runtime import publisher, service
from bowchat_runtime.clock import system_clock
from bowchat_runtime.errors import DATABASE_AWAY
from bowchat_runtime.service import Service
from bowchat_runtime.settings import ServiceSettings, load
from bowchat_runtime.testing import MemoryPublisher

Check = Callable[[], Awaitable[str | None]]


async def well() -> None:
    return None


async def away() -> str:
    return DATABASE_AWAY


async def broken() -> str:
    raise AttributeError("the text of an error may name a host")


async def endless() -> str:
    await asyncio.Event().wait()
    return "never"


async def asked(ready: Sequence[Check] = (), notes: Sequence[Check] = ()) -> tuple[int, dict[str, Any]]:
    """The status and body of `/readyz` of a service that has started."""
    process = service._Process(
        Service("router", MemoryPublisher(), ready=ready, notes=notes), load(ServiceSettings), system_clock
    )
    process._starting = None
    transport = httpx.ASGITransport(app=process._http().app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        answer = await client.get("/readyz")
    return answer.status_code, answer.json()


async def test_a_check_that_fails_or_hangs_is_a_reason_and_hides_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is not ready, and says so in a sentence; what the other checks say stands beside it."""
    monkeypatch.setattr(service, "_CHECK_S", 0.01)
    status, body = await asked([well, broken, away, endless])
    assert status == 503
    failed, database, hangs = body["reasons"]
    assert failed == "a check failed (AttributeError): the log says where"
    assert database.startswith("the database")
    assert hangs == "a check did not end within 0.01 s"


async def test_a_note_that_fails_leaves_a_service_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes are for people: none of them makes a service that works one that does not."""
    monkeypatch.setattr(service, "_CHECK_S", 0.01)
    status, body = await asked([well], [broken, endless])
    assert (status, body["status"], len(body["notes"])) == (200, "ready", 2)


async def test_a_producer_that_nobody_waits_for_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that takes the connection and says nothing leaves none open behind each question."""
    closed = []

    class Silent:
        def __init__(self, **_: Any) -> None: ...

        async def start(self) -> None:
            await asyncio.Event().wait()

        async def stop(self) -> None:
            closed.append(self)

    monkeypatch.setattr(publisher, "AIOKafkaProducer", Silent)
    asking = publisher.KafkaPublisher(load(ServiceSettings), "router").ready()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asking, 0.01)
    assert len(closed) == 1
