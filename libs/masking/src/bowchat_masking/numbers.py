"""Phone numbers: told by a budget of digits, not by validity.

Seven digits or more with three other characters or fewer between each two are masked whatever they are, unless their
shape says otherwise (`shapes`). A number that nobody could dial from here is still somebody's number. Digits count
however they are said (`units`). Digits that stand further apart count when together they are a number of the policy's
regions, or when they come one by one.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import phonenumbers

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking.apart import FEWEST_SPOKEN_APART, MOST_RUNS, apart
from bowchat_masking.canonical import LETTER, Canonical
from bowchat_masking.hits import BLANK, Hit
from bowchat_masking.number_tables import FUNCTION_WORDS
from bowchat_masking.number_words import Kind
from bowchat_masking.placeholders import PLACEHOLDER
from bowchat_masking.runs import (
    BUDGET,
    SAID,
    SEPARATORS,
    SEQUELS,
    SPOKEN,
    Run,
    is_counting,
    opened,
    run_of,
    runs_in,
    spelled,
    trim,
)
from bowchat_masking.saying import is_called_for, speaks_of_sums
from bowchat_masking.shapes import Shapes, is_date, is_only_round, is_signed_decimal
from bowchat_masking.tails import widened
from bowchat_masking.told import is_all_of_text
from bowchat_masking.units import Unit
from bowchat_masking.validity import is_mobile, is_number, normal

_MOST_PLUSES = 50
_MATCHER_WINDOW = 40
_FEWEST_LETTERS = 9
_LONGEST_PART = 10
_LONGEST_WHOLE = 14
_FEWEST_COUNTED = 4
# A digit in words among figures: "98989zero-0123".
_MOST_SAID_AMONG, _SHORTEST_AMONG = 2, 3
# A fixed line is written in a few parts; more of them are a list.
_MOST_PARTS = 4
# What stands between the parts of a number that is written in one go.
_WITHIN = frozenset(["", " ", "-", ".", " - ", ") ", ")"])
_FEWEST_LISTED = 9
_SHORTEST_PRICE, _SHORTEST_SUM = 4, 3
# Four threes and three fives are longer than a number that is written so; fours may be a state's or a bank's.
_READINGS = ({3}, {5})
# A list's signs: a telephone's groups have no space before or after such.
_PARTING = re.compile(r", | ?/ | [+=] ")
_SHORTEST_DATE = len("1/1/2024")
# An area code that is said before the number: "code 022 number 26543210".
_AREA_BEFORE = re.compile(
    r"(?:\b(?:code|std|isd|prefix|prefijo|area)\b\W{0,3}(?:(?:is|hai|es|no)\W{1,2})?|\()([0-9]{2,5})\W{1,3}"
    r"(?:(?:and|then|number|no|num|phone|tel|the|rest|is|phir|y|luego)\W{1,2}){0,3}\Z",
    re.IGNORECASE,
)
_REACH_OF_AREA, _LONGEST_LOCAL = 40, 8
# Thousands and cents: "check 9062 $7,929.23".
_PRICE = re.compile(r"(?<![0-9.,])[1-9][0-9]{0,2}(?:,[0-9]{3}){1,2}+\.[0-9]{2}(?![0-9])")
_NO_MARKS = str.maketrans(",.;:-()", "       ")


def numbers(view: Canonical, policy: MaskingPolicy) -> Iterator[Hit]:
    text, regions = view.text, policy.regions
    for start, end, digits in (*_found(text, policy), *_international(text, regions[0])):
        yield Hit("phone", *widened(text, start, end, digits, regions), normal(digits, regions))


def _found(text: str, policy: MaskingPolicy) -> Iterator[tuple[int, int, str]]:
    shapes, runs = Shapes(text, policy), list(runs_in(text))
    found = list(_in_runs(text, runs, shapes, policy))
    if not found and is_all_of_text(text, runs, shapes, policy.regions):
        found = [(opened(text, runs[0].start), runs[-1].end, "".join(run.digits for run in runs))]
    yield from found


def _in_runs(
    text: str, runs: Sequence[Run], shapes: Shapes, policy: MaskingPolicy
) -> Iterator[tuple[int, int, str]]:
    rest: list[Run] = []
    groups = 0
    for run in runs:
        if len(run.digits) < BUDGET:
            rest.append(run)
            continue
        groups += max(len(run.units), len(run.digits) // _LONGEST_WHOLE)
        for part, masked in _judged(text, run, shapes, policy.regions, generous=groups <= MOST_RUNS):
            if masked:
                area = _AREA_BEFORE.search(text, max(0, part.start - _REACH_OF_AREA), part.start)
                if area and len(part.digits) <= _LONGEST_LOCAL:
                    yield opened(text, area.start(1)), part.end, area[1] + part.digits
                else:
                    yield opened(text, part.start), part.end, part.digits
            if not masked or len(part.digits) < _LONGEST_PART:
                rest.append(part)
    yield from apart(text, rest, shapes, policy.regions)


def _judged(
    text: str, run: Run, shapes: Shapes, regions: Sequence[str], *, generous: bool
) -> Iterator[tuple[Run, bool]]:
    """The run's parts, and whether each is to be masked. A text with more figures than people type gets no benefit of the
    doubt.
    """
    if not generous:
        yield run, True
        return
    said = sum(len(unit.digits) for unit in run.units if unit.kind in SPOKEN)
    if said >= BUDGET:
        yield run, _is_over_budget(run) and _is_no_amount(run, regions)
        return
    spans = list(shapes.within(run.start, run.end))
    whole = any(first <= run.start and run.end <= last for first, last in spans)
    if not whole and not _is_told(text, run, spans) and _is_one_number(text, run, regions):
        yield run, True
        return
    parts: list[list[Unit]] = [[]]
    for unit in run.units:
        if any(first < unit.end and unit.start < last for first, last in spans):
            parts.append([])
        else:
            parts[-1].append(unit)
    for each in parts:
        trimmed = trim(each)
        if trimmed:
            part = run_of(trimmed)
            yield part, _is_over_budget(part) and not _is_list(text, part, regions)


def _is_told(text: str, run: Run, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether every figure stands in an amount or a date, with a whole date among them or words between them: "07/03/2024
    4:45 pm", "612.45, then 701.30".
    """
    firm = [each for each in spans if not is_only_round(text, *each)]
    if not all(any(start <= unit.start and unit.end <= end for start, end in firm) for unit in run.units):
        return False
    if len(firm) > 1 and all(text[end - 1] == "%" and text[start] != "0" for start, end in firm):
        return True
    apart = any(LETTER.search(text, before[1], after[0]) for before, after in pairwise(firm))
    return apart or any(end - start >= _SHORTEST_DATE and is_date(text, start, end) for start, end in firm)


