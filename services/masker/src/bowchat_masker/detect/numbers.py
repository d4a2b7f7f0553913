"""Phone numbers: told by a budget of digits, not by validity.

Seven digits or more with three other characters or fewer between each two are masked whatever they are, unless their
shape says otherwise (`shapes`). A number that nobody could dial from here is still somebody's number.
"""

import re
from collections.abc import Iterator

import phonenumbers

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masker.detect.canonical import Canonical
from bowchat_masker.detect.hits import BLANK, Hit
from bowchat_masker.detect.shapes import PLACEHOLDER, groups, innocent_spans

_MOST_PLUSES = 50
_MATCHER_WINDOW = 40
_MOST_GROUPS = 300
_RUN = re.compile(r"[0-9](?:[^0-9]{0,3}+[0-9]){6,}+")
_MOST_OPENING = 2


def numbers(view: Canonical, policy: MaskingPolicy) -> Iterator[Hit]:
    region = policy.regions[0]
    for start, end in (*_runs(view.text, region), *_international(view.text, region)):
        yield Hit("phone", start, end, _value(view.text[start:end], region))


def _runs(text: str, region: str) -> Iterator[tuple[int, int]]:
    """Runs of digits over the budget, less what is innocent by its shape.

    Shapes are looked for inside a run only: most texts have none. A text with more groups of digits than people type
    gets no benefit of the doubt.
    """
    budget = _MOST_GROUPS
    for run in _RUN.finditer(text):
        start, end = run.span()
        budget -= groups(text, start, end)
        if budget < 0:
            yield _opened(text, start), end
            continue
        rest = run[0]
        for first, last in innocent_spans(text, start, end, region):
            low, high = max(0, first - start), last - start
            rest = rest[:low] + BLANK * (high - low) + rest[high:]
        for match in _RUN.finditer(rest):
            yield _opened(text, start + match.start()), start + match.end()


def _opened(text: str, start: int) -> int:
    """Where a number begins, with its plus sign and bracket."""
    lowest = max(0, start - _MOST_OPENING)
    while start > lowest and text[start - 1] in "+(":
        start -= 1
    return start


def _international(text: str, region: str) -> Iterator[tuple[int, int]]:
    """What phonenumbers is good at: numbers led by a plus, with their extension, however they are punctuated."""
    at = -1
    for _ in range(_MOST_PLUSES):
        at = text.find("+", at + 1)
        if at < 0:
            return
        window = PLACEHOLDER.sub(_blanked, text[at : at + _MATCHER_WINDOW])
        matcher = phonenumbers.PhoneNumberMatcher(window, region, phonenumbers.Leniency.POSSIBLE, max_tries=4)
        match = next(iter(matcher), None)
        if match is not None and match.start == 0:
            yield at, at + match.end


def _blanked(match: re.Match[str]) -> str:
    return BLANK * len(match[0])


def _value(text: str, region: str) -> str:
    """What tells one number from another however it is written."""
    digits = re.sub(r"[^0-9]", "", text)
    try:
        number = phonenumbers.parse(("+" if text.lstrip("(").startswith("+") else "") + digits, region)
    except phonenumbers.NumberParseException:
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
