"""What has many digits and is no phone number: references, amounts, dates, times. Each is told by its shape.

A shape is a promise of innocence, so each is narrow: a reference must not hold a mobile number that exists, an amount
has nine digits at most, a date must be one of the calendar. The known-identity guard looks again at all of them.
Every pattern is linear: repetitions are bounded or possessive.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking.canonical import small
from bowchat_masking.cues import is_called_anything, is_called_figure, is_called_reference
from bowchat_masking.placeholders import PLACEHOLDER
from bowchat_masking.references import (
    LONGEST_REFERENCE,
    file_at,
    holds_mobile,
    in_groups,
    is_anywhere,
    is_reference,
    too_long,
)
from bowchat_masking.saying import speaks_of_telephone
from bowchat_masking.sums import sum_at

_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12][0-9]|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)[0-9]{2}"
_NUMBER = (
    r"(?:(?:[0-9]{1,3}(?:,[0-9]{2,3}){1,4}+|[0-9]{1,9}+)(?:\.[0-9]{1,2})?|[0-9]{1,3}(?:\.[0-9]{3}){1,3}+(?:,[0-9]{1,2})?)"
    r"(?![0-9]|[.,][0-9])"
)
_CURRENCY = r"(?:₹|rs\.?|inr|usd|us\$|\$|£|gbp|€|eur|aed|dhs?|rm|sgd|tk)"
_UNIT = (
    r"(?:gbp|inr|usd|eur|aed|rupees|rs|lakhs?|lacs?|crores?|cr|pounds|dollars|euros|dirhams?|bucks|quid|pence|cents|/-|/=|रुपये|रुपए|लाख|करोड़"
    r"|%|percent|k|kms?|kg|kgs|cms?|mm|ml|gb|mb|cc|hp|bhp|years?|yrs?|months?|days?|weeks?|wks?|hours?|hrs?|mins?|minutes?|secs?|seconds?"
    r"|(?<![0-9]{6})x(?!\s?[0-9])|people|pax|persons?|pcs|nos|seats?|members?|sqft|sq\s?ft|miles?|mi|mph|kmph|km/h|rpm|pages?|nights?|lives|units?|mg|gm|grams?|m2|inch|inches"
    r"|monthly|yearly|annually|quarterly|per\s(?:month|year|annum|day)|mahine|mahina|saal"
    r"|साल|महीने|दिन|बजे|रुपया|मिनट|घंटे|años?|meses|días|horas?|minutos?|puertas|plazas|th|st|nd|rd)"
)

_GROUP = re.compile(r"[0-9]+")
_CURRENCY_BEFORE = re.compile(rf"(?<!\w){_CURRENCY}\s?\Z", re.IGNORECASE)
_AMOUNT = re.compile(_NUMBER)
_AMOUNT_WITH_UNIT = re.compile(rf"(?<![\w.,-]){_NUMBER}\s?(?:{_UNIT}(?!\w)|[€£$₹])", re.IGNORECASE)
_TIME = re.compile(
    r"(?<![0-9])(?:[01]?[0-9]|2[0-3])(?:[:.][0-5][0-9])?(?:\s?(?:-|to|till)\s?(?:[01]?[0-9]|2[0-3])(?:[:.][0-5][0-9])?)?"
    r"\s?(?:[ap]\.?m\b|hrs?\b|noon\b|nn\b|o'?clock|बजे|baje\b)",
    re.IGNORECASE,
)
_DATE_IN_DIGITS = (
    r"(?:(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])(?:19|20)[0-9]{2}"
    r"|(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))"
)
_DIGITS_DATE = re.compile(rf"{_DATE_IN_DIGITS}(?![0-9])")
_FIGURES = re.compile(
    r"[0-9]{1,9}+(?:(?:,\s|\s?/\s?|\s(?:or|and|to|vs|then|now|out\sof|of|se|y|o|a|aur|ya|और|से)\s|\s?-\s?)[0-9]{1,9}+(?![,.][0-9])){0,5}+(?![0-9/-]|[,.][0-9])"
)
_ROUND = re.compile(r"(?<![0-9])(?<!\b[01]{4} )[1-9][0-9]{0,4}000(?![0-9])")
_DECIMAL = r"(?<![0-9.,])(?:[0-9]{1,6}\.[0-9]{1,2}|[0-9]{1,3}\.[0-9]{3,4})(?![0-9]|[.,][0-9])"
_SIGNED = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}(?![0-9]|[ .,-]?[0-9])")
_FRACTION = r"(?<![0-9/])[0-9]{1,3}/[0-9]{1,3}(?![0-9/])"
_SCORE = r"(?<![0-9-])[0-9]{1,2}-[0-9]{1,2}(?![0-9-])"
_COMMA_DECIMAL = r"(?<![0-9.,])[0-9]{1,6},[0-9]{2}(?![0-9]|[.,][0-9])"
_DOSE = r"(?<![0-9-])[0-2](?:-[0-2]){2,3}(?![0-9-])"
_SIZE = r"(?<![0-9x\u00d7*])[1-9][0-9]{2,3}\s?[x\u00d7]\s?[1-9][0-9]{2,3}(?![0-9]|\s?[x\u00d7*]\s?[0-9])"
# "144130/25", a court's or the police's: shorter than any mobile number.
_OF_YEAR = rf"(?<![0-9/-])(?<![0-9] )(?:[0-9]{{3,6}}/[12][0-9]|[0-9]{{2,4}}/{_YEAR})(?![0-9/-]|[ .][0-9])"
_YEARS = rf"(?<![0-9]){_YEAR}(?:(?:, | & | and | y | aur ){_YEAR}){{1,5}}+(?![0-9])"
# "100/300/100", what a motor policy pays at most.
_LIMIT = r"(?:[1-9][0-9]?(?:00|50)|10|15|20|25|50)"
_LIMITS = rf"(?<![0-9/]){_LIMIT}(?:/{_LIMIT}){{1,2}}+(?![0-9/])"
_HEXADECIMAL = r"0[xX][0-9a-fA-F]{4,16}+(?![^\W_])"
_PLAIN = re.compile(
    f"{_ROUND.pattern}|{_DECIMAL}|{_COMMA_DECIMAL}|{_FRACTION}|{_SCORE}|{_DOSE}|{_SIZE}|{_OF_YEAR}|{_YEARS}|{_LIMITS}"
    f"|{_HEXADECIMAL}"
)
_MILLIONS = re.compile(r"(?<![\w.,+/#-])(?<![0-9] )[1-9][0-9]{6}(?![\w/-]|[ .,][0-9])")
_MONEY = re.compile(
    r"[₹£$€]|\b(?:rs|inr|rupees|bill|premium|paid|payment|amount|amt|maturity|cheque|debited|credited|loan|tax|tds|idv|settled|price|cost|lakhs?"
    r"|emi|refund|total|salary|sum (?:assured|insured)|prima|importe|euros)\b"
)
_CUE_AFTER = re.compile(
    r"(?:[0-9]{4}(?: [0-9]{4}){3,4}+|[0-9]{7,18}+)\s(?:is|was|as|hai|es|ye|yeh)"
    r"\s(?:(?:the|my|our|your|mera|meri|a|mi|el|la|temporary|one-?time)\s){0,2}"
    r"(?:policy|claim|order|ref|reference|invoice|application|ticket|password|passcode|otp|code|pin|p[oó]liza|siniestro|contrase[nñ]a|c[oó]digo)",
    re.IGNORECASE,
)
_OF_ANYTHING = re.compile(r"(?:[0-9]{7,8}|[1-5][0-9]{8})(?![0-9]|[ .,/-][0-9])")
# A sum beside another: "Rs 14,09,894 instead of 1566124".
_BESIDE_MONEY = re.compile(
    rf"(?<!\w){_CURRENCY}\s?[0-9][0-9.,]{{0,12}}+ (?:instead of|rather than|as against|against|versus|vs\.?"
    r"|but not|and not|not|or|en vez de|en lugar de|frente a|ki jagah|ke badle) \Z",
    re.IGNORECASE,
)
_MORE = re.compile(r"(?:,| &| and| y| aur| या| और) ?")
_CUED = re.compile(
    r"[0-9]{1,24}+(?:(?:[-/.]|\s[-/]\s)[0-9]{1,10}+){0,5}+(?![0-9]|[ .][0-9]|,[0-9]{2,3}(?![0-9]))"
)
# "2024/158402", "30950978/48": no telephone is written in such parts.
_OWN_PARTS = re.compile(
    rf"(?:{_YEAR})[-/.][0-9]{{4,8}}(?:[-/][0-9]{{1,3}})?|{_DATE_IN_DIGITS}[-/][0-9]{{1,4}}|[0-9]{{6,9}}\s?/\s?[0-9]{{1,2}}|[0-9]{{3,7}}/{_YEAR}|[0-9]{{1,6}}/[0-9]{{2}}-[0-9]{{2}}/[0-9]{{1,6}}|[1-5][0-9]{{3}}(?:-[0-9]{{2}}){{3}}|[0-9]{{2}}-[0-9]{{2}}-[0-9]{{6}}"
)
_ITEMS = re.compile(r"[^\W\d_]+|,\s|\s/\s")
_GROUPED = re.compile(
    r"(?<![\w.,-])(?:[0-9]{1,3}(?:,[0-9]{2,3}){1,3}+(?:\.[0-9]{1,2})?|[0-9]{1,3}(?:\.[0-9]{3}){1,3}+,[0-9]{2})(?![\w-]|[.,][0-9])"
)
_CALENDAR = re.compile(
    rf"(?<![0-9])(?<![0-9][-/.])(?:"
    rf"{_DAY}[-/.]{_MONTH}[-/.]{_YEAR}\s?[-\u2013]\s?{_DAY}[-/.]{_MONTH}[-/.]{_YEAR}"
    rf"|{_DAY}([-/.]){_MONTH}\1(?:{_YEAR}|[0-9]{{2}})"
    rf"|{_MONTH}([-/.]){_DAY}\2(?:{_YEAR}|[0-9]{{2}})"
    rf"|{_YEAR}([-/.]){_MONTH}\3{_DAY}"
    rf"|{_YEAR}\s?(?:-|\u2013|/|to)\s?(?:{_YEAR}|[0-9]{{2}})"
    rf"|{_YEAR}/[0-9]{{1,4}}"
    rf")(?![-/.]?[0-9])"
    rf"|(?<![0-9:])(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?![0-9:])"
)
_REFERENCE = re.compile(r"(?<![\w+@./-])[A-Z0-9]++(?:[-/][A-Z0-9]++)*+(?![\w@])", re.IGNORECASE)
_REFERENCE_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/")
_DECIMALS = re.compile(r"\.[0-9]{1,2}(?![0-9])")

_MOST_AMOUNT_DIGITS = 9
_LONGEST_CURRENCY = 5
_BESIDE = 36
_FEWEST_REFERENCE_DIGITS = 5
Span = tuple[int, int]


class Shapes:
    """The innocent shapes of one text. What stands at a place is asked for again and again, and found out once."""

    def __init__(self, text: str, policy: MaskingPolicy) -> None:
        self._text, self._regions = text, policy.regions
        self._own = tuple(_own(shape.pattern) for shape in policy.shapes)
        self._known: dict[int, Span | None] = {}

    def within(self, start: int, end: int) -> Iterator[Span]:
        """Those whose digits stand between `start` and `end`, in order. One may begin before `start`."""
        done = start
        before: Span | None = None
        for group in _GROUP.finditer(self._text, start, end):
            at = group.start()
            if at < done:
                continue
            span = self._at(at) or _further(self._text, before, at, self._regions)
            if span is not None:
                done = span[1]
                before = span
                yield span

    def _at(self, at: int) -> Span | None:
        if at not in self._known:
            found = _own_at(self._text, at, self._own) or _innocent_at(self._text, at, self._regions)
            self._known[at] = found
        return self._known[at]


def is_only_round(text: str, start: int, end: int) -> bool:
    """Whether a figure is taken for an amount because it ends in zeros and nothing else, as half a number may."""
    return _ROUND.fullmatch(text, start, end) is not None and not (
        is_called_figure(text, start)
        or _CURRENCY_BEFORE.search(text, max(0, start - _LONGEST_CURRENCY), start)
    )


def _further(text: str, before: Span | None, at: int, regions: Sequence[str]) -> Span | None:
    """A reference in a row of references: "claims CL6701997, 00841564 and 00841601"."""
    if before is None or not _MORE.fullmatch(text, before[1], at):
        return None
    first = text[slice(*before)]
    if sum(map(str.isdigit, first)) < _FEWEST_REFERENCE_DIGITS or _CALENDAR.match(first) or "," in first:
        return None
    match = _CUED.match(text, at)
    return match.span() if match and not is_anywhere(match[0], regions) else None


@lru_cache(maxsize=1_024)
def _own(pattern: str) -> re.Pattern[str]:
    """The expression for a shape of an agreement. Each of its characters stands for one, so it is linear."""
    plain = "".join({"#": "[0-9]", "@": "[A-Za-z]"}.get(each, re.escape(each)) for each in pattern)
    return re.compile(rf"(?<![^\W_]){plain}(?![^\W_])", re.IGNORECASE)


def _own_at(text: str, at: int, own: Sequence[re.Pattern[str]]) -> Span | None:
    for pattern in own:
        for match in pattern.finditer(text, max(0, at - LONGEST_REFERENCE), at + LONGEST_REFERENCE):
            if match.start() <= at < match.end():
                return match.span()
    return None


def _innocent_at(text: str, at: int, regions: Sequence[str]) -> Span | None:
    """The innocent shape that the group of digits at `at` begins or belongs to."""
    first = _token_start(text, at)
    match = (
        PLACEHOLDER.match(text, max(0, first - 1))
        or _CALENDAR.match(text, at)
        or _TIME.match(text, at)
        or sum_at(text, at)
    )
    if match is None and _CURRENCY_BEFORE.search(text, max(0, at - _LONGEST_CURRENCY), at):
        match = _small(_AMOUNT.match(text, at), regions)
    if match is None:
        match = _reference(_REFERENCE.match(text, first), regions) or file_at(text, first, regions)
    if match is None:
        match = _cued(text, at, regions) or _PLAIN.match(text, at)
    if match is None:
        match = (
            _small(_AMOUNT_WITH_UNIT.match(text, at), regions)
            or _small(_GROUPED.match(text, at), regions)
            or too_long(text, at, regions)
            or _bare_sum(text, at)
        )
    return match.span() if match else None


def _bare_sum(text: str, at: int) -> re.Match[str] | None:
    """Seven figures in one, as millions are written, in a text that speaks of money and of no telephone."""
    match = _MILLIONS.match(text, at)
    if match is None or speaks_of_telephone(text):
        return None
    return match if _MONEY.search(small(text)) else None


def _token_start(text: str, at: int) -> int:
    lowest = max(0, at - LONGEST_REFERENCE)
    while at > lowest and text[at - 1] in _REFERENCE_CHARACTERS:
        at -= 1
    return at


def _small(match: re.Match[str] | None, regions: Sequence[str]) -> re.Match[str] | None:
    """An amount of nine whole digits at most, and no mobile number with a point in it: a number in disguise."""
    if match is None or sum(map(str.isdigit, _DECIMALS.sub("", match[0]))) > _MOST_AMOUNT_DIGITS:
        return None
    return None if "," not in match[0] and "." in match[0] and is_anywhere(match[0], regions) else match


def _reference(match: re.Match[str] | None, regions: Sequence[str]) -> re.Match[str] | None:
    return match if match and is_reference(match[0], regions) else None


def is_date(text: str, start: int, end: int) -> bool:
    """Whether it is a day of the calendar or a time of the day."""
    return (_CALENDAR.fullmatch(text, start, end) or _TIME.fullmatch(text, start, end)) is not None


def is_measured(text: str, at: int) -> bool:
    """Whether the figure at a place is that of a time, or counts something: "4 pm", "2 days"."""
    return (_TIME.match(text, at) or _AMOUNT_WITH_UNIT.match(text, at)) is not None


def is_signed_decimal(text: str, at: int) -> bool:
    """Whether the plus before a place is that of a lens or a change: "+1.25"."""
    return _SIGNED.match(text, at) is not None


def _cued(text: str, at: int, regions: Sequence[str]) -> re.Match[str] | None:
    """A number that a word before it calls a policy, a claim, a date of birth. No word excuses a mobile number."""
    called = is_called_figure(text, at) or _BESIDE_MONEY.search(text, max(0, at - _BESIDE), at)
    match = _FIGURES.match(text, at) if called else None
    if match is not None and not any(is_anywhere(each, regions) for each in _ITEMS.split(match[0])):
        return match
    if is_called_reference(text, at):
        match = _CUED.match(text, at) or in_groups(text, at, regions)
    if match is None:
        match = _CUE_AFTER.match(text, at)
    if match is None and is_called_anything(text, at):
        match = _OF_ANYTHING.match(text, at)
    if match is None or (holds_mobile(match[0], regions) and not _OWN_PARTS.fullmatch(match[0])):
        return _DIGITS_DATE.match(text, at) if at == 0 or not text[at - 1].isalnum() else None
    return match
