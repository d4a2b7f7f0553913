"""The envelope of every event: CloudEvents 1.0 attributes and a W3C trace context, as Kafka headers.

Sources: CloudEvents 1.0 Kafka protocol binding (binary mode), W3C Trace Context level 1.
"""

import hashlib
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict

Headers = tuple[tuple[str, bytes], ...]

_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$")


class Event(BaseModel):
    """The data of an event. Frozen; unknown fields are ignored, so that a newer writer does not stop an older reader."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    """The CloudEvents type, with its version: `bowchat.inbound.received.v1`."""


class Meta(NamedTuple):
    """The CloudEvents attributes of one event."""

    id: str
    type: str
    source: str
    time: datetime
    traceparent: str

    @property
    def trace_id(self) -> str:
        return self.traceparent[3:35]


class BadEnvelopeError(ValueError):
    """A record's headers are not those of a CloudEvent of ours; the text says which one is wrong."""


def traceparent(trace_seed: str, stage: str, *, parent: str = "") -> str:
    """The trace context of one step.

    The trace id is the parent's, or derived from `trace_seed` where there is none; the span id is derived from seed and
    stage. Nothing is random, so that a replay gives the same bytes.
    """
    match = _TRACEPARENT.match(parent)
    trace = match[1] if match else hashlib.sha256(trace_seed.encode()).hexdigest()[:32]
    span = hashlib.sha256(f"{trace_seed}/{stage}".encode()).hexdigest()[:16]
    return f"00-{trace}-{span}-01"


def to_headers(meta: Meta) -> Headers:
    """Kafka headers of the binary content mode."""
    return (
        ("ce_specversion", b"1.0"),
        ("ce_id", meta.id.encode()),
        ("ce_type", meta.type.encode()),
        ("ce_source", meta.source.encode()),
        ("ce_time", rfc3339(meta.time).encode()),
        ("content-type", b"application/json"),
        ("traceparent", meta.traceparent.encode()),
    )


def from_headers(headers: Headers) -> Meta:
    """The attributes of a received record.

    Errors: `BadEnvelopeError` when a required attribute is missing or not in its form.
    """
    found = dict(headers)
    try:
        if found["ce_specversion"] != b"1.0":
            raise BadEnvelopeError("header ce_specversion must be 1.0")
        identity, kind, source = (found[name].decode() for name in ("ce_id", "ce_type", "ce_source"))
    except KeyError as missing:
        raise BadEnvelopeError(f"header {missing.args[0]} is missing") from None
    except UnicodeDecodeError:
        raise BadEnvelopeError("headers must be UTF-8") from None
    if not identity or len(identity) > 200:
        raise BadEnvelopeError("header ce_id must have 1 to 200 characters")
    return Meta(
        identity,
        kind,
        source,
        _time(found.get("ce_time")),
        found.get("traceparent", b"").decode(errors="replace"),
    )


@lru_cache(maxsize=64)  # a batch writes few moments, each of them in many records
def rfc3339(moment: datetime) -> str:
    if moment.tzinfo is UTC:  # nearly always, and `astimezone` costs as much as the rest
        return moment.isoformat()[:-6] + "Z"
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _time(raw: bytes | None) -> datetime:
    if raw is None:
        return datetime.fromtimestamp(0, UTC)
    try:
        moment = datetime.fromisoformat(raw.decode())
    except ValueError:
        raise BadEnvelopeError("header ce_time must be an RFC 3339 time") from None
    if moment.tzinfo is None:
        raise BadEnvelopeError("header ce_time must name its offset")
    if moment.tzinfo is UTC:
        return moment
    try:
        moment.astimezone(UTC)
    except OverflowError:  # its offset leads out of the calendar, and it could never be written again
        raise BadEnvelopeError("header ce_time must be a time of the years 1 to 9999 in UTC") from None
    return moment
