"""Text as a detector reads it: compatibility forms folded, invisible characters dropped, every script's digits ASCII.

Escapes (percent, HTML, backslash) are read as what they stand for. Each character or escape is folded by itself,
without looking at its neighbours, so folding a text that was changed in one place gives the same as before everywhere else.
The law "masking twice changes nothing" rests on that.
"""

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

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

_BRAILLE = zip("\u2801\u2803\u2809\u2819\u2811\u280b\u281b\u2813\u280a\u281a", "1234567890", strict=True)
_DICE = ((chr(0x2680 + value), str(value + 1)) for value in range(6))
_CLOCKS = ((chr(0x1F550 + value), str(value + 1)) for value in range(12))
_SIGNS = dict(
    (*_BRAILLE, *_DICE, *_CLOCKS, ("\u283c", ""), ("\U0001f51f", "10"), ("\u25ef", "0"), ("\u2b55", "0"))
)

_MAY_BE_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}|&[#a-zA-Z]|\\[uxUX]")
_MOST_LAYERS = 3
_ESCAPE = re.compile(
    r"(?:%(?:25){0,3}+[0-9A-Fa-f]{2}){1,64}+|&(?:amp;){0,3}+(?:#[0-9]{1,7}+|#[xX][0-9A-Fa-f]{1,6}+|[A-Za-z]{2,8}+);?"
    r"|\\[uU]\{[0-9A-Fa-f]{1,6}\}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}"
)
# What HTML writes for spaces, which are not printed.
_SPACES = frozenset("\u00a0\u2002\u2003\u2009\t\n")
_CODE = re.compile(r"\\[uUxX]\{?[0-9A-Fa-f]{1,5}\}?")


class Canonical(NamedTuple):
    """A folded text, and for each of its characters which stretch of the original it stands for."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    """Where the character ends in the original, with the invisible characters that follow it."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters from `start` to `end` (exclusive) stand in the original."""
        return self.starts[start], self.ends[end - 1]


def as_it_stands(text: str) -> Canonical:
    """The text itself, each place its own."""
    return Canonical(text, range(len(text)), range(1, len(text) + 1))


Change = tuple[int, int, str]
"""A stretch of a text, and what is to be read there."""


def rewritten(view: Canonical, changes: Sequence[Change]) -> Canonical:
    """The view with stretches replaced; a replacement stands for the whole stretch."""
    if not changes:
        return view
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for start, end, sign in changes:
        parts += [view.text[at:start], sign]
        starts += [*view.starts[at:start], *[view.starts[start]] * len(sign)]
        ends += [*view.ends[at:start], *[view.ends[end - 1]] * len(sign)]
        at = end
    text = "".join([*parts, view.text[at:]])
    return Canonical(text, [*starts, *view.starts[at:]], [*ends, *view.ends[at:]])


@lru_cache(maxsize=16_384)
def fold(character: str) -> str:
    """What one character stands for: nothing, itself, or its plain form (one or several characters)."""
    if ord(character) in _INVISIBLE or unicodedata.category(character) == "Cf":
        return ""
    return "".join(map(_plain, unicodedata.normalize("NFKC", character)))


def _plain(character: str) -> str:
    """Digits of every script, and signs that are counted with (`五`, `Ⅸ`, braille, dice, clocks), as figures."""
    if character in _SIGNS:
        return _SIGNS[character]
    value = unicodedata.numeric(character, None)
    if value is None or value != int(value) or not 0 <= value < 100:
        return character
    return str(int(value))


LETTER = re.compile(r"[^\W\d_]")
"""A letter of any script."""
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


@lru_cache(maxsize=8)
def small(text: str) -> str:
    """The text in small letters, each in its place: what is looked for without regard to case is found here much faster."""
    return text.lower() if text.isascii() else text.replace("\u0130", "i").replace("\u0131", "i").lower()


def canonicalise(text: str) -> Canonical:
    may_be_escaped = ("%" in text or "&" in text or "\\" in text) and _MAY_BE_ESCAPED.search(text)
    if not may_be_escaped and _is_folded(text):
        return as_it_stands(text)
    if not may_be_escaped:
        return _view(text, [each if each.isascii() else fold(each) for each in text], range(1, len(text) + 1))
    pieces = list(_pieces(text))
    folded = ["".join(each if each.isascii() else fold(each) for each in piece) for piece, _ in pieces]
    return _view(text, folded, [end for _, end in pieces])


def _is_folded(text: str) -> bool:
    return text.isascii() or all(each == fold(each) for each in set(_NOT_ASCII.findall(text)))


def _view(text: str, folded: Sequence[str], stops: Sequence[int]) -> Canonical:
    """The view of pieces that end at `stops` in the original."""
    if (plain := "".join(folded)) == text:
        return as_it_stands(text)
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for shown, end in zip(folded, stops, strict=True):
        if not shown and ends:
            ends[-1] = end
        starts += [at] * len(shown)
        ends += [end] * len(shown)
        at = end
    return Canonical(plain, starts, ends)


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """Each character, or what an escape stands for, and where it ends in the text."""
    at = 0
    for match in _ESCAPE.finditer(text):
        meant = _meant(match[0])
        if meant == match[0]:
            continue
        yield from ((text[place], place + 1) for place in range(at, match.start()))
        yield meant, match.end()
        at = match.end()
    yield from ((text[place], place + 1) for place in range(at, len(text)))


@lru_cache(maxsize=4_096)
def _meant(escape: str) -> str:
    """What an escape stands for, escapes within it undone too; itself when it stands for nothing that can be seen."""
    meant = escape
    for _ in range(_MOST_LAYERS):
        before = meant
        if meant.startswith("%"):
            meant = unquote(meant, errors="replace")
        elif meant.startswith("&"):
            meant = html.unescape(meant)
        elif _CODE.fullmatch(meant):
            meant = chr(int(meant.lstrip("\\uUxX{").rstrip("}"), 16))
        if meant == before:
            break
    shown = meant.isprintable() or meant in _SPACES
    return meant if shown and "\ufffd" not in meant else escape
