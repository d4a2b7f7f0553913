"""What is typed as a command begins with a slash, as people and their keyboards see it. Whoever relays texts and whoever
reads commands ask here, so that nothing is a command to one and a text to the other.
"""

import unicodedata

_SLASHES = frozenset("/\uff0f\u2044\u2215\u29f8")
"""The slash, its full-width form (keyboards for East Asian scripts), and what looks like one."""
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that show nothing."""


_HIDDEN = frozenset({"Cf", "Cc"})
_MARKS = frozenset({"Mn", "Me"})


def _is_seen(character: str) -> bool:
    return not (character.isspace() or unicodedata.category(character) in _HIDDEN or character in _BLANKS)


def _begins(text: str) -> int | None:
    """Where the first character stands that shows: phones and copying put spaces and marks before a text that nobody sees.
    A mark without a letter before it shows nothing either.
    """
    places = (place for place, each in enumerate(text) if _is_seen(each))
    return next((each for each in places if unicodedata.category(text[each]) not in _MARKS), None)


def is_command(text: str) -> bool:
    """Whether a text is meant as a command, and so must never be relayed."""
    at = _begins(text)
    return at is not None and text[at] in _SLASHES


def begun(text: str) -> str:
    """The text without what nobody sees before and after it, its slash the one of the table of commands. The marks of its
    last letter stay: Hindi writes vowels with them.
    """
    at = _begins(text)
    if at is None:
        return ""
    end = max(place for place, each in enumerate(text) if _is_seen(each)) + 1
    return f"/{text[at + 1 : end]}" if text[at] in _SLASHES else text[at:end]
