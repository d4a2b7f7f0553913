"""What a text hides one decoding away: codes that give a text again, and codes that give digits."""

import base64
import binascii
import contextlib
import html
import re
import sys
import urllib.parse
from collections.abc import Iterator

from bowchat_masker.guard.reading import digits_of

MINTED = re.compile(r"(?:im|th|ph|ev|md|rv|rw|op)_[a-p]{32}|/v1/media/[a-p]{64}")
TRACE = re.compile(r"00-[a-f]{32}-[a-f]{16}-01")
_WINDOW = 7
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{10,}")
# A digit in base64 brings capitals or digits with it: an ordinary word has neither.
_WORD = re.compile(r"[A-Za-z][a-z/_+-]++")
# A date, a policy number: letters at the beginning alone.
_REFERENCE = re.compile(r"(?:[A-Za-z]{1,6}[-/_]?)?[0-9]++(?:[-/_][0-9]++)*+")
_BASE32 = re.compile(r"[A-Z2-7]{12,}")
# These begin with a plain set of characters, which the engine finds fast; what stands before is looked at afterwards.
_HEX = re.compile(r"[0-9a-fA-F]{2}[\s:,=-]?(?:[0-9a-fA-F]{2}[\s:,=-]?){6,}+")
_HEX_SEPARATORS = re.compile(r"[\s:,=-]")
_NO_DIGITS = bytes(sorted(set(range(256)) - set(b"0123456789")))
_PRINTABLE = re.compile(rb"[\x20-\x7e\t\n]{7,}+")
_QUOTED = re.compile(r"=([0-9A-Fa-f]{2})")
_ESCAPED = re.compile(
    r"(?:\\u\{|\\U000|[Uu]\+)([0-9a-fA-F]{4,5})\}?|(?:\\u|%u)([0-9a-fA-F]{4})|(?:\\x|0x)([0-9a-fA-F]{2})(?![0-9a-fA-F])|\\([0-7]{3})"
)
_SIGNS = frozenset("%&=\\")
_CODE_POINT = re.compile(r"[Uu]\+[0-9]|0x[0-9]")
_SHORTEST_TOKEN = 10
_SUM = re.compile(r"([0-9]{1,12})\s?([+\u2212\u2013x*\u00d7-])\s?([0-9]{1,12})")
_SUM_SIGNS = frozenset("+*\u00d7\u2212\u2013")
_LISTED = re.compile(r"^\s*(?:[a-z]+\s)?[0-9]{1,2}\s?[.):-]\s?", re.MULTILINE | re.IGNORECASE)
_FEWEST_MINUS = 4
_LONG_DIGITS = re.compile(r"[0-9]{7}")
_CHARACTER = re.compile(r"(?<![0-9])(?:4[89]|5[0-7])(?![0-9])")
_OCTET = re.compile(r"0011[01]{4}")
_NIBBLE = re.compile(r"(?<![01])[01]{4}(?![01])")
_MORSE_SIGN = re.compile(r"[.-]{5}")
_MORSE = {
    "-----": "0", ".----": "1", "..---": "2", "...--": "3", "....-": "4", ".....": "5", "-....": "6", "--...": "7",
    "---..": "8", "----.": "9",
}  # fmt: skip
_DASHES = str.maketrans(
    {"\u2013": "-", "\u2014": "-", "_": "-", "\u2212": "-", "\u00b7": ".", "\u2022": ".", "*": "."}
)


def texts_in(text: str, plain: str) -> Iterator[str]:
    """Every text that this one may be the code of. `plain` are its digits as they stand."""
    if not _SIGNS.isdisjoint(text) or (("+" in text or "0x" in text) and _CODE_POINT.search(text)):
        yield from _from_marks(text)
    parts = text.split()
    lengths = list(map(len, parts))
    if lengths.count(1) >= _SHORTEST_TOKEN:
        yield "".join(parts)
    if max(lengths, default=0) >= _SHORTEST_TOKEN:
        yield from _from_tokens(" ".join([each for each in parts if len(each) >= _SHORTEST_TOKEN]))
    if len(plain) >= _WINDOW:
        yield from _from_hex(text)


def _from_marks(text: str) -> Iterator[str]:
    """What percent signs, entities, quoted-printable and escapes stand for, read either way."""
    for way in (text, text[::-1]):
        found = [urllib.parse.unquote(way, errors="replace"), html.unescape(way), _from_quoted(way)]
        found.append(_joined_pairs(_ESCAPED.sub(_unescaped, way)))
        yield from (each for each in found if each != way)


