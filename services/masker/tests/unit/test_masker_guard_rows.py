"""Known numbers in rows of digits: the fast walk finds what the plain definition finds."""

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_masker.guard import Watch
from bowchat_masker.guard.rows import Rows, any_has_number, has_number, runs_through_some
from bowchat_masker.guard.search import _views
from bowchat_masker.guard.watch import number

# Few digits, so that a number nearly stands in a row, and often does.
DIGITS = st.text("0123", max_size=40)
NUMBERS = st.text("0123", min_size=3, max_size=6)
ROWS = st.lists(st.text("0123", max_size=9), min_size=1, max_size=6)


def watching(digits: str) -> Watch:
    """A person whose number is looked for as a whole alone, forwards and backwards."""
    return Watch((), (number(digits),), (number(digits[::-1]),), shortest=len(digits))


def stands_in(digits: str, row: str) -> bool:
    forwards, backwards = "[0-9]{0,2}".join(digits), "[0-9]?".join(digits[::-1])
    return re.search(f"{forwards}|{backwards}", row) is not None


def read_off(digits: str, rows: Sequence[str]) -> bool:
    """Every way to read the number off the rows, tried one after another."""

    def ways(at: int, row: int, place: int) -> Iterator[bool]:
        if at == len(digits):
            yield True
            return
        near = range(place + 1, min(place + 4, len(rows[row]))) if at else ()
        heads = [
            (each, head) for each in range(row + 1, len(rows)) for head in range(min(3, len(rows[each])))
        ]
        first = [(each, head) for each in range(len(rows)) for head in range(len(rows[each]))]
        for next_row, next_place in [*((row, each) for each in near), *(heads if at else first)]:
            if rows[next_row][next_place] == digits[at]:
                yield from ways(at + 1, next_row, next_place)

    return any(ways(0, 0, 0))


@given(digits=NUMBERS, row=DIGITS)
def test_a_number_is_found_where_it_stands_and_nowhere_else(digits: str, row: str) -> None:
    """Two foreign digits between each two of its own at most, backwards one: no more is found, and no less."""
    assert has_number(row, watching(digits)) == stands_in(digits, row)


@pytest.mark.parametrize(
    ("row", "found"), [("1002003", True), ("10002003", False), ("30201", True), ("3002001", False)]
)
def test_so_many_foreign_digits_may_stand_between(row: str, found: bool) -> None:
    """Forwards two, backwards one."""
    assert has_number(row, watching("123")) == found


@given(digits=NUMBERS, rows=ROWS)
def test_no_number_reaches_from_one_row_into_the_next(digits: str, rows: list[str]) -> None:
    """Rows that are looked through together hold what each of them holds."""
    watch = watching(digits)
    assert any_has_number(rows, watch) == any(has_number(each, watch) for each in rows)
    assert Rows(watch).hold_number([*rows, *rows]) == any_has_number(rows, watch)


@given(digits=NUMBERS, rows=ROWS)
def test_a_number_is_read_off_some_of_the_rows(digits: str, rows: list[str]) -> None:
    """In order, with any row left out, and no other way."""
    assert runs_through_some(rows, watching(digits)) == read_off(digits, rows)


@pytest.mark.parametrize(
    ("rows", "found"), [(["12", "3"], True), (["12", "0003"], False), (["3", "12"], False)]
)
def test_a_row_goes_on_within_its_first_three_digits(rows: list[str], found: bool) -> None:
    """The next of a number's digits may have two foreign ones before it in the next row, not three."""
    assert runs_through_some(rows, watching("123")) == found


def test_what_a_text_hides_is_looked_through_in_order() -> None:
    """As it stands in the text, so that a text that hides too much gets the same verdict in every process."""
    hidden = [f"this is hidden text {each} of some" for each in range(12)]
    text = " ".join(b64encode(each.encode()).decode() for each in hidden)
    assert [view for depth, view, _ in _views(text) if depth == 1 and view in hidden] == hidden
