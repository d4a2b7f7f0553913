"""Numbers of four countries, drawn at random within their plans. They live in memory only and are never shown."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

_INDIAN_FIRST = "6789"
_AREAS = ("201", "212", "305", "312", "415", "512", "617", "713", "808", "917")


class Number(NamedTuple):
    region: str
    digits: str
    """As dialled within the country."""
    country_code: str

    @property
    def whole(self) -> str:
        return self.country_code + self.digits.removeprefix("0")


def draw(region: str, chance: Random) -> Number:
    return _PLANS[region](chance)


def _some(count: int, chance: Random) -> str:
    return "".join(chance.choice("0123456789") for _ in range(count))


_PLANS: dict[str, Callable[[Random], Number]] = {
    "IN": lambda chance: Number("IN", chance.choice(_INDIAN_FIRST) + _some(9, chance), "91"),
    "GB": lambda chance: Number("GB", "07700900" + _some(3, chance), "44"),
    "US": lambda chance: Number("US", chance.choice(_AREAS) + "55501" + _some(2, chance), "1"),
    "ES": lambda chance: Number("ES", "6" + _some(8, chance), "34"),
}
REGIONS = tuple(_PLANS)
