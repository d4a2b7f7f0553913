"""Verifying a log or an export of it: whatever was done to it is found, at its place."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_audit.commands import COMMANDS, export, verify
from bowchat_audit.domain import Entry
from bowchat_audit.memory import MemoryLog
from bowchat_audit.testing import log_of
from bowchat_audit.verifying import Verification, as_line, entries_in
from bowchat_runtime.cli import run

VALUES = [b'{"n":%d,"text":"said"}' % n for n in range(6)]


@pytest.fixture
def given_to(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Gives arguments to the command line, and its exit code back."""

    def command(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["bowchat-audit", *arguments])
        return run("bowchat-audit", "", serve=lambda: None, commands=COMMANDS)

    return command


def verified(entries: list[Any], **noted: str) -> Verification:
    found = Verification({int(seq[1:]): chain for seq, chain in noted.items()})
    for each in entries:
        if not found.take(each):
            break
    return found


def bad(entries: list[Any], **noted: str) -> int | None:
    broken = verified(entries, **noted).ended()
    return broken.seq if broken else None


@given(values=st.lists(st.binary(max_size=20), max_size=8), data=st.data())
def test_a_log_that_nobody_touched_is_whole(values: list[bytes], data: st.DataObject) -> None:
    """From its beginning or from any place whose chain value is known, whatever it holds."""
    entries = log_of(values)
    assert bad(entries) is None
    start = data.draw(st.integers(0, max(0, len(entries) - 1)))
    noted = {f"_{each['_id']}": each["chain"] for each in entries[:start][-1:]}
    assert bad(entries[start:], **noted) is None


@pytest.mark.parametrize("field", sorted(Entry.__annotations__))
@pytest.mark.parametrize("value", ["other", None, 1.5, ["x"], "é"])
def test_a_field_that_was_changed_is_found_at_its_entry(field: str, value: object) -> None:
    """To another text, or to what no entry holds."""
    entries: list[Any] = log_of(VALUES)
    changed = {**entries[3], field: value}
    if changed != entries[3]:
        assert bad([*entries[:3], changed, *entries[4:]]) == 4


@pytest.mark.parametrize("value", ["", 0, False, [], {}])
def test_what_anybody_may_read_is_not_made_to_look_erased(value: object) -> None:
    """An entry that has nothing locked cannot be said to have had something that nobody opens any more."""
    entries: list[Any] = log_of([b'{"n":1}', b'{"n":2}'])
    assert entries[1]["locked"] is None
    assert bad([entries[0], {**entries[1], "locked": value}]) == 2


def test_a_line_that_can_be_read_in_two_ways_is_no_entry(tmp_path: Path) -> None:
    """JSON does not say which value counts where a name stands twice, and who reads the export need not take ours. How
    lines end, whether they have spaces, and a line of nothing make no difference.
    """
    lines = [as_line(each) for each in log_of(VALUES)]
    path = tmp_path / "log.jsonl"

    def found(text: str) -> int | None:
        path.write_text(text, newline="")
        return bad(list(entries_in(path)))

    assert found("\n".join(lines)) is None
    assert found("\r\n".join([*lines, "", ""])) is None
    assert found("\n".join(json.dumps(json.loads(line), indent=None) for line in lines)) is None
    for name in ("payload", "_id", "chain"):
        twice = lines[2].replace(f'"{name}":', f'"{name}":"other","{name}":', 1)
        assert found("\n".join([*lines[:2], twice, *lines[3:]])) == 3
    assert found("\n".join([lines[0], "[" * 900 + "]" * 900])) == 2


@given(data=st.data())
def test_what_was_removed_moved_or_put_between_is_found(data: st.DataObject) -> None:
    """At the first place that is not as it was."""
    entries = log_of(VALUES)
    at = data.draw(st.integers(0, len(entries) - 2))
    assert bad(entries[:at] + entries[at + 1 :], _6=entries[-1]["chain"]) == at + 1
    assert bad([*entries[:at], entries[at + 1], entries[at], *entries[at + 2 :]]) == at + 1
    assert bad([*entries[:at], entries[-1], *entries[at:]]) == at + 1
    assert bad([*entries[: at + 1], *entries[at:]]) == at + 2


