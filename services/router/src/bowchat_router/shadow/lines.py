"""A log from a file: what `inbound.received` holds, or texts as `explain` takes them, one JSON object a line."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bowchat_contracts.content import TextContent
from bowchat_contracts.envelope import Meta, traceparent
from bowchat_contracts.ids import Ref, derived_id
from bowchat_contracts.inbound import InboundReceived
from bowchat_contracts.pii import MessageText
from bowchat_contracts.topics import INBOUND_RECEIVED
from bowchat_runtime.decoding import in_words
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.records import Record

_WRONG = 'give events of inbound.received, or {"text": …, "contact"?, "at"?}'

_LAST_YEAR = 9000
"""What follows a message is reckoned from its moment, and time ends with the year 9999."""


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=100_000)
    contact: Ref | None = None
    """Who wrote, as a contact ref; left out: somebody who wrote nothing else."""
    at: AwareDatetime | None = None


def records_in(path: Path, now: datetime) -> Iterator[Record]:
    """The messages of a file in its order. `now` is when those were received that do not say.

    Errors: `SettingsError` with the line's number, and never with its words.
    """
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                if raw.strip():
                    yield _record(_message(f"{path}:{number}", raw, now), number)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror})") from None


def _message(where: str, raw: bytes, now: datetime) -> InboundReceived:
    try:
        given = json.loads(raw)
    except (ValueError, RecursionError):
        raise SettingsError(f"{where}: this line is not JSON in UTF-8; {_WRONG}") from None
    if not isinstance(given, dict):
        raise SettingsError(f"{where}: each line must be a JSON object; {_WRONG}")
    try:
        message = _of_text(where, given, now) if "text" in given else InboundReceived.model_validate_json(raw)
    except ValidationError as error:
        raise SettingsError(f"{where}: {in_words(error)}; {_WRONG}") from None
    if message.received_at.year > _LAST_YEAR:
        raise SettingsError(f"{where}: at: is too far off, so that nothing could follow it; {_WRONG}")
    return message


def _of_text(where: str, given: dict[str, Any], now: datetime) -> InboundReceived:
    line = _Text.model_validate(given)
    at = (line.at or now).astimezone(UTC)
    return InboundReceived(
        message_id=derived_id("ms", "shadow", where),
        refs=(line.contact or derived_id("rf", "shadow", where),),
        sealed_identity="",
        channel="whatsapp_cloud",
        business_number_id="",
        content=TextContent(text=MessageText(line.text)),
        provider_ref=derived_id("pr", "shadow", where),
        sent_at=at.replace(microsecond=0),
        received_at=at,
    )


def _record(message: InboundReceived, number: int) -> Record:
    at = message.received_at
    seed = message.message_id
    meta = Meta(derived_id("ev", seed), message.type, "/bowchat/shadow", at, traceparent(seed, "shadow"))
    milliseconds = int(at.timestamp() * 1000)
    return Record(INBOUND_RECEIVED, 0, number, message.refs[0], meta, message, b"", milliseconds)
