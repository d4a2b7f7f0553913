"""The words of a text in small letters, and phrases looked for only where a word stands that they begin with.

An expression that begins with an assertion is tried at each place of a text, which is slow. Where its first word is one of
a few, it is tried there alone.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, compress
from typing import NamedTuple

from bowchat_masking.canonical import small
from bowchat_masking.tokens import parted


class Said(NamedTuple):
    """What a text says, in small letters. Words are of ASCII letters and digits; an empty one stands between two signs."""

    words: list[str]
    every: frozenset[str]

    def any_of(self, words: frozenset[str]) -> bool:
        return not self.every.isdisjoint(words)


@lru_cache(maxsize=4)
def said(text: str) -> Said:
    found = parted(small(text))
    return Said(found, frozenset(found))


@lru_cache(maxsize=4)
def _starts(text: str) -> list[int]:
    return list(accumulate([len(each) + 1 for each in said(text).words], initial=0))


def words(table: str) -> frozenset[str]:
    """The words of a table."""
    return frozenset(table.split())


def phrases(
    pattern: re.Pattern[str], text: str, first: frozenset[str], other: tuple[str, ...] = ()
) -> Iterator[re.Match[str]]:
    """The matches of an expression that begins where a word does: with a word of `first`, or in another
    script with one of `other`.
    """
    if any(each in text for each in other):
        yield from pattern.finditer(text)
        return
    found = said(text)
    done = 0
    for start in compress(_starts(text), map(first.__contains__, found.words)) if found.any_of(first) else ():
        if start >= done and (match := pattern.match(text, start)):
            done = match.end()
            yield match
