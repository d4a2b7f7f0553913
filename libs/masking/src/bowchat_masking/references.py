"""References by form: letters and figures in one token, figures in groups, more of them than any telephone has."""

import re
from collections.abc import Sequence
from itertools import combinations, pairwise

from bowchat_masking.lookalikes import AS_DIGITS, DIGIT_LETTERS
from bowchat_masking.number_words import Kind, meaning
from bowchat_masking.validity import is_mobile

LONGEST_REFERENCE = 40
_WHOLE_YEAR = re.compile("(?:19|20)[0-9]{2}")
# How numbers of the United States, Spain and Britain begin, wherever they are read.
_LIKE_A_NUMBER = re.compile(r"0|[0-9]{3} |[0-9]{5} ")
_IN_GROUPS = re.compile(r"[0-9]{2,10}+(?: [0-9]{1,10}+){1,6}+(?![0-9]|[ .,/-][0-9])")
_UNBROKEN = re.compile(r"[0-9]{2,24}+(?:([-/])[0-9]{2,10}+(?:\1[0-9]{2,10}+){0,5}+)?(?![0-9]|[ .,/-][0-9])")
_FILE = re.compile(
    r"(?:IMG|VID|PXL|DSC|AUD|PTT|DOC|SCAN|Screenshot)[-_][0-9A-Z_-]{4,30}+(?:\.[a-z0-9]{2,4})?(?![^\W_])",
    re.IGNORECASE,
)
_REFERENCE_PARTS = re.compile(r"[A-Za-z]+|[0-9]+")
_FEWEST_ROMANS = 7
_SHORTEST_SAID = 3
_SHORTEST_HALF = 4
_MOST_LOCAL_DIGITS, _TOO_LONG = 9, 16
_FEWEST_DIFFERENT = 4
# So many figures in fours are a parcel's or a card's, and any three groups of them a number of the United States.
_LONG_IN_FOURS, _FOUR = 18, 4
_FEWEST_SUFFIXED, _LONGEST_SUFFIX = 8, 3
# Groups of a telephone with letters for noughts and ones: "3O5-555-Ol36".
_AS_FIGURES = re.compile(r"(?:[0-9Ool]{2,5}-){1,3}[0-9Ool]{2,6}")
# Figures that a machine read off a picture, "415555O16O": a reference avoids these letters.
_AS_READ = re.compile(r"[0-9][0-9OoIl]{8,12}")
# A number with one figure left out.
_WITH_BLANK = re.compile("([0-9]{3,12})[Xx]([0-9]{0,8})")
_ROMAN = re.compile("[IVXivx]{1,4}")
# A word before digits that announces a phone number rather than a reference.
_PHONE_WORDS = frozenset(
    {
        "call",
        "tel",
        "phone",
        "ph",
        "mob",
        "mobile",
        "cell",
        "wa",
        "whatsapp",
        "no",
        "nos",
        "num",
        "number",
        "fax",
        "sms",
        "text",
        "txt",
        "contact",
        "dial",
        "ring",
        "at",
        "on",
        "is",
        "me",
        "my",
    }
)


def is_anywhere(figures: str, regions: Sequence[str]) -> bool:
    """Whether figures, with whatever stands between them, are a mobile number of the regions, or of anywhere."""
    return is_mobile(re.sub(r"[^0-9]", "", figures), regions, abroad=True)


def is_reference(token: str, regions: Sequence[str]) -> bool:
    """A policy, claim or vehicle number: letters and digits in one token, with no phone number in it."""
    if not 4 <= len(token) <= LONGEST_REFERENCE:
        return False
    parts = _REFERENCE_PARTS.findall(token)
    words = [each for each in parts if each.isalpha()]
    if not words or len(words) == len(parts) or _is_disguised(token, regions):
        return False
    if len(parts) >= _FEWEST_ROMANS and all(_ROMAN.fullmatch(word) for word in words):
        return False
    if any(map(_speaks_of_number, words)):
        return False
    separated = "-" in token or "/" in token
    if not separated and not token.isupper():
        return False
    digits = [each for each in parts if each.isdigit() and not (separated and _WHOLE_YEAR.fullmatch(each))]
    return not any(is_mobile(each, regions) for each in digits) and not is_mobile(
        "".join(digits), regions, abroad=True
    )


