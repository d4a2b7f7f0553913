"""Numbers said in words: the digits that a text speaks, in several languages, as loosely as a listener would take it.

Words that are also something else ("to", "no", "do") count in the loose reading only. A word too many is only a foreign
digit to the search; a word too few loses the number.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import product

from bowchat_masker.guard.reading import folded
from bowchat_masker.guard.vocabulary import (
    AMBIGUOUS,
    DIGITS,
    HINDI,
    HINDI_SCRIPT,
    LOOSE,
    MORE,
    REPEATS,
    ROMAN,
    SCALES,
    TEENS,
    TENS,
)

_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_NO_FIGURES = re.compile(r"[^\d\n]+")
_FEWEST = 7
_FEWEST_ROMAN = 2

# The rest are words. Of two letters that people number things by, a V or an X, one alone says nothing.
_SURELY_ROMAN = ROMAN.keys() - {"i", "o", "n", "nulla", "zero"}


def _rot13(word: str) -> str:
    return word.translate(str.maketrans("abcdefghijklmnopqrstuvwxyz", "nopqrstuvwxyzabcdefghijklm"))


def _table() -> dict[str, str]:
    table: dict[str, str] = {}
    for line in filter(None, DIGITS.split("\n")):
        for digit, word in enumerate(line.split()):
            table.setdefault(folded(word), str(digit))
    for block in (HINDI, HINDI_SCRIPT):
        for value, word in enumerate(block.split(), 10):
            table.setdefault(folded(word), str(value))
    for line in filter(None, TEENS.split("\n")):
        for value, word in enumerate(line.split(), 10):
            table.setdefault(word, str(value))
    for digit, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    ):
        table.setdefault(word[::-1], str(digit))
        table.setdefault(_rot13(word), str(digit))
    return table | MORE


_ALL = _table()
_STRICT = {word: digits for word, digits in _ALL.items() if word not in AMBIGUOUS}
_LOOSEST = _ALL | LOOSE
_TENS_OF = {
    folded(word): digit
    for line in filter(None, TENS.split("\n"))
    for digit, word in enumerate(line.split(), 2)
}
_REPEATED = {folded(word): times for word, times in REPEATS.items()}
_LOOSER = _LOOSEST.keys() - _STRICT.keys()
_SAYING = _STRICT.keys() | _TENS_OF.keys()
_KNOWN = frozenset({*_LOOSEST, *_TENS_OF, *ROMAN, *_REPEATED, *SCALES})
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_BACKWARDS = frozenset(each[::-1] for each in {*_SAYING, *_SURELY_ROMAN})
_FEWEST_BACKWARDS = 2
_UNITS = frozenset("123456789")


def _trie(words: Sequence[str]) -> str:
    """A pattern of all words in which no two branches begin alike, so that each place is tried once."""
    branches: dict[str, list[str]] = {}
    for word in words:
        branches.setdefault(word[:1], []).append(word[1:])
    ends = "" in branches
    inner = "|".join(
        re.escape(head) + _trie(sorted(tails)) for head, tails in sorted(branches.items()) if head
    )
    if not inner:
        return ""
    return f"(?:{inner})?" if ends else f"(?:{inner})"


_AFTER_DIGIT = re.compile(rf"\d\W{{0,3}}{_trie(sorted(_LOOSER - {'a'}))}(?![^\W\d_])")


def _glue(*lines: str) -> re.Pattern[str]:
    words = {folded(word) for line in lines for word in line.split()}
    return re.compile(f"({_trie(sorted({*words, 'double', 'triple'}))})")


_ROWS = DIGITS.strip().split("\n")
# One language at a time: the end of a word in one is often the beginning of a word in another.
_GLUED = (
    _glue(_ROWS[0], "oh", *TEENS.split("\n")[1:2], *TENS.split("\n")[1:2]),
    _glue(*_ROWS[1:4]),
    _glue(_ROWS[4]),
    _glue(_ROWS[5]),
    _glue(_ROWS[6]),
    _glue(_ROWS[7]),
)


def spoken(text: str, words: Sequence[str]) -> Iterator[str]:
    """The digits that a folded text says, in each of the ways in which it can be heard. Nothing where it says few.

    `words` is the text without its punctuation.
    """
    if _has_several(words, _BACKWARDS, _FEWEST_BACKWARDS):
        yield from _spoken(text[::-1])
    if _SAYING.isdisjoint(words) and not _says_by_others(text, words):
        return
    yield from _spoken(text)


def _spoken(text: str) -> Iterator[str]:
    said = _heard_of(text)
    if _is_enough(said):
        yield from _readings(said)


def _heard_of(text: str) -> list[str]:
    """The figures and the known words of a folded text."""
    return [each for each in _TOKEN.findall(text) if each in _KNOWN or each.isdigit()]


def _is_enough(said: Sequence[str]) -> bool:
    """Whether these are as many words and figures as a number may be said in, and not figures alone."""
    figures = [len(each) for each in said if each.isdigit()]
    words = len(said) - len(figures)
    return words > 0 and (words + sum(figures)) * 2 >= _FEWEST


def _says_by_others(text: str, words: Sequence[str]) -> bool:
    """Whether digits are said by words that are glued to digits, that mean something else as well, or in Roman."""
    if _has_several(words, _SURELY_ROMAN, _FEWEST_ROMAN):
        return True
    if text.isascii() and not any(map(text.__contains__, "0123456789")):
        return False
    if _AFTER_DIGIT.search(text):
        return True
    mixed = [each for each in words if not each.isalpha() and not each.isdigit()]
    return bool(mixed) and not _SAYING.isdisjoint(_LETTERS.findall(" ".join(mixed)))


def _has_several(words: Sequence[str], wanted: AbstractSet[str], fewest: int) -> bool:
    return not wanted.isdisjoint(words) and len([each for each in words if each in wanted]) >= fewest


def heard(text: str, words: Sequence[str]) -> str:
    """The digits of a text with those in words, however few; empty where none is in words."""
    if _SAYING.isdisjoint(words):
        return ""
    return _heard(_heard_of(folded(text)), _STRICT, joins_tens=True)


def glued(text: str) -> Iterator[str]:
    """The digits of words that stand without space: "nineeightseven"."""
    for language, way in product(_GLUED, (text, text[::-1])):
        said = _parted(language, way)
        if _is_enough(said):
            yield from _readings(said)


def _parted(language: re.Pattern[str], text: str) -> list[str]:
    """The words of a language in a text without spaces, and the figures between each two. Nothing where it has none."""
    parts = language.split(text)
    if len(parts) == 1:
        return []
    parts[::2] = _NO_FIGURES.sub("", "\n".join(parts[::2])).split("\n")
    return list(filter(None, parts))


def _readings(said: Sequence[str]) -> Iterator[str]:
    words = set(said)
    readings = []
    if not words.isdisjoint(_SAYING):
        readings.append(_heard(said, _STRICT, joins_tens=True))
        if not words.isdisjoint(_TENS_OF):
            readings.append(_heard(said, _STRICT, joins_tens=False))
    if not words.isdisjoint(_LOOSER):
        readings.append(_heard(said, _LOOSEST, joins_tens=True))
    if _has_several(said, _SURELY_ROMAN, _FEWEST_ROMAN):
        readings.append(_heard(said, ROMAN, joins_tens=True))
    if not words.isdisjoint(SCALES):
        readings.append(_cardinals(said))
    yield from {each for each in readings if len(each) >= _FEWEST}


def _heard(said: Sequence[str], table: Mapping[str, str], *, joins_tens: bool) -> str:
    parts: list[str] = []
    times, tens = 1, ""
    for word in said:
        if word in _REPEATED:
            times = _REPEATED[word]
            continue
        # Of figures, the first alone joins on to what was said before it.
        digits, rest = (word[0], word[1:]) if word.isdigit() else (table.get(word, ""), "")
        if tens and digits not in _UNITS:
            parts.append(tens + "0")
            tens = ""
        if word in _TENS_OF and table is not ROMAN:
            tens = str(_TENS_OF[word])
            if not joins_tens:
                parts.append(tens + "0")
                tens = ""
        elif digits:
            parts.append((tens + digits) * times + rest)
            times, tens = 1, ""
    return "".join([*parts, tens + "0" if tens else ""])


def _cardinals(said: Sequence[str]) -> str:
    """Whole numbers said with hundreds, thousands, lakhs: the digits of each, one after the other."""
    parts: list[str] = []
    total = current = 0
    for word in said:
        if scale := SCALES.get(word):
            current = max(current, 1) * scale
            if scale > 10**2:
                total, current = total + current, 0
        elif word in _TENS_OF:
            current += _TENS_OF[word] * 10
        else:
            digits = word if word.isdigit() else (_STRICT.get(word, "0"),)
            current += sum(map(int, digits))
    parts.append(str(total + current))
    return "".join(parts)
