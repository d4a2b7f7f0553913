# ruff: noqa: RUF001 - dashes of every length are the subject
"""Numbers in a machine's writing: base64, base32, hexadecimal and Morse tokens that hold digits when they are read."""

import base64
import re
from collections.abc import Callable, Iterator

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking.canonical import Canonical, canonicalise
from bowchat_masking.hits import Hit, MaskingError
from bowchat_masking.numbers import numbers
from bowchat_masking.validity import is_mobile, is_number

_TOKEN = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{10,4096}+={0,6}+")
_HEX_NUMBER = re.compile(r"(?<![0-9A-Za-z])0x[0-9A-Fa-f]{6,12}(?![0-9A-Za-z])")
_HEX_BYTES = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:0x|x)?[0-9A-Fa-f]{2}[ ,:;.-]{1,2}){6,200}+(?:0x|x)?[0-9A-Fa-f]{2}(?![0-9A-Za-z])"
)
_CHARACTER_CODES = re.compile(r"(?<![0-9])(?:0?[345][0-9][ ,;:.+-]{1,2}){6,200}+0?[345][0-9](?![0-9])")
_LETTER_CODE = re.compile(r"(?<![^\W_])[a-j]{9,13}(?![^\W_])|(?<![^\W_])[A-J]{9,13}(?![^\W_])")
_LETTER_CODES = tuple(
    str.maketrans("abcdefghijABCDEFGHIJ", digits * 2) for digits in ("0123456789", "1234567890")
)
_HEX_PAIR = re.compile(r"[0-9A-Fa-f]{2}(?![0-9A-Fa-f])")
_MORSE = re.compile(r"(?<![.\-·–—•])(?:[.\-·–—•]{5}[ /|,_\n]{1,3}){6,20}[.\-·–—•]{5}(?![.\-·–—•])")
_MORSE_SIGNS, _FEWEST_MORSE_SIGNS = ".-·–—•", 35
# What each needs, found fast: these begin with a plain set of characters.
_LETTER_ROW = re.compile("[a-jA-J]{9}")
_HEX_ROW = re.compile(
    r"[0-9A-Fa-f]{2}[ ,:;.-]{1,2}(?:0x|x)?[0-9A-Fa-f]{2}[ ,:;.-]{1,2}(?:0x|x)?[0-9A-Fa-f]{2}"
)
_CODE_ROW = re.compile(r"[345][0-9][ ,;:.+-]{1,2}0?[345][0-9][ ,;:.+-]{1,2}0?[345][0-9]")
_Span = tuple[int, int]
_FEWEST_CAPITALS = 12
_MOST_TOKENS = 60
_MOST_LAYERS = 3
_PRINTABLE = re.compile(r"[\x09-\x0d\x20-\x7e\u00a0-\U0010ffff]*+")


def encoded(view: Canonical, policy: MaskingPolicy) -> Iterator[Hit]:
    for finder in (_morse, _hex_numbers, _letter_codes, _bytes, _character_codes, _tokens):
        for span in finder(view.text, policy):
            yield Hit("phone", *span)


def _morse(text: str, _: MaskingPolicy) -> Iterator[_Span]:
    if sum(map(text.count, _MORSE_SIGNS)) >= _FEWEST_MORSE_SIGNS:
        yield from (match.span() for match in _MORSE.finditer(text))


def _hex_numbers(text: str, policy: MaskingPolicy) -> Iterator[_Span]:
    for match in _HEX_NUMBER.finditer(text) if "0x" in text else ():
        if is_number(str(int(match[0], 16)), policy.regions):
            yield match.span()


def _letter_codes(text: str, policy: MaskingPolicy) -> Iterator[_Span]:
    for match in _LETTER_CODE.finditer(text) if _LETTER_ROW.search(text) else ():
        if any(is_mobile(match[0].translate(code), policy.regions) for code in _LETTER_CODES):
            yield match.span()


def _bytes(text: str, policy: MaskingPolicy) -> Iterator[_Span]:
    for match in _HEX_BYTES.finditer(text) if _HEX_ROW.search(text) else ():
        if _holds_number("".join(_HEX_PAIR.findall(match[0])), policy, 1):
            yield match.span()


def _character_codes(text: str, _: MaskingPolicy) -> Iterator[_Span]:
    for match in _CHARACTER_CODES.finditer(text) if _CODE_ROW.search(text) else ():
        if all(chr(int(each)) in "0123456789 +-" for each in re.findall("[0-9]+", match[0])):
            yield match.span()


def _tokens(text: str, policy: MaskingPolicy) -> Iterator[_Span]:
    """Errors: `MaskingError` for more codes than a person would type."""
    tokens = 0
    for match in _TOKEN.finditer(text):
        if _is_plain_word(match[0]):
            continue
        tokens += 1
        if tokens > _MOST_TOKENS:
            raise MaskingError("the text holds more codes than a person would type")
        if _holds_number(match[0], policy, _MOST_LAYERS):
            yield match.span()


def _is_plain_word(token: str) -> bool:
    return token.isalpha() and (
        token.islower() or token.istitle() or (token.isupper() and len(token) < _FEWEST_CAPITALS)
    )


def _holds_number(token: str, policy: MaskingPolicy, layers: int) -> bool:
    return any(_shows_number(plain, policy, layers) for plain in _readings(token))


def _shows_number(plain: str, policy: MaskingPolicy, layers: int) -> bool:
    view = canonicalise(plain)
    if next(numbers(view, policy), None) is not None:
        return True
    return layers > 1 and any(_holds_number(match[0], policy, layers - 1) for match in _TOKEN.finditer(plain))


def _readings(token: str) -> Iterator[str]:
    """What the token says in each code that it could be written in, where that is text."""
    body = token.rstrip("=")
    codes: tuple[Callable[[str], bytes], ...] = (_base64, _base32, bytes.fromhex)
    for code in codes:
        try:
            plain = code(body).decode()
        except ValueError:
            continue
        if _PRINTABLE.fullmatch(plain):
            yield plain


def _base64(body: str) -> bytes:
    plain = body.replace("-", "+").replace("_", "/")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def _base32(body: str) -> bytes:
    return base64.b32decode(body.upper() + "=" * (-len(body) % 8))
