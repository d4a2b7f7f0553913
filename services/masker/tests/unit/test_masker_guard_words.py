"""Numbers in words: what the guard's shortcuts take for granted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_masker.guard.search import words_of
from bowchat_masker.guard.words import glued, heard

SAID = st.lists(
    st.sampled_from(["one", "seven", "double", "triple", "twenty", "eight", "lakh", "to", *"0123456789"]),
    max_size=14,
)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("double 55 six", "5556"),
        ("twenty 345", "2345"),
        ("twenty 045", "20045"),
        ("seven 98 triple 1", "798111"),
    ],
)
def test_a_word_changes_the_first_figure_after_it_alone(text: str, digits: str) -> None:
    """Double, triple and tens join on to one figure; those after it are as they stand."""
    assert heard(text, words_of(text)) == digits


@given(SAID)
def test_figures_say_the_same_with_and_without_spaces(said: list[str]) -> None:
    """However figures are grouped, the same digits are heard."""
    apart = " ".join(said)
    together = "".join(each if each.isdigit() else f" {each} " for each in said)
    assert heard(together, words_of(together)) == heard(apart, words_of(apart))


@given(SAID)
def test_words_without_spaces_give_the_same_from_either_end(said: list[str]) -> None:
    """So what was read from one end need not be read from the other."""
    text = "".join(said)
    assert set(glued(text)) == set(glued(text[::-1]))
