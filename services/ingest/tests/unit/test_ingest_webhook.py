"""Meta's webhook, through the real application."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
import orjson
import pytest

from bowchat_ingest.api.whatsapp import LARGEST_BODY
from bowchat_ingest.channels.whatsapp_cloud import IGNORED_REASONS, parse
from bowchat_runtime.records import Outgoing
from bowchat_runtime.testing import MemoryPublisher

PATH = "/webhooks/whatsapp"
Signed = Callable[..., Mapping[str, str]]
Post = Callable[[bytes], Any]

VECTOR = rb'{"object":"whatsapp_business_account","entry":[],"t":"\u00e4\u00f6\u00e5 image\/jpeg"}'
VECTOR_SIGNATURE = "sha256=26e0ef98bf4798e14b259433815cb80e6eb1cb5912d14d5ff52a165b691b9c55"


async def test_every_sample_is_taken(
    client: httpx.AsyncClient, publisher: MemoryPublisher, sample: bytes, signed: Signed, now: Any
) -> None:
    """Each sample gets 200, and every part of it is an event or has a reason from the closed list."""
    answer = await client.post(PATH, content=sample, headers=signed(sample))
    assert answer.status_code == 200
    parsed = parse(orjson.loads(sample), now)
    assert len(publisher.sent) == len(parsed.items)
    assert publisher.sent or parsed.ignored
    assert set(parsed.ignored) <= IGNORED_REASONS


@pytest.mark.parametrize("secret", [b"test_app_secret", b"older_app_secret"])
async def test_two_secrets_are_accepted(client: httpx.AsyncClient, signed: Signed, secret: bytes) -> None:
    """While the app secret is rotated, the old and the new one both sign."""
    assert (await client.post(PATH, content=VECTOR, headers=signed(VECTOR, secret))).status_code == 200


async def test_known_vectors(client: httpx.AsyncClient, sample_bytes: Callable[[str], bytes]) -> None:
    """The signature covers the raw bytes, escapes and all; the same JSON written otherwise is refused."""
    wire = sample_bytes("wire_format_minified_escaped")
    signature = "sha256=ef13804e6a40731ed57ccbb1591a0bff09f9fbef94b2c72ab9ceb9b6593f27a6"
    again = json.dumps(json.loads(wire), ensure_ascii=False, separators=(",", ":")).encode()
    codes = [
        (await client.post(PATH, content=body, headers={"x-hub-signature-256": given})).status_code
        for body, given in ((VECTOR, VECTOR_SIGNATURE), (wire, signature), (again, signature))
    ]
    assert codes == [200, 200, 401]


async def test_a_flipped_bit_is_refused(client: httpx.AsyncClient, publisher: MemoryPublisher) -> None:
    """No bit of the signature, and none of 256 bits of the body, may differ."""
    hexadecimal = VECTOR_SIGNATURE.removeprefix("sha256=")
    flipped = [(VECTOR, f"sha256={int(hexadecimal, 16) ^ (1 << bit):064x}") for bit in range(256)] + [
        (_flip(VECTOR, bit), VECTOR_SIGNATURE) for bit in range(256)
    ]
    for body, signature in flipped:
        answer = await client.post(PATH, content=body, headers={"x-hub-signature-256": signature})
        assert answer.status_code == 401
    assert publisher.sent == []


def _flip(body: bytes, bit: int) -> bytes:
    at = bit % len(body)
    return body[:at] + bytes([body[at] ^ (1 << (bit % 7))]) + body[at + 1 :]


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("x-hub-signature-256", "")],
        [("x-hub-signature-256", VECTOR_SIGNATURE.removeprefix("sha256="))],
        [("x-hub-signature-256", VECTOR_SIGNATURE.upper())],
        [("x-hub-signature-256", VECTOR_SIGNATURE[:-2])],
        [("x-hub-signature-256", VECTOR_SIGNATURE + "00")],
        [("x-hub-signature-256", VECTOR_SIGNATURE), ("x-hub-signature-256", VECTOR_SIGNATURE)],
        [("x-hub-signature", VECTOR_SIGNATURE)],
    ],
    ids=["none", "empty", "no prefix", "upper case", "short", "long", "twice", "old header"],
)
async def test_malformed_signatures_are_refused(
    client: httpx.AsyncClient, headers: list[tuple[str, str]]
) -> None:
    """Anything but one well-formed header is no signature."""
    assert (await client.post(PATH, content=VECTOR, headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"\xff\xfe", b"[" * 200_000, b"[1]", b"null", b"{}", b'{"object":1,"entry":[]}',
     b'{"object":"whatsapp_business_account"}', b'{"object":"whatsapp_business_account","entry":{}}',
     b'{"object":"whatsapp_business_account","entry":NaN}', b'{"object":' + b"9" * 5_000 + b',"entry":[]}',
     b'{"object":"a","entry":' + b"[" * 70 + b"]" * 70 + b"}"],
)  # fmt: skip
async def test_what_is_no_webhook_is_400(client: httpx.AsyncClient, body: bytes, signed: Signed) -> None:
    """Signed, but not JSON, too deep, or not Meta's outer form: 400 in words, never a traceback."""
    answer = await client.post(PATH, content=body, headers=signed(body))
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "what_to_do"}


