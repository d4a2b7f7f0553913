"""Keeping what was held, so that people can look at it and release it."""

from typing import Protocol

CONTEXT = "held:"


class Seals(Protocol):
    def seal(self, plaintext: bytes, context: str) -> str: ...


def hold_copy(sealer: Seals, subject_id: str, value: bytes) -> str | None:
    """The record's bytes, sealed. None when sealing fails: the hold stands without, and the topic still has them."""
    try:
        return sealer.seal(value, CONTEXT + subject_id)
    except Exception:  # noqa: BLE001 - a broken seal must not undo the hold
        return None
