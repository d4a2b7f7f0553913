"""What of a record is private: the part of an entry that an erasure makes unreadable.

The log keeps each value twice where people's words or seals are in it: without them, readable for ever, so that the
accounts and every proof outlive the person; and whole, encrypted under a key of the lane that the record came by (a ref, a
conversation, an alias: the record's Kafka key). Who is erased loses the keys of all their lanes.
"""

import base64
import secrets
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12

PRIVATE_FIELDS = frozenset(
    {
        "content", "text", "options", "buttons", "command", "policy_number", "policies", "contacts",
        "sealed_identity", "sealed_recipient", "sealed_media",
    }
)  # fmt: skip
"""Names of the fields of events that hold what somebody wrote, a seal, or a policy that names its holder. A test
holds them against every contract."""
_PARKED_VALUE = "value"
"""A parked record carries another one, in base64."""


def parsed(value: bytes) -> dict[str, Any] | None:
    """The value as an object; None where it is none."""
    try:
        data: Any = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return data if isinstance(data, dict) else None


def public_part(value: bytes) -> bytes | None:
    """The value without its private fields; None where it has none. What is no JSON object is private as a whole."""
    return public_part_of(value, parsed(value))


def public_part_of(value: bytes, data: dict[str, Any] | None) -> bytes | None:
    """The same of a value that is `parsed` already: the log does it with every event."""
    if data is None:
        return b"{}" if value else None
    found = PRIVATE_FIELDS & data.keys()
    inner = _inner(data) if "park_id" in data else None
    if not found and inner is None:
        return None
    kept = {name: each for name, each in data.items() if name not in found}
    return orjson.dumps(kept if inner is None else kept | {_PARKED_VALUE: inner})


def _inner(data: dict[str, Any]) -> str | None:
    """The parked record's value without its private fields, in base64; None where it has none."""
    value = data.get(_PARKED_VALUE)
    if not isinstance(value, str):
        return None
    try:
        public = public_part(base64.b64decode(value))
    except ValueError:
        return ""
    return None if public is None else base64.b64encode(public).decode()


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def lock(key: bytes, value: bytes, place: str) -> str:
    """The value, encrypted; it opens only at its own place."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, value, place.encode())).decode()


def opened(key: bytes, locked: str, place: str) -> bytes | None:
    """The value; None where it does not open."""
    try:
        raw = base64.b64decode(locked, validate=True)
        return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError):
        return None
