# ruff: noqa: RUF001 - look-alike characters are the subject
"""Letters that stand for digits because they look like them."""

_LETTERS_FOR = {
    "0": "OoQDОоΟο", "1": "IilІі", "2": "Zz", "3": "EЗз", "4": "A", "5": "Ss$", "6": "Gbб", "7": "T", "8": "B", "9": "qg",
}  # fmt: skip
DIGIT_LETTERS = {ord(letter): digit for digit, letters in _LETTERS_FOR.items() for letter in letters}
AS_DIGITS = frozenset("0123456789").union(*_LETTERS_FOR.values())
