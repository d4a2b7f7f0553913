"""Seals: locked with a public key, opened only where the private one is.

Envelope encryption: what is sealed is encrypted under a data key (AES-256-GCM), and the data key under the public keyset
(Tink hybrid encryption, HPKE). The public-key step costs as much as all else that is done with a message, so a data key
serves for a minute; it never leaves the process that made it but encrypted.

A Tink keyset holds several keys, so that a new one can take over while old seals still open. Where the keyset is given as
something that may change, a new one counts with the next seal.
"""

import base64
import binascii
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass

import tink
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tink import hybrid, json_proto_keyset_format, secret_key_access

from bowchat_runtime import keysets
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.watched import Content, Followed

hybrid.register()

_KEY_BYTES, _NONCE_BYTES = 32, 12
_KEY_CONTEXT = b"data key of seals"
# Far below the 2^32 messages that random nonces allow a key (NIST SP 800-38D, 8.3).
_SEALS_PER_KEY = 10_000
_SECONDS_PER_KEY = 60.0
_MOST_KEYS_OPEN = 1_000


class SealBrokenError(Exception):
    """A seal cannot be opened: another key, another context, or damaged."""


@dataclass(slots=True)
class _DataKey:
    cipher: AESGCM
    locked: str
    """The key itself, encrypted under the public keyset."""
    until: float
    left: int


class Sealer:
    """Locks with the public keyset; cannot open."""

    def __init__(self, public_keyset: bytes | Content) -> None:
        """Errors: `SettingsError` when this is no public keyset."""
        self._keyset = Followed(public_keyset, _encrypting)
        self._encrypt = self._keyset.current
        self._data_key = self._fresh()

    def seal(self, plaintext: bytes, context: str) -> str:
        """Lock `plaintext`. It opens only under the same `context`, which says what the seal belongs to."""
        key, encrypt = self._data_key, self._keyset.current
        if encrypt is not self._encrypt or not key.left or time.monotonic() >= key.until:
            self._encrypt = encrypt
            key = self._data_key = self._fresh()
        key.left -= 1
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return f"{key.locked}.{_text(nonce + key.cipher.encrypt(nonce, plaintext, context.encode()))}"

    def _fresh(self) -> _DataKey:
        key = secrets.token_bytes(_KEY_BYTES)
        locked = _text(self._encrypt.encrypt(key, _KEY_CONTEXT))
        return _DataKey(AESGCM(key), locked, time.monotonic() + _SECONDS_PER_KEY, _SEALS_PER_KEY)


def _encrypting(public_keyset: bytes) -> hybrid.HybridEncrypt:
    try:
        handle = json_proto_keyset_format.parse_without_secret(public_keyset.decode())
        return handle.primitive(hybrid.HybridEncrypt)  # type: ignore[type-abstract]
    except (tink.TinkError, ValueError):
        raise SettingsError(
            "the public identity keyset is not a Tink JSON keyset. Make one with: bowchat-keys init DIR"
        ) from None


@dataclass(frozen=True, slots=True)
class _Private:
    decrypt: hybrid.HybridDecrypt
    public: bytes


def _decrypting(private_keyset: bytes) -> _Private:
    try:
        handle = json_proto_keyset_format.parse(private_keyset.decode(), secret_key_access.TOKEN)
        decrypt = handle.primitive(hybrid.HybridDecrypt)  # type: ignore[type-abstract]
        public = json_proto_keyset_format.serialize_without_secret(handle.public_keyset_handle())
    except (tink.TinkError, ValueError):
        raise SettingsError(
            "the private identity keyset is not a Tink JSON keyset. Make one with: bowchat-keys init DIR"
        ) from None
    return _Private(decrypt, public.encode())


class Opener:
    """Opens with the private keyset."""

    def __init__(self, private_keyset: bytes | Content) -> None:
        """Errors: `SettingsError` when this is no private keyset."""
        self._keyset = Followed(private_keyset, _decrypting)
        self._private = self._keyset.current
        self._ciphers: OrderedDict[str, AESGCM] = OrderedDict()

    def open(self, sealed: str, context: str) -> bytes:
        """What was sealed.

        Errors: `SealBrokenError`.
        """
        locked, _, body = sealed.partition(".")
        try:
            bytes_ = base64.b64decode(body, validate=True)
            return self._cipher(locked).decrypt(
                bytes_[:_NONCE_BYTES], bytes_[_NONCE_BYTES:], context.encode()
            )
        except (tink.TinkError, InvalidTag, binascii.Error, ValueError):
            raise SealBrokenError("this seal does not open with our keys and its context") from None

    def _cipher(self, locked: str) -> AESGCM:
        """The cipher of a data key; the ones opened last are remembered, until the keyset is another."""
        private = self._keyset.current
        if private is not self._private:
            self._private = private
            self._ciphers.clear()
        if locked in self._ciphers:
            self._ciphers.move_to_end(locked)
        else:
            key = private.decrypt.decrypt(base64.b64decode(locked, validate=True), _KEY_CONTEXT)
            self._ciphers[locked] = AESGCM(key)
            if len(self._ciphers) > _MOST_KEYS_OPEN:
                self._ciphers.popitem(last=False)
        return self._ciphers[locked]

    def sealer(self) -> Sealer:
        """The public half, of whatever keyset is in force."""
        return Sealer(lambda: self._keyset.current.public)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def new_keysets() -> tuple[str, str]:
    """A fresh (private, public) pair of Tink keysets in JSON."""
    private = keysets.new_private()
    return private, keysets.public_half(private)
