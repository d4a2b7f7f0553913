"""The simulators as processes of their own: started by command, driven over HTTP, ended by SIGTERM."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from bowchat_testkit.webhook_sink import WebhookSink
from bowchat_testkit.whatsapp import SimClient
from bowchat_testkit.whatsapp_payloads import Policyholder

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@asynccontextmanager
async def process(module: str, *arguments: str) -> AsyncIterator[str]:
    """Runs a simulator and gives the address it prints; it must end well when asked to."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert running.stdout is not None
    try:
        async with asyncio.timeout(20):
            line = await running.stdout.readline()
        yield line.decode().split()[-1]
    finally:
        running.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            rest, _ = await running.communicate()
    assert (running.returncode, rest) == (0, b"")


async def test_whatsapp_runs_by_itself() -> None:
    """The simulator posts to the given address, takes sends without a window, and ends quietly."""
    async with (
        WebhookSink() as sink,
        process(
            "bowchat_testkit.whatsapp",
            *(
                "--port",
                "0",
                "--webhook-url",
                sink.url,
                "--app-secret",
                "s",
                "--access-token",
                "t",
                "--no-window",
            ),
        ) as url,
        SimClient(url) as client,
        httpx.AsyncClient(trust_env=False) as caller,
    ):
        assert (await client.play(Policyholder("447700900101"), "Hello")).status == 200
        body = {"messaging_product": "whatsapp", "to": "+447700900102", "text": {"body": "Hi"}}
        answer = await caller.post(
            f"{url}/v25.0/100000000000001/messages", json=body, headers={"authorization": "Bearer t"}
        )
        assert answer.status_code == 200
        assert [one.text for one in await client.inbox("447700900102")] == ["Hi"]


async def test_webhook_insurer_runs_by_itself() -> None:
    """The insurer listens where it says, and shows its records."""
    arguments = ("webhook", "--insurer", "acme", "--secret", SECRET, "--reply", "On it")
    async with (
        process("bowchat_testkit.insurers", *arguments) as url,
        httpx.AsyncClient(trust_env=False) as caller,
    ):
        assert (await caller.post(url, content=b"{}")).status_code == 401
        records = await caller.get(url.replace("/webhooks", "/_sim/records"))
        assert records.json() == {"records": [], "replied": 0, "rejected": {"Missing required headers": 1}}


@pytest.mark.parametrize("arguments", [("whatsapp",), ("insurers",), ("insurers", "kafka")])
async def test_a_missing_argument_is_named(arguments: tuple[str, ...]) -> None:
    """A command without what it needs says so and ends with 2."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", f"bowchat_testkit.{arguments[0]}", *arguments[1:]),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await running.communicate()
    assert running.returncode == 2
    assert b"required" in said
