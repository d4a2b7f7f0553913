"""A text as tokens: lower case, without accents, English and Spanish plurals as singulars."""

import re
import unicodedata
from functools import lru_cache

from bowchat_registry.keywords import words

MOST_CHARACTERS = 4000
"""What is read of a message. Nobody says later what it is about."""
_MARKS = "?!"
"""They say what kind of sentence it is: a question asks what would be, a report says what was."""
_ACCENTS = re.compile("[\u0300-\u036f]")
_FIGURES = re.compile(r"\d{5,}")


def tokens_of(text: str) -> list[str]:
    """The tokens of a text, in its order; behind them, which marks it has."""
    read = text[:MOST_CHARACTERS]
    marks = [mark for mark in _MARKS if mark in read]
    return [*(_token(each) for each in words(read).split()), *marks]


@lru_cache(maxsize=50_000)
def _token(word: str) -> str:
    if not word.isascii():
        word = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", word)))
    elif word.isdigit():
        return _FIGURES.sub("#", word)
    if len(word) > 3 and word.endswith("s") and word.isascii() and not word.endswith("ss"):
        return word[:-1]
    return word