async def test_too_large_is_413_as_soon_as_it_is(client: httpx.AsyncClient) -> None:
    """A body without end is refused once it passes 3 MB, whether or not its size was announced."""
    read = 0

    async def endless() -> Any:
        nonlocal read
        while True:
            read += 1
            yield b" " * 65_536

    assert (await client.post(PATH, content=endless())).status_code == 413
    assert read <= LARGEST_BODY // 65_536 + 3
    announced = await client.post(PATH, content=b"x", headers={"content-length": str(LARGEST_BODY + 1)})
    assert announced.status_code == 413


async def test_kafka_away_keeps_nothing(
    client: httpx.AsyncClient, publisher: MemoryPublisher, signed: Signed, message_body: Callable[..., Any]
) -> None:
    """503 with Retry-After and nothing published; the provider's retry then goes through whole."""
    body = orjson.dumps(message_body())
    publisher.fail_next(1)
    refused = await client.post(PATH, content=body, headers=signed(body))
    assert (refused.status_code, refused.headers["retry-after"], publisher.sent) == (503, "5", [])
    assert (await client.post(PATH, content=body, headers=signed(body))).status_code == 200
    assert len(publisher.sent) == 1


class StuckPublisher:
    """Kafka that takes messages and never acknowledges, until told to."""

    def __init__(self) -> None:
        self.freed = asyncio.Event()

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        await self.freed.wait()

    async def ready(self) -> str | None:
        return None


async def test_a_stuck_kafka_fills_the_lane_and_no_more(
    client_of: Callable[[Any], httpx.AsyncClient], signed: Signed, message_body: Callable[..., Any]
) -> None:
    """Requests wait a bounded time, and abandoned ones hold their places: memory stays bounded, then all recovers."""
    stuck, body = StuckPublisher(), orjson.dumps(message_body())
    async with client_of(stuck) as client:
        first = await asyncio.gather(
            *[client.post(PATH, content=body, headers=signed(body)) for _ in range(6)]
        )
        assert [each.status_code for each in first] == [503] * 6
        at_once = await asyncio.wait_for(client.post(PATH, content=body, headers=signed(body)), 0.1)
        assert "too many" in at_once.json()["error"]
        stuck.freed.set()
        await asyncio.sleep(0.01)
        assert (await client.post(PATH, content=body, headers=signed(body))).status_code == 200


async def test_refusals_never_quote_the_request(client: httpx.AsyncClient, signed: Signed) -> None:
    """An answer tells what to do, and holds nothing of what was sent."""
    body = b'{"object": "447700900101", "entry": "447700900101"}'
    answer = await client.post(PATH, content=body, headers=signed(body))
    assert answer.status_code == 400
    assert "447700" not in answer.text


async def test_a_large_batch_is_whole_and_in_order(
    client: httpx.AsyncClient, publisher: MemoryPublisher, signed: Signed, message_body: Callable[..., Any]
) -> None:
    """A thousand messages in one webhook become a thousand events in the same order."""
    webhook = message_body()
    messages = webhook["entry"][0]["changes"][0]["value"]["messages"]
    messages[:] = [messages[0] | {"id": f"wamid.{n}", "text": {"body": str(n)}} for n in range(1000)]
    body = orjson.dumps(webhook)
    assert (await client.post(PATH, content=body, headers=signed(body))).status_code == 200
    assert [each.event.content.text.reveal() for each in publisher.sent] == [str(n) for n in range(1000)]  # type: ignore[attr-defined]


async def test_verification(client: httpx.AsyncClient) -> None:
    """The challenge is echoed as plain text for the right token, and for nothing else."""
    asked = {"hub.mode": "subscribe", "hub.verify_token": "a-verify-token", "hub.challenge": "1158201444"}
    answer = await client.get(PATH, params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    for wrong in (
        {"hub.verify_token": "another"}, {"hub.verify_token": ""}, {"hub.verify_token": "é"},
        {"hub.mode": "unsubscribe"}, {"hub.challenge": "<script>"}, {"hub.challenge": ""},
        {"hub.challenge": "1" * 201}, {"hub.challenge": "1\n"},
    ):  # fmt: skip
        assert (await client.get(PATH, params=asked | wrong)).status_code == 403
    assert (await client.get(PATH)).status_code == 403
