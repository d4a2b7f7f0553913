"""What a hosted model is shown of a text. Pure.

It is a stranger, like an insurer, but the guard that knows the writer's identity does not stand here: the router never
learns who writes. So more is taken out than for an insurer, to whom a policy's number is of use, and a text that leaves any
doubt is not shown at all.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import groupby

from bowchat_contracts.masking_policy import MaskingPolicy, Region
from bowchat_masking import MaskingError, mask
from bowchat_registry.registry import Registry

_MOST_REGIONS = 5
"""As many as one policy takes."""
_LONGEST = 2_000
"""Characters that are shown: what a message is about is said at its beginning."""
_PLACEHOLDER = re.compile(r"(\[[a-z_]+-[0-9]{1,2}\])")
_DIGIT = re.compile(r"\d")
_FEW_DIGITS = 2
"""Figures so short say what a text is about ("2 wheeler", "section 80D"); longer ones are a number of something."""
_BUDGET = 7
"""So many digits in a text may be a number told in pieces."""


def regions_of(registry: Registry) -> tuple[Region, ...]:
    """Wherever any insurer's policyholders live."""
    return tuple(
        sorted({region for each in registry.agreements.values() for region in each.masking_policy.regions})
    )


def shown(text: str, regions: Sequence[Region]) -> str | None:
    """The text without what could tell who wrote it; None where that is not certain.

    Besides what masking finds, every link and every number of three digits or more is taken out: a policy's, a claim's or a
    vehicle's number names a person to whoever has the register, and says nothing of what a text is about.
    """
    whole = text.encode(errors="replace").decode()  # half a character cannot be sent
    try:
        plain = unicodedata.normalize("NFKC", _masked(whole, regions))
        blunt = " ".join(filter(None, map(_blunted, _PLACEHOLDER.split(plain))))
        certain = _masked(blunt, regions) == blunt
    except MaskingError:
        return None
    left = _digits(_PLACEHOLDER.sub("", blunt))
    return blunt[:_LONGEST] if certain and "@" not in blunt and left < _BUDGET else None


def _masked(text: str, regions: Sequence[Region]) -> str:
    """By the careful policy: no agreement's own exceptions, and the numbers of all these regions.

    Errors: `MaskingError`.
    """
    for at in range(0, len(regions), _MOST_REGIONS):
        text = mask([text], MaskingPolicy(regions=tuple(regions[at : at + _MOST_REGIONS])))[0].text
    return text


def _blunted(part: str) -> str:
    if _PLACEHOLDER.fullmatch(part):
        return part
    words = ["[link]" if _is_link(each) else each for each in part.split()]
    # Words that stand side by side and have figures are one number, told in pieces.
    runs = (" ".join(run) for _, run in groupby(words, key=lambda word: _digits(word) > 0))
    return " ".join("[number]" if _digits(run) > _FEW_DIGITS else run for run in runs)


def _is_link(word: str) -> bool:
    return "://" in word or "www." in word.casefold()


def _digits(text: str) -> int:
    return len(_DIGIT.findall(text))
