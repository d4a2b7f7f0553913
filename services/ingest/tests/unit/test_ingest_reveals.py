"""An insurer's request for a number: a command of that insurer, over Kafka as over HTTPS."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
from standardwebhooks import Webhook

from bowchat_contracts.commands import CommandRequested, RevealRequest
from bowchat_contracts.ids import derived_id
from bowchat_contracts.reveals import InsurerRevealRequest
from bowchat_ingest.handlers import RepliesHandler
from bowchat_ingest.settings import IngestSettings
from bowchat_runtime.testing import MemoryPublisher, record, run_batch

PATH = "/v1/insurers/acme/reveal-requests"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
REQUEST: dict[str, Any] = {
    "request_id": "q-1",
    "alias": derived_id("ph", "asha"),
    "purpose": "to call about the claim",
    "days": 7,
}


@pytest.fixture
def send(client: httpx.AsyncClient, settings: IngestSettings) -> Callable[..., Any]:
    secret = settings.secret("insurers/acme.secret").decode()

    async def post(said: Any, webhook_id: str = "msg_1") -> httpx.Response:
        body, moment = orjson.dumps(said), datetime.now(UTC)
        headers = {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(secret).sign(webhook_id, moment, body.decode()),
        }
        return await client.post(PATH, content=body, headers=headers)

    return post


async def test_a_signed_request_becomes_a_command_of_who_signed(
    send: Callable[..., Any], publisher: MemoryPublisher
) -> None:
    """Keyed by the alias, in the name of the insurer that was authenticated, whatever the body says."""
    answer = await send({**REQUEST, "insurer": "somebody-else"})
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted", "request_id": "q-1"})
    (outgoing,) = publisher.sent
    assert isinstance(outgoing.event, CommandRequested)
    assert isinstance(outgoing.event.command, RevealRequest)
    assert (outgoing.topic, outgoing.key) == ("commands.requested", REQUEST["alias"])
    assert (outgoing.event.by.role, outgoing.event.by.name) == ("insurer", "acme")
    assert outgoing.event.command.insurer == "acme"


async def test_asked_again_it_is_the_same_command(
    send: Callable[..., Any], publisher: MemoryPublisher
) -> None:
    """By its request id, or by the webhook's where it has none."""
    await send(REQUEST)
    await send(REQUEST, webhook_id="msg_2")
    unnamed = {key: value for key, value in REQUEST.items() if key != "request_id"}
    await send(unnamed, webhook_id="q-1")
    events = [each.event for each in publisher.sent if isinstance(each.event, CommandRequested)]
    assert len({each.command_id for each in events}) == 1
    assert len({each.meta.id for each in publisher.sent}) == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"alias": "ph_x"}, "alias: give the whole id, ph_…, as it was shown"),
        ({"days": 0}, "days: give a number above 0"),
        ({"days": 91}, "days: give a number of at most 90"),
        ({"days": "soon"}, "days: give a whole number"),
        ({"purpose": " "}, "purpose: give at least 3 character(s)"),
        ({"purpose": "x" * 201}, "purpose: give at most 200 characters"),
        ({"request_id": "a b"}, "request_id: use letters, digits and . _ : - only"),
    ],
)
async def test_a_wrong_request_is_told_which_field(
    send: Callable[..., Any], publisher: MemoryPublisher, wrong: Any, told: str
) -> None:
    """400, with the field's name and what is right for this very field; nothing is published."""
    answer = await send({**REQUEST, **wrong})
    assert answer.status_code == 400
    assert answer.json()["details"] == [told]
    assert publisher.sent == []


async def test_over_kafka_the_topic_says_whose_request_it_is() -> None:
    """The broker guards who writes to an insurer's topic."""
    one = record(InsurerRevealRequest(**REQUEST), topic="insurer.acme.replies", key=REQUEST["alias"])
    (outgoing,) = await run_batch(RepliesHandler(), [one], NOW)
    assert isinstance(outgoing.event, CommandRequested)
    assert outgoing.event.command_id == derived_id("cm", "acme", "q-1")
