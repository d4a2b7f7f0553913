"""Entries of the log, as `bowchat-audit events` prints them."""

import json
from base64 import b64decode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bowchat_audit.commands import events
from bowchat_audit.domain import EMPTY, Entry, digest_of, entry
from bowchat_audit.entries import as_lines, as_object
from bowchat_audit.handlers import AuditHandler
from bowchat_audit.keys import LaneKeys, MemoryKeys
from bowchat_audit.memory import MemoryLog, NoHoles
from bowchat_contracts.envelope import Meta
from bowchat_contracts.ids import derived_id
from bowchat_runtime.records import Record
from bowchat_runtime.testing import run_batch

NOW = datetime(2026, 3, 2, 9, 10, tzinfo=UTC)
MESSAGE = derived_id("ms", "one")
KEY = bytes(32)


def record(value: bytes) -> Record:
    meta = Meta("ev_1", "bowchat.inbound.routed.v1", "/bowchat/router", NOW, "")
    return Record("inbound.routed", 3, 14, "cv_1", meta, None, value, 0)


def logged(value: bytes) -> Entry:
    return entry(
        record(value),
        EMPTY,
        dedup="one",
        digest=digest_of(value),
        appended_at="2026-03-02T09:10:00Z",
        key=lambda lane, at: KEY,
    )


def said(**fields: Any) -> str:
    """What people are shown of an event with these fields."""
    return as_lines(logged(orjson.dumps({"message_id": MESSAGE, **fields})), KEY)


async def test_the_command_prints_for_people_or_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    """Without `--json` a few short lines an entry, with it one object a line in which the event is an object itself."""
    log = MemoryLog()
    fields = {
        "message_id": MESSAGE,
        "insurer": "acme-motor",
        "text": "My knee",
        "reasons": ["holds AC-1"],
        "alias": None,
    }
    await run_batch(
        AuditHandler(log, LaneKeys(keys := MemoryKeys()), NoHoles()), [record(orjson.dumps(fields))], NOW
    )
    await events(log, keys, MESSAGE, as_json=False)
    assert capsys.readouterr().out == (
        "1  2026-03-02T09:10:00Z  bowchat.inbound.routed.v1  (inbound.routed, partition 3, offset 14)\n"
        f"    message_id: {MESSAGE}\n"
        "    insurer: acme-motor\n"
        "    text: My knee\n"
        '    reasons: ["holds AC-1"]\n'
    )
    await events(log, keys, MESSAGE, as_json=True)
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["data"] == fields
    assert "payload" not in json.loads(line)


@given(
    st.one_of(
        st.binary(max_size=60),
        st.dictionaries(
            st.text(), st.one_of(st.integers(), st.floats(), st.text(), st.none()), max_size=4
        ).map(lambda data: json.dumps(data).encode()),
        st.dictionaries(st.text(), st.one_of(st.floats(), st.text()), max_size=4).map(orjson.dumps),
    )
)
@example(b'{"text": "spaced"}')
@example(b'{"text":"twice","text":"over"}')
@example(b'{"n":1e16}')
@example(b'{"n":1e2,"huge":123456789012345678901234567890}')
def test_the_bytes_can_be_proved_with_what_is_printed(value: bytes) -> None:
    """The digest of an entry that is not erased is that of `payload`, or of `data` in compact JSON where there is none."""
    line = json.dumps(as_object(logged(value), KEY), ensure_ascii=False).encode(errors="surrogatepass")
    shown = json.loads(line)
    if "payload" not in shown:
        found = json.dumps(shown["data"], ensure_ascii=False, separators=(",", ":")).encode()
    elif shown["encoding"] == "utf-8":
        found = shown["payload"].encode()
    else:
        found = b64decode(shown["payload"])
    assert sha256(found).hexdigest() == shown["digest"]


def test_what_is_no_object_is_shown_as_it_came() -> None:
    """A record that nobody can read has its bytes in place of fields."""
    assert as_object(logged(b"[1]"), KEY)["data"] is None
    assert as_lines(logged(b"[1]"), KEY).splitlines()[1:] == ["    payload: [1]"]
    assert as_lines(logged(b"\xff"), KEY).splitlines()[1:] == ["    payload: /w=="]


def test_people_are_not_shown_what_only_machines_read() -> None:
    """A seal is named, a very long value is cut and says by how much."""
    assert "    sealed_identity: (sealed)" in said(sealed_identity="c2VhbA" * 100)
    assert said(text="a" * 520).endswith("    text: " + "a" * 500 + "… (20 characters more: --json)")


def test_what_people_wrote_commands_no_terminal() -> None:
    """Line breaks and control characters of a text are spelled out; letters of any script and emoji stay."""
    assert said(text="one\ntwo \x1b[2J\u202e नमस्ते 🚗").endswith("    text: one\\ntwo \\x1b[2J\\u202e नमस्ते 🚗")
