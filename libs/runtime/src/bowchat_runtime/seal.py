"""Seals: locked with a public key, opened only where the private one is (Tink hybrid encryption, HPKE).

A Tink keyset holds several keys, so that a new one can take over while old seals still open.
"""

import base64
import binascii

import tink
from tink import hybrid, json_proto_keyset_format, secret_key_access

from bowchat_runtime.errors import SettingsError

hybrid.register()
_TEMPLATE = hybrid.hybrid_key_templates.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_AES_256_GCM


class SealBrokenError(Exception):
    """A seal cannot be opened: another key, another context, or damaged."""


class Sealer:
    """Locks with the public keyset; cannot open."""

    def __init__(self, public_keyset: bytes) -> None:
        try:
            handle = json_proto_keyset_format.parse_without_secret(public_keyset.decode())
            self._encrypt = handle.primitive(hybrid.HybridEncrypt)  # type: ignore[type-abstract]
        except (tink.TinkError, ValueError):
            raise SettingsError(
                "the public identity keyset is not a Tink JSON keyset. Make one with: bowchat-keys init DIR"
            ) from None

    def seal(self, plaintext: bytes, context: str) -> str:
        """Lock `plaintext`. It opens only under the same `context`, which says what the seal belongs to."""
        return base64.b64encode(self._encrypt.encrypt(plaintext, context.encode())).decode()


class Opener:
    """Opens with the private keyset."""

    def __init__(self, private_keyset: bytes) -> None:
        try:
            handle = json_proto_keyset_format.parse(private_keyset.decode(), secret_key_access.TOKEN)
            self._decrypt = handle.primitive(hybrid.HybridDecrypt)  # type: ignore[type-abstract]
            self._public = json_proto_keyset_format.serialize_without_secret(handle.public_keyset_handle())
        except (tink.TinkError, ValueError):
            raise SettingsError(
                "the private identity keyset is not a Tink JSON keyset. Make one with: bowchat-keys init DIR"
            ) from None

    def open(self, sealed: str, context: str) -> bytes:
        """What was sealed.

        Errors: `SealBrokenError`.
        """
        try:
            opened: bytes = self._decrypt.decrypt(base64.b64decode(sealed, validate=True), context.encode())
        except (tink.TinkError, binascii.Error, ValueError):
            raise SealBrokenError("this seal does not open with our keys and its context") from None
        return opened

    def sealer(self) -> Sealer:
        """The public half."""
        return Sealer(self._public.encode())


def new_keysets() -> tuple[str, str]:
    """A fresh (private, public) pair of Tink keysets in JSON."""
    private = tink.new_keyset_handle(_TEMPLATE)
    return (
        json_proto_keyset_format.serialize(private, secret_key_access.TOKEN),
        json_proto_keyset_format.serialize_without_secret(private.public_keyset_handle()),
    )
