# ruff: noqa: RUF001 - look-alike characters are the subject
"""A text as a row of tokens that say digits, each with its place: figures, number words, letters written for figures."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bowchat_masking.dictation import dictated, likely
from bowchat_masking.hits import BLANK, MaskingError
from bowchat_masking.lookalikes import AS_DIGITS, DIGIT_LETTERS
from bowchat_masking.number_words import Kind, leet, meaning
from bowchat_masking.placeholders import PLACEHOLDER
from bowchat_masking.tokens import MARKS, Lexicon, Tokens, tokens

_PIECE = re.compile(rf"[0-9]++|(?:[^\W_0-9]|[{MARKS}])++")
# A letter, then what makes it one that stands alone: so most places are passed over fast.
_SPACED = re.compile(r"[^\W\d_](?=[^\w])(?<![^\W_][^\W\d_])(?:[^\w]{1,3}+[^\W\d_](?![^\W_])){4,}+")
_LONE = frozenset("OoIlSsBZОоΟοЗб")
_BARRIER = re.compile(r"\0{2,}")
_FEWEST_LETTERS = 9
_FEWEST_SPACED = 5
# Figures, and the letters that are written for nought and one.
_ROUND = frozenset("0123456789OolI")
# "i20" is a car, and "Q3" a part of the year.
_MODEL, _QUARTER = re.compile("i[0-9]{2}"), re.compile("Q[1-4]")
_SHORT = 2
_MOST_LETTERS = 64
MOST_UNITS = 1_500
SINGLE_LETTERS = AS_DIGITS - frozenset("0123456789OoIil")
_NOTHING = "", Kind.BRIDGE, ""
_DIGITS = Kind.DIGITS


class Unit(NamedTuple):
    start: int
    end: int
    digits: str
    kind: Kind
    word: str = ""
    barrier: bool = False
    """Something stands before it that no number reaches across: a placeholder, or what another detector found."""


def units(text: str) -> list[Unit]:
    """Every token of the text that says digits, or may stand between two that do, in order."""
    text = _without_placeholders(text)
    read = tokens(text)
    found: list[Unit] = []
    for word, said, start in zip(read.words, map(_SAID.get, read.words), read.starts, strict=False):
        if said is _NOTHING or not word:
            continue
        if said is None and word.isdecimal():
            found.append(Unit(start, start + len(word), word, _DIGITS))
        elif said is None and not word.isalpha():
            found += _mixed(word, start)
        elif (said := said or _SAID[word]) is not _NOTHING:
            found.append(Unit(start, start + len(word), *said))
        if len(found) > MOST_UNITS:
            raise MaskingError("the text holds more figures than a person would type")
    if "\0\0" in text:
        found = _barred(text, found)
    if not read.plain or _has_letters_alone(read.words):
        found = _with_spaced(text, found)
    return _with_dictated(text, read, found)


def _has_letters_alone(words: Sequence[str]) -> bool:
    """Whether enough of them stand one after another for a word that is spelled."""
    lengths = list(filter(None, map(len, words)))
    if lengths.count(1) < _FEWEST_SPACED:
        return False
    return max(lengths) >= _MOST_LETTERS or bytes([1]) * _FEWEST_SPACED in bytes(lengths)


def _without_placeholders(text: str) -> str:
    return PLACEHOLDER.sub(lambda match: BLANK * len(match[0]), text) if "[" in text else text


def _barred(text: str, found: list[Unit]) -> list[Unit]:
    """The units, with a barrier before each that is the first after something blank."""
    starts = [unit.start for unit in found]
    for match in _BARRIER.finditer(text):
        after = bisect_left(starts, match.start())
        if after < len(found):
            found[after] = found[after]._replace(barrier=True)
    return found


def _with_spaced(text: str, found: list[Unit]) -> list[Unit]:
    """The units, with words that are spelled letter by letter in place of their letters."""
    for spelled in _spaced(text):
        inside = [each for each in found if spelled.start <= each.start < spelled.end]
        found = [each for each in found if not spelled.start <= each.start < spelled.end]
        found.append(spelled._replace(barrier=any(each.barrier for each in inside[:1])))
    return sorted(found, key=lambda unit: unit.start)


def _with_dictated(text: str, read: Tokens, found: list[Unit]) -> list[Unit]:
    """The units, with words that say digits only because they stand in a row of such."""
    stretches = likely(text, read)
    if not stretches:
        return found
    known = {unit.start: unit.digits for unit in found}
    rows = [word for stretch in stretches for word in dictated(stretch, known)]
    if not rows:
        return found
    said = {each.start: Unit(each.start, each.end, each.digit, Kind.WORD) for each in rows}
    inside = {place: each for each in rows for place in range(each.start, each.end)}
    kept: list[Unit] = []
    for unit in found:
        word = inside.get(unit.start)
        if word is None:
            kept.append(unit)
        elif unit.start == word.start and unit.end >= word.end:
            kept.append(unit._replace(kind=Kind.WORD) if unit.kind is Kind.WEAK else unit)
            said.pop(unit.start, None)
        elif unit.barrier and word.start in said:
            said[word.start] = said[word.start]._replace(barrier=True)
    return sorted([*kept, *said.values()], key=lambda unit: unit.start)


def _said(word: str) -> tuple[str, Kind, str]:
    """What a word of letters alone says: most say nothing, and are asked for again and again."""
    if (said := meaning(word)) is not None:
        return said.digits, said.kind, word.casefold()
    unit = next(_letters(word, 0), None)
    return _NOTHING if unit is None else (unit.digits, unit.kind, unit.word)


_SAID = Lexicon(_said)


def _mixed(word: str, start: int) -> Iterator[Unit]:
    """What a token says that is neither letters nor figures alone. No word that is known has a figure in it."""
    end = start + len(word)
    figures = sum(map(str.isdecimal, word))
    if not figures and (known := meaning(word)) is not None:
        yield Unit(start, end, known.digits, known.kind, word.casefold())
    elif not figures:
        yield from _letters(word, start)
    elif (said := leet(word)) is not None:
        yield Unit(start, end, said.digits, said.kind)
    elif _QUARTER.fullmatch(word):
        return
    elif _MODEL.fullmatch(word):
        yield Unit(start + 1, end, word[1:], Kind.DIGITS)
    elif (
        figures * 2 >= len(word) or len(word) >= _FEWEST_LETTERS or _ROUND.issuperset(word)
    ) and AS_DIGITS.issuperset(word):
        yield Unit(start, end, word.translate(DIGIT_LETTERS), Kind.DIGITS)
    else:
        for piece in _PIECE.finditer(word):
            yield from _piece(piece[0], start + piece.start())


def _letters(word: str, start: int) -> Iterator[Unit]:
    """Letters alone that look like digits: one, or all round ones, or so many and so mixed that they are no word."""
    if len(word) > _MOST_LETTERS or not AS_DIGITS.issuperset(word):
        return
    digits = word.translate(DIGIT_LETTERS)
    if len(word) == 1 or _LONE.issuperset(word):
        yield Unit(start, start + len(word), digits, Kind.WEAK, word)
    elif len(word) >= _FEWEST_LETTERS and not (word.islower() or word.istitle()):
        yield Unit(start, start + len(word), digits, Kind.DIGITS)


def _piece(piece: str, start: int) -> Iterator[Unit]:
    end = start + len(piece)
    if piece.isdecimal():
        yield Unit(start, end, piece, Kind.DIGITS)
    elif (said := meaning(piece)) is not None:
        yield Unit(start, end, said.digits, said.kind, piece.casefold())
    elif len(piece) <= _SHORT and AS_DIGITS.issuperset(piece):
        yield Unit(start, end, piece.translate(DIGIT_LETTERS), Kind.WEAK)


def _spaced(text: str) -> Iterator[Unit]:
    """Number words spelled letter by letter: `n i n e  e i g h t`, `S-E-V-E-N`."""
    for match in _SPACED.finditer(text):
        letters = "".join(filter(str.isalpha, match[0]))
        if (said := meaning(letters)) is not None and said.digits and said.kind is Kind.WORD:
            yield Unit(match.start(), match.end(), said.digits, Kind.WORD)