def digits_in(text: str, plain: str) -> Iterator[str]:
    """Every string of digits that this text may spell by a code of numbers, read either way. `plain` are its digits."""
    yield from _spelled(text, plain)
    if len(plain) >= 2 * _WINDOW or text.count(".") + text.count("-") >= 3 * _WINDOW:
        yield from _spelled(text[::-1], plain[::-1])


def _spelled(text: str, plain: str) -> Iterator[str]:
    if len(plain) >= _WINDOW:
        if (
            not _SUM_SIGNS.isdisjoint(text)
            or " x " in text
            or text.count("-") >= _FEWEST_MINUS
            or _LONG_DIGITS.search(text)
        ):
            yield from _changed(*_SUM.subn(_summed, text))
        if "\n" in text:
            yield from _changed(*_LISTED.subn("", text))
        if plain.count("4") + plain.count("5") >= _WINDOW:
            yield "".join(chr(int(each)) for each in _CHARACTER.findall(text))
        if plain.count("0") + plain.count("1") >= 4 * _WINDOW:
            yield "".join(chr(int(each, 2)) for each in _OCTET.findall(text) if int(each, 2) < 58)
            yield "".join(str(int(each, 2)) for each in _NIBBLE.findall(text))
    if text.count("-") + text.count(".") + text.count("\u2014") >= 3 * _WINDOW:
        yield "".join(_MORSE.get(each, "") for each in _MORSE_SIGN.findall(text.translate(_DASHES)))


def _changed(text: str, times: int) -> Iterator[str]:
    """The ASCII digits of a text in which something was replaced. Where nothing was, they have been looked at."""
    if times or not text.isascii():
        yield digits_of(text.encode("ascii", "ignore").decode())


def _summed(match: re.Match[str]) -> str:
    left, sign, right = int(match[1]), match[2], int(match[3])
    if sign == "+":
        return f" {left + right} "
    if sign in "x*\u00d7":
        return f" {left * right} "
    return f" {left - right} " if left >= right else match[0]


def _from_quoted(text: str) -> str:
    plain = _QUOTED.sub(lambda match: f"%{match[1]}", text.replace("%", "%25").replace("=\n", ""))
    return urllib.parse.unquote(plain, errors="replace")


def _unescaped(match: re.Match[str]) -> str:
    coded = match[1] or match[2] or match[3]
    value = int(coded, 16) if coded else int(match[4], 8)
    return chr(value) if value <= sys.maxunicode else ""


def _joined_pairs(text: str) -> str:
    """Two escaped halves of a character beyond the first plane become the character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _from_tokens(text: str) -> Iterator[str]:
    for token in _BASE64.findall(text):
        if not _WORD.fullmatch(token) and not _REFERENCE.fullmatch(token) and not MINTED.fullmatch(token):
            yield from _from_base64(token)
            yield from _from_base64(token[::-1])
    for token in _BASE32.findall(text):
        yield from _from_base32(token)
        yield from _from_base32(token[::-1])


def _from_hex(text: str) -> Iterator[str]:
    """Pairs may begin at either digit, since a hex letter may stand before them; and be read from either end."""
    for match in _HEX.finditer(text):
        digits = _HEX_SEPARATORS.sub("", match[0])
        for way in (digits, digits[1:], digits[::-1], digits[-2::-1]):
            yield from _legible(bytes.fromhex(way[: len(way) // 2 * 2]))


def _from_base64(token: str) -> Iterator[str]:
    """A token may begin anywhere in a longer one: all four alignments."""
    plain = token.replace("-", "+").replace("_", "/")
    for offset in range(4):
        rest = plain[offset:]
        whole = rest[: len(rest) - (len(rest) % 4 == 1)]
        padded = whole + "=" * (-len(whole) % 4)
        yield from _legible(binascii.a2b_base64(padded))


def _from_base32(token: str) -> Iterator[str]:
    for offset in range(8):
        rest = token[offset:]
        whole = rest[: len(rest) // 8 * 8 + {2: 2, 4: 4, 5: 5, 7: 7, 3: 2, 6: 5}.get(len(rest) % 8, 0)]
        with contextlib.suppress(binascii.Error):
            yield from _legible(base64.b32decode(whole + "=" * (-len(whole) % 8)))


def _legible(decoded: bytes) -> list[str]:
    """Decoded bytes as text. Most are noise: without seven digits, and no text of any script, they hold nobody."""
    found = []
    if len(decoded.translate(None, _NO_DIGITS)) >= _WINDOW or _PRINTABLE.search(decoded):
        found.append(decoded.decode("latin-1"))
    if not decoded.isascii() and (text := _as_text(decoded)):
        found.append(text)
    return found


def _as_text(decoded: bytes) -> str | None:
    try:
        return decoded.decode()
    except UnicodeDecodeError:
        return None
