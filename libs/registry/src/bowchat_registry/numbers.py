"""Numbers of policies, claims and vehicles as people write them: in any case, grouping and script's digits."""

import re
import unicodedata
from collections.abc import Iterator

SHORTEST = 5
"""Letters and digits of a vehicle's number. Shorter ones would be found in house numbers, dates and prices."""
POLICY_LENGTH, VEHICLE_LENGTH = (6, 32), (SHORTEST, 17)
SEPARATORS = 3
"""How many characters may stand between two groups of one number, as in `ACM - 2026`."""

_GROUPS = re.compile(r"[0-9A-Z]+")
_PIECES = re.compile(r"([0-9A-Z]+)")
_DIGIT = re.compile(r"\d")


def normalised(number: str) -> str:
    """A number without what people write differently: case, spaces, dashes, slashes, dots."""
    if number.isascii() and number.isalnum() and number.isupper():
        return number
    return "".join(_GROUPS.findall(upper(number)))


def upper(text: str) -> str:
    """In capitals, with every script's digits as ours."""
    if text.isascii():
        return text.upper()
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in folded)


def pieces(text: str) -> list[str]:
    """A text in capitals: odd places hold runs of letters and digits, even ones what stands between them.

    Empty where it has no digit, and so no number.
    """
    return _PIECES.split(upper(text)) if _DIGIT.search(text) else []


def joined(parts: list[str], start: int) -> Iterator[str]:
    """What the runs from `start` on give when they are put together, one more each time; ends at a wide gap."""
    found = parts[start]
    for place in range(start + 1, len(parts), 2):
        yield found
        if place + 1 == len(parts) or len(parts[place]) > SEPARATORS:
            return
        found += parts[place + 1]
