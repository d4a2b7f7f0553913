"""What of an insurer's reply reaches the policyholder, by each policy."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masker.reply_text import SHOWN, contact_details, read, redacted

POLICY = MaskingPolicy(regions=("GB", "IN"), link_hosts=("acme.example",))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Our line is +44 7700 900123 during the day.", "Our line is [phone number removed] during the day."),
        ("Write to claims@acme.example", "Write to [e-mail address removed]"),
        ("See https://forms.example/x.", "See [link removed]."),
        ("Visit www.other.example now", "Visit [link removed] now"),
        ("Pay rahul@okaxis today", "Pay [payment details removed] today"),
        ("wa.me/447700900123", "[link removed]"),
    ],
)
def test_contact_details_are_taken_out(said: str, shown: str) -> None:
    """Each by a word that says what it was; the rest of the text stands."""
    seen = read(said, POLICY)
    assert (seen.text, seen.held, seen.refused) == (shown, None, None)
    assert seen.noticed == ("contact_details",)
    assert [SHOWN[each] for each in seen.removed] == [shown[shown.index("[") : shown.index("]") + 1]]


@pytest.mark.parametrize(
    "said",
    [
        "Yes, claim CL-88213 is approved: Rs. 2,500 after the excess, by 24.11.2026.",
        "The form: https://acme.example/claims/12345678?step=2",
        "Help is at https://help.acme.example.",
        "Pay.In case of doubt ask here, e.g. tomorrow.",
        "Your name is Asha Testperson, 12 High Street.",
    ],
)
def test_an_answer_is_left_alone(said: str) -> None:
    """Amounts, dates, claim numbers, names, addresses, and links to hosts of the agreement with their subdomains."""
    assert read(said, POLICY).text == said
    assert read(said, POLICY).noticed == ()


@pytest.mark.parametrize(
    "link",
    [
        "https://acme.example@evil.example/",
        "https://evil.example/?acme.example",
        "https://evil.example\\@acme.example/",
        "https://notacme.example/",
        "https://acme.example.evil.example/",
        "https://acme\u3002example/",
        "javascript://acme.example/%0aalert",
        "https://447700900123@acme.example/",
        "https://[acme.example/",
    ],
)
def test_a_link_that_only_looks_allowed_is_taken_out(link: str) -> None:
    """The host is the one a browser would go to; what cannot be read for certain is not allowed."""
    assert "acme" not in read(f"see {link}", POLICY).text


@pytest.mark.parametrize(
    ("said", "policy", "expected"),
    [
        ("call me", {"solicitation": "allow"}, (None, None, ("solicitation",))),
        ("call me", {"solicitation": "hold"}, ("solicitation", None, ("solicitation",))),
        ("call me", {"solicitation": "refuse"}, (None, "solicitation", ("solicitation",))),
        ("it is +44 7700 900123", {"contact_details": "allow"}, (None, None, ("contact_details",))),
        (
            "it is +44 7700 900123",
            {"contact_details": "hold"},
            ("contact_details", None, ("contact_details",)),
        ),
        ("x" * 70_000, {}, ("masking_failed", None, ())),
    ],
)
def test_the_agreement_decides(said: str, policy: dict[str, Any], expected: object) -> None:
    """Let through, held or refused, and noticed in each case; what cannot be looked through is held."""
    seen = read(said, MaskingPolicy(regions=("GB",), **policy))
    assert (seen.held, seen.refused, seen.noticed) == expected
    assert seen.text == said


@given(
    before=st.text("abc xyz", max_size=40),
    number=st.integers(900_000, 900_999).map(lambda each: f"+44 7700 {each}"),
    after=st.text("abc xyz", max_size=40),
)
def test_what_was_taken_out_stays_out(before: str, number: str, after: str) -> None:
    """Taking out twice changes nothing more, and the number does not stand in what is left."""
    once = redacted(f"{before} {number} {after}", POLICY)
    assert number not in once
    assert not contact_details(once, POLICY)
