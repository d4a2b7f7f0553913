"""Sums that are worked out in a text, and right."""

import re

_TIMES = "x\u00d7*"
_TERM = r"[0-9]{1,3}(?:,[0-9]{2,3}){1,3}+|[0-9]{1,7}+"
_EQUATION = re.compile(
    rf"(?<![0-9.,])({_TERM})((?:\s?[-+x\u00d7*]\s?(?:{_TERM})){{1,7}}+)\s?=\s?({_TERM})(?![0-9]|[.,][0-9])"
)
_STEP = re.compile(rf"([-+x\u00d7*])\s?({_TERM})")


def sum_at(text: str, at: int) -> re.Match[str] | None:
    """A sum that is worked out, and right: "2400 + 1800 = 4200", "12 x 1,245 = 14,940"."""
    match = _EQUATION.match(text, at) if "=" in text else None
    if match is None:
        return None
    total = _value(match[1])
    for sign, term in _STEP.findall(match[2]):
        value = _value(term)
        total = total * value if sign in _TIMES else total - value if sign == "-" else total + value
    return match if total == _value(match[3]) else None


def _value(figures: str) -> int:
    return int(figures.replace(",", ""))
