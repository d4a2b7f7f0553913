"""Nothing that names a policyholder leaves ingest but inside the seal."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from bowchat_contracts.envelope import to_headers
from bowchat_contracts.inbound import Identity, InboundReceived
from bowchat_ingest.channels.whatsapp_cloud import parse
from bowchat_ingest.domain import events_of
from bowchat_ingest.identity import Pseudonyms
from bowchat_runtime.records import Outgoing
from bowchat_runtime.seal import Opener
from bowchat_runtime.testing import MemoryPublisher

_PRIVATE_KEYS = {
    "wa_id", "from", "user_id", "parent_user_id", "from_user_id", "from_parent_user_id", "recipient_id",
    "recipient_user_id", "recipient_parent_user_id", "recipient_participant_id", "group_id",
    "recipient_participant_user_id", "name", "username", "new_wa_id", "customer", "formatted_name", "phone",
    "identity_key_hash", "recipient_identity_key_hash", "hash", "ctwa_clid", "original_message_id",
    "message_id", "filename", "url", "caption", "vcard", "response_json",
}  # fmt: skip
_OUR_NUMBERS = {"15550100001", "15550100002"}
_TOKEN = re.compile(rb"[A-Za-z0-9+/=_-]{10,}")


def _private_values(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, child in value.items():
            if isinstance(child, str) and (key in _PRIVATE_KEYS or child.startswith("wamid.")):
                yield child
            yield from _private_values(child)
    elif isinstance(value, list):
        for child in value:
            yield from _private_values(child)


def _published(outgoing: Outgoing) -> list[bytes]:
    """Everything of a record but what a person typed: key, headers, body; and each token of it decoded."""
    data = json.loads(outgoing.event.model_dump_json())
    if data.get("content", {}).get("kind") != "other":
        data.pop("content", None)
    plain = [
        outgoing.key.encode(), repr(outgoing).encode(), json.dumps(data).encode(),
        *(value for _, value in to_headers(outgoing.meta)),
    ]  # fmt: skip
    return plain + [decoded for each in plain for decoded in _decoded(each)]


def _decoded(raw: bytes) -> Iterator[bytes]:
    for token in _TOKEN.findall(raw):
        for cut in range(4):
            part = token[cut : cut + (len(token) - cut) // 4 * 4]
            for alphabet in (None, b"-_"):
                try:
                    yield base64.b64decode(part, altchars=alphabet)
                except (binascii.Error, ValueError):
                    continue


async def test_no_sample_leaks(
    client: httpx.AsyncClient,
    publisher: MemoryPublisher,
    sample: bytes,
    signed: Callable[..., Mapping[str, str]],
) -> None:
    """No number, BSUID, name, username or provider id of any sample is in what is published, decoded or not."""
    await client.post("/webhooks/whatsapp", content=sample, headers=signed(sample))
    values = {each for each in _private_values(json.loads(sample)) if len(each) > 3} - _OUR_NUMBERS
    values |= {part for each in values for part in re.findall(r"\d{7,}", each)} - _OUR_NUMBERS
    for outgoing in publisher.sent:
        for raw in _published(outgoing):
            leaked = [value for value in values if value.encode() in raw]
            assert leaked == []


def test_the_seal_holds_the_whole_identity(
    read_sample: Callable[[str], Any], pseudonyms: Pseudonyms, opener: Opener, now: Any
) -> None:
    """Masker and dispatcher find everything the provider said of the sender, bound to this one message."""
    parsed = parse(read_sample("msg_text_username_phone_available"), now)
    (outgoing,) = events_of(parsed.items, pseudonyms, now)
    event = outgoing.event
    assert isinstance(event, InboundReceived)
    opened = opener.open(event.sealed_identity, f"inbound:{event.message_id}")
    assert Identity.model_validate_json(opened) == Identity(
        number="447700900101",
        bsuid="GB.10000000000000000101",
        username="@alex.testperson",
        name="Alex Testperson",
    )


def test_reprs_show_nothing(read_sample: Callable[[str], Any], now: Any) -> None:
    """An item in a traceback or log line does not show whom it is about."""
    for name in ("msg_text_pii_in_body", "status_delivered"):
        shown = repr(parse(read_sample(name), now))
        assert "447700" not in shown
        assert "wamid" not in shown
        assert "Alex" not in shown
