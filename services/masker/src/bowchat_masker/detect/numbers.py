"""Phone numbers: told by a budget of digits, not by validity.

Seven digits or more with three other characters or fewer between each two are masked whatever they are, unless their
shape says otherwise (`shapes`). A number that nobody could dial from here is still somebody's number. Digits count
however they are said (`units`). Digits that stand further apart count when together they are a number of the policy's
regions, or when they come one by one.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import phonenumbers

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masker.detect.canonical import Canonical
from bowchat_masker.detect.hits import BLANK, Hit, MaskingError
from bowchat_masker.detect.number_words import FUNCTION_WORDS, Kind
from bowchat_masker.detect.shapes import PLACEHOLDER, innocent_spans
from bowchat_masker.detect.units import SINGLE_LETTERS, Unit, units
from bowchat_masker.detect.validity import is_mobile, is_number, normal

BUDGET = 7
_FILLER = 3
_MOST_GROUPS = 300
_MOST_PLUSES = 50
_MATCHER_WINDOW = 40
_MOST_OPENING = 2
_SPOKEN = (Kind.WORD, Kind.WEAK)
_SAID = (Kind.DIGITS, Kind.WORD, Kind.WEAK)
_MOST_BRIDGES = 3

_FEWEST_LETTERS = 9
_LOOSE = 18
_FAR = 60
_MOST_PARTS = 5
_LONGEST_PART = 10
_LONGEST_WHOLE = 14
_FEWEST_SPOKEN_APART = 9
_FEWEST_DIFFERENT = 4
_FEWEST_COUNTED = 4
_FEWEST_LISTED = 9
_LETTER = re.compile(r"[^\W\d_]")
_JOINING = re.compile(
    r"\b(?:then|and|rest|remaining|half|part|followed|last|next|first|second|after|end(?:s|ing)?|continue|start(?:s|ing)?|plus|add"
    r"|aur|phir|fir|baad|baaki|baki|aage|aakhri|pehle|luego|despu[eé]s|resto|mitad|y|primer[oa]?|[uú]ltim[oa]s?|puis|ensuite|dann)\b"
    r"|फिर|और|बाद|बाकी|आगे|आखिरी|पहले|\u0645|\u2026|\.\.|->|\u2192",
    re.IGNORECASE,
)
_CALLING = re.compile(
    r"\b(?:call|phone|ph|mob(?:ile)?|cell|whats?app|wa|tel|contact|dial|ring|reach|text|sms|number|num|n[uú]mero|llama(?:me|r)?"
    r"|appelle|rufnummer|mera|phon|nambar|fone)\b|फोन|फ़ोन|मोबाइल|नंबर|नम्बर|कॉल",
    re.IGNORECASE,
)
_CALLING_BEFORE = 40
_CHOICE = re.compile(r"\b(?:or|to|vs|ya|till|than)\b", re.IGNORECASE)


class _Run(NamedTuple):
    """Digits that stand close together."""

    units: tuple[Unit, ...]
    digits: str

    @property
    def start(self) -> int:
        return self.units[0].start

    @property
    def end(self) -> int:
        return self.units[-1].end


def _run(said: Sequence[Unit]) -> _Run:
    return _Run(tuple(said), spelled(said))


def numbers(view: Canonical, policy: MaskingPolicy) -> Iterator[Hit]:
    text, regions = view.text, policy.regions
    for start, end, digits in (*_found(text, policy), *_international(text, regions[0])):
        yield Hit("phone", start, end, normal(digits, regions))


def _found(text: str, policy: MaskingPolicy) -> Iterator[tuple[int, int, str]]:
    rest: list[_Run] = []
    groups = 0
    for run in _runs(text):
        if len(run.digits) < BUDGET:
            rest.append(run)
            continue
        groups += len(run.units)
        for part, masked in _judged(text, run, policy, generous=groups <= _MOST_GROUPS):
            if masked:
                yield _opened(text, part.start), part.end, part.digits
            if not masked or len(part.digits) < _LONGEST_PART:
                rest.append(part)
    yield from _apart(text, rest, policy)


def _judged(text: str, run: _Run, policy: MaskingPolicy, *, generous: bool) -> Iterator[tuple[_Run, bool]]:
    """The run's parts, and whether each is to be masked. A text with more figures than people type gets no benefit of the
    doubt.
    """
    if not generous:
        yield run, True
        return
    said = sum(len(unit.digits) for unit in run.units if unit.kind in _SPOKEN)
    if said >= BUDGET:
        yield run, _is_over_budget(run) and _is_no_amount(run, policy.regions)
        return
    spans = list(innocent_spans(text, run.start, run.end, policy))
    whole = any(first <= run.start and run.end <= last for first, last in spans)
    if not whole and _is_domestic(run, policy.regions):
        yield run, True
        return
    parts: list[list[Unit]] = [[]]
    for unit in run.units:
        if any(first < unit.end and unit.start < last for first, last in spans):
            parts.append([])
        else:
            parts[-1].append(unit)
    for each in parts:
        trimmed = _trimmed(each)
        if trimmed:
            part = _run(trimmed)
            yield part, _is_over_budget(part) and not _is_list(text, part, policy.regions)


def _is_domestic(run: _Run, regions: Sequence[str]) -> bool:
    """Whether its figures together are a mobile number, whatever shapes its parts have."""
    figures = [unit for unit in run.units if unit.kind is Kind.DIGITS]
    digits = spelled(figures)
    return len(figures) > 1 and len(digits) <= _LONGEST_WHOLE and is_mobile(digits, regions)


def _runs(text: str) -> Iterator[_Run]:
    """Units with so little between them that they are read as one."""
    run: list[Unit] = []
    bridges: list[Unit] = []
    for unit in _without_lone_letters(units(text)):
        if unit.kind is Kind.BRIDGE:
            bridges.append(unit)
            if unit.barrier:
                yield from _closed(run)
                run = []
            continue
        if not run or not _is_close(run[-1], bridges[-_MOST_BRIDGES - 1 :], unit):
            yield from _closed(run)
            run = []
        run.append(unit)
        bridges = []
    yield from _closed(run)


def _without_lone_letters(found: Sequence[Unit]) -> Iterator[Unit]:
    """A single letter is a digit among single characters ("9 8 T 6"), not in "plan B 500"."""
    for index, unit in enumerate(found):
        if unit.kind is Kind.WEAK and unit.word in SINGLE_LETTERS:
            beside = (*found[max(0, index - 1) : index], *found[index + 1 : index + 2])
            if not any(
                each.end - each.start == 1 or each.end == unit.start or each.start == unit.end
                for each in beside
            ):
                continue
        yield unit


def _closed(run: list[Unit]) -> Iterator[_Run]:
    trimmed = _trimmed(run)
    if trimmed:
        yield _run(trimmed)


def _is_close(last: Unit, bridges: Sequence[Unit], unit: Unit) -> bool:
    if unit.barrier:
        return False
    if unit.start - last.end <= _FILLER:
        return True
    if not bridges or len(bridges) > _MOST_BRIDGES or not (_is_single(last) and _is_single(unit)):
        return False
    stops = [last, *bridges, unit]
    return all(after.start - before.end <= _FILLER for before, after in pairwise(stops))


def _is_single(unit: Unit) -> bool:
    return unit.kind is not Kind.DIGITS or len(unit.digits) == 1


def _trimmed(run: Sequence[Unit]) -> list[Unit]:
    """The run without what is no digit at either end: "to" after a number is a word."""
    low, high = 0, len(run)
    while low < high and _is_loose_end(run[low], run[low + 1] if low + 1 < high else None, leads=True):
        low += 1
    while high > low and _is_loose_end(
        run[high - 1], run[high - 2] if high - 2 >= low else None, leads=False
    ):
        high -= 1
    return list(run[low:high])


def _is_loose_end(unit: Unit, inner: Unit | None, *, leads: bool) -> bool:
    if unit.kind is Kind.REPEAT:
        return not leads
    if unit.kind in (Kind.HUNDRED, Kind.SCALE):
        return leads
    if unit.kind is not Kind.WEAK:
        return False
    if inner is None or unit.word in FUNCTION_WORDS:
        return True
    return (
        inner.kind is Kind.DIGITS
        and len(inner.digits) > 1
        and inner.start != unit.end
        and inner.end != unit.start
    )


def spelled(run: Sequence[Unit]) -> str:
    """The digits that are said: doubles doubled, "ninety eight" as 98."""
    digits: list[str] = []
    times, tens = 1, False
    for index, unit in enumerate(run):
        if unit.kind is Kind.REPEAT:
            times = int(unit.digits)
            continue
        if unit.kind in (Kind.HUNDRED, Kind.SCALE):
            if index + 1 == len(run) and unit.kind is Kind.HUNDRED:
                digits.append("00")
            tens = False
            continue
        said = unit.digits * (times if len(unit.digits) <= 2 else 1)
        if tens and len(said) == 1 and said != "0" and unit.kind in _SPOKEN:
            digits[-1] = digits[-1][:-1]
        tens = unit.kind in _SPOKEN and len(said) == 2 and said[1] == "0" and said[0] not in "01"
        times = 1
        digits.append(said)
    return "".join(digits)


def _is_over_budget(run: _Run) -> bool:
    said = [unit for unit in run.units if unit.kind in _SAID]
    function = [unit for unit in said if unit.kind is Kind.WEAK and unit.word in FUNCTION_WORDS]
    plain = len(run.digits)
    spoken = sum(unit.kind in _SPOKEN for unit in said) - len(function)
    if function and spoken < 3:
        plain -= sum(len(unit.digits) for unit in function)
    firm = any(unit.kind is not Kind.WEAK or len(unit.word) > 1 for unit in said)
    if plain < (BUDGET if firm else _FEWEST_LETTERS) or len(said) - len(function) < (4 if function else 1):
        return False
    return not _is_counting(said)


def _is_counting(said: Sequence[Unit]) -> bool:
    """One, two, three: a list's numbers, or a child's."""
    values = [int(unit.digits) for unit in said if len(unit.digits) <= 3]
    steps = {after - before for before, after in pairwise(values)}
    return len(values) == len(said) >= _FEWEST_COUNTED and steps == {1}


def _is_list(text: str, run: _Run, regions: Sequence[str]) -> bool:
    """Figures that stand beside each other by chance: "14 or 16 or 147", "98 110 125", letters of a plan.

    They are no list when they make a number of the regions, or when the words before them announce one.
    """
    said = [unit for unit in run.units if unit.kind in _SAID]
    if len(said) == 1:
        return False
    digits = run.digits
    one_by_one = all(len(unit.digits) == 1 for unit in said)
    worded = any(_LETTER.search(text, before.end, after.start) for before, after in pairwise(said))
    short = len(said) > 2 and len(digits) < _FEWEST_LISTED and not one_by_one
    loose = worded and (not one_by_one or len(digits) < _FEWEST_SPOKEN_APART)
    lettered = all(unit.kind is Kind.WEAK and unit.end - unit.start == 1 for unit in said)
    values = [int(unit.digits) for unit in said]
    rising = len(said) >= _FEWEST_COUNTED and not one_by_one and values == sorted(set(values))
    return (loose or short or lettered or rising) and not (
        is_number(digits, regions) or _is_called_for(text, run.start)
    )


def _is_no_amount(run: _Run, regions: Sequence[str]) -> bool:
    """Thousands and lakhs in words make an amount, unless they spell a number that exists."""
    return not any(unit.kind is Kind.SCALE for unit in run.units) or is_mobile(run.digits, regions)


def _apart(text: str, rest: list[_Run], policy: MaskingPolicy) -> Iterator[tuple[int, int, str]]:
    """Numbers whose digits stand further apart."""
    runs = sorted(rest, key=lambda run: run.start)
    if len(runs) < 2 or sum(len(run.digits) for run in runs) < BUDGET:
        return
    if len(runs) > _MOST_GROUPS:
        raise MaskingError("the text holds more figures than a person would type")
    yield from _joined(text, runs, _one_by_one)
    figures = [
        _run([unit])
        for run in runs
        for unit in run.units
        if unit.kind is Kind.DIGITS and len(unit.digits) > 1
    ]
    for rows in (runs, figures) if len(figures) != len(runs) else (runs,):
        yield from _joined(text, rows, partial(_in_parts, regions=policy.regions))


def _joined(
    text: str, runs: Sequence[_Run], count_from: Callable[[str, Sequence[_Run], int], tuple[int, str]]
) -> Iterator[tuple[int, int, str]]:
    at = 0
    while at < len(runs):
        count, digits = count_from(text, runs, at)
        if count:
            yield _opened(text, runs[at].start), runs[at + count - 1].end, digits
        at += count or 1


def _reaches(before: _Run, after: _Run, farthest: int) -> bool:
    return after.start - before.end <= farthest and not any(unit.barrier for unit in after.units)


def _one_by_one(text: str, runs: Sequence[_Run], at: int) -> tuple[int, str]:
    """How many runs from here are digits dictated one by one, with words between them."""
    chain: list[Unit] = []
    count = 0
    for run in runs[at:]:
        if count and not (
            _reaches(runs[at + count - 1], run, _LOOSE) and BLANK not in text[runs[at].start : run.start]
        ):
            break
        if any(len(unit.digits) != 1 or unit.kind is Kind.WEAK for unit in run.units) and not _is_late(
            run, len(chain)
        ):
            break
        chain += run.units
        count += 1
    words = sum(unit.kind is not Kind.DIGITS for unit in chain)
    fewest = _FEWEST_SPOKEN_APART if words * 2 > len(chain) else BUDGET
    if len(chain) < fewest or len({unit.digits for unit in chain}) < _FEWEST_DIFFERENT or _is_counting(chain):
        return 0, ""
    return count, spelled(chain)


def _is_late(run: _Run, counted: int) -> bool:
    """Whether the run may be the number of a digit, not the digit: "digit 10: 4"."""
    return all(
        len(unit.digits) == 1 or (counted >= _FEWEST_SPOKEN_APART and unit.digits[0] == "1")
        for unit in run.units
    )


def _in_parts(text: str, runs: Sequence[_Run], at: int, regions: Sequence[str]) -> tuple[int, str]:
    """How many runs from here are one number in parts: alike in length, or with words that say that they belong together."""
    digits = runs[at].digits
    lengths = [len(digits)]
    near = True
    for count in range(2, min(_MOST_PARTS + 3, len(runs) - at) + 1):
        before, run = runs[at + count - 2], runs[at + count - 1]
        if not _reaches(before, run, _FAR):
            break
        near = near and _reaches(before, run, _LOOSE)
        part = run.digits
        digits += part
        lengths.append(len(part))
        if len(digits) > 13:
            break
        if len(digits) < 9 or not is_number(digits, regions):
            continue
        if _belong(text, runs[at : at + count], lengths, near=near, mobile=is_mobile(digits, regions)):
            return count, digits
    return 0, ""


def _belong(text: str, parts: Sequence[_Run], lengths: Sequence[int], *, near: bool, mobile: bool) -> bool:
    """Whether parts that make a number were meant as one: alike, nothing in words between them, or words that say so."""
    between = text[parts[0].end : parts[-1].start]
    if near and mobile and not _LETTER.search(between):
        return True
    if near and max(lengths) - min(lengths) <= 1 and (len(parts) > 2 or not _CHOICE.search(between)):
        return True
    if min(lengths) == 1:
        return False
    return (mobile and _JOINING.search(between) is not None) or _is_called_for(text, parts[0].start)


def _is_called_for(text: str, at: int) -> bool:
    return _CALLING.search(text, max(0, at - _CALLING_BEFORE), at) is not None


def _opened(text: str, start: int) -> int:
    """Where a number begins, with its plus sign and bracket."""
    lowest = max(0, start - _MOST_OPENING)
    while start > lowest and text[start - 1] in "+(":
        start -= 1
    return start


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
