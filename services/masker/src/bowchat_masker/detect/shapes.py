"""What has many digits and is no phone number: references, amounts, dates, times. Each is told by its shape.

A shape is a promise of innocence, so each is narrow: a reference must not hold a mobile number that exists, an amount
has nine digits at most, a date must be one of the calendar. The known-identity guard looks again at all of them.
Every pattern is linear: repetitions are bounded or possessive.
"""

import re
from collections.abc import Iterator
from typing import get_args

import phonenumbers

from bowchat_contracts.insurer_content import Placeholder

_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12][0-9]|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)[0-9]{2}"
_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{2,3}){1,4}+|[0-9]{1,9}+)(?:\.[0-9]{1,2})?(?![0-9]|[.,][0-9])"
_CURRENCY = r"(?:₹|rs\.?|inr|usd|us\$|\$|£|gbp|€|eur|aed)"
_UNIT = r"(?:gbp|inr|usd|eur|aed|rupees|rs|lakhs?|crores?|pounds|dollars|euros|/-)"

PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(get_args(Placeholder))})-[0-9]{{1,4}}\]")
_GROUP = re.compile(r"[0-9]+")
_CURRENCY_BEFORE = re.compile(rf"(?<!\w){_CURRENCY}\s?\Z", re.IGNORECASE)
_AMOUNT = re.compile(_NUMBER)
_AMOUNT_WITH_UNIT = re.compile(rf"(?<![\w.,-]){_NUMBER}\s?{_UNIT}(?!\w)", re.IGNORECASE)
_GROUPED = re.compile(r"(?<![\w.,-])[0-9]{1,3}(?:,[0-9]{2,3}){1,3}+(?:\.[0-9]{1,2})?(?![\w-]|[.,][0-9])")
_CALENDAR = re.compile(
    rf"(?<![0-9])(?<![0-9][-/.])(?:"
    rf"{_DAY}([-/.]){_MONTH}\1(?:{_YEAR}|[0-9]{{2}})"
    rf"|{_MONTH}([-/.]){_DAY}\2(?:{_YEAR}|[0-9]{{2}})"
    rf"|{_YEAR}([-/.]){_MONTH}\3{_DAY}"
    rf"|{_YEAR}\s?(?:-|\u2013|/|to)\s?(?:{_YEAR}|[0-9]{{2}})"
    rf")(?![-/.]?[0-9])"
    rf"|(?<![0-9:])(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?![0-9:])"
)
_REFERENCE = re.compile(r"(?<![\w+@./-])[A-Z0-9]++(?:[-/][A-Z0-9]++)*+(?![\w@])", re.IGNORECASE)
_REFERENCE_PARTS = re.compile(r"[A-Za-z]+|[0-9]+")
_REFERENCE_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/")
_WHOLE_YEAR = re.compile(_YEAR)
_DECIMALS = re.compile(r"\.[0-9]{1,2}(?![0-9])")

_MOST_AMOUNT_DIGITS = 9
_LONGEST_REFERENCE = 40
_LONGEST_CURRENCY = 5
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
_MOBILE = frozenset({phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE})

Span = tuple[int, int]


def innocent_spans(text: str, start: int, end: int, region: str) -> Iterator[Span]:
    """The innocent shapes whose digits stand between `start` and `end`, in order. One may begin before `start`."""
    done = start
    for group in _GROUP.finditer(text, start, end):
        if group.start() < done:
            continue
        span = _innocent_at(text, group.start(), region)
        if span is not None:
            done = span[1]
            yield span


def groups(text: str, start: int, end: int) -> int:
    """How many groups of digits stand there."""
    return sum(1 for _ in _GROUP.finditer(text, start, end))


def _innocent_at(text: str, at: int, region: str) -> Span | None:
    """The innocent shape that the group of digits at `at` begins or belongs to."""
    first = _token_start(text, at)
    match = PLACEHOLDER.match(text, max(0, first - 1)) or _CALENDAR.match(text, at)
    if match is None and _CURRENCY_BEFORE.search(text, max(0, at - _LONGEST_CURRENCY), at):
        match = _small(_AMOUNT.match(text, at))
    if match is None:
        match = _reference(_REFERENCE.match(text, first), region)
    if match is None:
        match = _small(_AMOUNT_WITH_UNIT.match(text, at)) or _small(_GROUPED.match(text, at))
    return match.span() if match else None


def _token_start(text: str, at: int) -> int:
    lowest = max(0, at - _LONGEST_REFERENCE)
    while at > lowest and text[at - 1] in _REFERENCE_CHARACTERS:
        at -= 1
    return at


def _small(match: re.Match[str] | None) -> re.Match[str] | None:
    """An amount of nine whole digits at most: a longer one could be a number in disguise."""
    if match and sum(map(str.isdigit, _DECIMALS.sub("", match[0]))) <= _MOST_AMOUNT_DIGITS:
        return match
    return None


def _reference(match: re.Match[str] | None, region: str) -> re.Match[str] | None:
    return match if match and _is_reference(match[0], region) else None


def _is_reference(token: str, region: str) -> bool:
    """A policy, claim or vehicle number: letters and digits in one token, with no phone number in it."""
    if not 4 <= len(token) <= _LONGEST_REFERENCE:
        return False
    parts = _REFERENCE_PARTS.findall(token)
    words = [each for each in parts if each.isalpha()]
    if not words or len(words) == len(parts) or any(word.lower() in _PHONE_WORDS for word in words):
        return False
    separated = "-" in token or "/" in token
    if not separated and not token.isupper():
        return False
    digits = [each for each in parts if each.isdigit() and not (separated and _WHOLE_YEAR.fullmatch(each))]
    return not _holds_mobile("".join(digits), region)


def _holds_mobile(digits: str, region: str) -> bool:
    return _is_mobile(digits, region) or (len(digits) > 10 and _is_mobile("+" + digits, None))


def _is_mobile(text: str, region: str | None) -> bool:
    if not 7 <= len(text) <= 16:
        return False
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in _MOBILE