def _is_one_number(text: str, run: Run, regions: Sequence[str]) -> bool:
    """Whether its figures together are a number, whatever shapes its parts have: a mobile's, any that is written in one
    breath, or what a plus sign leads.
    """
    figures = [unit for unit in run.units if unit.kind is Kind.DIGITS]
    digits = spelled(figures)
    if len(digits) > _LONGEST_WHOLE:
        return False
    if text[max(0, run.start - 1) : run.start] == "+" and not is_signed_decimal(text, run.start):
        return True
    if 0 < len(run.units) - len(figures) <= _MOST_SAID_AMONG and _has_words_among(run, regions):
        return True
    if len(figures) < 2 or _PRICE.search(text, run.start + 1, run.end):
        return False
    close = all(text[before.end : after.start] in _WITHIN for before, after in pairwise(figures))
    grouped = len(figures) <= _MOST_PARTS and len(digits) >= _LONGEST_PART
    return is_mobile(digits, regions) or (close and grouped and is_number(digits, regions))


def _has_words_among(run: Run, regions: Sequence[str]) -> bool:
    """Whether a digit or two in words stand among the figures of a mobile number."""
    among = [unit for unit in run.units if unit.kind is not Kind.DIGITS]
    said = all(unit.kind in SPOKEN and len(unit.word) >= _SHORTEST_AMONG for unit in among)
    close = all(after.start - before.end <= 1 for before, after in pairwise(run.units))
    return said and close and is_mobile(run.digits, regions)


def _is_over_budget(run: Run) -> bool:
    said = [unit for unit in run.units if unit.kind in SAID]
    function = [unit for unit in said if unit.kind is Kind.WEAK and unit.word in FUNCTION_WORDS]
    plain = len(run.digits)
    spoken = sum(unit.kind in SPOKEN for unit in said) - len(function)
    if function and spoken < 3:
        plain -= sum(len(unit.digits) for unit in function)
    firm = any(unit.kind is not Kind.WEAK or len(unit.word) > 1 for unit in said)
    if plain < (BUDGET if firm else _FEWEST_LETTERS) or len(said) - len(function) < (4 if function else 1):
        return False
    return not is_counting(said)


