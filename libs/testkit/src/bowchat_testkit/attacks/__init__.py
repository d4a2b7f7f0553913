"""Ways in which people write a number so that no machine reads it: the attacks that masking is measured against.

Each family takes the digits of a number and a source of chance, and gives the text somebody would type. The same digits
and chance give the same text. Nothing here is shared with the masker: what it knows of words and codes is its own.
"""

from collections.abc import Callable
from random import Random

from bowchat_testkit.attacks.encodings import ENCODINGS
from bowchat_testkit.attacks.layouts import LAYOUTS
from bowchat_testkit.attacks.letters import LETTERS
from bowchat_testkit.attacks.scripts import SCRIPTS
from bowchat_testkit.attacks.words import WORDS

Family = Callable[[str, Random], str]


def families() -> dict[str, Family]:
    """Every family by its name."""
    return {**SCRIPTS, **LAYOUTS, **WORDS, **LETTERS, **ENCODINGS}


def steps() -> dict[str, Family]:
    """The families that take any text, so that one can be put on top of another."""
    return dict(ENCODINGS_OF_TEXT)


ENCODINGS_OF_TEXT: dict[str, Family] = {
    name: ENCODINGS[name]
    for name in (
        "base64",
        "base64 url-safe without padding",
        "hex",
        "percent",
        "html decimal",
        "json escapes",
    )
} | {"reversed": LAYOUTS["reversed"]}
