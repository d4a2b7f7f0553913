"""An insurer's replies over HTTPS."""

import base64
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from standardwebhooks import Webhook
from starlette.applications import Starlette

from bowchat_contracts.replies import ReplyReceived
from bowchat_ingest.api.insurers import LARGEST_BODY
from bowchat_ingest.app import build
from bowchat_ingest.settings import IngestSettings
from bowchat_ingest.signatures import signed_by_insurer
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.settings import load
from bowchat_runtime.testing import MemoryPublisher

PATH = "/v1/insurers/acme/replies"
REPLY = {"reply_id": "r-1", "alias": "ph_" + "a" * 32, "text": "We have it."}


def _signed(
    secret: str, body: bytes, at: datetime | None = None, webhook_id: str = "msg_1"
) -> dict[str, str]:
    moment = at or datetime.now(UTC)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, moment, body.decode()),
    }


@pytest.fixture
def secret(settings: IngestSettings) -> str:
    return settings.secret("insurers/acme.secret").decode()


@pytest.fixture
def send(client: httpx.AsyncClient, secret: str) -> Callable[..., Any]:
    async def post(reply: Any, path: str = PATH, **signing: Any) -> httpx.Response:
        body = reply if isinstance(reply, bytes) else orjson.dumps(reply)
        return await client.post(path, content=body, headers=_signed(secret, body, **signing))

    return post


async def test_a_signed_reply_is_accepted(send: Callable[..., Any], publisher: MemoryPublisher) -> None:
    """202 with the reply id, and the event names the insurer that signed."""
    answer = await send(REPLY)
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted", "reply_id": "r-1"})
    (outgoing,) = publisher.sent
    assert isinstance(outgoing.event, ReplyReceived)
    assert (outgoing.event.insurer, outgoing.event.via, outgoing.key) == ("acme", "https", REPLY["alias"])


async def test_without_a_reply_id_the_webhooks_id_is_used(send: Callable[..., Any]) -> None:
    """A retry has the same webhook id, so it is the same reply."""
    answer = await send(
        {key: value for key, value in REPLY.items() if key != "reply_id"}, webhook_id="msg_77"
    )
    assert answer.json()["reply_id"] == "msg_77"


async def test_who_is_unknown_and_who_signs_wrongly_get_one_answer(
    send: Callable[..., Any], client: httpx.AsyncClient, publisher: MemoryPublisher
) -> None:
    """Nobody learns which insurers there are."""
    answers = [
        await send(REPLY, path="/v1/insurers/beta-mutual/replies"),  # another insurer's secret
        await send(REPLY, path="/v1/insurers/nobody/replies"),
        await send(REPLY, path="/v1/insurers/..%2Fmeta_app_secret/replies"),
        await send(REPLY, at=datetime.now(UTC) - timedelta(seconds=301)),
        await send(REPLY, at=datetime.now(UTC) + timedelta(seconds=302)),
        await client.post(PATH, content=orjson.dumps(REPLY)),
    ]
    # A path that leaves its segment finds no route at all.
    assert [each.status_code for each in answers if each.status_code != 404] == [401] * 5
    assert len({each.content for each in answers if each.status_code == 401}) == 1
    assert publisher.sent == []


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,a,b"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": "v1a," + "A" * 44},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "1e400"},
        {"webhook-id": "another"},
    ],
)
def test_malformed_headers_are_a_wrong_signature(secret: str, headers: dict[str, str]) -> None:
    """Whatever the headers hold, the check says no and does not raise."""
    body = orjson.dumps(REPLY)
    right = _signed(secret, body)
    assert signed_by_insurer(body, right, [secret.encode()])
    assert not signed_by_insurer(body, right | headers, [secret.encode()])
    assert not signed_by_insurer(b"\xff", right, [secret.encode()])


async def test_rotation_needs_no_restart(
    keys_directory: Path, publisher: MemoryPublisher, tmp_path: Path
) -> None:
    """A second line is accepted from the next request on, beside the first; a new file makes a new insurer."""
    settings = _copied(keys_directory, tmp_path)
    old, new = (f"whsec_{base64.b64encode(os.urandom(32)).decode()}" for _ in range(2))
    service = build(settings, publisher=publisher)
    transport = httpx.ASGITransport(Starlette(routes=service.routes))
    body = orjson.dumps(REPLY)
    async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as client:
        codes = []
        for content in ("", old, f"{new}\n{old}\n", new):
            (settings.secrets / "insurers/newcomer.secret").write_text(content)
            answer = await client.post(
                "/v1/insurers/newcomer/replies", content=body, headers=_signed(old, body)
            )
            codes.append(answer.status_code)
    assert codes == [401, 202, 202, 401]


def _copied(keys_directory: Path, directory: Path) -> IngestSettings:
    for path in (keys_directory / "ingest").rglob("*"):
        target = directory / path.relative_to(keys_directory / "ingest")
        target.mkdir(exist_ok=True) if path.is_dir() else target.write_bytes(path.read_bytes())
    return load(IngestSettings, secrets=directory)


def test_a_secret_of_no_use_stops_the_start(keys_directory: Path, tmp_path: Path) -> None:
    """The operator is told which file and how to write it."""
    settings = _copied(keys_directory, tmp_path)
    (tmp_path / "insurers/acme.secret").write_text("hunter2")
    with pytest.raises(SettingsError, match=r"acme\.secret holds no usable secret"):
        build(settings, publisher=MemoryPublisher())


@pytest.mark.parametrize(
    ("reply", "details"),
    [
        ({}, ["alias: is missing", "text: is missing"]),
        (REPLY | {"text": 5}, ["text: give a text"]),
        (REPLY | {"reply_id": "447700900101 !"}, ["reply_id: use letters, digits and . _ : - only"]),
        (REPLY | {"alias": "x" * 101}, ["alias: give at most 100 characters"]),
        (b'{"alias":"a","text":"\\ud800"}', None),
        (b"[]", None),
        (b"{", None),
    ],
)
async def test_wrong_replies_are_explained(
    send: Callable[..., Any], publisher: MemoryPublisher, reply: Any, details: list[str] | None
) -> None:
    """400 names each wrong field in words and quotes none of them."""
    answer = await send(reply)
    assert answer.status_code == 400
    assert answer.json().get("details") == details
    assert "4477" not in answer.text
    assert publisher.sent == []


async def test_large_replies_are_413(client: httpx.AsyncClient) -> None:
    """A reply has at most 256 kB."""
    assert (await client.post(PATH, content=b" " * (LARGEST_BODY + 1))).status_code == 413


async def test_kafka_away_is_503(send: Callable[..., Any], publisher: MemoryPublisher) -> None:
    """A reply is accepted only when it is stored; until then the insurer sends it again."""
    publisher.fail_next(1)
    answer = await send(REPLY)
    assert (answer.status_code, answer.headers["retry-after"], publisher.sent) == (503, "5", [])
    assert (await send(REPLY)).status_code == 202
