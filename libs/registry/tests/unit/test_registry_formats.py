"""An insurer's number tells its insurer by its look alone, however it is typed, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bowchat_registry.formats import FormatBook, Formats, NamedNumber
from bowchat_registry.numbers import normalised

ACME = Formats(policy=("ACM-####-######", "AM########"), claim=("ACM/CL/########",), vehicle=("@@##@@####",))
COAST = Formats(policy=("CLA/####/#####",), vehicle=("@@##@@####",))
BOOK = FormatBook({"acme": ACME, "coast": COAST})


@pytest.mark.parametrize(
    "text",
    [
        "ACM-2026-000101",
        "policy acm 2026 000101, thanks",
        "No:ACM2026000101.",
        "(ACM \u2013 2026 - 000101)",
        "पॉलिसी acm-२०२६-०००१०१ है",
    ],
)
def test_a_number_is_recognised_however_it_is_grouped(text: str) -> None:
    """Case, spaces, dashes and other scripts' digits do not hide whose number it is."""
    assert BOOK.named_in(text) == (NamedNumber("acme", "policy", "ACM2026000101"),)


def test_kinds_are_told_apart() -> None:
    """A claim's number is no policy's, and one text may hold both, in its order."""
    text = "claim acm/cl/12345678 on AM 1234 5678"
    assert ACME.recognise(text) == [("claim", "ACMCL12345678"), ("policy", "AM12345678")]


def test_what_looks_like_two_insurers_names_both() -> None:
    """A number plate tells no insurer; whoever routes by it has to see that."""
    found = BOOK.named_in("my car MH 12 AB 1234")
    assert [(each.insurer, each.kind) for each in found] == [("acme", "vehicle"), ("coast", "vehicle")]


@pytest.mark.parametrize(
    "text",
    ["", "ACM", "ACM-2026-00010", "XACM-2026-000101", "ACM-2026-0001012", "+44 7700 900123", "acm 2026\n\n\n\n000101"],
)  # fmt: skip
def test_what_looks_otherwise_is_not_recognised(text: str) -> None:
    """Neither a digit more or less, nor a letter before, nor a phone number."""
    assert BOOK.named_in(text) == ()


@pytest.mark.parametrize(
    ("kind", "pattern", "said"),
    [
        ("policy", "##########", "two fixed letters"),
        ("policy", "@@########", "two fixed letters"),
        ("policy", "ABCD@@@@", "at least 3 digits"),
        ("claim", "AB###", "6 to 32"),
        ("vehicle", "@@##########", "at most 6 digits"),
        ("vehicle", "######", "two letters"),
        ("policy", "AC[0-9]+", "pattern"),
    ],
)
def test_a_format_that_would_take_phone_numbers_is_refused(kind: str, pattern: str, said: str) -> None:
    """What people may dial never looks like a policy of somebody."""
    with pytest.raises(ValidationError, match=said.replace("(", r"\(")):
        Formats.model_validate({kind: [pattern]})


digits, letters = st.sampled_from("0123456789"), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
separators = st.text(st.sampled_from(" -/."), max_size=2)


@given(st.data(), st.sampled_from((*ACME.policy, *ACME.claim)), st.text(max_size=30))
def test_every_number_of_a_format_is_recognised(data: st.DataObject, pattern: str, before: str) -> None:
    """Any number that a format allows, with any separators within, after any words."""
    drawn = {"#": digits, "@": letters}
    number = "".join(data.draw(drawn[each]) if each in drawn else each for each in pattern)
    typed = "".join(f"{data.draw(separators)}{each}" if not each.isalnum() else each for each in number)
    found = BOOK.named_in(f"{before} ---- {typed}")
    assert normalised(number) in [each.number for each in found if each.insurer == "acme"]
