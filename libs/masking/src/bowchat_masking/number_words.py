# ruff: noqa: RUF001 - look-alike characters are the subject
"""What a word says when digits are dictated: `nine`, `ninety`, `double`, `unnasi`, `नौ`, `nueve`, `n1n3`.

A word is looked up by its key (without accents, look-alike letters Latin, repeated letters once), so `niiine` and
`zéro` are found; romanised Hindi, which has no spelling, by how it sounds.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from bowchat_masking.number_tables import (
    BRIDGES,
    HINDI_DEVANAGARI,
    HINDI_ROMAN,
    HINDI_UNITS,
    HOMOPHONES,
    HUNDREDS,
    LETTERS,
    REPEATS,
    ROMANS,
    SCALES,
    TEENS,
    TENS,
    UNITS,
    WEAK,
)

LONGEST_WORD = 120
_GERMAN_UNITS, _GERMAN_TENS = 6, 3


class Kind(IntEnum):
    """How far a token may be taken for digits."""

    DIGITS = 0
    WORD = 1
    WEAK = 2
    """Means something else as often: `to`, `for`, `do`, `O`, `II`. Counts among others only."""
    REPEAT = 3
    """`double`, `triple`: how often the next digit stands."""
    HUNDRED = 4
    SCALE = 5
    """`thousand` and upwards: an amount, as a rule."""
    BRIDGE = 6
    """`and`, `dash`, `then`: says nothing between two digits."""


class Meaning(NamedTuple):
    kind: Kind
    digits: str


_LOOKALIKES = str.maketrans(
    "авекмнорстухіјѕԁһӏүɡοαεινρτυκ" + "АВЕКМНОРСТУХІЈЅΟΑΕΙΝΡΤΥΚΒΗΖ",
    "abekmhopctyxijsdhlygoaeivptuk" + "abekmhopctyxijsoaeinptukbhz",
)
_LEET = str.maketrans("01345678", "oieasbtb")
# No digit of a table looks like a letter to all of them; 2 does to none.
_LEETS = (_LEET, str.maketrans("0134578", "oleastb"), str.maketrans("013456789", "oieasgtbg"))
_IS_FIGURE = frozenset("0123456789")
_REPEATED = re.compile(r"(.)\1++")
_SOUNDS = (
    (re.compile(r"(?<=[bcdgjkpqst])h"), ""), (re.compile("[ie]y?|y"), "i"), (re.compile("w"), "v"),
    (re.compile("z"), "j"), (re.compile("ou|oo|u"), "u"), (re.compile("n(?=[tdsc])"), ""), (re.compile("ph"), "f"),
)  # fmt: skip


def _key(word: str) -> str:
    """The word without accents, in Latin letters where it mixes alphabets, repeated letters once."""
    word = word.casefold()
    if not word.isascii():
        plain = word.translate(_LOOKALIKES)
        word = plain if plain.isascii() or any("a" <= each <= "z" for each in plain) else word
        word = "".join(
            each for each in unicodedata.normalize("NFKD", word) if not "\u0300" <= each <= "\u036f"
        )
        word = unicodedata.normalize("NFC", word)
    return once(word)


def once(word: str) -> str:
    """The word, repeated letters once. A template for `sub` would be parsed anew each time, found or not."""
    return _REPEATED.sub(_first, word)


def _first(match: re.Match[str]) -> str:
    return match[0][0]


def _sound(word: str) -> str:
    for pattern, plain in _SOUNDS:
        word = pattern.sub(plain, word)
    return once(word)


_CIENTOS = """
ciento|cien doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos
cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos
"""


def _lines(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


_EXACT: dict[str, Meaning] = {}
"""Words as they are spelled; `_key` may make one of two ("ten", "teen")."""


def _spelled() -> Iterator[tuple[str, str]]:
    """Each number word of the tables, with its digits."""
    for line in _lines(UNITS) + _lines(HINDI_UNITS):
        yield from zip(line, "0123456789", strict=True)
    for line in (*_lines(TEENS), HINDI_ROMAN.split(), HINDI_DEVANAGARI.split()):
        yield from ((each, str(value)) for value, each in enumerate(line, 10))
    for line in _lines(TENS):
        yield from ((each, f"{value}0") for value, each in enumerate(line, 2))
    for line in _lines(_CIENTOS):
        yield from ((each, str(value)) for value, each in enumerate(line[1:], 2))
    yield from _german()


def _german() -> Iterator[tuple[str, str]]:
    """`achtundneunzig`: the unit comes first."""
    units, tens = _lines(UNITS)[_GERMAN_UNITS], _lines(TENS)[_GERMAN_TENS]
    for (unit, ones), (ten, words) in product(enumerate(units[1:], 1), enumerate(tens, 2)):
        for one, word in product(ones.split("|"), words.split("|")):
            yield f"{one}und{word}", f"{ten}{unit}"


def _words() -> dict[str, Meaning]:
    words: dict[str, Meaning] = {}
    for spellings, digits in _spelled():
        for spelling in spellings.split("|"):
            said = Meaning(Kind.WEAK if spelling in WEAK else Kind.WORD, digits)
            _EXACT.setdefault(spelling, said)
            words.setdefault(_key(spelling), said)
    for word, digits in (HOMOPHONES | LETTERS | ROMANS).items():
        words.setdefault(_key(word), Meaning(Kind.WEAK, digits))
        words.setdefault(word, Meaning(Kind.WEAK, digits))
    words |= {
        _key(each): Meaning(Kind.REPEAT, str(times))
        for times, text in REPEATS.items()
        for each in text.split()
    }
    for kind, text in ((Kind.HUNDRED, HUNDREDS), (Kind.SCALE, SCALES), (Kind.BRIDGE, BRIDGES)):
        for each in text.split():
            words.setdefault(_key(each), Meaning(kind, ""))
    return words


_WORDS = _words()
_SOUNDING = {
    _sound(_key(spelling)): Meaning(Kind.WEAK, str(value))
    for value, each in [
        *((value, each) for line in _lines(HINDI_UNITS) for value, each in enumerate(line)),
        *enumerate(HINDI_ROMAN.split(), 10),
    ]
    for spelling in each.split("|")
    if len(spelling) > 3
}
# Words that are found without spaces between them: as they are spelled, for a letter may end one and begin the next.
_GLUABLE = {
    spelling: _WORDS[_key(spelling)].digits
    for table in (UNITS, TEENS, TENS, HINDI_UNITS, HINDI_ROMAN, HINDI_DEVANAGARI)
    for spelling in table.replace("|", " ").split()
    if len(spelling) > 2 and spelling not in HOMOPHONES
} | {"oh": "0", "do": "2", "ek": "1", "double": "", "triple": ""}
_LONGEST_GLUED = max(map(len, _GLUABLE))


def digit_spellings() -> list[list[list[str]]]:
    """Each table of nought to nine, with the spellings of each digit. English comes first, in two tables."""
    return [[each.split("|") for each in line] for line in _lines(UNITS) + _lines(HINDI_UNITS)]


@lru_cache(maxsize=65_536)
def meaning(word: str) -> Meaning | None:
    """What the word says of digits, or None."""
    if len(word) > LONGEST_WORD:
        return None
    key = _key(word)
    found = _EXACT.get(word.casefold()) or _WORDS.get(word) or _WORDS.get(key)
    if found:
        return found
    if word.isascii() and 4 <= len(key) <= 12 and (found := _SOUNDING.get(_sound(key))):
        return found
    if len(word) >= 6 and (digits := _glued(word.casefold()) or _glued(_unaccented(word))):
        return Meaning(Kind.WORD, digits)
    return None


def leet(word: str) -> Meaning | None:
    """What a word with digits for letters says: `n1n3`, `s3v3n`. A number is no such word, so none is remembered."""
    if not 2 < len(word) <= 12 or "2" in word:
        return None
    for table in _LEETS:
        plain = word.casefold().translate(table)
        if _IS_FIGURE.isdisjoint(plain) and (found := _plain_word(plain)) is not None:
            return found
    return None


@lru_cache(maxsize=8_192)
def _plain_word(word: str) -> Meaning | None:
    found = _WORDS.get(_key(word))
    return found if found and len(word) > 2 and found.digits and found.kind is Kind.WORD else None


def _unaccented(word: str) -> str:
    """The word without accents, its letters as often as they stand: `veintidos`."""
    if word.isascii() or not word[0].isascii():
        return ""
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(each for each in plain if not "\u0300" <= each <= "\u036f")


def _glued(word: str) -> str:
    """The digits of number words written as one: `nineeightseven`. Empty when anything else is in it."""
    reached: dict[int, tuple[int, str]] = {0: (0, "")}
    for at in range(len(word)):
        if at not in reached:
            continue
        count, digits = reached[at]
        for end in range(at + 2, min(at + _LONGEST_GLUED, len(word)) + 1):
            if (found := _GLUABLE.get(word[at:end])) is not None:
                reached[end] = (count + 1, digits + found)
    count, digits = reached.get(len(word), (0, ""))
    return digits if count > 1 else ""
