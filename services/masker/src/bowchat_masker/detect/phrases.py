"""The words of a text in small letters, and phrases looked for only where a word stands that they begin with.

An expression that begins with an assertion is tried at each place of a text, which is slow. Where its first word is one of
a few, it is tried there alone.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, compress
from typing import NamedTuple

from bowchat_masker.detect.canonical import small
from bowchat_masker.detect.tokens import is_plain, parted


class Said(NamedTuple):
    """What a text says, in small letters. Words are of ASCII letters and digits; an empty one stands between two signs."""

    words: list[str]
    every: frozenset[str]
    plain: bool
    """Whether no letter of the text is another."""

    def any_of(self, words: frozenset[str]) -> bool:
        return not self.every.isdisjoint(words)


@lru_cache(maxsize=4)
def said(text: str) -> Said:
    found = parted(small(text))
    return Said(found, frozenset(found), is_plain(text))


def words(table: str) -> frozenset[str]:
    """The words of a table."""
    return frozenset(table.split())


def phrases(
    pattern: re.Pattern[str], text: str, first: frozenset[str], end: int | None = None
) -> Iterator[re.Match[str]]:
    """The matches of an expression that begins where a word begins: with a word of `first`, or with a letter that is not
    ASCII.
    """
    end = len(text) if end is None else end
    found = said(text)
    if not found.plain:
        yield from pattern.finditer(text, 0, end)
    elif found.any_of(first):
        starts = accumulate([len(each) + 1 for each in found.words], initial=0)
        done = 0
        for start in compress(starts, map(first.__contains__, found.words)):
            if start >= done and (match := pattern.match(text, start, end)):
                done = match.end()
                yield match
