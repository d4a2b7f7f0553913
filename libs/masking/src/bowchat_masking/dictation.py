"""Digits said in words that no table has: misspelt, written as they sound, in another script, with letters left out.

One such word proves nothing: "fix" is near "six", "your" near "four". Seven of them in a row, near the digits of one
language, are a number that is dictated. So a word is compared by how it sounds, one sound wrong at most, and a row counts
when each of its words can be a digit of the same language, or of English, which is mixed into all.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from bowchat_masking.lookalikes import AS_DIGITS
from bowchat_masking.number_tables import FUNCTION_WORDS
from bowchat_masking.number_words import digit_spellings, meaning, once
from bowchat_masking.tokens import Lexicon, Tokens

FEWEST = 7
_ROW = "1" * FEWEST
_FEWEST_DIFFERENT = 3
_GAP = 4
_LONGEST = 14
_FEWEST_NEAR = 4
_MARKS = r"\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0900-\u0dff"
_LETTERS = re.compile(rf"(?:[^\W_]|[{_MARKS}])++")
_STARRED = re.compile(rf"(?:[^\W_]|[{_MARKS}]|\*(?=[^\W\d_*])|(?<=[^\W\d_*])\*{{1,3}}(?![*]))++")
_STRETCH = re.compile("1[1-]{6,}+")
_ZEROS = dict.fromkeys(range(ord("0"), ord("9") + 1), "0")
_STAR = re.compile(r"\*(?:(?=[^\W\d_])|(?<=[^\W\d_]\*))")
# Vowel signs that are none here.
_OTHER_MARKS = re.compile(r"[\u0e00-\u0eff]")
_ORDINAL = re.compile("[0-9](?:st|nd|rd|th)", re.IGNORECASE)
_MOST_IN_ROW = 40
# What is counted is no digit, however near it sounds: "three to four weeks".
_MEASURES = frozenset(
    (
        "week",
        "weeks",
        "hour",
        "hours",
        "part",
        "parts",
        "side",
        "sides",
        "day",
        "days",
        "year",
        "years",
        "point",
        "points",
    )
)
_FEWEST_FIRM = 4
_VOWELS = re.compile("[aeiou]")

# English as it is heard where its letters are other ones, and counted in the order of things.
_HEARD = """
jiro|zro|sero van|oyan|vun|ones tu|tuu|toos tri|thri for|phor faiv|fayv siks|sicks sevan|sevn|seben eit|ait|et nain|nayn
oh|o|ooh won|wun to|too|tew tree|free fore|fower fife sicks sevun ate nein|niner
zeroth first second third fourth fifth sixth seventh eighth ninth
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ENGLISH = 0
_INDIC_LANGUAGE = 1

# India's scripts have their letters in the same places, so one table reads them all.
_BLOCKS = range(0x0900, 0x0D80, 0x80)
_ISCII = {
    **dict(zip(range(0x05, 0x0C), ("a", "a", "i", "i", "u", "u", "ri"), strict=True)),
    **dict(zip(range(0x0D, 0x15), ("e", "e", "e", "ai", "o", "o", "o", "o"), strict=True)),
    **dict(zip(range(0x15, 0x3A), [*"kkggnccjjnttddnttddnnpfbvmyrrlllvsssh"], strict=True)),
    **dict(zip(range(0x3E, 0x44), ("a", "i", "i", "u", "u", "ri"), strict=True)),
    **dict(zip(range(0x45, 0x4D), ("e", "e", "e", "ai", "o", "o", "o", "o"), strict=True)),
    0x01: "n", 0x02: "n", 0x58: "k", 0x59: "k", 0x5A: "g", 0x5B: "j", 0x5C: "d", 0x5D: "d", 0x5E: "f", 0x5F: "y",
}  # fmt: skip
_INDIC = {block + place: sound for block in _BLOCKS for place, sound in _ISCII.items()}
_ARABIC = str.maketrans("أإآٱةىیکھپ", "ااااهييكهب")
_SOUNDS = (
    (re.compile("ph"), "f"), (re.compile("ough?t|augh?t"), "ot"), (re.compile("gh(?=t)"), ""),
    (re.compile("ck|q[u]?|k"), "k"), (re.compile("x"), "ks"), (re.compile("c(?=[eiy])|sh|z|j"), "s"),
    (re.compile("c(?!h)"), "k"),
    (re.compile("(?<!c)h"), ""), (re.compile("w|b"), "v"), (re.compile("ee|ea|ie|y"), "i"),
    (re.compile("oo|ou"), "u"),
)  # fmt: skip


