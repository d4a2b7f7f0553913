"""What is typed as a command begins with a slash, as people and their keyboards see it. Whoever relays texts and whoever
reads commands ask here, so that nothing is a command to one and a text to the other.

WhatsApp shows `*/resolve*` as a bold /resolve, and quotes, lists and code in ways of their own: marks that it takes for
formatting are not seen as they were typed, and count no more than spaces do.
"""

import re
import unicodedata

_SLASHES = frozenset("/\uff0f\u2044\u2215\u29f8")
"""The slash, its full-width form (keyboards for East Asian scripts), and what looks like one."""
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that show nothing."""
_LEADERS = frozenset("*_~`>-\u2022")
"""What WhatsApp takes for formatting at the start of a text, with a list's dot as it is copied from the screen."""
_NUMBERED = re.compile(r"\d+\.(?=\s)")
"""The start of a numbered list."""
_PAIRED = re.compile(r"```|[*_~`](?=\S)")
"""Marks that stand around what they format: bold, italic, struck through, code. One before a space is a list's."""
_DEEPEST = 8
"""So many may stand one in another: WhatsApp knows five. The search for each one's end goes through the whole text."""

_HIDDEN = frozenset({"Cf", "Cc"})
_MARKS = frozenset({"Mn", "Me"})


def _is_seen(character: str) -> bool:
    return not (character.isspace() or unicodedata.category(character) in _HIDDEN or character in _BLANKS)


def _begins(text: str) -> int | None:
    """Where the first character stands that shows: phones and copying put spaces and marks before a text that nobody sees,
    people its formatting. A mark without a letter before it shows nothing either.
    """
    at = 0
    while at < len(text):
        if numbered := _NUMBERED.match(text, at):
            at = numbered.end()
        elif not _is_seen(text[at]) or unicodedata.category(text[at]) in _MARKS or text[at] in _LEADERS:
            at += 1
        else:
            return at
    return None


def is_command(text: str) -> bool:
    """Whether a text is meant as a command, and so must never be relayed."""
    at = _begins(text)
    return at is not None and text[at] in _SLASHES


def begun(text: str) -> str:
    """The text without what nobody sees before and after it, its slash the one of the table of commands. The marks of its
    last letter stay: Hindi writes vowels with them. Formatting that began before the slash ends in it, and goes as well.
    """
    at = _begins(text)
    if at is None:
        return ""
    said = text[at:]
    for mark in reversed(_PAIRED.findall(text[:at] + "/")[-_DEEPEST:]):
        said = re.sub(rf"(?<=\S){re.escape(mark)}(?![^\W_])", "", said, count=1)
    end = max((place for place, each in enumerate(said) if _is_seen(each)), default=-1) + 1
    return f"/{said[1:end]}" if said[:1] and said[0] in _SLASHES else said[:end]
