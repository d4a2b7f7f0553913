"""A text as somebody typed it, as words and quotes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bowchat_contracts.slashes import begun

_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019"}
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
    found: list[Token] = []
    at = 0
    while match := _PARTS.match(text, at):
        lead, word = match.groups()
        closing = _QUOTES.get(word[0])
        end = _closed(text, match.start(2) + 1, closing) if closing and found else None
        if end is None:
            found.append(Token(lead, re.sub("^[\u2013\u2014](?=[a-z])", "--", word)))
            at = match.end()
        else:
            found.append(Token(lead, text[match.start(2) + 1 : end], quoted=True))
            at = end + 1
    return found


def _closed(text: str, start: int, closing: str) -> int | None:
    """Where the quote that was opened is closed by one at the end of a word."""
    end = text.find(closing, start)
    while end >= 0:
        if end + 1 == len(text) or text[end + 1].isspace():
            return end
        end = text.find(closing, end + 1)
    return None


def joined(tokens: Sequence[Token]) -> str:
    """The words as they were typed, but for the quotes."""
    return "".join(each.lead + each.value for each in tokens).strip()
