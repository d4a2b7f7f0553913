"""Keeping what was held, so that people can look at it and release it."""

from typing import Protocol

from bowchat_masker.model import Held
from bowchat_runtime.seal import Opener, SealBrokenError

CONTEXT = "held:"


class Seals(Protocol):
    def seal(self, plaintext: bytes, context: str) -> str: ...


def hold_copy(sealer: Seals, subject_id: str, value: bytes) -> str | None:
    """The record's bytes, sealed. None when sealing fails: the hold stands without, and the topic still has them."""
    try:
        return sealer.seal(value, CONTEXT + subject_id)
    except Exception:  # noqa: BLE001 - a broken seal must not undo the hold
        return None


def kept_copy(opener: Opener, held: Held) -> bytes | None:
    """The record's bytes, opened. None where no copy was kept, or it does not open any more."""
    return kept_copy_of(opener, held.subject_id, held.sealed)


def kept_copy_of(opener: Opener, subject_id: str, sealed: str | None) -> bytes | None:
    """The same of any copy that was sealed by `hold_copy`."""
    if sealed is None:
        return None
    try:
        return opener.open(sealed, CONTEXT + subject_id)
    except SealBrokenError:
        return None
