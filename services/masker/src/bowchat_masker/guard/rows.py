"""Digits in a row, and whether a known number stands in them.

A number is followed through all places of a row at once: the row's places are the bits of one whole number, the first
place the highest, so that a step of the number costs a few shifts, however long the row.
"""

from collections.abc import Iterable, Sequence

from bowchat_masker.guard.watch import Number, Watch

_DIGITS = "0123456789"
_ONLY = {each: bytes(ord("1" if chr(code) == each else "0") for code in range(256)) for each in _DIGITS}
# Wider than the foreign digits that may stand in a number, so that none runs from one row into the next.
_BETWEEN = "---"
_REACH = 3


class Rows:
    """The rows of one search. Many readings of a text give the same digits: each row is looked through once."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self._seen: set[str] = set()
        self._glued: set[str] = set()

    def hold_number(self, rows: Iterable[str]) -> bool:
        """Whether a known number stands in one of them."""
        for row in rows:
            if len(row) >= self.watch.shortest and row not in self._seen:
                if has_number(row, self.watch):
                    return True
                self._seen.add(row)
        return False

    def is_new(self, glued: str) -> bool:
        """Whether such words without spaces have not been read yet: from either end, they give the same rows."""
        if glued in self._glued:
            return False
        self._glued |= {glued, glued[::-1]}
        return True


def has_number(digits: str, watch: Watch) -> bool:
    """Whether a known number stands in a row of digits, as a window or whole with foreign digits in between."""
    if len(digits) < watch.shortest:
        return False
    if any(window in digits for window in watch.windows):
        return True
    if not any(all(map(digits.__contains__, each.masks)) for each in watch.numbers):
        return False
    places = _Places(digits)
    return any(_runs_through(places, each) for each in watch.numbers) or any(
        _runs_through(places, each, foreign=1) for each in watch.backwards
    )


def any_has_number(rows: Sequence[str], watch: Watch) -> bool:
    """Whether a known number stands in one of the rows."""
    return has_number(_BETWEEN.join(rows), watch)


def runs_through_some(rows: Sequence[str], watch: Watch) -> bool:
    """Whether a whole number can be read off some of the rows in order, with at most two foreign digits between each two
    of its own in a row, and before the first of its own in the next; any row, and the end of any, may be left out.
    """
    heads = _BETWEEN.join(("1" * _REACH).ljust(len(each), "0")[: len(each)] for each in rows)
    places, first = _Places(_BETWEEN.join(rows)), int(heads.replace("-", "0") or "0", 2)
    return any(_runs_through(places, each, heads=first) for each in watch.numbers)


class _Places(dict[str, int]):
    """Where each digit stands in a row, found out once it is asked for."""

    def __init__(self, row: str) -> None:
        super().__init__()
        self._row = row.encode()
        self.count = len(row)

    def __missing__(self, digit: str) -> int:
        only = _ONLY.get(digit)
        self[digit] = places = int(self._row.translate(only) or b"0", 2) if only else 0
        return places


def _runs_through(places: _Places, number: Number, *, foreign: int = 2, heads: int = 0) -> bool:
    """Whether the number stands there with at most two foreign digits (or one) between each two of its own.

    From any place it may also go on at one of the `heads` after it.
    """
    if len(number.digits) > places.count:
        return False
    at = places[number.digits[0]]
    for digit in number.digits[1:]:
        if not at:
            return False
        near = at >> 1 | at >> 2 | (at >> 3 if foreign > 1 else 0)
        far = heads & ((1 << (at.bit_length() - 1)) - 1)
        at = (near | far) & places[digit]
    return at != 0
