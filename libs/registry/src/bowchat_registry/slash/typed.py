"""A text as somebody typed it, as words and quotes."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from bowchat_contracts.slashes import begun

_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019"}
_CLOSINGS = {mark: re.compile(rf"{closing}(?!\S)") for mark, closing in _QUOTES.items()}
"""By the quote that opens: the one that closes it, at the end of a word."""
_PARTS = re.compile(r"(\s*)(\S+)")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or what stands in quotes. `lead` is the white space before it."""

    lead: str
    value: str
    quoted: bool = False

    @property
    def is_option(self) -> bool:
        return not self.quoted and self.value.startswith("--") and len(self.value) > 2


def tokens_of(text: str) -> list[Token]:
    """A text as words. Quotes keep several together where they open at a word's start and close at a word's end; phones
    write them curly, and two dashes as one long one.
    """
    text = begun(text)
    closings = {
        mark: [each.start() for each in closing.finditer(text)] for mark, closing in _CLOSINGS.items()
    }
    found: list[Token] = []
    at = 0
    while match := _PARTS.match(text, at):
        lead, word = match.groups()
        end = _closed(match.start(2) + 1, closings.get(word[0], ())) if found else None
        if end is None:
            found.append(Token(lead, re.sub("^[\u2013\u2014](?=[A-Za-z])", "--", word)))
            at = match.end()
        else:
            found.append(Token(lead, text[match.start(2) + 1 : end], quoted=True))
            at = end + 1
    return found


def _closed(start: int, closings: Sequence[int]) -> int | None:
    """Where the quote that was opened is closed."""
    place = bisect_left(closings, start)
    return closings[place] if place < len(closings) else None


def joined(tokens: Sequence[Token]) -> str:
    """The words as they were typed, but for the quotes."""
    return "".join(each.lead + each.value for each in tokens).strip()
