# ruff: noqa: RUF001 - look-alike characters are the subject
"""What asks for contact outside the relay is found, and ordinary answers of an insurer are left alone."""

import json
from pathlib import Path

import pytest

from bowchat_masker.solicitation import solicits

CORPORA = Path(__file__).parents[1] / "corpora"
LINES = [json.loads(line) for line in (CORPORA / "solicitation.jsonl").read_text().splitlines()]


def test_the_corpus_is_judged_as_labelled() -> None:
    """At least 98 % precision and recall over English, Hindi in both scripts and Spanish, half of it look-alikes."""
    assert len(LINES) >= 230
    found = [each["asks"] for each in LINES if solicits(each["text"])]
    asking = sum(each["asks"] for each in LINES)
    assert sum(found) / len(found) >= 0.98
    assert sum(found) / asking >= 0.98


@pytest.mark.parametrize(
    "text",
    ["CALL ME", "ＣＡＬＬ ＭＥ", "ca\u200bll me", "c a l l  m e", "call\nme", "C.A.L.L M.E", "c%61ll me"],
)
def test_disguises_are_seen_through(text: str) -> None:
    """Wide and invisible characters, letters set apart, line breaks and escapes hide nothing."""
    assert solicits(text)


def test_a_warning_is_no_request() -> None:
    """Who is told never to share a number is not asked for it; a polite negation is no warning."""
    assert not solicits("Never share your phone number with anybody.")
    assert solicits("Share your phone number, I will never tell.")
    assert solicits("Please do not hesitate to call me.")


def test_a_long_text_is_read_to_its_end() -> None:
    """The request after pages of filling is found."""
    assert solicits("your number of the policy is here, " * 1_500 + "call me")
