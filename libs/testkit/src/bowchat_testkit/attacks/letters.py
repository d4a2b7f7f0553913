"""Letters that stand for digits."""

from collections.abc import Callable
from random import Random

Family = Callable[[str, Random], str]

_LOOKS = ["OoQ", "lIi|", "Zz", "E", "A", "Ss$", "G", "T", "B", "gq"]
_KEYPAD = ["0", "1", "ABC", "DEF", "GHI", "JKL", "MNO", "PQRS", "TUV", "WXYZ"]
_ROMAN = ["0", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"]
_ROMAN_CHARACTERS = "0\u2160\u2161\u2162\u2163\u2164\u2165\u2166\u2167\u2168"


def _lookalikes(digits: str, _: Random) -> str:
    return digits.translate(str.maketrans("01", "Ol"))


def _some_letters(digits: str, chance: Random) -> str:
    return "".join(chance.choice(_LOOKS[int(each)]) if chance.random() < 0.5 else each for each in digits)


def _all_capitals(digits: str, _: Random) -> str:
    return digits.translate(str.maketrans("0123456789", "OIZEASGTBg"))


def _keypad(digits: str, chance: Random) -> str:
    return "".join(chance.choice(_KEYPAD[int(each)]) for each in digits)


LETTERS: dict[str, Family] = {
    "O and l": _lookalikes,
    "some letters": _some_letters,
    "letters alone": _all_capitals,
    "letters spaced": lambda digits, chance: " ".join(_all_capitals(digits, chance)),
    "roman": lambda digits, _: " ".join(_ROMAN[int(each)] for each in digits),
    "roman, dashed": lambda digits, _: "-".join(_ROMAN[int(each)] for each in digits),
    "roman characters": lambda digits, _: " ".join(_ROMAN_CHARACTERS[int(each)] for each in digits),
    "keypad letters": _keypad,
    "letters a to j": lambda digits, _: digits.translate(str.maketrans("0123456789", "abcdefghij")),
    "letters a to j, one for 1": lambda digits, _: digits.translate(
        str.maketrans("1234567890", "abcdefghij")
    ),
}
