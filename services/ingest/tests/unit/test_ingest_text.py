"""Text on its way in: cards out, the rest as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_ingest.channels.text import CUT_MARK, LONGEST_TEXT, typed, without_cards

CARDS = [
    "4111111111111111", "4222222222222", "5555555555554444", "2223003122003222", "378282246310005",
    "30569309025904", "6011111111111117", "3530111333300000", "6521111111111110", "6759649826438453",
]  # fmt: skip


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("separator", ["", " ", "-", ".", "\u00a0", "\u200b", " - "])
def test_cards_are_replaced(card: str, separator: str) -> None:
    """A valid card number goes, in one piece or in groups of four, whatever stands around it."""
    grouped = separator.join(card[at : at + 4] for at in range(0, len(card), 4))
    assert without_cards(f"pay with {grouped}, please") == "pay with [card], please"


def test_a_card_beside_other_numbers_is_found() -> None:
    """Expiry and code after it, a number before it: the card is replaced, and a code that is named as one."""
    assert without_cards("4111 1111 1111 1111 12 27 cvv: 123") == "[card] 12 27 cvv: [card code]"
    assert without_cards("12 4111 1111 1111 1111") == "12 [card]"
    assert without_cards("4111111111111111 5555555555554444") == "[card] [card]"


def test_digits_of_any_script_are_digits() -> None:
    """Full-width and Arabic-Indic digits hide no card."""
    for zero in (0xFF10, 0x0660):
        assert without_cards("".join(chr(zero + int(digit)) for digit in CARDS[0])) == "[card]"


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # check digit wrong
        "490154203237518",  # an IMEI: 15 digits with a valid check digit, and no issuer's
        "Claim ref 4477009001011234567, premium 1,234.56 GBP",
        "call +44 7700 900101 or 07700 900101",
        "TST-2026-000101, CVV 123",
        "41111111111111110000",  # 20 digits in one piece
    ],
)
def test_other_numbers_stay(text: str) -> None:
    """Policy numbers, phone numbers and devices' numbers are what insurance is about."""
    assert without_cards(text) == text


@given(st.text(alphabet="0123456789 -.abc\n", max_size=200))
def test_replacing_is_done_once(text: str) -> None:
    """What was cleaned stays as it is, and no card is left."""
    once = typed(text)
    assert typed(once) == once


@given(st.text())
def test_typed_text_is_utf8_and_bounded(text: str) -> None:
    """Whatever comes in can be stored."""
    assert len(typed(text).encode()) <= 4 * LONGEST_TEXT


def test_a_long_text_keeps_its_beginning() -> None:
    """More than WhatsApp lets a person type is cut, and says so."""
    cut = typed("a" * (LONGEST_TEXT + 1))
    assert len(cut) == LONGEST_TEXT
    assert cut.endswith("a" + CUT_MARK)
    assert typed("a" * LONGEST_TEXT) == "a" * LONGEST_TEXT
