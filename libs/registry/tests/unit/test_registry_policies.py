"""A policy is found by its number however people write it, and never by chance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_contracts.ids import derived_id
from bowchat_registry.book import PolicyBook
from bowchat_registry.numbers import normalised
from bowchat_registry.policies import Policy

REF = derived_id("rf", "holder")
MOTOR = Policy("ACM-2026-000101", "acme-motor", "motor", (REF,))
LIFE = Policy("CLA/2019/55501", "coast-life", "life")
BOOK = PolicyBook([MOTOR, LIFE])


@pytest.mark.parametrize(
    "text",
    [
        "ACM-2026-000101",
        "my policy is acm 2026 000101, thanks",
        "No:ACM2026000101.",
        "acm/2026/000101",
        "(ACM \u2013 2026 - 000101)",
        "\uff21\uff23\uff2d\uff12\uff10\uff12\uff16\uff10\uff10\uff10\uff11\uff10\uff11",
        "پالیسی acm-٢٠٢٦-000101",
    ],
)
def test_a_number_is_found_however_it_is_grouped(text: str) -> None:
    """Case, spaces, dashes, full-width and other scripts' digits do not hide a policy number."""
    assert BOOK.named_in(text) == (MOTOR,)


@pytest.mark.parametrize(
    "text", ["", "ACM", "acm 2026 00010", "xacm2026000101", "ACM-2026-0001012", "acm 2026\n\n\n\n000101"]
)
def test_what_is_not_the_number_is_not_found(text: str) -> None:
    """A number inside another one, or with its groups apart, is no match."""
    assert BOOK.named_in(text) == ()


def test_each_policy_is_named_once_in_the_order_of_the_text() -> None:
    """Two policies in one text are both seen."""
    assert BOOK.named_in("CLA/2019/55501 and acm-2026-000101, again cla 2019 55501") == (LIFE, MOTOR)


def test_policies_are_found_by_their_holder() -> None:
    """Whoever is known by any of these refs holds them; no ref holds those without a holder."""
    assert BOOK.held_by([derived_id("rf", "other"), REF, REF]) == (MOTOR,)


@given(st.text(max_size=60), st.sampled_from([MOTOR, LIFE]), st.text(max_size=60))
def test_a_number_between_any_words_is_found(before: str, policy: Policy, after: str) -> None:
    """Whatever stands around it, apart from it, does not hide a number."""
    assert policy in BOOK.named_in(f"{before} ---- {policy.number.lower()} ---- {after}")


@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    """The form in which numbers are compared is a fixed point."""
    assert normalised(normalised(text)) == normalised(text)
