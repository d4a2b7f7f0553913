"""Groups of digits as people write long numbers: "2345 6789 0123", "4111-1111-1111-1111"."""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from bowchat_masking.canonical import small
from bowchat_masking.hits import MaskingError
from bowchat_masking.phrases import words

_GROUP = re.compile(r"[0-9]+")
_JOINING = re.compile(r"[ .\u00a0\u2010-\u2015_-]{1,2}")
_FEWEST, _MOST = 3, 6_000
_SHORTEST_ROW = 12
_MOST_GROUPS = 600
_FARTHEST_JOINED = 2
DIGITS = "0123456789"
_LONG_ROW = re.compile(r"[0-9](?:[ .\u00a0\u2010-\u2015_-]{0,2}[0-9]){11}")
_FOURS = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")
_LONGEST_BETWEEN = 20
# What is said between the groups of a long number.
_SAYING_ON = words(
    "then and next first second third fourth mid middle last ends end ending with in starts start begins is digits four"
    " phir fir aur pehle beech baad mein aakhri luego y primero segundo tercero termina empieza en por"
)
_WORD = re.compile(r"[^\W\d_]+")
_WORD_END = re.compile(r"[^\W_]*+")


class Group(NamedTuple):
    start: int
    end: int
    digits: str


def few_digits(text: str) -> bool:
    """Whether a text has too few digits to hold any identity number. Most have.

    Errors: `MaskingError` for more digits than a person would type.
    """
    count = _count(text)
    if count > _MOST:
        raise MaskingError("the text holds more figures than a person would type")
    return count < _FEWEST


@lru_cache(maxsize=4)
def _count(text: str) -> int:
    return sum(map(text.count, DIGITS))


@lru_cache(maxsize=4)
def _has_long_row(text: str) -> bool:
    """Whether as many digits as the shortest number has here stand with next to nothing between them."""
    count, before = 0, 0
    for start, end in figures(text):
        count = count + end - start if start - before <= _FARTHEST_JOINED else end - start
        if count >= _SHORTEST_ROW:
            return _LONG_ROW.search(text) is not None
        before = end
    return False


def windows(text: str, lengths: Collection[int]) -> Iterator[list[Group]]:
    """Neighbouring groups whose digits add up to one of the lengths, each run of them from the left, longest first.

    A text with more groups than people type is read no further: the digit budget takes care of it.
    """
    if min(lengths) >= _SHORTEST_ROW and not _has_long_row(text):
        return
    found = [Group(start, end, text[start:end]) for start, end in figures(text)[:_MOST_GROUPS]]
    longest = max(lengths)
    for first in range(len(found)):
        total, fits = 0, []
        for last in range(first, len(found)):
            if last > first and not _are_joined(text, found[last - 1].end, found[last].start):
                break
            total += len(found[last].digits)
            if total > longest:
                break
            if total in lengths:
                fits.append(last)
        yield from (found[first : last + 1] for last in reversed(fits))


def fours(text: str, count: int) -> Iterator[list[Group]]:
    """So many groups of four figures with nothing between them but how the groups of a number follow each other."""
    row: list[Group] = []
    lowered = small(text)
    for match in _FOURS.finditer(text):
        gap = lowered[row[-1].end : match.start()] if row else ""
        if row and (len(gap) > _LONGEST_BETWEEN or not _SAYING_ON.issuperset(_WORD.findall(gap))):
            row = []
        row.append(Group(match.start(), match.end(), match[0]))
        if len(row) == count:
            yield row
            row = []


def _are_joined(text: str, end: int, start: int) -> bool:
    return start - end <= _FARTHEST_JOINED and _JOINING.fullmatch(text, end, start) is not None


@lru_cache(maxsize=4)
def figures(text: str) -> tuple[tuple[int, int], ...]:
    """Where figures stand that nothing parts."""
    return tuple([match.span() for match in _GROUP.finditer(text)])


@lru_cache(maxsize=8)
def near_digits(text: str, before: int, after: int) -> tuple[tuple[int, int], ...]:
    """The stretches around groups of digits, whole words: what has digits is looked for nowhere else."""
    stretches: list[tuple[int, int]] = []
    begin = whole = end = -1
    for first, last in figures(text):
        if end < 0:
            begin = max(0, first - before)
        elif first - before > end:
            # Where the word ends is looked for only when the stretch may end here, and once in a word: long ones cost.
            if end > whole:
                whole = _word_end(text, end)
            if first - before > max(end, whole):
                stretches.append((begin, max(end, whole)))
                begin = first - before
        end = last + after
    if end >= 0:
        stretches.append((begin, max(whole, _word_end(text, min(len(text), end)))))
    return tuple(stretches)


def _word_end(text: str, at: int) -> int:
    return match.end() if (match := _WORD_END.match(text, at)) else at


def found_near(
    pattern: re.Pattern[str], text: str, stretches: Sequence[tuple[int, int]]
) -> Iterator[re.Match[str]]:
    """The matches of a pattern within the stretches."""
    for start, end in stretches:
        yield from pattern.finditer(text, start, end)


def found_at(
    pattern: re.Pattern[str], text: str, before: Collection[int], lengths: Collection[int]
) -> Iterator[re.Match[str]]:
    """The matches of a pattern whose first group of digits has one of the lengths, and `before` characters before it."""
    done = 0
    for start, end in figures(text):
        if end - start in lengths:
            for each in before:
                if start - each >= done and (match := pattern.match(text, start - each)):
                    done = match.end()
                    yield match
                    break


def nearby(cue: re.Pattern[str], text: str, at: int, reach: int) -> bool:
    """Whether a cue stands before a place, within reach and on the way there."""
    return cue.search(text, max(0, at - reach), at) is not None
