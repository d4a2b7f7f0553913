"""Symbols said in words ("at the rate", "arroba", "dot", "slash") and words spelled out letter by letter.

What comes out is a second reading of the same text, for detectors of addresses: they look for symbols only once. It is
made only where a word of it occurs, since ordinary chat says "at" all the time.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from bowchat_masking.canonical import Canonical, Change, as_it_stands, rewritten, small
from bowchat_masking.phrases import said

INDIC = "\u0900-\u0dff"
"""Letters of India's scripts with their vowel signs, which a regular expression does not take for word characters."""
AT, DOT = "\ue000", "\ue001"
"""A said "at" and a said "dot": which of them are meant as symbols, the detector has to judge."""

_WORDS = {
    "at the rate of": "@", "at the rate": "@", "at d rate": "@", "at rate": "@", "attherate": "@",
    "at sign": "@", "at symbol": "@",
    "arroba": "@", "arobase": "@", "chiocciola": "@", "klammeraffe": "@", "ऐट द रेट": "@",
    "एट द रेट": "@", "अट द रेट": "@",
    "ऐट": "@", "एट": "@", "آت": "@", "ات": "@", "ايت": "@", "at": AT, "@": "@", "(a)": "@",
    "dot": DOT, "punto": DOT, "ponto": DOT, "punkt": DOT, "full stop": DOT, "fullstop": DOT, "period": DOT,
    "डॉट": DOT, "डाट": DOT, "डोट": DOT, "बिंदु": DOT, "دوت": DOT, "نقطة": DOT, "ڈاٹ": DOT, ".": DOT,
    "forward slash": "/", "slash": "/", "barra": "/", "स्लैश": "/",
    "underscore": "_", "under score": "_", "guion bajo": "_", "guión bajo": "_", "अंडरस्कोर": "_",
    "hyphen": "-", "dash": "-", "guion": "-", "guión": "-", "guion medio": "-", "guión medio": "-",
}  # fmt: skip
_SAYING = frozenset(re.split("[^a-z]", word)[0] for word in _WORDS if word[0].isascii() and word[0].isalpha())
_SAYING_OTHERWISE = re.compile("|".join(word for word in _WORDS if not word[0].isascii()))
_SPECIAL = ("@", "(a)", ".")
_SAID_WORDS = "|".join(
    word.replace(" ", r"\s{1,2}") for word in sorted(_WORDS, key=len, reverse=True) if word not in _SPECIAL
)
# How letters are to be written, and how one says on: nothing of it belongs to the address.
_HOW = (
    r"(?:(?:all |in |everything |en |sab |todo )?(?:(?:lower|small|upper)\s?(?:case|letters?)|capitals?|no (?:spaces?|gaps?)"
    r"|without (?:spaces?|gaps?)|one word|together|junto|sin espacios|min[uú]sculas|bina space)"
    r"|(?:and |y )?(?:then|luego|followed by)(?: the| an?)?)"
)
_SAID = re.compile(
    rf"(?:\s{{1,3}}+|\s{{0,2}}+[(\[{{</*\"'_~|=+-]{{1,2}}+\s?+)(?:{_HOW},?\s{{1,2}}+){{0,2}}+({_SAID_WORDS})"
    rf"(?:\s{{0,2}}+[)\]}}>/*\"'_~|=+-]{{1,2}}+\s{{0,2}}+|\s{{1,3}}+)(?:(?:and |y )?(?:then|luego)\s{{1,2}}+)?"
)  # in small letters
_BRACKETED = re.compile(r"\s{0,2}+[(\[{<]\s?(@|\.|a)\s?[)\]}>]\s{0,2}+", re.IGNORECASE)
_BRACKETED_SIGNS = {"@": "@", "a": AT, ".": DOT}
_GLUED = re.compile(r"(?<=[a-z0-9])(?:AT|DOT)(?=[a-z])")
_ENCODED = re.compile(r"%40|&#0?64;|&#x40;|&commat;|%2e|&#46;|&period;|%2f", re.IGNORECASE)
_ENCODED_SIGNS = {"%2e": ".", "&#46;": ".", "&period;": ".", "%2f": "/"}
_SPELLED = re.compile(r"(?<!\S)[^\s\0](?:\s[^\s\0](?!\S)){2,200}+")
_FEWEST_SPELLED = 3
_SPACE = re.compile(r"\s")


@lru_cache(maxsize=2)
def spoken(text: str) -> Canonical:
    """The text with said symbols as symbols; its places are those of `text`. Several detectors ask for the same one."""
    view = as_it_stands(text)
    if _has_signs_alone(text):
        view = rewritten(view, list(_spelled(text)))
    view = rewritten(view, list(_written(view.text)))
    if not said(view.text).any_of(_SAYING) and (text.isascii() or not _SAYING_OTHERWISE.search(text)):
        return view
    found = ((*match.span(), _sign(match)) for match in _SAID.finditer(small(view.text)))
    return rewritten(view, list(found))


def _has_signs_alone(text: str) -> bool:
    return list(map(len, text.split())).count(1) > _FEWEST_SPELLED - 1


def _spelled(text: str) -> Iterable[Change]:
    for match in _SPELLED.finditer(text):
        yield from ((*space.span(), "") for space in _SPACE.finditer(text, *match.span()))


def _written(text: str) -> Iterable[Change]:
    changes: list[Change] = []
    if any(map(text.__contains__, "([{<")):
        changes += [
            (*match.span(), _BRACKETED_SIGNS[match[1].lower()]) for match in _BRACKETED.finditer(text)
        ]
    if "AT" in text or "DOT" in text:
        changes += [(*match.span(), AT if match[0] == "AT" else DOT) for match in _GLUED.finditer(text)]
    if "%" in text or "&" in text:
        changes += [
            (*match.span(), _ENCODED_SIGNS.get(match[0].lower(), "@")) for match in _ENCODED.finditer(text)
        ]
    return sorted(changes)


def _sign(match: re.Match[str]) -> str:
    """In brackets even a plain "at" is meant as a symbol."""
    sign = _WORDS[" ".join(match[1].lower().split())]
    return "@" if sign == AT and match[0].lstrip()[0] in "[({<" else sign
