"""Whether a text says what figures are that stand apart: values of a list, amounts, dates. They are no parts of a number."""

import re
from collections.abc import Sequence
from itertools import pairwise

from bowchat_masking.canonical import LETTER, small
from bowchat_masking.cues import is_called_reference
from bowchat_masking.runs import Run
from bowchat_masking.saying import JOINING, is_called_for
from bowchat_masking.shapes import Shapes, is_date, is_only_round
from bowchat_masking.units import Unit
from bowchat_masking.validity import is_mobile

_FEWEST_LABELLED = 3
_SHORTEST_NUMBER = 9
_REACH = 18
_LONGEST_CLOCK = len("0630")
_NAME = re.compile(r"[.,;]?\s{0,2}([^\W\d_]{2,12}+[0-9]?)(?:\s[^\W\d_]{1,12}+)?[\s:=]{0,3}")
_NEW_FIGURE = re.compile(r"(?<![0-9][.,:/-])\Z")
_NAME_BEFORE = re.compile(r"([^\W\d_]{2,12}+)[\s:=]{1,3}\Z")
# The same figure's beginning: "1," of "1,84,560".
_WRITTEN_ON = re.compile(r"(?<![0-9.,:/-])[0-9][0-9.,:/-]*+\Z")


def is_told(text: str, parts: Sequence[Run], shapes: Shapes) -> bool:
    """Whether the text says what the parts are: an amount, a reading, a date. A number neither begins nor ends in one."""
    between = text[parts[0].end : parts[-1].start]
    if not LETTER.search(between):
        return False
    if any(_begins_with_nought(text, each) for each in parts):
        return False
    if _is_labelled(text, parts):
        return True
    first, last = parts[0], parts[-1]
    begin = _WRITTEN_ON.search(text, max(0, first.start - _REACH), first.start)
    spans = [
        each
        for each in shapes.within(begin.start() if begin else first.start, last.end)
        if not is_only_round(text, *each)
    ]
    return any(start < first.start < end or start < last.end < end for start, end in spans) or any(
        (start <= first.start and first.end <= end) or is_date(text, start, end) for start, end in spans
    )


def _begins_with_nought(text: str, part: Run) -> bool:
    """Whether it is written as no amount and no reading is: "00123"."""
    return (
        len(part.digits) > _LONGEST_CLOCK
        and part.digits[0] == "0"
        and text[part.start : part.end].isdecimal()
        and not is_called_reference(text, part.start)
    )


def is_all_of_text(text: str, runs: Sequence[Run], shapes: Shapes, regions: Sequence[str]) -> bool:
    """Whether all figures of a text are one mobile number, whatever they are called, and one of them is written as no
    measure, sum, page, day or time is: with a nought before it, "lat 70.123 long 00.087".
    """
    if not runs or not is_mobile("".join(run.digits for run in runs), regions):
        return False
    led = [
        unit.start
        for run in runs
        for unit in run.units
        if unit.digits[0] == "0" != unit.digits and _NEW_FIGURE.search(text, 0, unit.start)
    ]
    if not led or is_called_reference(text, runs[0].start):
        return False
    dates = [each for each in shapes.within(runs[0].start, runs[-1].end) if is_date(text, *each)]
    return any(not any(start <= at < end for start, end in dates) for at in led)


def _is_labelled(text: str, parts: Sequence[Run]) -> bool:
    """Whether each part has a name of its own: "fbs 126, ppbs 182, hba1c 7.4"."""
    gaps = [text[before.end : after.start] for before, after in pairwise(parts)]
    names = [_NAME.fullmatch(each) for each in gaps]
    if len(parts) < _FEWEST_LABELLED or not all(names) or is_called_for(text, parts[0].start):
        return False
    first = _NAME_BEFORE.search(text, max(0, parts[0].start - _REACH), parts[0].start)
    said = {match[1].casefold() for match in (first, *names) if match}
    return len(said) == len(parts) and not any(JOINING.search(small(each)) for each in gaps)


def without_prices(runs: Sequence[Run], shapes: Shapes, regions: Sequence[str]) -> Sequence[Run]:
    """The runs but for amounts between two halves: "starts 98989, premium is Rs 4,500, ends 00123"."""
    prices = {
        between.start
        for first, between, last in zip(runs, runs[1:], runs[2:], strict=False)
        if not (between.barrier or last.barrier)
        and len(first.digits) + len(last.digits) >= _SHORTEST_NUMBER
        and is_mobile(first.digits + last.digits, regions)
        and _is_price(between, shapes)
    }
    return [run for run in runs if run.start not in prices] if prices else runs


def _is_price(run: Run, shapes: Shapes) -> bool:
    return any(start <= run.start and run.end <= end for start, end in shapes.within(run.start, run.end))


def are_mostly_told(chain: Sequence[Unit], shapes: Shapes) -> bool:
    """Whether most digits stand in twos in measures: "1.2 mb, 3.4 mb"."""
    spans = shapes.within(chain[0].start, chain[-1].end)
    told = [sum(start <= unit.start < end for unit in chain) for start, end in spans]
    return 2 * sum(each for each in told if each > 1) > len(chain)
