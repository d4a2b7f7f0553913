"""Tink keysets in JSON, changed a key at a time. The oldest key stands first, as Tink writes them."""

import json
from typing import Any

import tink
from tink import hybrid, json_proto_keyset_format, secret_key_access

from bowchat_runtime.errors import SettingsError

hybrid.register()
_TEMPLATE = hybrid.hybrid_key_templates.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_AES_256_GCM


def new_private() -> str:
    """A fresh private keyset of one key."""
    return json_proto_keyset_format.serialize(tink.new_keyset_handle(_TEMPLATE), secret_key_access.TOKEN)


def public_half(private: str) -> str:
    """Errors: `SettingsError`."""
    try:
        handle = json_proto_keyset_format.parse(private, secret_key_access.TOKEN)
    except (tink.TinkError, ValueError):
        raise SettingsError("this is no private Tink keyset in JSON") from None
    return json_proto_keyset_format.serialize_without_secret(handle.public_keyset_handle())


def with_next(private: str) -> str:
    """The keyset with a fresh key that opens, but does not seal yet.

    Errors: `SettingsError` while the rotation before is not finished.
    """
    keyset = _keys(private)
    if len(keyset["key"]) > 1:
        raise SettingsError("a rotation is under way: finish it with `promote` and `retire`")
    fresh = json.loads(new_private())["key"]
    while fresh[0]["keyId"] == keyset["primaryKeyId"]:
        fresh = json.loads(new_private())["key"]
    return _written(keyset | {"key": keyset["key"] + fresh})


def promoted(private: str) -> str:
    """The keyset whose newest key seals.

    Errors: `SettingsError` when it does already.
    """
    keyset = _keys(private)
    newest = keyset["key"][-1]["keyId"]
    if newest == keyset["primaryKeyId"]:
        raise SettingsError("no key waits to be used: make one with `rotate`")
    return _written(keyset | {"primaryKeyId": newest})


def retired(private: str) -> str:
    """The keyset with the key in use alone.

    Errors: `SettingsError` when there is no former key, or a key waits.
    """
    keyset = _keys(private)
    primary = [each for each in keyset["key"] if each["keyId"] == keyset["primaryKeyId"]]
    if keyset["key"][-1:] != primary:
        raise SettingsError("the new key is not used yet: `promote` it first")
    if len(keyset["key"]) == 1:
        raise SettingsError("there is no former key")
    return _written(keyset | {"key": primary})


def described(private: str) -> list[tuple[str, str]]:
    """Each key's id, newest first, and whether it is `next`, `in use` or `former`."""
    keyset = _keys(private)
    ids = [each["keyId"] for each in keyset["key"]]
    used = ids.index(keyset["primaryKeyId"])
    words = ["former"] * used + ["in use"] + ["next"] * (len(ids) - used - 1)
    return [(f"{each:08x}", word) for each, word in zip(ids, words, strict=True)][::-1]


def _keys(private: str) -> dict[str, Any]:
    public_half(private)
    keyset: dict[str, Any] = json.loads(private)
    return keyset


def _written(keyset: dict[str, Any]) -> str:
    text = json.dumps(keyset, indent=2) + "\n"
    public_half(text)
    return text
