"""What is said of a number that was found: its last digit by itself, one to put before it, the right end of a wrong one.

Nothing here finds a number. It widens one, so it costs nothing where none is, and it can be generous.
"""

import re
from collections.abc import Sequence

from bowchat_masking.canonical import small
from bowchat_masking.dictation import sounds_like_digit
from bowchat_masking.number_words import Kind, meaning
from bowchat_masking.shapes import is_measured
from bowchat_masking.validity import is_mobile

_REACH = 48
_FEWEST_SAID = 4
_LONGEST_NATIONAL = 11
_FIGURE = r"(?:[0-9]{1,7}(?![0-9%]|[.,:/-][0-9])|[^\W\d_]{2,8}(?!\w))"
_ALIKE = 2
_GAP = r"[\s,.:;=()_?*/&-]{0,4}+"
_BY_THE_WAY = (
    r"and|then|with|by|is|the|a|an|in|it|its|it's|one|number|no|but|at|as|of|wife's|other|arre|aur|y|un|una|al|el|la|con"
    r"|mein|me|ka|hai|dusra|bas"
)
_CORRECTING = r"sorry|oops|wait|mean|actually|rather|correction|typo|nahi|nai|ruko|galat|perd[oó]n|digo|mejor|quise|uh|erm"
_ENDING = (
    r"last|ends?|ending|final|finally|digits?"
    r"|missing|blank|fill|alt|alternate|same|followed|plus|add|aakhri|akhri|aakhir|"
    rf"[uú]ltim[oa]|termina|acaba|{_CORRECTING}"
)
_AFTER = re.compile(
    rf"(?P<words>(?:{_GAP}(?:{_BY_THE_WAY}|or|{_ENDING}|i|also|same|number)(?!\w)){{1,8}}){_GAP}(?P<figure>{_FIGURE})"
)
_AT_THE_END = re.compile(
    rf"{_GAP}(?:(?:or|and|plus|y|aur|with|then)\s)(?:an?\s|un\s)?(?P<figure>{_FIGURE})\s(?:at|in|on|al|as)\s(?:the\s)?(?:end|last|final)(?!\w)"
)
_IS_ENDING = re.compile(rf"\b(?:{_ENDING})\b|\?")
_EQUAL = re.compile(rf"[\s,.:;()_?*/&-]{{0,6}}+=\s?(?P<figure>{_FIGURE})")
_BEFORE = re.compile(
    rf"(?<!\w)(?P<lead>(?:put|add|type|starts?|starting|begins?|first|prefix|empieza|pon|dial|pehle)\s(?:(?:with|a|an|con|por|un)\s)?)?"
    rf"(?P<figure>[0-9]{{1,6}}|[^\W\d_]{{2,8}})(?P<words>(?:[\s,]{{1,3}}(?:before|in|front|of|then|and|phir|lagao|lagake|y|luego|"
    rf"followed|by|the|no|i|arre|{_CORRECTING})(?!\w)){{1,5}}+)[\s,.:]{{1,3}}\Z"
)
_IS_LEADING = re.compile(r"\b(?:before|front|lagao|lagake)\b")
_IS_CORRECTING = re.compile(rf"\b(?:{_CORRECTING})\b")
_REPEATED = re.compile(r"\s?(?:baar|times|twice|thrice|veces|बार)(?!\w)")
_COUNTED = re.compile(r"[0-9] (?:baar|times|veces|बार)(?!\w)")
_WORD_BEFORE = re.compile(r"(?<!\w)([^\W\d_]{2,8}) \Z")
_NEXT_WORD = re.compile(r"[\s,.\u060c-]{1,3}([^\W\d_][^\s,.\u060c\d-]{0,13})")
_WORD = re.compile(r"[^\W\d_]{2,}")


def widened(text: str, start: int, end: int, digits: str, regions: Sequence[str]) -> tuple[int, int]:
    """The stretch of a number, with what words beside it say belongs to it."""
    lowered = small(text)
    end = _said_on(lowered, start, end, digits, regions)
    return _begun(lowered, start, digits), _ended(text, lowered, end)


def _said_on(lowered: str, start: int, end: int, digits: str, regions: Sequence[str]) -> int:
    """Where a number in words ends: it goes on with words that sound like digits until it is as long as one."""
    if match := _REPEATED.match(lowered, end):
        end = match.end()
    said = _WORD.findall(lowered, start, end)
    count = len(digits)
    while len(said) >= _FEWEST_SAID and count < _LONGEST_NATIONAL and not is_mobile(digits, regions):
        match = _NEXT_WORD.match(lowered, end)
        if match is None or not (_is_digit(match[1]) or sounds_like_digit(match[1])):
            break
        end, count = match.end(), count + 1
        digits += "0"
    return end


def _begun(lowered: str, start: int, digits: str) -> int:
    if _COUNTED.match(lowered, start):
        word = _WORD_BEFORE.search(lowered, max(0, start - _REACH), start)
        return word.start() if word and _is_digit(word[1]) else start
    match = _BEFORE.search(lowered, max(0, start - _REACH), start)
    if match is None:
        return start
    figure = match["figure"]
    leads = (match["lead"] or _IS_LEADING.search(match["words"])) and _is_digit(figure)
    corrected = _IS_CORRECTING.search(match["words"]) and figure[:_ALIKE] == digits[:_ALIKE]
    return match.start("figure") if leads or corrected else start


def _ended(text: str, lowered: str, end: int) -> int:
    for pattern in (_AFTER, _AT_THE_END, _EQUAL):
        match = pattern.match(lowered, end)
        if match is None or not _is_digit(match["figure"]) or is_measured(text, match.start("figure")):
            continue
        if pattern is not _AFTER or _IS_ENDING.search(lowered, end, match.start("figure")):
            return match.end("figure")
    return end


def _is_digit(word: str) -> bool:
    if word.isdecimal():
        return True
    said = meaning(word)
    return said is not None and len(said.digits) == 1 and said.kind in (Kind.WORD, Kind.WEAK)
