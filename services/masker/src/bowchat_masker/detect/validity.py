"""Whether digits are a number that exists in one of the policy's regions."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import phonenumbers

_MOBILE = frozenset({phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE})
# India gives out new blocks faster than any table follows.
_INDIAN = re.compile(r"(?:0|91|0091|091)?[6-9][0-9]{9}")
_FEWEST, _MOST = 7, 16
_LONGEST_NATIONAL = 10


def is_mobile(digits: str, regions: Sequence[str]) -> bool:
    """Whether a mobile phone of one of the regions, or of anywhere with its country code, has these digits."""
    if "IN" in regions and _INDIAN.fullmatch(digits):
        return True
    return any(phonenumbers.number_type(number) in _MOBILE for number in _numbers(digits, tuple(regions)))


def is_number(digits: str, regions: Sequence[str]) -> bool:
    """Whether any phone has these digits."""
    return is_mobile(digits, regions) or bool(_numbers(digits, tuple(regions)))


@lru_cache(maxsize=16_384)
def _numbers(digits: str, regions: tuple[str, ...]) -> tuple[phonenumbers.PhoneNumber, ...]:
    return tuple(_readings(digits, regions)) if _FEWEST <= len(digits) <= _MOST else ()


def _readings(digits: str, regions: tuple[str, ...]) -> Iterator[phonenumbers.PhoneNumber]:
    readings: list[tuple[str, str | None]] = [(digits, region) for region in regions]
    if len(digits) > _LONGEST_NATIONAL:
        readings += [("+" + digits.removeprefix("00"), None)]
    for text, region in readings:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            yield number
