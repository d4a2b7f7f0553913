"""The console script's rules."""

import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bowchat_ingest.console import main
from bowchat_ingest.identity import number_ref
from bowchat_ingest.pipes import parser, with_refs

KEY = bytes(32)


def test_parse_shows_content_and_refs_only(read_sample: Callable[[str], Any]) -> None:
    """A person sees what a webhook says and how people are told apart, and neither number nor seal."""
    read = parser(lambda: datetime(2026, 1, 1, tzinfo=UTC))
    shown = read(read_sample("msg_text_username_phone_available"))
    (event,) = shown["events"]
    assert event["data"]["content"] == {"kind": "text", "text": "Here is my question about the excess."}
    assert len(event["data"]["refs"]) == 2
    for secret in ("447700900101", "GB.1", "wamid", "alex", "sealed"):
        assert secret not in json.dumps(shown)
    assert read(read_sample("weird_unknown_field")) == {
        "events": [],
        "ignored": [{"reason": "field_unknown"}],
    }


def test_refs_replaces_the_phones() -> None:
    """Every other column stays as it is; numbers may be written with or without a plus sign and spaces."""
    given = 'policy,phone,note\nTST-1,+44 7700 900101,"a, b"\nTST-2,447700900102,\n'
    written, wrong = with_refs(io.StringIO(given), KEY)
    first, second = (number_ref(KEY, number) for number in ("447700900101", "447700900102"))
    assert (written, wrong) == (f'policy,contact_ref,note\nTST-1,{first},"a, b"\nTST-2,{second},\n', [])


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("policy\nTST-1\n", 'line 1: there must be one column "phone"'),
        ("phone,contact_ref\n1,2\n", "line 1"),
        ("", "line 1"),
        ("policy,phone\nTST-1,07700 900101\n", "line 2, phone: it is no international number"),
        ("policy,phone\nTST-1,+447700900101\nTST-2,\n", "line 3, phone"),
        ("policy,phone\nTST-1,+447700900101,x\n", "line 2, fields"),
        ("policy,phone\nTST-1\n", "line 2, fields"),
    ],
)
def test_refs_names_line_and_field(given: str, problem: str) -> None:
    """A wrong list is explained by line and field, without showing a number."""
    _, wrong = with_refs(io.StringIO(given), KEY)
    assert len(wrong) == 1
    assert problem in wrong[0]
    assert "07700" not in wrong[0]


def _run(monkeypatch: pytest.MonkeyPatch, arguments: list[str], given: bytes) -> int:
    monkeypatch.setattr(sys, "argv", ["bowchat-ingest", *arguments])
    stream = io.TextIOWrapper(io.BytesIO(given), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stream)
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_parse_answers_each_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sample_bytes: Callable[[str], bytes]
) -> None:
    """One line out per line in; a line that is no webhook is an error on that line and exit code 1."""
    line = sample_bytes("wire_format_minified_escaped").strip()
    code = _run(monkeypatch, ["parse", "--provider", "cloud"], line + b"\n{}\nnothing\n")
    answers = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert code == 1
    assert [sorted(each) for each in answers] == [["events", "ignored"], ["error"], ["error"]]


def test_refs_writes_all_or_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], keys_directory: Path
) -> None:
    """One wrong line among good ones: nothing on standard output, exit code 1."""
    monkeypatch.setenv("BOWCHAT_SECRETS", str(keys_directory / "ingest"))
    assert _run(monkeypatch, ["refs"], b"phone\n+447700900101\n") == 0
    assert capsys.readouterr().out.startswith("contact_ref\nrf_")
    assert _run(monkeypatch, ["refs"], b"phone\n+447700900101\nnone\n") == 1
    shown = capsys.readouterr()
    assert (shown.out, "line 3, phone" in shown.err) == ("", True)
    assert _run(monkeypatch, ["refs"], b"phone\n\xff\n") == 1
