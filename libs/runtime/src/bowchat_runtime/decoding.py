"""From a Kafka record to a `Record`, and back to the parked form."""

import re
from datetime import UTC, datetime
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from bowchat_contracts.envelope import BadEnvelopeError, Headers, Meta, from_headers
from bowchat_contracts.insurer import ReplyId
from bowchat_contracts.topics import event_class
from bowchat_runtime.errors import RejectError
from bowchat_runtime.records import Record

# Kafka's code of a record time that the broker gave.
LOG_APPEND_TIME = 1
_HEX = "hex:"


def decode(raw: Any, *, undecoded: bool = False) -> Record:
    """One aiokafka `ConsumerRecord`, validated.

    Errors: `RejectError`, which names the header or field and never quotes its value.
    """
    headers = headers_of(raw)
    try:
        meta = from_headers(headers)
    except BadEnvelopeError as error:
        if undecoded:
            return _record(raw, headers, _unreadable(raw), None)
        raise RejectError(str(error)) from None
    if undecoded:
        return _record(raw, headers, meta, None)
    model = event_class(meta.type)
    if model is None:
        raise RejectError("header ce_type names no event of this relay")
    try:
        return _record(raw, headers, meta, model.model_validate_json(raw.value or b""))
    except ValidationError as error:
        raise RejectError(f"the event's data is invalid: {fields(error)}") from None


def fields(error: ValidationError) -> str:
    """Which fields are wrong and why, without their values."""
    found = [f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['type']}" for each in error.errors()[:10]]
    return "; ".join(found)


_IN_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "there is no such field",
    "string_type": "give a text",
    "string_too_short": "give at least {min_length} character(s)",
    "string_too_long": "give at most {max_length} characters",
    "greater_than": "give a number above {gt}",
    "timezone_aware": "give a time with its zone, like 2026-12-31T09:00:00Z",
    "greater_than_equal": "give a number of at least {ge}",
    "less_than_equal": "give a number of at most {le}",
    "float_parsing": "give a number",
    "bool_parsing": "give true or false",
    "literal_error": "give one of {expected}",
    "tuple_type": "give a list in JSON, with its brackets",
}
_FREE_ID = TypeAdapter(ReplyId).json_schema()["pattern"]
_ID = re.compile(r"\^?([a-z]{2}_)")


def in_words(error: ValidationError) -> str:
    """Which fields of what a person gave are wrong, and what would be right, without their values."""
    return "; ".join(wrong_fields(error))


def wrong_fields(error: ValidationError) -> tuple[str, ...]:
    """The same, field by field; the first ten."""
    told = [
        f"{each['loc'][-1] if each['loc'] else 'it'}: {what_is_right(each)}" for each in error.errors()[:10]
    ]
    return tuple(dict.fromkeys(told))


def what_is_right(error: ErrorDetails) -> str:
    """What is wrong with one field, or what would be right, without its value."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _IN_WORDS:
        return _IN_WORDS[kind].format(**context)
    if kind == "string_pattern_mismatch" and context["pattern"] == _FREE_ID:
        return "use letters, digits and . _ : - only"
    if kind == "string_pattern_mismatch":
        begins = _ID.match(context["pattern"])
        return f"give the whole id, {begins[1]}…, as it was shown" if begins else "it is not written so"
    if kind.startswith("int_"):
        return "give a whole number"
    if kind.startswith("date"):
        return "give a time, like 2026-12-31T09:00:00Z"
    return error["msg"][:1].lower() + error["msg"][1:]


def key_of(raw: Any) -> str | None:
    """A record's key as text; bytes that are not UTF-8, or look like this form, are kept apart by their hexadecimal form."""
    if raw.key is None:
        return None
    try:
        text: str = raw.key.decode()
    except UnicodeDecodeError:
        return f"{_HEX}{raw.key.hex()}"
    return f"{_HEX}{raw.key.hex()}" if text.startswith(_HEX) else text


def key_bytes(key: str) -> bytes:
    """The bytes of which `key_of` made this text."""
    return bytes.fromhex(key.removeprefix(_HEX)) if key.startswith(_HEX) else key.encode()


def headers_of(raw: Any) -> Headers:
    """A record's headers. Kafka lets a writer leave a header's value out; here it is empty then."""
    headers: tuple[tuple[str, bytes | None], ...] = raw.headers
    for _, value in headers:
        if value is None:
            return tuple((name, value or b"") for name, value in headers)
    return cast("Headers", headers)


def _record(raw: Any, headers: Headers, meta: Meta, event: Any) -> Record:
    return Record(
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        key=key_of(raw),
        meta=meta,
        event=event,
        value=raw.value or b"",
        timestamp_ms=raw.timestamp,
        broker_time=raw.timestamp_type == LOG_APPEND_TIME,
        headers=headers,
    )


def _unreadable(raw: Any) -> Meta:
    position = f"{raw.topic}/{raw.partition}/{raw.offset}"
    return Meta(position, "unreadable", "unknown", datetime.fromtimestamp(raw.timestamp / 1000, UTC), "")
