"""What to look for, for one person: made once from what is known of them, and asked for every record."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bowchat_masker.common_names import COMMON_NAMES
from bowchat_masker.guard.reading import alphanumeric, digits_of
from bowchat_masker.guard.skeleton import skeleton
from bowchat_masker.identity import Known, national

Clue = Literal["number", "bsuid", "email", "username", "name"]

WINDOW = 7
_SHORTEST_NAME = 3
_SHORTEST_LOOK = 8
SHORTEST_CODE = 6
_SHORTEST_BSUID_DIGITS = 8
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_LONG_DIGITS = re.compile(r"[0-9](?:[\s().-]{0,3}[0-9]){6,}")


class Word(NamedTuple):
    """A name to look for: the pattern is tried only where the first part of it occurs."""

    clue: Clue
    first: str
    pattern: re.Pattern[str]


class Look(NamedTuple):
    """A longer name as it looks, to be found whatever it is written with, and without any gaps."""

    clue: Clue
    skeleton: str


class Number(NamedTuple):
    """A number to look for digit by digit: bit k of a digit's mask says that the k-th digit is this."""

    digits: str
    masks: dict[str, int]


@dataclass(frozen=True)
class Watch:
    """What to look for, for one person. Shows nothing of itself."""

    windows: tuple[str, ...]
    """Every seven digits in a row of each number, with its country code, both ways."""
    numbers: tuple[Number, ...]
    """Each number without its country code."""
    backwards: tuple[Number, ...] = ()
    """The same, from their ends."""
    whole: tuple[Number, ...] = ()
    """Each number with it."""
    codes: frozenset[str] = frozenset()
    """Each number as one in base 16, 8, 2 or 36, small letters."""
    bsuids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    """Letters and digits alone, as they stand and with "at" and "dot" said."""
    words: tuple["Word", ...] = ()
    looks: tuple["Look", ...] = ()
    shortest: int = WINDOW
    """Fewer digits than these hold no number."""

    def __repr__(self) -> str:
        return "Watch(***)"


NOBODY = Watch((), ())
"""For a record that belongs to no person we know."""


def watch_for(known: Known) -> Watch:
    """Everything about this person that must not reach an insurer."""
    typed = {each for text in (*known.name, *known.username) for each in _numbers_in(text)}
    numbers = {each for each in {national(each) for each in known.number} | typed if each}
    whole = {each for each in (*map(digits_of, known.number), *numbers) if each}
    names = [each for each in known.name if not _is_common(each)]
    words = [*_words("username", known.username), *_words("name", names)]
    looks = {*_looks("username", known.username), *_looks("name", names)}
    return Watch(
        windows=_windows(whole),
        numbers=tuple(number(each) for each in sorted(numbers)),
        backwards=tuple(number(each[::-1]) for each in sorted(numbers)),
        whole=tuple(number(each) for each in sorted(whole)),
        codes=frozenset(code for each in whole for way in (each, each[::-1]) for code in _codes(way)),
        bsuids=tuple(sorted(_bsuids((*known.bsuid, *known.parent_bsuid)))),
        emails=tuple(sorted({form for each in known.email for form in _email_forms(each)})),
        words=tuple(words),
        looks=tuple(sorted(looks)),
        shortest=min((WINDOW, *map(len, whole))),
    )


def number(digits: str) -> Number:
    masks = {digit: sum(1 << at for at, each in enumerate(digits) if each == digit) for digit in set(digits)}
    return Number(digits, masks)


def _windows(numbers: Iterable[str]) -> tuple[str, ...]:
    forward = {each[at : at + WINDOW] for each in numbers for at in range(max(1, len(each) - WINDOW + 1))}
    return tuple(sorted(forward | {each[::-1] for each in forward}))


def _codes(digits: str) -> Iterator[str]:
    value, base36 = int(digits), ""
    codes = [f"{value:x}", f"{value:o}", f"{value:b}"]
    while value:
        value, rest = divmod(value, 36)
        base36 = _BASE36[rest] + base36
    yield from (way for each in (*codes, base36) if len(each) >= SHORTEST_CODE for way in (each, each[::-1]))


def _bsuids(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        if whole := alphanumeric(text):
            yield whole
        if len(digits := digits_of(text)) >= _SHORTEST_BSUID_DIGITS:
            yield digits


def _email_forms(email: str) -> Iterator[str]:
    name, _, host = email.casefold().rpartition("@")
    if not name or not host:
        return
    said = host.replace(".", "dot")
    for start in {name, name.replace(".", "dot")}:
        for end in {f"at{host}", f"at{said}", host, said, f"attherate{host}", f"attherate{said}"}:
            yield alphanumeric(start + end)


def _numbers_in(text: str) -> Iterator[str]:
    """Numbers that somebody put into their own name."""
    for match in _LONG_DIGITS.finditer(unicodedata.normalize("NFKC", text)):
        yield national(digits_of(match[0])) if "+" in text else digits_of(match[0]).lstrip("0")


def _words(clue: Clue, texts: Iterable[str]) -> Iterator[Word]:
    for text in texts:
        parts = re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())
        if sum(map(len, parts)) >= _SHORTEST_NAME:
            joined = r"[\W_]{1,3}".join(map(re.escape, parts))
            yield Word(clue, parts[0], re.compile(rf"(?<!\w){joined}(?!\w)"))


def _looks(clue: Clue, texts: Iterable[str]) -> Iterator[Look]:
    """As it stands, the last name first, and without what stands between first and last; each from its end, too."""
    for text in (
        way for each in texts for way in (each, each.replace(".", "dot").replace("_", "underscore"))
    ):
        parts = [found for each in text.split() if (found := skeleton(each))]
        orders = (parts, [*parts[-1:], *parts[:-1]], [*parts[:1], *parts[-1:]], [*parts[-1:], *parts[:1]])
        for joined in map("".join, orders if len(parts) > 1 else (parts,)):
            if len(joined) >= _SHORTEST_LOOK:
                yield Look(clue, joined)
                yield Look(clue, joined[::-1])


def _is_common(name: str) -> bool:
    words = re.findall(r"\w+", name.casefold())
    return len(words) == 1 and words[0] in COMMON_NAMES
