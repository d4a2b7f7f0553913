"""How insurers' own numbers look, so that a number tells its insurer also where no policy is listed under it."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import AfterValidator, Field

from bowchat_contracts.masking_policy import ShapePattern
from bowchat_registry.numbers import POLICY_LENGTH, VEHICLE_LENGTH, joined, pieces
from bowchat_registry.written import Written

NumberKind = Literal["policy", "claim", "vehicle"]
NUMBER_KINDS: tuple[NumberKind, ...] = get_args(NumberKind)
_FEWEST_DIGITS = 3
_MOST_DIGITS_OF_VEHICLE = 6

_CLASSES = str.maketrans(dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "@") | dict.fromkeys("0123456789", "#"))
_FIXED = re.compile(r"[A-Z]{2}")
_LETTERS = re.compile(r"[A-Z@]{2}")


def _bare(pattern: str) -> str:
    """A pattern as numbers are compared: without separators, fixed letters in capitals."""
    return re.sub(r"[^0-9A-Z@#]", "", pattern.upper())


def _check_length(bare: str, shortest: int, longest: int) -> None:
    if not shortest <= len(bare) <= longest:
        raise ValueError(f"must stand for {shortest} to {longest} letters and digits")
    if bare.count("#") < _FEWEST_DIGITS:
        raise ValueError(f"needs at least {_FEWEST_DIGITS} digits (#), or words would be taken for numbers")


def _of_policy(pattern: str) -> str:
    bare = _bare(pattern)
    _check_length(bare, *POLICY_LENGTH)
    if not _FIXED.search(bare):
        raise ValueError(
            "needs two fixed letters side by side, as AM in AM-######, or phone numbers would be taken for it"
        )
    return pattern


def _of_vehicle(pattern: str) -> str:
    bare = _bare(pattern)
    _check_length(bare, *VEHICLE_LENGTH)
    if not _LETTERS.search(bare) or re.search(rf"[#0-9]{{{_MOST_DIGITS_OF_VEHICLE + 1}}}", bare):
        raise ValueError(
            f"needs two letters (@) side by side and at most {_MOST_DIGITS_OF_VEHICLE} digits in a row, or phone numbers "
            "would be taken for it"
        )
    return pattern


NumberPattern = Annotated[ShapePattern, AfterValidator(_of_policy)]
VehiclePattern = Annotated[ShapePattern, AfterValidator(_of_vehicle)]


class Formats(Written):
    """How an insurer's numbers are written: `#` a digit, `@` a letter, all else itself. However a policyholder groups
    them, they are recognised.
    """

    policy: tuple[NumberPattern, ...] = Field((), max_length=20)
    claim: tuple[NumberPattern, ...] = Field((), max_length=20)
    vehicle: tuple[VehiclePattern, ...] = Field((), max_length=20)

    def patterns(self) -> Iterator[tuple[NumberKind, str]]:
        for kind in NUMBER_KINDS:
            for pattern in getattr(self, kind):
                yield kind, _bare(pattern)

    def recognise(self, text: str) -> list[tuple[NumberKind, str]]:
        """The kinds and normalised numbers in a text, in its order."""
        return [(each.kind, each.number) for each in FormatBook({"": self}).named_in(text)]


class NamedNumber(NamedTuple):
    """A number that stands in a text, and whose it may be by its look."""

    insurer: str
    kind: NumberKind
    number: str
    """Normalised, as `PolicyBook.numbered` takes it."""


class FormatBook:
    """All insurers' formats. The cost of a look does not grow with their number."""

    def __init__(self, formats: Mapping[str, Formats]) -> None:
        # By classes (`ACM-####` is `@@@####`), then by which places are fixed, then by what stands there.
        self._by_classes: dict[str, dict[tuple[int, ...], dict[str, list[tuple[str, NumberKind]]]]] = {}
        for insurer in sorted(formats):
            for kind, bare in formats[insurer].patterns():
                fixed = tuple(place for place, each in enumerate(bare) if each not in "@#")
                by_fixed = self._by_classes.setdefault(bare.translate(_CLASSES), {}).setdefault(fixed, {})
                by_fixed.setdefault("".join(bare[place] for place in fixed), []).append((insurer, kind))
        self._openings = {
            classes[:length] for classes in self._by_classes for length in range(1, len(classes))
        }

    def named_in(self, text: str) -> tuple[NamedNumber, ...]:
        """The numbers in a text that look like an insurer's, each once, in the text's order.

        A number that looks like several insurers' is named once for each: it tells none of them.
        """
        parts = pieces(text)
        found: dict[NamedNumber, None] = {}
        for start in range(1, len(parts), 2):
            for number in joined(parts, start):
                classes = number.translate(_CLASSES)
                for fixed, by_fixed in self._by_classes.get(classes, {}).items():
                    for insurer, kind in by_fixed.get("".join(number[place] for place in fixed), ()):
                        found[NamedNumber(insurer, kind, number)] = None
                if classes not in self._openings:
                    break
        return tuple(found)
