"""How the vault keeps a person: encrypted under a data key of their own, which is wrapped by the key-encryption key.

Destroying the data key makes the person unreadable everywhere at once. AES key wrap (RFC 3394), AES-256-GCM with a
random nonce, and the place of the field as associated data, so that no ciphertext can be moved to somebody else.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from pydantic import ValidationError

from bowchat_masker.guard import Watch, watch_for
from bowchat_masker.identity import Known
from bowchat_masker.model import Contact
from bowchat_runtime.key_ring import KeyRing

_NONCE_BYTES = 12
_KEY_BYTES = 32
_MOST_OPEN = 20_000


class VaultBrokenError(Exception):
    """A contact cannot be read: another key-encryption key, or damaged."""


@dataclass(frozen=True, slots=True)
class Person:
    """A contact, opened: what is known, and what to look for because of it."""

    known: Known
    watch: Watch


class Vault:
    """Opens and closes contacts; remembers the ones opened last, each by the nonce of its ciphertext."""

    def __init__(self, kek: bytes | Callable[[], KeyRing]) -> None:
        """The key-encryption key, or what says which are in force now."""
        self._keks: Callable[[], KeyRing] = kek if callable(kek) else lambda: KeyRing(kek)
        self._open: OrderedDict[tuple[str, bytes], Person] = OrderedDict()

    def create(self, contact_id: str, known: Known, *, frozen: bool) -> Contact:
        key = secrets.token_bytes(_KEY_BYTES)
        return Contact(contact_id, 1, self._wrap(key), _encrypt(key, contact_id, known), frozen)

    def change(self, contact: Contact, known: Known, *, frozen: bool) -> Contact:
        """The contact's next version, its data key wrapped by the newest key-encryption key.

        Errors: `VaultBrokenError`.
        """
        key = self._key(contact)
        return replace(
            contact,
            version=contact.version + 1,
            wrapped_key=self._wrap(key),
            identity=_encrypt(key, contact.contact_id, known),
            frozen=frozen,
        )

    def rewrapped(self, wrapped_key: bytes) -> bytes:
        """The same data key, wrapped by the newest key-encryption key: the same bytes where it was already.

        Errors: `VaultBrokenError`.
        """
        return self._wrap(self._unwrap(wrapped_key))

    def open(self, contact: Contact) -> Person:
        """Errors: `VaultBrokenError`."""
        place = (contact.contact_id, contact.identity[:_NONCE_BYTES])
        if place not in self._open:
            known = _decrypt(self._key(contact), contact)
            self._open[place] = Person(known, watch_for(known))
        self._open.move_to_end(place)
        if len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)
        return self._open[place]

    def seal(self, contact: Contact, place: str, plain: bytes) -> bytes:
        """Something else of this person's, under their data key. It opens at this place alone.

        Errors: `VaultBrokenError`.
        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._key(contact)).encrypt(nonce, plain, place.encode())

    def unseal(self, contact: Contact, place: str, sealed: bytes) -> bytes:
        """Errors: `VaultBrokenError`."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self._key(contact)).decrypt(nonce, rest, place.encode())
        except (InvalidTag, ValueError):
            raise VaultBrokenError("what was sealed does not open with the person's data key") from None

    def forget(self, contact_id: str) -> None:
        """Drop what is remembered of a contact."""
        for place in [each for each in self._open if each[0] == contact_id]:
            del self._open[place]

    def _key(self, contact: Contact) -> bytes:
        return self._unwrap(contact.wrapped_key)

    def _wrap(self, key: bytes) -> bytes:
        return aes_key_wrap(self._keks().primary, key)

    def _unwrap(self, wrapped_key: bytes) -> bytes:
        for kek in self._keks().every:
            with suppress(InvalidUnwrap, ValueError):
                return aes_key_unwrap(kek, wrapped_key)
        raise VaultBrokenError("the contact's data key does not open with any key-encryption key in force")


def _encrypt(key: bytes, contact_id: str, known: Known) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, known.model_dump_json().encode(), _place(contact_id))


def _decrypt(key: bytes, contact: Contact) -> Known:
    nonce, sealed = contact.identity[:_NONCE_BYTES], contact.identity[_NONCE_BYTES:]
    try:
        return Known.model_validate_json(AESGCM(key).decrypt(nonce, sealed, _place(contact.contact_id)))
    except (InvalidTag, ValidationError, ValueError):
        raise VaultBrokenError("the contact's identity does not open with its data key") from None


def _place(contact_id: str) -> bytes:
    return f"contacts|{contact_id}|identity".encode()
