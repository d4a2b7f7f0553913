"""What stands in a text, reduced: its digits of any script, or its letters and digits alone."""

import unicodedata
from functools import lru_cache

_NO_DIGITS = bytes(each for each in range(256) if not chr(each).isdigit() or each > 0x7F)
_NO_LETTERS = bytes(each for each in range(256) if not chr(each).isalnum() or each > 0x7F)
_MOST = 100
# Signs that count and are no digits to Unicode: braille, dice, clock faces, the keycap of ten.
_SIGNS = {
    **{chr(0x2800 + bits): digit for bits, digit in zip(
        (0x1A, 0x01, 0x03, 0x09, 0x19, 0x11, 0x0B, 0x1B, 0x13, 0x0A), "0123456789", strict=True
    )},
    **{chr(0x2680 + eye): str(eye + 1) for eye in range(6)},
    **{chr(0x1F550 + hour): str(hour + 1) for hour in range(12)},
    "\U0001f51f": "10",
}  # fmt: skip


def digits_of(text: str) -> str:
    if text.isascii():
        return text.encode().translate(None, _NO_DIGITS).decode()
    return "".join(map(_digits, text))


@lru_cache(maxsize=16_384)
def _digits(character: str) -> str:
    """What a character counts: a digit of any script, a number in a circle, a Chinese numeral."""
    if character in _SIGNS:
        return _SIGNS[character]
    value = unicodedata.numeric(character, None)
    if value is not None and value == int(value) and 0 <= value < _MOST:
        return str(int(value))
    plain = unicodedata.normalize("NFKC", character)
    return "".join(str(digit) for each in plain if (digit := unicodedata.digit(each, None)) is not None)


def alphanumeric(text: str) -> str:
    if text.isascii():
        return text.lower().encode().translate(None, _NO_LETTERS).decode()
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def folded(text: str) -> str:
    """Small letters without accents, vowel signs and invisible characters: how words are compared."""
    if text.isascii():
        return text.lower()
    return "".join(map(_folded, text))


@lru_cache(maxsize=16_384)
def _folded(character: str) -> str:
    if digits := _digits(character):
        return digits
    parts = unicodedata.normalize("NFKD", character).casefold()
    return "".join(
        each for each in parts if unicodedata.category(each)[0] != "M" and unicodedata.category(each) != "Cf"
    )
