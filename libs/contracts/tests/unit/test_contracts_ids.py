"""Identifiers: letters only, the same for the same input, and telling nothing to who lacks the key."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from bowchat_contracts.ids import Alias, InsurerId, MessageId, derived_id, keyed_id, random_id

KEY = bytes(range(32))
FORM = re.compile(r"^ms_[a-p]{32}$")


@given(parts=st.lists(st.text(), min_size=1, max_size=4))
def test_no_identifier_holds_a_digit(parts: list[str]) -> None:
    """An identifier cannot hold, or be mistaken for, a number."""
    for made in (derived_id("ms", *parts), keyed_id("ms", KEY, *parts), random_id("ms")):
        assert FORM.match(made)


@given(parts=st.lists(st.text(), min_size=1, max_size=4), others=st.lists(st.text(), min_size=1, max_size=4))
def test_an_identifier_is_the_same_exactly_for_the_same_parts(parts: list[str], others: list[str]) -> None:
    """A replay gives the same identifier, and where one part ends and the next begins counts."""
    assert (derived_id("ms", *parts) == derived_id("ms", *others)) == (parts == others)
    assert (keyed_id("ms", KEY, *parts) == keyed_id("ms", KEY, *others)) == (parts == others)


def test_a_keyed_identifier_depends_on_the_key_and_on_its_kind() -> None:
    """Who lacks the key cannot compute it, and one number's two kinds of identifier cannot be joined."""
    made = {keyed_id("rf", KEY, "447700900123"), keyed_id("rf", bytes(32), "447700900123"),
            keyed_id("pr", KEY, "447700900123")}  # fmt: skip
    assert len({one.split("_")[1] for one in made}) == 3


def test_random_identifiers_do_not_repeat() -> None:
    """Two contacts never share an alias."""
    assert len({random_id("ph") for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [(MessageId, "ms_447700900123"), (MessageId, "rf_" + "a" * 32), (MessageId, "ms_" + "a" * 32 + "\n"),
     (Alias, "ph_" + "q" * 32), (InsurerId, "Acme"), (InsurerId, "a.b"), (InsurerId, "-acme"), (InsurerId, "a" * 41)],
)  # fmt: skip
def test_an_identifier_of_the_wrong_form_is_refused(kind: Any, wrong: str) -> None:
    """A number or another kind of identifier in the wrong place stops at the model."""
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(wrong)
