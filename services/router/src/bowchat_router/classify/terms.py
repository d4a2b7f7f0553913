"""The taxonomy's names and words, found in a text: leftmost first, the longest at each place, none overlapping another."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bowchat_router.classify.tokens import tokens_of

Kind = Literal["name", "word"]
NAME: Kind = "name"
WORD: Kind = "word"
Entry = tuple[str, Kind]
"""A class, and whether the term names it or only speaks for it."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A term in a text, from one token to before another."""

    start: int
    end: int
    entries: tuple[Entry, ...]


class Terms:
    """Terms by their first token."""

    def __init__(self, terms: Iterable[tuple[str, Entry]]) -> None:
        found: defaultdict[tuple[str, ...], dict[Entry, None]] = defaultdict(dict)
        for term, entry in terms:
            found[tuple(each for each in tokens_of(term) if each.isalnum() or not each.isascii())][entry] = (
                None
            )
        by_first: defaultdict[str, list[tuple[tuple[str, ...], tuple[Entry, ...]]]] = defaultdict(list)
        for tokens, entries in found.items():
            if tokens:
                by_first[tokens[0]].append((tokens, tuple(entries)))
        self._by_first = {
            first: sorted(each, key=lambda one: -len(one[0])) for first, each in by_first.items()
        }

    def hits(self, tokens: Sequence[str]) -> list[Hit]:
        found, reached, by_first = [], 0, self._by_first
        for place, token in enumerate(tokens):
            if token not in by_first or place < reached:
                continue
            for term, entries in by_first[token]:
                if tuple(tokens[place : place + len(term)]) == term:
                    reached = place + len(term)
                    found.append(Hit(place, reached, entries))
                    break
        return found