@pytest.mark.parametrize("strange", [None, 3, [], {}, "x", {"_id": 2}])
def test_what_is_no_entry_breaks_the_log_where_it_stands(strange: object) -> None:
    """A line that is no JSON, a line of something else, an entry with a field more or less."""
    entries: list[Any] = log_of(VALUES)
    assert bad([entries[0], strange, *entries[2:]]) == 2
    assert bad([strange]) == 1
    assert bad([entries[0], {**entries[1], "note": "approved"}]) == 2


def test_a_log_written_anew_is_found_by_what_was_noted() -> None:
    """Its entries follow from one another; a chain value that somebody noted before is not theirs."""
    before, anew = log_of(VALUES), log_of([b'{"n":"other"}', *VALUES[1:]])
    assert bad(anew) is None
    assert bad(anew, _4=before[3]["chain"]) == 4


def test_a_log_cut_off_at_its_end_is_found_by_what_was_noted() -> None:
    """The place after its last entry is the first that is missing."""
    entries = log_of(VALUES)
    assert bad(entries[:4], _6=entries[5]["chain"]) == 5
    assert bad([], _6=entries[5]["chain"]) == 1


def test_an_export_that_begins_later_needs_what_was_noted_before_it() -> None:
    """Without, nobody could tell what it goes on from; a note of a place that it does not hold is not passed over."""
    entries = log_of(VALUES)
    missing = verified(list(entries[3:])).ended()
    assert missing is not None
    assert missing.seq == 1
    assert "--noted 3:CHAIN" in missing.why
    assert bad(entries[3:], _3="0" * 64) == 4
    assert bad(entries[3:], _3=entries[2]["chain"], _1=entries[0]["chain"]) == 1


def test_an_export_is_verified_far_from_the_database(
    tmp_path: Path, given_to: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """What `export` prints is what `verify` takes; an entry edited in between is named, with exit code 1. What is private
    is in it only locked.
    """
    assert asyncio.run(_exported(log_of([b'{"text":"said in private"}', b"2"]))) == 0
    out = capsys.readouterr().out
    assert "said in private" not in out
    file = tmp_path / "log.jsonl"
    file.write_text(out)
    assert given_to("verify", str(file)) == 0
    said = capsys.readouterr().out
    assert said.startswith("whole: entries 1 to 2, nothing noted before")
    noted = said.split()[-1]
    assert given_to("verify", str(file), "--noted", noted) == 0
    assert "as noted at 2" in capsys.readouterr().out
    file.write_text(out.replace('"offset":1', '"offset":7'))
    assert given_to("verify", str(file)) == 1
    assert capsys.readouterr().out == "BROKEN at entry 2: it is not what was appended there\n"
    assert given_to("verify", str(file), "--json") == 1
    assert orjson.loads(capsys.readouterr().out)["first_bad"] == 2


async def test_a_log_is_verified_where_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    """A log without entries is said to have none."""
    log = MemoryLog()
    assert await verify(log.stream(), {}, as_json=False) == 0
    assert capsys.readouterr().out == "there are no entries\n"
    await log.append(log_of(VALUES))
    assert await verify(log.stream(), {}, as_json=True) == 0
    assert orjson.loads(capsys.readouterr().out)["last"] == 6
    assert await export(log, 4) == 0
    assert [orjson.loads(line)["_id"] for line in capsys.readouterr().out.splitlines()] == [5, 6]


def test_a_wrong_option_or_file_is_told(
    tmp_path: Path, given_to: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """In words, before anything is read."""
    assert given_to("verify", str(tmp_path / "none")) == 2
    assert "none cannot be read (No such file or directory)" in capsys.readouterr().err
    (tmp_path / "empty").write_text("\n")
    assert given_to("verify", str(tmp_path / "empty")) == 2
    assert "empty is empty: give what `bowchat-audit export` printed" in capsys.readouterr().err
    zeros, ones = "0" * 64, "1" * 64
    assert given_to("verify", "x", "--noted", f"3:{zeros}", "--noted", f"3:{ones}") == 2
    assert "two chain values" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        given_to("verify", "x", "--noted", "3:abc")
    assert "write an entry's number, a colon and its chain value" in capsys.readouterr().err


async def _exported(entries: list[Entry]) -> int:
    log = MemoryLog()
    await log.append(entries)
    return await export(log, 0)
