"""A text as somebody typed it, as words and quotes."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

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


def _is_seen(character: str) -> bool:
    """Phones and copying put spaces and marks before a text that nobody sees."""
    return not character.isspace() and unicodedata.category(character) not in {"Cf", "Cc"}


def is_command(text: str) -> bool:
    """Whether a text is meant as a command, and so must never be relayed."""
    return next((each for each in text if _is_seen(each)), "") == "/"


def tokens_of(text: str) -> list[Token]:
    """A text as words. Quotes keep several together where they open at a word's start and close at a word's end; phones
    write them curly, and two dashes as one long one.
    """
    shown = [place for place, each in enumerate(text) if _is_seen(each)]
    text = text[shown[0] : shown[-1] + 1] if shown else ""
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
