"""Codes as they are read aloud: number words as figures, letters by the radio's alphabet, letters one by one."""

import re

from bowchat_masking.canonical import Canonical, Change, as_it_stands, rewritten, small
from bowchat_masking.number_words import Kind
from bowchat_masking.phrases import words
from bowchat_masking.spoken import spoken
from bowchat_masking.units import units

_ALPHABET = words(
    "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar papa quebec"
    " romeo sierra tango uniform victor whiskey whisky xray yankee zulu"
)
_WORD = re.compile(r"(?<![^\W_])[a-z]{4,8}(?![^\W_])")


def read_out(text: str) -> Canonical:
    """The text with what is spelled in it as signs; its places are those of `text`."""
    changes: dict[int, Change] = {
        unit.start: (unit.start, unit.end, unit.digits)
        for unit in units(text)
        if unit.kind is Kind.WORD and len(unit.digits) == 1
    }
    for match in _WORD.finditer(small(text)):
        if match[0] in _ALPHABET:
            changes[match.start()] = (*match.span(), match[0][0].upper())
    view = as_it_stands(text)
    signs = rewritten(view, [changes[start] for start in sorted(changes)])
    solid = spoken(signs.text)
    spans = [signs.span(start, end) for start, end in zip(solid.starts, solid.ends, strict=True)]
    return Canonical(solid.text, [start for start, _ in spans], [end for _, end in spans])
