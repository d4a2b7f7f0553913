"""Keys of 32 bytes in a file of lines, so that one can take over from another while both are in force.

The newest stands first. A line that begins with `next:` is known but not used yet: every process has to know a key before
any process uses it. The first line without that word is in use; what stands after it was in use before.
"""

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass

from bowchat_runtime.errors import SettingsError

_KEY_BYTES = 32
_NEXT = "next:"


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys in force."""

    primary: bytes
    """What is made now is made with this one."""
    others: tuple[bytes, ...] = ()
    """What was, or soon will be, made with these is still understood."""

    def __repr__(self) -> str:
        return f"KeyRing({key_id(self.primary)}, and {len(self.others)} more)"

    @property
    def every(self) -> tuple[bytes, ...]:
        """The primary one first."""
        return (self.primary, *self.others)


def parse_ring(content: bytes) -> KeyRing:
    """Errors: `SettingsError`."""
    lines = [line.strip() for line in content.decode(errors="replace").splitlines() if line.strip()]
    used = [_key(line) for line in lines if not line.startswith(_NEXT)]
    waiting = [_key(line.removeprefix(_NEXT)) for line in lines if line.startswith(_NEXT)]
    if not used:
        raise SettingsError("the key file names no key that is in use")
    return KeyRing(used[0], (*waiting, *used[1:]))


def key_id(key: bytes) -> str:
    """A name for a key, to tell it from others by; it says nothing of the key."""
    return hashlib.sha256(b"bowchat key id" + key).hexdigest()[:8]


def new_key() -> str:
    """A fresh key, as a line of a ring."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def with_next(content: str) -> str:
    """The ring with a fresh key that is not used yet.

    Errors: `SettingsError` while the rotation before is not finished.
    """
    lines = content.split()
    if len(lines) > 1:
        raise SettingsError("a rotation is under way: finish it with `promote` and `retire`")
    return _written(_NEXT + new_key(), *lines)


def promoted(content: str) -> str:
    """The ring with the waiting key in use.

    Errors: `SettingsError` when none waits.
    """
    lines = content.split()
    if not lines or not lines[0].startswith(_NEXT):
        raise SettingsError("no key waits to be used: make one with `rotate`")
    return _written(lines[0].removeprefix(_NEXT), *lines[1:])


def retired(content: str) -> str:
    """The ring with the key in use alone.

    Errors: `SettingsError` when there is no former key, or a key waits.
    """
    first, *former = content.split()
    if first.startswith(_NEXT):
        raise SettingsError("the new key is not used yet: `promote` it first")
    if not former:
        raise SettingsError("there is no former key")
    return _written(first)


def described(content: str) -> list[tuple[str, str]]:
    """Each key's id, and whether it is `next`, `in use` or `former`."""
    lines = content.split()
    used = [line for line in lines if not line.startswith(_NEXT)]
    return [(key_id(_key(line.removeprefix(_NEXT))), "next") for line in lines if line not in used] + [
        (key_id(_key(line)), "former" if place else "in use") for place, line in enumerate(used)
    ]


def _written(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def _key(line: str) -> bytes:
    try:
        key = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise SettingsError(f"each line of a key file must hold {_KEY_BYTES} bytes in base64")
    return key
