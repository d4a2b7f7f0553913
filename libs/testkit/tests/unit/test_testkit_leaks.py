"""The search for leaked numbers is not blind."""

import base64
from pathlib import Path

import pytest

from bowchat_testkit.leaks import Searcher, forms
from bowchat_testkit.stage import crowd
from bowchat_testkit.whatsapp_payloads import wamid_for

NUMBERS = [each.who.number or "" for each in crowd(200)]


@pytest.mark.parametrize("name", sorted(forms(NUMBERS[0])))
def test_a_number_planted_in_a_file_is_found_in_every_form(tmp_path: Path, name: str) -> None:
    """Plain, spaced, reversed, hex, base64 at any alignment: wherever it stands in a file, it is found."""
    (tmp_path / "planted").write_bytes(b"\0" * (3 << 20) + b"noise " + forms(NUMBERS[7])[name] + b" noise")
    # Which number it is cannot always be told: neighbours share the beginning of their base64.
    assert Searcher(NUMBERS).in_tree(tmp_path)["planted"]


def test_a_number_inside_a_provider_id_or_a_document_is_found() -> None:
    """A wamid holds its number in base64; a document may hold anything at any depth."""
    searcher = Searcher(NUMBERS)
    assert NUMBERS[3] in {number for number, _ in searcher.in_bytes(wamid_for(NUMBERS[3], 1).encode())}
    nested = {"a": [{"b": base64.b64encode(b"x" + NUMBERS[5].encode()).decode()}]}
    assert NUMBERS[5] in {number for number, _ in searcher.in_document(nested)}


def test_other_numbers_are_not_hits() -> None:
    """A number that is not looked for, and the aggregator's own, are no hits."""
    assert Searcher(NUMBERS).in_bytes(b"+44 7700 900999, 447700900999, 15550100001") == set()