def _is_disguised(token: str, regions: Sequence[str]) -> bool:
    """Whether its letters stand for figures of a number."""
    solid = re.sub("[-/]", "", token)
    if AS_DIGITS.issuperset(solid) and is_mobile(solid.translate(DIGIT_LETTERS), regions, abroad=True):
        return True
    read = _AS_FIGURES.fullmatch(token) or _AS_READ.fullmatch(token)
    return read is not None or _has_blank(solid, regions)


def _has_blank(figures: str, regions: Sequence[str]) -> bool:
    """Whether they are a mobile number of which one figure is left out."""
    match = _WITH_BLANK.fullmatch(figures)
    return match is not None and any(is_mobile(match[1] + each + match[2], regions) for each in "05")


def _speaks_of_number(word: str) -> bool:
    """Whether a word announces a phone number, or is one of its digits."""
    said = meaning(word) if len(word) >= _SHORTEST_SAID else None
    return word.lower() in _PHONE_WORDS or (said is not None and said.kind is Kind.WORD)


def file_at(text: str, at: int, regions: Sequence[str]) -> re.Match[str] | None:
    """The name that a camera or WhatsApp gives to a file."""
    lowest = max(0, at - LONGEST_REFERENCE)
    while at > lowest and (text[at - 1] in "_-" or (text[at - 1].isascii() and text[at - 1].isalnum())):
        at -= 1
    match = _FILE.match(text, at)
    return None if match is None or is_anywhere(match[0], regions) else match


def holds_mobile(figures: str, regions: Sequence[str]) -> bool:
    """Whether figures, or two groups of them as long as a number's halves, are a mobile number: "99999/00123/24"."""
    halves = pairwise(re.findall("[0-9]+", figures))
    return is_anywhere(figures, regions) or any(
        min(len(first), len(second)) >= _SHORTEST_HALF and is_mobile(first + second, regions)
        for first, second in halves
    )


def in_groups(text: str, at: int, regions: Sequence[str]) -> re.Match[str] | None:
    """A reference written in groups: shorter than a number with its area code, or longer than any, and with none inside."""
    match = _IN_GROUPS.match(text, at)
    if match is None:
        return None
    groups = match[0].split(" ")
    digits = len(match[0]) - len(groups) + 1
    suffixed = len(groups) == 2 and len(groups[0]) >= _FEWEST_SUFFIXED and len(groups[1]) <= _LONGEST_SUFFIX
    if _MOST_LOCAL_DIGITS < digits < _TOO_LONG and not suffixed and _LIKE_A_NUMBER.match(match[0]):
        return None
    if digits >= _LONG_IN_FOURS and all(len(each) == len(groups[0]) == _FOUR for each in groups[:-1]):
        return match
    joined = ("".join(groups[first:last]) for first, last in combinations(range(len(groups) + 1), 2))
    return None if any(is_mobile(each, regions) for each in joined) else match


def too_long(text: str, at: int, regions: Sequence[str]) -> re.Match[str] | None:
    """More digits in one breath than any telephone has, with its country's code and all. A number may stand at its
    beginning, or be every other digit.
    """
    match = _UNBROKEN.match(text, at)
    if match is None or (at and text[at - 1] in "+/-"):
        return None
    digits = re.sub("[^0-9]", "", match[0])
    if not _TOO_LONG <= len(digits) <= LONGEST_REFERENCE or len(set(digits)) < _FEWEST_DIFFERENT:
        return None
    if match[1]:
        groups = match[0].split(match[1])
        hidden = ["".join(groups[:each]) for each in range(1, len(groups))]
    else:
        hidden = [digits[::2], digits[1::2], *(digits[:each] for each in range(9, 14))]
    return None if any(is_anywhere(each, regions) for each in hidden) else match