def _is_list(text: str, run: Run, regions: Sequence[str]) -> bool:
    """Figures that stand beside each other by chance: "14 or 16 or 147", "98 110 125", letters of a plan.

    They are no list when they make a number of the regions, or when the words before them announce one.
    """
    said = [unit for unit in run.units if unit.kind in SAID]
    if len(said) == 1 or any(len(unit.digits) >= _FEWEST_LISTED for unit in said):
        return False
    digits = run.digits
    one_by_one = all(len(unit.digits) == 1 for unit in said)
    singly = 2 * sum(len(unit.digits) == 1 for unit in said) >= len(said)
    pauses = SEPARATORS | SEQUELS if singly else SEPARATORS
    worded = any(_is_worded(text[before.end : after.start], pauses) for before, after in pairwise(run.units))
    short = len(said) > 2 and len(digits) < _FEWEST_LISTED and not one_by_one
    loose = worded and (not one_by_one or len(digits) < FEWEST_SPOKEN_APART)
    lettered = all(unit.kind is Kind.WEAK and unit.end - unit.start == 1 for unit in said)
    values = [int(unit.digits) for unit in said]
    rising = len(said) >= _FEWEST_COUNTED and not one_by_one and values == sorted(set(values))
    row = _is_row(text, said, regions)
    exists = is_mobile if worded or row or (rising and _are_parted(text, said)) else is_number
    sums = min(map(len, (unit.digits for unit in said))) >= _SHORTEST_SUM and speaks_of_sums(text)
    exists = is_mobile if sums and digits[0] != "0" else exists
    return (loose or short or lettered or rising or row or sums) and not (
        exists(digits, regions) or is_called_for(text, run.start)
    )


def _is_row(text: str, said: Sequence[Unit], regions: Sequence[str]) -> bool:
    """Whether they are prices or readings, one after another: "5899, 6499, 7299", "412 412 415 420". No two or three of them
    make a mobile number.
    """
    lengths = {len(unit.digits) for unit in said}
    prices = min(lengths) >= _SHORTEST_PRICE and said[0].digits[0] != "0" and _are_parted(text, said)
    gaps = {text[before.end : after.start] for before, after in pairwise(said)}
    total = sum(len(unit.digits) for unit in said)
    readings = lengths in _READINGS and total > _LONGEST_PART + 1 and gaps == {" "}
    return (prices or readings) and not any(
        is_mobile(spelled(said[at : at + count]), regions) for count in (2, 3) for at in range(len(said))
    )


def _are_parted(text: str, said: Sequence[Unit]) -> bool:
    """Whether a list's signs stand between three or more."""
    return len(said) > 2 and all(
        _PARTING.fullmatch(text, before.end, after.start) for before, after in pairwise(said)
    )


def _is_worded(between: str, pauses: frozenset[str]) -> bool:
    """Whether words stand between two figures, other than those that people say for a dash or a pause."""
    return LETTER.search(between) is not None and not pauses.issuperset(
        between.casefold().translate(_NO_MARKS).split()
    )


def _is_no_amount(run: Run, regions: Sequence[str]) -> bool:
    """Thousands and lakhs in words make an amount, unless they spell a number that exists."""
    return not any(unit.kind is Kind.SCALE for unit in run.units) or is_mobile(run.digits, regions)


def _international(text: str, region: str) -> Iterator[tuple[int, int, str]]:
    """What phonenumbers is good at: numbers led by a plus, with their extension, however they are punctuated."""
    at = -1
    for _ in range(_MOST_PLUSES):
        at = text.find("+", at + 1)
        if at < 0:
            return
        window = PLACEHOLDER.sub(_blanked, text[at : at + _MATCHER_WINDOW])
        if sum(map(str.isdecimal, window)) < BUDGET:
            continue
        matcher = phonenumbers.PhoneNumberMatcher(window, region, phonenumbers.Leniency.POSSIBLE, max_tries=4)
        match = next(iter(matcher), None)
        if match is not None and match.start == 0:
            yield at, at + match.end, re.sub(r"[^0-9]", "", match.raw_string)


def _blanked(match: re.Match[str]) -> str:
    return BLANK * len(match[0])
