"""What reaches a log line."""

import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bowchat_contracts.ids import random_id
from bowchat_runtime.logging import Redactor, configure, where

NUMBERS = ["447700900101", "+44 7700 900101", "+44-7700-900-101", "(555) 010-0123", "15550100123"]


def clean(**fields: object) -> dict[str, object]:
    return dict(Redactor()(None, "info", dict(fields)))


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("shape", ["{}", "sent to {}.", "x={}&y", "call{}now"])
def test_a_number_never_reaches_a_log_line(number: str, shape: str) -> None:
    """However a value holds a number, in a list or deep in a mapping, its digits are masked."""
    text = shape.format(number)
    shown = json.dumps(clean(a=text, b=[text], c={"d": {"e": (text,)}}))
    assert not any(run in shown for run in ("7700", "900101", "0100123", "010-0123"))


def test_provider_ids_and_addresses_are_masked() -> None:
    """A WhatsApp message id, a BSUID and an e-mail address are masked like a number."""
    shown = json.dumps(
        clean(a="wamid.HBgMNDQ3NzAwOTAwMTAxFQIAEhgU", b="GB.10000000000000000101", c="a.b@example.com")
    )
    assert "HBgM" not in shown
    assert "0101" not in shown
    assert "example" not in shown


@given(st.integers(10**6, 10**15))
def test_numbers_given_as_integers_are_masked(number: int) -> None:
    """A number is a number, quoted or not."""
    assert clean(a=number)["a"] == "[number]"


def test_identifiers_of_ours_pass_unchanged() -> None:
    """Identifiers hold letters only, so the redactor never spoils one."""
    for prefix in ("cv", "ms", "ph", "dl"):
        identity = random_id(prefix)
        assert clean(a=identity)["a"] == identity


def test_an_exception_shows_its_class_and_place_but_not_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Error texts quote what they choked on, so a log line has none; nor do lines of other libraries show numbers."""
    configure("test", logging.INFO)
    try:
        int("secret word")
    except ValueError:
        structlog.get_logger().exception("it_failed", number="447700900101")
    logging.getLogger("some.library").error("calling %s", "447700900101")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    structlog.reset_defaults()
    assert lines[0]["error"].startswith("ValueError at test_runtime_logging.py")
    assert "secret word" not in json.dumps(lines)
    assert "447700900101" not in json.dumps(lines)
    assert {line["service"] for line in lines} == {"test"}


def test_where_names_the_innermost_place() -> None:
    """The place is where the error was raised, not where it was caught."""
    with pytest.raises(KeyError) as caught:
        dict[str, str]()["x"]
    assert where(caught.value).startswith("KeyError at test_runtime_logging.py:")
