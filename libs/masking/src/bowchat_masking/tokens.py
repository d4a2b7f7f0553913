"""The words of a text, each with its place: read once for all that looks for digits among them.

Most texts need no regular expression for that: where every letter is ASCII, signs become spaces and the spaces part the
words.
"""

import re
from collections.abc import Callable
from itertools import accumulate
from typing import Generic, NamedTuple, TypeVar

MARKS = r"\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0900-\u0dff\u0e00-\u0eff"
"""Vowel signs and accents, which a regular expression does not take for word characters."""
_TOKEN = re.compile(rf"(?:[^\W_]|[{MARKS}])(?:[^\W_]|[{MARKS}]|[$](?=[^\W_]))*+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_IN_WORDS = re.compile(rf"[^\W_]|[{MARKS}]")
_INNER_DOLLAR = re.compile(rf"\$(?:(?<=[^\W_]\$)|(?<=[{MARKS}]\$))(?=[^\W_])")
_PARTED = bytes(each if chr(each).isascii() and chr(each).isalnum() else ord(" ") for each in range(256))
_LONGEST_REMEMBERED = 24
_MOST_REMEMBERED = 32_768

_Said = TypeVar("_Said")


class _Signs(dict[int, str]):
    """Each character as it is if it can stand in a word, a space for any other."""

    def __missing__(self, code: int) -> str:
        shown = chr(code) if _IN_WORDS.match(chr(code)) else " "
        if len(self) < _MOST_REMEMBERED:
            self[code] = shown
        return shown


_SIGNS = _Signs()


class Tokens(NamedTuple):
    """Words in order; an empty one stands between two signs."""

    words: list[str]
    starts: list[int]
    plain: bool
    """Whether they are of ASCII letters and digits alone, and of nothing else."""


class Lexicon(dict[str, _Said], Generic[_Said]):
    """What was found out about words, for the next time. Words of letters alone are kept, so that no number is."""

    def __init__(self, look_up: Callable[[str], _Said]) -> None:
        super().__init__()
        self._look_up = look_up

    def __missing__(self, word: str) -> _Said:
        said = self._look_up(word)
        if len(word) <= _LONGEST_REMEMBERED and word.isalpha():
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[word] = said
        return said


def tokens(text: str) -> Tokens:
    if "$" in text and _INNER_DOLLAR.search(text):
        found = list(_TOKEN.finditer(text))
        return Tokens([each[0] for each in found], [each.start() for each in found], plain=False)
    plain = is_plain(text)
    words = parted(text) if plain else text.translate(_SIGNS).split(" ")
    return Tokens(words, list(accumulate([len(each) + 1 for each in words], initial=0)), plain=plain)


def parted(text: str) -> list[str]:
    """The words of ASCII letters and digits: each with one character between it and the next. Some are empty."""
    return text.encode("ascii", "replace").translate(_PARTED).decode().split(" ")


def is_plain(text: str) -> bool:
    """Whether every letter and digit of the text is ASCII."""
    return text.isascii() or not any(map(_IN_WORDS.match, set(_NOT_ASCII.findall(text))))
