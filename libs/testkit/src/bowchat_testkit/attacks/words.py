"""Digits in words of several languages."""

from collections.abc import Callable, Sequence
from itertools import groupby
from random import Random

Family = Callable[[str, Random], str]

ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TENS = ["_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_TEENS = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_LANGUAGES = {
    "english words": ENGLISH,
    "romanised hindi words": ["shunya", "ek", "do", "teen", "char", "paanch", "chhe", "saat", "aath", "nau"],
    "romanised hindi words, short": ["sunya", "ek", "do", "tin", "chaar", "panch", "che", "sat", "ath", "no"],
    "spanish words": ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"],
    "french words": ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"],
    "german words": ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"],
    "portuguese words": ["zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove"],
    "hindi words": ["शून्य", "एक", "दो", "तीन", "चार", "पाँच", "छह", "सात", "आठ", "नौ"],
    "bengali words": ["শূন্য", "এক", "দুই", "তিন", "চার", "পাঁচ", "ছয়", "সাত", "আট", "নয়"],
    "tamil words": ["பூஜ்ஜியம்", "ஒன்று", "இரண்டு", "மூன்று", "நான்கு", "ஐந்து", "ஆறு", "ஏழு", "எட்டு", "ஒன்பது"],
    "arabic words": ["صفر", "واحد", "اثنان", "ثلاثة", "أربعة", "خمسة", "ستة", "سبعة", "ثمانية", "تسعة"],
}


def _said(words: Sequence[str], joined: str = " ") -> Family:
    return lambda digits, _: joined.join(words[int(each)] for each in digits)


def _mixed(digits: str, chance: Random) -> str:
    return " ".join(ENGLISH[int(each)] if chance.random() < 0.5 else each for each in digits)


def _repeats(digits: str, _: Random) -> str:
    said = []
    for digit, run in groupby(digits):
        left = len(list(run))
        while left:
            size = 3 if left == 3 else min(left, 2)
            said.append(f"{('', 'double ', 'triple ')[size - 1]}{ENGLISH[int(digit)]}")
            left -= size
    return " ".join(said)


def _pair(pair: str) -> str:
    value = int(pair)
    if len(pair) == 1 or value < 10:
        return " ".join(ENGLISH[int(each)] for each in pair)
    if value < 20:
        return _TEENS[value - 10]
    return _TENS[value // 10] + (f"-{ENGLISH[value % 10]}" if value % 10 else "")


def _tens(digits: str, _: Random) -> str:
    return " ".join(_pair(digits[at : at + 2]) for at in range(0, len(digits), 2))


def _languages(digits: str, chance: Random) -> str:
    tables = [_LANGUAGES[name] for name in ("english words", "romanised hindi words", "spanish words")]
    return " ".join(chance.choice(tables)[int(each)] for each in digits)


WORDS: dict[str, Family] = {
    **{name: _said(words) for name, words in _LANGUAGES.items()},
    "english words with oh": _said(["oh", *ENGLISH[1:]]),
    "english capitals": _said([each.upper() for each in ENGLISH]),
    "english words, dashed": _said(ENGLISH, "-"),
    "english words, glued": _said(ENGLISH, ""),
    "english words, one a line": _said(ENGLISH, "\n"),
    "english words, letters spaced": _said([" ".join(each) for each in ENGLISH], "  "),
    "english words backwards": lambda digits, _: " ".join(ENGLISH[int(each)] for each in digits)[::-1],
    "words and digits": _mixed,
    "languages mixed": _languages,
    "double and triple": _repeats,
    "tens": _tens,
}
