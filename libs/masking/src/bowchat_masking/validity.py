"""Whether digits are a number that exists, and which. By the patterns of phonenumbers, without its slow parser."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

_FEWEST, _MOST = 7, 16
_LONGEST_NATIONAL = 10
# Blocks are given out faster than any table follows, and numbers for fiction are in none.
_OWN_MOBILES = {"IN": "[6-9][0-9]{9}", "GB": "7[0-9]{9}", "ES": "[67][0-9]{8}"}
_NOTHING = "(?!)"


class _Plan(NamedTuple):
    """How a country writes its numbers; both expressions match a number without country code and prefix."""

    code: str
    prefix: str
    mobile: re.Pattern[str]
    number: re.Pattern[str]


def is_mobile(digits: str, regions: Sequence[str], *, abroad: bool = False) -> bool:
    """Whether a mobile phone of one of the regions has these digits; `abroad`: or of anywhere, with its country code."""
    if not _FEWEST <= len(digits) <= _MOST:
        return False
    if _any_of(tuple(regions)).mobile.fullmatch(digits):
        return True
    return abroad and len(digits) > _LONGEST_NATIONAL and _is_mobile_abroad(digits.removeprefix("00"))


def is_number(digits: str, regions: Sequence[str]) -> bool:
    """Whether any phone has these digits."""
    return _FEWEST <= len(digits) <= _MOST and bool(_any_of(tuple(regions)).number.fullmatch(digits))


def normal(digits: str, regions: Sequence[str]) -> str:
    """The digits with their country code where they are a number, otherwise as they are."""
    for plan, rest in _readings(digits, tuple(regions)):
        if plan.number.fullmatch(rest):
            return plan.code + rest
    return digits


def _readings(digits: str, regions: tuple[str, ...]) -> Iterator[tuple[_Plan, str]]:
    if not _FEWEST <= len(digits) <= _MOST:
        return
    for region in regions:
        plan = _plan(region)
        yield plan, digits
        if plan.prefix and digits.startswith(plan.prefix):
            yield plan, digits.removeprefix(plan.prefix)
        if plan.code and digits.removeprefix("00").startswith(plan.code):
            yield plan, digits.removeprefix("00").removeprefix(plan.code)


def _is_mobile_abroad(digits: str) -> bool:
    for length in (1, 2, 3):
        regions = (
            None if digits[0] == "0" else phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length]))
        )
        for region in (regions or ())[:1]:
            plan, rest = _plan(region), digits[length:]
            if plan.mobile.fullmatch(rest) or (
                plan.prefix and rest.startswith(plan.prefix) and plan.mobile.fullmatch(rest, len(plan.prefix))
            ):
                return True
    return False


class _Any(NamedTuple):
    """Numbers of any of some regions, as dialled in the country or with its code before them."""

    mobile: re.Pattern[str]
    number: re.Pattern[str]


@lru_cache(maxsize=1_024)
def _any_of(regions: tuple[str, ...]) -> _Any:
    plans = [_plan(region) for region in regions]
    return _Any(
        _either([_dialled(plan, plan.mobile.pattern) for plan in plans]),
        _either([_dialled(plan, plan.number.pattern) for plan in plans]),
    )


def _dialled(plan: _Plan, pattern: str) -> str:
    before = ["", *([plan.prefix] if plan.prefix else []), *([f"(?:00)?{plan.code}"] if plan.code else [])]
    return f"(?:{'|'.join(before)})(?:{pattern})"


@lru_cache(maxsize=300)
def _plan(region: str) -> _Plan:
    known = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    if known is None:
        return _Plan("", "", re.compile(_NOTHING), re.compile(_NOTHING))
    patterns = [
        each.national_number_pattern
        for each in (known.mobile, known.fixed_line, known.toll_free, known.voip, known.personal_number, known.premium_rate,
                     known.shared_cost, known.uan)
        if each is not None and each.national_number_pattern
    ]  # fmt: skip
    own = _OWN_MOBILES.get(region)
    mobiles = [own] if own else []
    if known.mobile is not None and known.mobile.national_number_pattern:
        mobiles.append(known.mobile.national_number_pattern)
    return _Plan(
        str(known.country_code), known.national_prefix or "", _either(mobiles), _either([*mobiles, *patterns])
    )


def _either(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each})" for each in patterns) or _NOTHING)
