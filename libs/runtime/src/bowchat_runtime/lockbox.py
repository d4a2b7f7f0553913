"""What only one other party can open: Tink hybrid encryption under the public keyset that it gave us."""

import base64
import binascii

import tink
from tink import hybrid, json_proto_keyset_format, secret_key_access

from bowchat_runtime.errors import SettingsError
from bowchat_runtime.seal import SealBrokenError

hybrid.register()


class Lockbox:
    """Locks for one party; cannot open."""

    def __init__(self, public_keyset: bytes) -> None:
        """Errors: `SettingsError` when this is no public keyset."""
        try:
            handle = json_proto_keyset_format.parse_without_secret(public_keyset.decode())
            self._encrypt = handle.primitive(hybrid.HybridEncrypt)  # type: ignore[type-abstract]
        except (tink.TinkError, ValueError):
            raise SettingsError("this is no public Tink keyset in JSON for hybrid encryption") from None

    def lock(self, plaintext: bytes, context: str) -> str:
        """The ciphertext in base64; it opens only under the same `context`."""
        return base64.b64encode(self._encrypt.encrypt(plaintext, context.encode())).decode()


def unlock(private_keyset: bytes, locked: str, context: str) -> bytes:
    """What the other party does.

    Errors: `SealBrokenError`.
    """
    try:
        handle = json_proto_keyset_format.parse(private_keyset.decode(), secret_key_access.TOKEN)
        decrypt = handle.primitive(hybrid.HybridDecrypt)  # type: ignore[type-abstract]
        return decrypt.decrypt(base64.b64decode(locked, validate=True), context.encode())
    except (tink.TinkError, binascii.Error, ValueError):
        raise SealBrokenError("this does not open with this keyset and context") from None