class Word(NamedTuple):
    """A word of the text that says a digit where it stands."""

    start: int
    end: int
    digit: str


def _sound(word: str) -> str:
    word = word.casefold()
    if not word.isascii():
        word = word.translate(_INDIC if word[0] >= "\u0900" else _ARABIC)
        word = re.sub(r"[^\w]", "", word.replace("\u0b83p", "f"))
    for pattern, plain in _SOUNDS:
        word = pattern.sub(plain, word)
    return once(word)


_Reading = Mapping[int, str]
"""The digit that a word may be, by language."""


def _shorter(sound: str) -> Iterator[str]:
    return (sound[:at] + sound[at + 1 :] for at in range(len(sound)))


class _Index:
    """Every digit's word by its sound, by its sound less one letter, and by its consonants."""

    def __init__(self) -> None:
        self.exact: defaultdict[str, dict[int, str]] = defaultdict(dict)
        self.shorter: defaultdict[str, dict[int, str]] = defaultdict(dict)
        self.consonants: defaultdict[str, dict[int, str]] = defaultdict(dict)
        self.by_length: defaultdict[int, list[tuple[str, int, str]]] = defaultdict(list)
        heard = [[each.split("|") for each in line.split()] for line in _HEARD.strip().splitlines()]
        for language, row in enumerate([*heard, *digit_spellings()]):
            for digit, spellings in enumerate(row):
                for each in spellings:
                    self._add(each, _language(language - len(heard), each), str(digit))
        for tens, each in enumerate(_TENS.split(), 2):
            self._add(each, _ENGLISH, f"{tens}0")

    def _add(self, spelling: str, language: int, digit: str) -> None:
        sound = _sound(spelling)
        self.exact[sound].setdefault(language, digit)
        if len(sound) >= _FEWEST_NEAR:
            for each in _shorter(sound):
                self.shorter[each].setdefault(language, digit)
        if spelling.isascii():
            self.consonants[_VOWELS.sub("", spelling)].setdefault(language, digit)
            self.by_length[len(spelling)].append((spelling, language, digit))
        elif len(without := _VOWELS.sub("", sound)) > 1:
            self.consonants[without].setdefault(language, digit)

    def near(self, word: str) -> _Reading:
        """What the word may be. Empty for a word that is near no digit."""
        if "*" in word:
            return self._starred(word)
        sound = _sound(word)
        found = dict(self.exact.get(sound, {}))
        if len(sound) >= _FEWEST_NEAR:
            for each in _shorter(sound):
                if each in self.shorter or each in self.exact:
                    found = {**self.shorter.get(each, {}), **self.exact.get(each, {}), **found}
        if len(sound) >= _FEWEST_NEAR - 1:
            found = {**self.shorter.get(sound, {}), **found}
        if len(sound) == _FEWEST_NEAR - 1:
            for each in (sound[1] + sound[0] + sound[2], sound[0] + sound[2] + sound[1]):
                found = {**self.exact.get(each, {}), **found}
        if word.isascii() and not _VOWELS.search(word):
            found |= self.consonants.get(word.casefold(), {})
        if not word.isascii():
            found = {**self.consonants.get(_VOWELS.sub("", sound), {}), **found}
        return found

    def _starred(self, word: str) -> _Reading:
        shape = re.compile(re.escape(word.casefold()).replace(r"\*", "."))
        return {
            language: digit
            for spelling, language, digit in reversed(self.by_length[len(word)])
            if shape.fullmatch(spelling)
        }


def _language(row: int, spelling: str) -> int:
    if row < 0:
        return _ENGLISH
    if "\u0900" <= spelling[0] <= "\u0d7f":
        return _INDIC_LANGUAGE
    return row + 2 if row > 1 else _ENGLISH


_INDEX = _Index()


@lru_cache(maxsize=32_768)
def _near(word: str) -> _Reading:
    return _INDEX.near(word)


def sounds_like_digit(word: str) -> bool:
    """Whether a word, in small letters, may be a digit where others are."""
    return word not in _MEASURES and bool(_near(word))


def _reading(word: str) -> _Reading:
    """What a word may be. Its digits sound like nothing, whichever they are; two different ones are two wrong sounds."""
    digits = set(filter(str.isdecimal, word))
    if len(word) > _LONGEST or len(digits) > 1:
        return {}
    return _near(word.translate(_ZEROS) if digits else word)


def _mark(word: str) -> str:
    """What tells fast that no row can be long enough: 1 for a word that may be a digit, 0 for none, a dash for a bridge."""
    if not word.isalpha():
        return _mark_unread(word)
    said = meaning(word)
    if len(word) == 1 or _reading(word) or (said and said.digits) or AS_DIGITS.issuperset(word):
        return "1"
    return "-" if said else "0"


