"""The known-identity guard: the last look at a record that leaves for an insurer, on its final bytes.

It shares no code with the detectors. It does not look for what a number looks like; it knows this person's number, and
looks for it: any seven digits of it in a row, whatever stands between them, forwards or backwards, plain or decoded
from base64, hex or percent signs; and the whole number with up to two foreign digits between each two of its own.
A known BSUID, username or profile name is looked for too.

A profile name of one common word ("May", "Happy", "Claims") is not looked for: it names nobody, and would hold every
message that uses the word. Names shorter than three letters are not looked for either. A name of several words is
looked for as a whole, so a first name alone passes.
"""

import base64
import contextlib
import re
import unicodedata
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bowchat_masker.common_names import COMMON_NAMES
from bowchat_masker.identity import Known, national

Clue = Literal["number", "bsuid", "username", "name"]

_WINDOW = 7
_SHORTEST_NAME = 3
_SHORTEST_BSUID_DIGITS = 8

MINTED = re.compile(r"(?:im|th|ph|ev)_[a-p]{32}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{10,}")
# These begin with a plain set of characters, which the engine finds fast; what stands before is looked at afterwards.
_HEX = re.compile(r"[0-9a-fA-F]{2}[\s:-]?(?:[0-9a-fA-F]{2}[\s:-]?){6,}+")
_HEX_NUMBER = re.compile(r"[0-9a-fA-F]{6,13}+(?![0-9a-zA-Z])")
_HEX_SEPARATORS = re.compile(r"[\s:-]")
_NO_DIGITS = bytes(sorted(set(range(256)) - set(b"0123456789")))
_NO_LETTERS = re.compile(r"[^a-z0-9]+")
_LONG_DIGITS = re.compile(r"[0-9](?:[\s().-]{0,3}[0-9]){6,}")


class Word(NamedTuple):
    """A name to look for: the pattern is tried only where the first part of it occurs."""

    clue: Clue
    first: str
    pattern: re.Pattern[str]


class Number(NamedTuple):
    """A number to look for with foreign digits in between: bit k of a digit's mask says that the k-th digit is this."""

    length: int
    masks: dict[str, int]


@dataclass(frozen=True)
class Watch:
    """What to look for, for one person. Shows nothing of itself."""

    windows: tuple[str, ...]
    numbers: tuple[Number, ...]
    bsuids: tuple[str, ...]
    words: tuple["Word", ...]

    def __repr__(self) -> str:
        return "Watch(***)"


NOBODY = Watch((), (), (), ())
"""For a record that belongs to no person we know."""


def watch_for(known: Known) -> Watch:
    """Everything about this person that must not reach an insurer."""
    numbers = {national(each) for each in known.number}
    numbers |= {each for text in (*known.name, *known.username) for each in _numbers_in(text)}
    numbers = {each for each in numbers if each}
    forward = {
        number[at : at + _WINDOW] for number in numbers for at in range(max(1, len(number) - _WINDOW + 1))
    }
    bsuids = {_alphanumeric(each) for each in (*known.bsuid, *known.parent_bsuid)}
    bsuids |= {
        each
        for text in (*known.bsuid, *known.parent_bsuid)
        if len(each := _digits(text)) >= _SHORTEST_BSUID_DIGITS
    }
    words = [
        *_words("username", known.username),
        *_words("name", (name for name in known.name if not _is_common(name))),
    ]
    return Watch(
        windows=tuple(sorted(forward | {each[::-1] for each in forward})),
        numbers=tuple(_number(each) for each in sorted(numbers)),
        bsuids=tuple(sorted(each for each in bsuids if each)),
        words=tuple(words),
    )


def search(text: str, free: str, watch: Watch) -> Clue | None:
    """The first trace in `text`; usernames and names are looked for in `free`, the part that people wrote."""
    for projection in _projections(text):
        if clue := _search_digits(projection, watch):
            return clue
    return _search_words(free, watch) if watch.words else None


def _search_words(text: str, watch: Watch) -> Clue | None:
    folded = unicodedata.normalize("NFKC", text).casefold()
    views = [folded]
    if not folded.isascii():
        views.append("".join(each for each in folded if unicodedata.category(each) != "Cf"))
    hits = (
        word.clue
        for view in views
        for word in watch.words
        if word.first in view and word.pattern.search(view)
    )
    return next(hits, None)


