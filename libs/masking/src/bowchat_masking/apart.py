"""Numbers whose digits stand further apart: dictated one by one, or in parts that words say belong together."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise

from bowchat_masking.canonical import LETTER, small
from bowchat_masking.hits import BLANK, MaskingError
from bowchat_masking.number_words import Kind
from bowchat_masking.phrases import said, words
from bowchat_masking.runs import BUDGET, Run, is_counting, opened, run_of, spelled
from bowchat_masking.saying import JOINING, is_called_for, speaks_of_sums, stands_before
from bowchat_masking.shapes import Shapes
from bowchat_masking.told import are_mostly_told, is_told, without_prices
from bowchat_masking.units import Unit
from bowchat_masking.validity import is_mobile, is_number

FEWEST_SPOKEN_APART = 9
MOST_RUNS = 300
_LOOSE = 18
_FAR = 60
_ENDLESS = 1_000_000
_MOST_PARTS = 8
_SHORTEST_NUMBER, _LONGEST_NATIONAL, _LONGEST_NUMBER = 9, 11, 13
_FEWEST_DIFFERENT = 4
_DIGITS = Kind.DIGITS
# Looked for in small letters, as the others.
_ANNOUNCED = re.compile(
    r"\b(?:digits?|ank|hissa|half|part|empieza|dial|(?:starts?|begins?|ends?|finish(?:es)?) (?:with|from|in)"
    r"|(?:area|std|country) code(?:\W?s| is)?|prefix|(?:end|last) (?:bit|part|half) is"
    r"|(?:number|num|no) (?:starts?|begins?|shuru|is)|starting (?:with|is|no|digits)|primer[oa]s?)\b|शुरू|अंक|हिस्सा"
)
# A word of these stands in each of them.
_ANNOUNCING = words(
    "digit digits ank hissa half part empieza dial with from in start starts begin begins shuru is starting code prefix"
    " primero primera primeros primeras"
)
_ANNOUNCING_OTHERWISE = ("शुरू", "अंक", "हिस्सा")
_ENDING = re.compile(
    r"\b(?:last|then|next|begin(?:s|ning)?|start(?:s|ing)?|suffix|end(?:s|ing)?|rest|remaining|half|part|middle|continue|aa?khri|baa?ki|baad|termina|[uú]ltim[oa]s|despu[eé]s|finish(?:es)?"
    r"|(?:no|without) (?:gap|space))\b|आखिरी|बाकी|अंत"
)
_FEWEST_IN_PART = 3
_FEWEST_DICTATED = 3
_WORD = re.compile(r"[^\W\d_]+")
# How the parts of a number follow each other when it is said.
_SAYING_ON = words(
    "then and after that next followed by plus rest is the with que miro"
    " last lastly finally first middle add finish ends end ending in it um umm uh erm er wait ok okay yes"
    " yeah sorry sec hold hang on got you writing now dash space dot hyphen aur phir fir uske baad aage ab"
    " haan y luego despues después"
    " theek thik hai likha likho samjhe acha accha hmm ji noted listo vale tamam yalla khalas"
    " seguido de por al final acaba termina en espera ya apuntas apunta sigo coma guion punto puis ensuite dann"
)
# What is asked and told of one who writes a number down, and of nothing else that has figures.
_LISTENING = re.compile(
    r"\b(?:got (?:it|that)|writing|followed by|lastly|apunta[sn]?|sigo|acaba en|termina en)\b"
)
_LAST = re.compile(r"\b(?:last|ends?|ending|rest|aa?khri|baa?ki|[uú]ltim[oa]s?|termina|acaba)\b")
_FIRST = re.compile(
    r"\b(?:first|starts?|starting|begins?|beginning|pehle|shuru|primer[oa]s?|empieza|comienza)\b"
)
_CHOICE = re.compile(r"\b(?:or|to|vs|ya|till|than)\b", re.IGNORECASE)


def apart(
    text: str, rest: list[Run], shapes: Shapes, regions: Sequence[str]
) -> Iterator[tuple[int, int, str]]:
    """Numbers whose digits stand further apart."""
    runs = sorted(rest, key=lambda run: run.start)
    announces = _may_announce(text)
    if len(runs) < (1 if announces else 2) or sum(len(run.digits) for run in runs) < BUDGET:
        return
    if len(runs) > MOST_RUNS:
        raise MaskingError("the text holds more figures than a person would type")
    yield from _joined(text, runs, partial(_one_by_one, text, runs, _followers(runs), shapes))
    figures = [figure for run in runs for figure in _figures(run)]
    barren: dict[int, Sequence[Run]] = {}
    unpriced = without_prices(runs, shapes, regions)
    rows = [runs] if figures == runs else [runs, figures]
    for each in rows if unpriced is runs else [unpriced, *rows]:
        row = _Row(text, each, shapes, regions, barren, announces=announces)
        yield from _joined(text, each, row.one_from)


def _figures(run: Run) -> Sequence[Run]:
    """The figures of the run, each by itself, that have several digits."""
    if len(run.units) == 1:
        return (run,) if run.units[0].kind is _DIGITS and len(run.digits) > 1 else ()
    return [run_of([unit]) for unit in run.units if unit.kind is _DIGITS and len(unit.digits) > 1]


def _joined(
    text: str, runs: Sequence[Run], count_from: Callable[[int], tuple[int, str]]
) -> Iterator[tuple[int, int, str]]:
    at = 0
    while at < len(runs):
        count, digits = count_from(at)
        if count:
            yield opened(text, runs[at].start), runs[at + count - 1].end, digits
        at += count or 1


def _gap(before: Run, after: Run) -> int:
    return _ENDLESS if after.barrier else after.start - before.end


def _followers(runs: Sequence[Run]) -> list[int]:
    """From each run on, how many units there are with no gap that none reaches across."""
    counts: list[int] = []
    before, start = 0, 0
    for run in reversed(runs):
        before = len(run.units) + (before if start - run.end <= _LOOSE else 0)
        counts.append(before)
        start = _ENDLESS + run.end if run.barrier else run.start
    return counts[::-1]


def _one_by_one(
    text: str, runs: Sequence[Run], followers: Sequence[int], shapes: Shapes, at: int
) -> tuple[int, str]:
    """How many runs from here are digits dictated one by one, with words between them."""
    first = runs[at]
    if followers[at] < BUDGET or not _is_late(first, 0):
        return 0, ""
    chain: list[Unit] = []
    count = 0
    for run in runs[at:]:
        if count and not (
            _gap(runs[at + count - 1], run) <= _LOOSE and BLANK not in text[first.start : run.start]
        ):
            break
        if any(len(unit.digits) != 1 or unit.kind is Kind.WEAK for unit in run.units) and not _is_late(
            run, len(chain)
        ):
            break
        chain += run.units
        count += 1
    words = sum(unit.kind is not _DIGITS for unit in chain)
    fewest = FEWEST_SPOKEN_APART if words * 2 > len(chain) else BUDGET
    if len(chain) < fewest or len({unit.digits for unit in chain}) < _FEWEST_DIFFERENT or is_counting(chain):
        return 0, ""
    if are_mostly_told(chain, shapes):
        return 0, ""
    return count, spelled(chain)


def _is_late(run: Run, counted: int) -> bool:
    """Whether the run may be the number of a digit, not the digit: "digit 10: 4"."""
    return all(
        len(unit.digits) == 1 or (counted >= FEWEST_SPOKEN_APART and unit.digits[:1] == "1")
        for unit in run.units
    )


class _Row:
    """Figures one after another, and which of them are one number in parts. It is asked of every few of them, and nearly
    always for nothing: what costs is asked last.
    """

    def __init__(
        self,
        text: str,
        runs: Sequence[Run],
        shapes: Shapes,
        regions: Sequence[str],
        barren: dict[int, Sequence[Run]],
        *,
        announces: bool,
    ) -> None:
        """`barren`: what was read from a place on, and nothing found. Runs and figures are often the same."""
        self._text, self._runs, self._shapes, self._regions = text, runs, shapes, regions
        self._barren, self._announces = barren, announces
        self._gaps = [_gap(before, after) for before, after in pairwise(runs)]
        self._lengths = [len(run.digits) for run in runs]
        self._says_on: dict[int, bool] = {}
        self._said_first: dict[int, bool] = {}

    def one_from(self, at: int) -> tuple[int, str]:
        """How many runs from here are one number in parts, and its digits."""
        digits, start = self._runs[at].digits, self._runs[at].start
        known = self._barren.get(start)
        if known is not None and known == self._runs[at : at + len(known)]:
            return 0, ""
        widest, shortest, dictated, last = 0, len(digits), True, at
        for last in range(at + 1, min(at + _MOST_PARTS, len(self._runs))):
            gap, length = self._gaps[last - 1], self._lengths[last]
            digits += self._runs[last].digits
            if gap > _FAR or len(digits) > _LONGEST_NUMBER:
                break
            # This is asked for every two figures of a text: `max` and `min` would be most of it.
            if gap > widest:  # noqa: PLR1730
                widest = gap
            if length < shortest:  # noqa: PLR1730
                shortest = length
            dictated = dictated and self._goes_on(last - 1)
            if len(digits) >= _SHORTEST_NUMBER and (shortest > 1 or widest <= _LOOSE):
                count = last + 1 - at
                told_on = dictated and (shortest >= _FEWEST_IN_PART or count >= _FEWEST_DICTATED)
                if self._are_one(at, count, digits, widest, shortest, dictated=told_on):
                    return count, digits
        self._barren[start] = self._runs[at : last + 1]
        return 0, ""

    def _are_one(
        self, at: int, count: int, digits: str, widest: int, shortest: int, *, dictated: bool
    ) -> bool:
        """Whether parts are a number and belong together."""
        text, regions = self._text, self._regions
        known = is_number(digits, regions)
        turned = count == 2 and is_mobile(digits[self._lengths[at] :] + self._runs[at].digits, regions)
        begins = self._announces and shortest >= _FEWEST_IN_PART and self._begins(at)
        if not (known or turned or dictated or begins):
            return False
        if not known and len(digits) > _LONGEST_NATIONAL and not is_called_for(text, self._runs[at].start):
            return False
        parts = self._runs[at : at + count]
        if begins and _ends_number(text, parts) and not is_told(text, parts, self._shapes):
            return True
        if (dictated and _is_dictated(text, parts)) or (turned and _is_turned(text, parts)):
            return True
        return (
            known
            and _belong(text, parts, near=widest <= _LOOSE, mobile=is_mobile(digits, regions))
            and not is_told(text, parts, self._shapes)
        )

    def _begins(self, at: int) -> bool:
        if at not in self._said_first:
            self._said_first[at] = _begins_number(self._text, self._runs[at])
        return self._said_first[at]

    def _goes_on(self, gap: int) -> bool:
        """Whether there is nothing in a gap but how the parts of a number follow each other."""
        if gap not in self._says_on:
            lowered, start, end = small(self._text), self._runs[gap].end, self._runs[gap + 1].start
            first = _WORD.search(lowered, start, end)
            self._says_on[gap] = (
                first is not None
                and first[0] in _SAYING_ON
                and _SAYING_ON.issuperset(_WORD.findall(lowered, first.end(), end))
            )
        return self._says_on[gap]


def _is_dictated(text: str, parts: Sequence[Run]) -> bool:
    """Whether somebody says a telephone's number, of whatever country, when nothing stands between its parts but how they
    follow each other: "call 305, then um 555, then 0111".
    """
    gaps = (small(text)[before.end : after.start] for before, after in pairwise(parts))
    return (
        is_called_for(text, parts[0].start)
        or _begins_number(text, parts[0])
        or any(map(_LISTENING.search, gaps))
    )


def _is_turned(text: str, parts: Sequence[Run]) -> bool:
    """Whether the end is said before the beginning: "ends with 00123 and starts with 98989"."""
    lowered, until = small(text), parts[1].end + _LOOSE
    last = _LAST.search(lowered, max(0, parts[0].start - _LOOSE), until)
    return last is not None and _FIRST.search(lowered, last.end(), until) is not None


def _begins_number(text: str, first: Run) -> bool:
    """Whether words say that the first figures begin a number, of whatever country."""
    return stands_before(_ANNOUNCED, text, first.start)


def _may_announce(text: str) -> bool:
    return said(text).any_of(_ANNOUNCING) or any(each in text for each in _ANNOUNCING_OTHERWISE)


def _ends_number(text: str, parts: Sequence[Run]) -> bool:
    """Whether words say that the last ones end it."""
    return _ENDING.search(small(text), parts[0].end, parts[-1].start) is not None


def _belong(text: str, parts: Sequence[Run], *, near: bool, mobile: bool) -> bool:
    """Whether parts that make a number were meant as one: alike, nothing in words between them, or words that say so."""
    lengths = [len(each.digits) for each in parts]
    alike = max(lengths) - min(lengths) <= 1
    between = text[parts[0].end : parts[-1].start]
    if near and mobile and not LETTER.search(between):
        return True
    leads_with_nought = any(each.digits[0] == "0" for each in parts)
    if not leads_with_nought and LETTER.search(between) and speaks_of_sums(text):
        return False
    if near and alike and (len(parts) > 2 or (mobile and not _CHOICE.search(between))):
        return True
    if min(lengths) == 1:
        return False
    return (
        (mobile or alike) and JOINING.search(small(text)[parts[0].end : parts[-1].start]) is not None
    ) or is_called_for(text, parts[0].start)