def _mark_unread(word: str) -> str:
    """The same where the word is not looked up: one of letters may be a digit then."""
    return "-" if not word else "0" if len(word) > 1 and word.isdecimal() else "1"


_MARK = Lexicon(_mark)
Stretch = tuple[Sequence[str], Sequence[int]]
"""Words, and where each begins; an empty one is none."""


def likely(text: str, read: Tokens) -> list[Stretch]:
    """The stretches of a text that may be rows of digits. Most texts have none. `read` is the text by words."""
    words, starts = _words(text, read)
    # Words that are new are looked up only where a row could be long enough if each of them were a digit.
    if _ROW not in "".join([_MARK.get(each) or _mark_unread(each) for each in words]).replace("-", ""):
        return []
    marks = "".join(map(_MARK.__getitem__, words))
    if _ROW not in marks.replace("-", ""):
        return []
    spans = [slice(*match.span()) for match in _STRETCH.finditer(marks)]
    return [(words[span], starts[span]) for span in spans]


def _words(text: str, read: Tokens) -> Stretch:
    is_starred = "*" in text and _STAR.search(text)
    if not is_starred and (read.plain or ("$" not in text and not _OTHER_MARKS.search(text))):
        return read.words, read.starts
    found = list((_STARRED if is_starred else _LETTERS).finditer(text))
    return [each[0] for each in found], [each.start() for each in found]


def dictated(stretch: Stretch, known: Mapping[int, str]) -> Iterator[Word]:
    """The words of every row of digits that are words of no table. `known`: what is read already, by where it begins; the
    empty text for what says nothing between two digits.
    """
    row = _Row()
    end = 0
    for word, start in zip(*stretch, strict=False):
        if not word:
            continue
        if start - end > _GAP or len(row.words) > _MOST_IN_ROW:
            yield from row.closed()
            row = _Row()
        end = start + len(word)
        if row.words and known.get(start) == "":
            continue
        if not (reading := _read(word, known.get(start))):
            yield from row.closed()
            row = _Row()
        elif not row.takes(reading):
            yield from row.closed()
            row = row.rest(reading)
        if reading:
            row.add(Word(start, end, word.casefold()), reading)
    yield from row.closed()


def _read(word: str, known: str | None) -> _Reading:
    if word.isdecimal():
        return {_ENGLISH: word} if len(word) == 1 else {}
    if known and len(known) > 1:
        return {_ENGLISH: known}
    if _ORDINAL.fullmatch(word):
        return {_ENGLISH: word[0]}
    if word.casefold() in _MEASURES:
        return {}
    return _reading(word) or ({_ENGLISH: known} if known and not word.isalpha() else {})


class _Row:
    """Words one after another, each of which may be a digit of the same language, or of English."""

    def __init__(self, words: Sequence[tuple[Word, _Reading]] = ()) -> None:
        self.words: list[tuple[Word, _Reading]] = []
        self._languages: frozenset[int] | None = None
        for word, reading in words:
            self.add(word, reading)

    def takes(self, reading: _Reading) -> bool:
        return _ENGLISH in reading or self._languages is None or not self._languages.isdisjoint(reading)

    def add(self, word: Word, reading: _Reading) -> None:
        self.words.append((word, reading))
        if _ENGLISH not in reading:
            self._languages = frozenset(reading) & (self._languages or frozenset(reading))

    def rest(self, reading: _Reading) -> "_Row":
        """What is left when words are dropped from the front until all agree with another reading."""
        if len(self.words) >= FEWEST:
            return _Row()
        return next(
            (
                row
                for at in range(1, len(self.words))
                if (row := _Row(self.words[at:])).agrees and row.takes(reading)
            ),
            _Row(),
        )

    @property
    def agrees(self) -> bool:
        return self._languages is None or bool(self._languages)

    def closed(self) -> Sequence[Word]:
        """The words with their digits, if they are a number."""
        if len(self.words) < FEWEST:
            return ()
        language = min(self._languages or [_ENGLISH])
        said = [
            word._replace(digit=reading.get(language) or reading.get(_ENGLISH, ""))
            for word, reading in self.words
        ]
        firm = sum(not word.digit.isdecimal() and word.digit not in FUNCTION_WORDS for word, _ in self.words)
        enough = (
            firm >= max(_FEWEST_FIRM, len(said) * 2 // 5)
            and len({each.digit for each in said}) >= _FEWEST_DIFFERENT
        )
        return said if enough else ()