def _search_digits(text: str, watch: Watch) -> Clue | None:
    digits = _digits(text)
    if any(window in digits for window in watch.windows):
        return "number"
    if any(_runs_through(digits, number) for number in watch.numbers):
        return "number"
    if watch.bsuids:
        letters = _alphanumeric(text)
        if any(each in letters or each in digits for each in watch.bsuids):
            return "bsuid"
    return None


def _number(digits: str) -> Number:
    masks = {digit: sum(1 << at for at, each in enumerate(digits) if each == digit) for digit in set(digits)}
    return Number(len(digits), masks)


def _runs_through(digits: str, number: Number) -> bool:
    """Whether the number stands in `digits` with at most two foreign digits between each two of its own.

    Bit k of a word says that the first k+1 digits of the number may end here: one step a digit, whatever the text.
    """
    if len(digits) < number.length:
        return False
    masks, whole = number.masks, 1 << (number.length - 1)
    last = second = third = 0
    for digit in digits:
        now = (((last | second | third) << 1) | 1) & masks.get(digit, 0)
        if now & whole:
            return True
        last, second, third = now, last, second
    return False


def _projections(text: str) -> Iterator[str]:
    """The text, and everything it may be hiding one decoding away."""
    yield text
    if "%" in text:
        yield urllib.parse.unquote(text, errors="replace")
    for token in _BASE64.findall(text):
        # A digit in base64 brings capitals or digits with it, so an ordinary word is not decoded.
        if not token[1:].islower() and not MINTED.fullmatch(token):
            yield from _from_base64(token)
    for match in _HEX.finditer(text):
        yield from _from_hex(_HEX_SEPARATORS.sub("", match[0]))
    for match in _HEX_NUMBER.finditer(text):
        if (
            not text[match.start() - 1 : match.start()].isalnum()
            or text[match.start() - 2 : match.start()] == "0x"
        ):
            yield str(int(match[0], 16))


def _from_hex(digits: str) -> Iterator[str]:
    """Pairs may begin at either digit, since a hex letter may stand before them."""
    for rest in (digits, digits[1:]):
        yield from _legible(bytes.fromhex(rest[: len(rest) // 2 * 2]))


def _from_base64(token: str) -> Iterator[str]:
    """A token may begin anywhere in a longer one: all four alignments."""
    plain = token.replace("-", "+").replace("_", "/")
    for offset in range(4):
        rest = plain[offset:]
        whole = rest[: len(rest) - (len(rest) % 4 == 1)]
        padded = whole + "=" * (-len(whole) % 4)
        yield from _legible(base64.b64decode(padded))


def _legible(decoded: bytes) -> Iterator[str]:
    """Decoded bytes as text. Most are noise: without seven digits, and not text in other letters, they hold nobody."""
    if len(decoded.translate(None, _NO_DIGITS)) >= _WINDOW:
        yield decoded.decode("latin-1")
    if not decoded.isascii():
        with contextlib.suppress(UnicodeDecodeError):
            yield decoded.decode()


def _digits(text: str) -> str:
    if text.isascii():
        return re.sub(r"[^0-9]+", "", text)
    plain = unicodedata.normalize("NFKC", text)
    return "".join(str(digit) for each in plain if (digit := unicodedata.digit(each, None)) is not None)


def _alphanumeric(text: str) -> str:
    if text.isascii():
        return _NO_LETTERS.sub("", text.lower())
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _numbers_in(text: str) -> Iterator[str]:
    """Numbers that somebody put into their own name."""
    for match in _LONG_DIGITS.finditer(unicodedata.normalize("NFKC", text)):
        yield national(_digits(match[0])) if "+" in text else _digits(match[0]).lstrip("0")


def _words(clue: Clue, texts: Iterable[str]) -> Iterator[Word]:
    for text in texts:
        parts = re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())
        if sum(map(len, parts)) >= _SHORTEST_NAME:
            joined = r"[\W_]{1,3}".join(map(re.escape, parts))
            yield Word(clue, parts[0], re.compile(rf"(?<!\w){joined}(?!\w)"))


def _is_common(name: str) -> bool:
    words = re.findall(r"\w+", name.casefold())
    return len(words) == 1 and words[0] in COMMON_NAMES
