"""Digits of other scripts and styles."""

from collections.abc import Callable
from random import Random

Family = Callable[[str, Random], str]

_ZEROS = {
    "fullwidth": 0xFF10, "devanagari": 0x0966, "arabic": 0x0660, "persian": 0x06F0, "tamil": 0x0BE6, "bengali": 0x09E6,
    "gujarati": 0x0AE6, "gurmukhi": 0x0A66, "telugu": 0x0C66, "kannada": 0x0CE6, "malayalam": 0x0D66, "thai": 0x0E50,
    "mathematical bold": 0x1D7CE, "monospace": 0x1D7F6, "segmented": 0x1FBF0,
}  # fmt: skip
_STYLES = {
    "superscript": "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079",
    "subscript": "\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089",
    "circled": "\u24ea\u2460\u2461\u2462\u2463\u2464\u2465\u2466\u2467\u2468",
    "negative circled": "\u24ff\u2776\u2777\u2778\u2779\u277a\u277b\u277c\u277d\u277e",
    "full stops": "0\u2488\u2489\u248a\u248b\u248c\u248d\u248e\u248f\u2490",
    "parenthesised": "0\u2474\u2475\u2476\u2477\u2478\u2479\u247a\u247b\u247c",
    "chinese": "\u3007\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d",
}


def _styled(alphabet: str) -> Family:
    return lambda digits, _: "".join(alphabet[int(each)] for each in digits)


def _keycaps(digits: str, _: Random) -> str:
    return "".join(f"{each}\ufe0f\u20e3" for each in digits)


def _mixed(digits: str, chance: Random) -> str:
    return "".join(chr(chance.choice([*_ZEROS.values(), 0x30]) + int(each)) for each in digits)


SCRIPTS: dict[str, Family] = {
    "plain": lambda digits, _: digits,
    **{name: _styled("".join(map(chr, range(zero, zero + 10)))) for name, zero in _ZEROS.items()},
    **{name: _styled(alphabet) for name, alphabet in _STYLES.items()},
    "keycaps": _keycaps,
    "mixed scripts": _mixed,
}
