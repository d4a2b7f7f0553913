"""Text as a detector reads it: compatibility forms folded, invisible characters dropped, every script's digits ASCII.

Each character is folded by itself, without looking at its neighbours, so folding a text that was changed in one place
gives the same as before everywhere else. The law "masking twice changes nothing" rests on that.
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

# Marks that carry no text of their own and so can hide between digits: joiners, variation selectors, the keycap frame,
# Hangul fillers. The general category Cf (zero width, bidi, soft hyphen, tags) is dropped as a whole.
_INVISIBLE = frozenset(
    [
        847,
        4447,
        4448,
        6068,
        6069,
        6155,
        6156,
        6157,
        8419,
        12644,
        65440,
        *range(65024, 65040),
        *range(917760, 918000),
    ]
)


class Canonical(NamedTuple):
    """A folded text, and for each of its characters which stretch of the original it stands for."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    """Where the character ends in the original, with the invisible characters that follow it."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters from `start` to `end` (exclusive) stand in the original."""
        return self.starts[start], self.ends[end - 1]


@lru_cache(maxsize=16_384)
def fold(character: str) -> str:
    """What one character stands for: nothing, itself, or its plain form (one or several characters)."""
    if ord(character) in _INVISIBLE or unicodedata.category(character) == "Cf":
        return ""
    return "".join(map(_plain, unicodedata.normalize("NFKC", character)))


def _plain(character: str) -> str:
    digit = unicodedata.digit(character, None)
    return character if digit is None else str(digit)


def canonicalise(text: str) -> Canonical:
    if text.isascii():
        return Canonical(text, range(len(text)), range(1, len(text) + 1))
    folded = [each if each.isascii() else fold(each) for each in text]
    if (plain := "".join(folded)) == text:
        return Canonical(text, range(len(text)), range(1, len(text) + 1))
    starts: list[int] = []
    ends: list[int] = []
    for index, piece in enumerate(folded):
        if not piece and ends:
            ends[-1] = index + 1
        starts += [index] * len(piece)
        ends += [index + 1] * len(piece)
    return Canonical(plain, starts, ends)
