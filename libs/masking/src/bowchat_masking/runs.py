"""Digits that stand close together, read as one: "98765 43210", "double nine, eight and seven"."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from bowchat_masking.number_tables import ARABIC_AND, ARABIC_TEN, FUNCTION_WORDS
from bowchat_masking.number_words import Kind
from bowchat_masking.units import SINGLE_LETTERS, Unit, units

BUDGET = 7
"""So many digits close together are somebody's number until their shape says otherwise."""
SPOKEN = (Kind.WORD, Kind.WEAK)
SAID = (Kind.DIGITS, Kind.WORD, Kind.WEAK)
_FIRM = (Kind.DIGITS, Kind.WORD)
_WEAK, _BRIDGE = Kind.WEAK, Kind.BRIDGE
_MOST_REPEATED = 4
_LONGEST_REPEATED = 2
_FILLER = 3
_MOST_BRIDGES = 3
_MOST_OPENING = 2
SEQUELS = frozenset(
    [
        "then",
        "next",
        "after",
        "followed",
        "phir",
        "fir",
        "baad",
        "luego",
        "despues",
        "dps",
        "entonces",
        "puis",
        "dann",
        "फिर",
    ]
)
"""What is said between two parts of one number, whatever their length."""
SEPARATORS = frozenset(
    (
        "dash",
        "hyphen",
        "space",
        "dot",
        "slash",
        "underscore",
        "guion",
        "espacio",
        "punto",
        "times",
        "baar",
        "veces",
        "fois",
        "बार",
    )
)
"""Signs that are said in words, and how often a digit stands: they part the groups of a number as the signs do."""
_LEADING_ON = SEQUELS | SEPARATORS
_FEWEST_COUNTED = 4
_PAUSE = ", "
# Dots and marks of bold letters, which part no figures: "nine ... four", "*99999* *00123*".
_MARKS = frozenset("*_~`")
_LONGEST_TRAIL = 9
_TRAILING_OFF = re.compile(rf"[\s.,\u2026*_~`]{{4,{_LONGEST_TRAIL}}}+")
# "OlOO" is a group of noughts and ones.
_ROUND_LETTERS, _FEWEST_ROUND = frozenset("OolI"), 3
# So many letters beside a single figure are a word: "date of loss 4/15/2025".
_LONGEST_ROW = 4


class Run(NamedTuple):
    """Digits that stand close together."""

    units: tuple[Unit, ...]
    digits: str
    start: int
    end: int
    barrier: bool
    """Whether no number reaches across its beginning."""


def run_of(said: Sequence[Unit]) -> Run:
    if len(said) == 1:
        unit = said[0]
        return Run((unit,), unit.digits, unit.start, unit.end, unit.barrier)
    barrier = any(unit.barrier for unit in said)
    return Run(tuple(said), spelled(said), said[0].start, said[-1].end, barrier)


def opened(text: str, start: int) -> int:
    """Where a number begins, with its plus sign and bracket."""
    lowest = max(0, start - _MOST_OPENING)
    while start > lowest and text[start - 1] in "+(":
        start -= 1
    return start


def runs_in(text: str) -> Iterator[Run]:
    """Units with so little between them that they are read as one. None where all together are too few for a number."""
    found = units(text)
    if _most_digits(found) < BUDGET:
        return
    run: list[Unit] = []
    bridges: list[Unit] = []
    end = 0
    for unit in _without_lone_letters(found):
        start, stop, _, kind, _, barrier = unit
        if kind is _BRIDGE:
            if run:
                bridges.append(unit)
                if barrier:
                    yield from _closed(run)
                    run, bridges = [], []
            continue
        if run:
            if barrier or (
                start - end > _FILLER
                and not _is_bridged(run[-1], bridges, unit)
                and not _trails_off(text, run[-1], unit)
            ):
                yield from _closed(run)
                run = []
            bridges = []
        run.append(unit)
        end = stop
    yield from _closed(run)


def _most_digits(found: Sequence[Unit]) -> int:
    """How many digits the units can say at most."""
    digits = sum([len(unit.digits) for unit in found])
    if digits >= BUDGET:
        return digits
    kinds = [unit.kind for unit in found]
    return digits * (_MOST_REPEATED if Kind.REPEAT in kinds else 1) + 2 * kinds.count(Kind.HUNDRED)


def _without_lone_letters(found: Sequence[Unit]) -> list[Unit]:
    """A single letter is a digit among single characters ("9 8 T 6"), not in "plan B 500". What stands before it that no
    number reaches across stands before the next, then.
    """
    kept: list[Unit] = []
    barrier = False
    for index, unit in enumerate(found):
        if unit.kind is Kind.REPEAT and _counts_a_sum(found, index):
            barrier = barrier or unit.barrier
        elif unit.kind is not _WEAK or _is_no_lone_letter(found, index, unit):
            kept.append(unit._replace(barrier=True) if barrier else unit)
            barrier = unit.kind is _BRIDGE and kept[-1].barrier
        else:
            barrier = barrier or unit.barrier
    return kept


def _counts_a_sum(found: Sequence[Unit], index: int) -> bool:
    """Whether what is said twice is no digit: "twice 1927"."""
    return index + 1 < len(found) and len(found[index + 1].digits) > _LONGEST_REPEATED


def _is_no_lone_letter(found: Sequence[Unit], index: int, unit: Unit) -> bool:
    if unit.word in FUNCTION_WORDS and not _is_among_words(found, index):
        return False
    if unit.word not in SINGLE_LETTERS:
        return True
    beside = (*found[max(0, index - 1) : index], *found[index + 1 : index + 2])
    return any(
        each.end - each.start == 1 or each.end == unit.start or each.start == unit.end for each in beside
    )


def _is_among_words(found: Sequence[Unit], index: int) -> bool:
    """Whether a word beside it is a digit, or a figure alone: "at" says nothing in "2135 at 1845"."""
    beside = (*found[max(0, index - 1) : index], *found[index + 1 : index + 2])
    return any(each.kind is not Kind.DIGITS or len(each.digits) == 1 for each in beside)


def _closed(run: list[Unit]) -> tuple[Run, ...]:
    """The run as one, if it is one without what is no digit at either end."""
    if len(run) == 1:
        return (run_of(run),) if run[0].kind in _FIRM else ()
    trimmed = trim(run)
    return (run_of(trimmed),) if trimmed else ()


def _is_bridged(last: Unit, bridges: Sequence[Unit], unit: Unit) -> bool:
    """Whether words that say nothing lead from one to the other."""
    if not bridges or len(bridges) > _MOST_BRIDGES:
        return False
    if not (_is_single(last) and _is_single(unit)) and all(each.word not in _LEADING_ON for each in bridges):
        return False
    stops = [last, *bridges, unit]
    return all(after.start - before.end <= _FILLER for before, after in pairwise(stops))


def _trails_off(text: str, last: Unit, unit: Unit) -> bool:
    """Whether nothing but dots or marks stands between two digits that are said, or between marked groups of figures."""
    if unit.start - last.end > _LONGEST_TRAIL:
        return False
    match = _TRAILING_OFF.fullmatch(text, last.end, unit.start)
    if match is None:
        return False
    if last.kind is Kind.DIGITS or unit.kind is Kind.DIGITS:
        return not _MARKS.isdisjoint(match[0]) and "\n" not in match[0]
    return last.kind in SPOKEN and unit.kind is Kind.WORD


def _is_single(unit: Unit) -> bool:
    return unit.kind is not Kind.DIGITS or len(unit.digits) == 1


def trim(run: Sequence[Unit]) -> Sequence[Unit]:
    """The run without what is no digit at either end: "to" after a number is a word."""
    if run and run[0].kind in _FIRM and run[-1].kind in _FIRM:
        return run
    low, high = 0, len(run)
    while low < high and _is_loose_end(run[low], run[low + 1] if low + 1 < high else None, leads=True):
        low += 1
    while high > low and _is_loose_end(
        run[high - 1], run[high - 2] if high - 2 >= low else None, leads=False
    ):
        high -= 1
    return run[low:high]


def _is_loose_end(unit: Unit, inner: Unit | None, *, leads: bool) -> bool:
    if unit.kind is Kind.REPEAT:
        return not leads
    if unit.kind in (Kind.HUNDRED, Kind.SCALE):
        return leads
    if unit.kind is not Kind.WEAK:
        return False
    if inner is None or unit.word in FUNCTION_WORDS:
        return True
    if len(unit.digits) >= _FEWEST_ROUND and _ROUND_LETTERS.issuperset(unit.word) and "O" in unit.word:
        return False
    return (
        inner.kind is Kind.DIGITS
        and (len(inner.digits) > 1 or len(unit.word) >= _LONGEST_ROW)
        and inner.start != unit.end
        and inner.end != unit.start
    )


def spelled(run: Sequence[Unit]) -> str:
    """The digits that are said: doubles doubled, "ninety eight" as 98."""
    digits: list[str] = []
    times, tens = 1, False
    leads_with_nought = bool(run) and run[0].digits[:1] == "0"
    for index, unit in enumerate(run):
        if unit.kind is Kind.REPEAT:
            times = int(unit.digits)
            continue
        if unit.kind in (Kind.HUNDRED, Kind.SCALE):
            ends = index + 1 == len(run) or (
                leads_with_nought and run[index + 1].start - unit.end == len(_PAUSE)
            )
            if ends and unit.kind is Kind.HUNDRED:
                digits.append("00")
            tens = False
            continue
        said = unit.digits * (times if len(unit.digits) <= 2 else 1)
        if _is_ten_after_unit(unit, digits):
            digits[-1] = said[0] + digits[-1]
            times, tens = 1, False
            continue
        if tens and len(said) == 1 and said != "0" and unit.kind in SPOKEN:
            digits[-1] = digits[-1][:-1]
        tens = unit.kind in SPOKEN and len(said) == 2 and said[1] == "0" and said[0] not in "01"
        times = 1
        digits.append(said)
    return "".join(digits)


def _is_ten_after_unit(unit: Unit, digits: Sequence[str]) -> bool:
    """Whether it is the ten of the unit before it, as in Arabic."""
    is_ten = unit.word in ARABIC_TEN or (unit.word.startswith(ARABIC_AND) and len(unit.digits) > 1)
    return is_ten and bool(digits) and len(digits[-1]) == 1


def is_counting(said: Sequence[Unit]) -> bool:
    """One, two, three: a list's numbers, or a child's."""
    values = [int(unit.digits) for unit in said if len(unit.digits) <= 3]
    steps = {after - before for before, after in pairwise(values)}
    return len(values) == len(said) >= _FEWEST_COUNTED and steps == {1}
