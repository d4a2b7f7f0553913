"""An entry of the log as it is printed: a few lines for people, or an object for machines."""

import json
from typing import Any

from bowchat_audit.domain import Entry, as_text, payload_of, value_of
from bowchat_audit.private import parsed

_LONGEST = 500
"""Characters of a value that people are shown. The longest are seals and parked records in base64."""
_NOT_AS_STORED = ("_id", "payload", "encoding", "locked")


def as_object(entry: Entry, key: bytes | None) -> dict[str, Any]:
    """The entry, with what its event says as `data`; `key` is its lane's, if there is one still.

    `erased` says that the private part is gone: its person was erased. `payload` (in `encoding`) has the bytes themselves
    where `data` as compact JSON is not the same bytes, so that `digest` can be checked with one or the other.
    """
    value = value_of(entry, key)
    known = payload_of(entry) if value is None else value
    data = parsed(known)
    made = {"seq": entry["_id"], **{name: each for name, each in entry.items() if name not in _NOT_AS_STORED}}
    made |= {"erased": value is None, "data": data}
    if data is None or json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode() != known:
        made["payload"], made["encoding"] = as_text(known)
    return made


def as_lines(entry: Entry, key: bytes | None) -> str:
    """The entry for people: what happened when and where it stands, then what it says, a field a line."""
    shown = as_object(entry, key)
    place = f"{shown['topic']}, partition {shown['partition']}, offset {shown['offset']}"
    head = [f"{shown['seq']}  {shown['time']}  {_plain(shown['type'])}  ({_plain(place)})"]
    gone = ["    (what was private in it is erased)"] if shown["erased"] else []
    said = {"payload": shown["payload"]} if shown["data"] is None else shown["data"]
    fields = [f"    {_plain(name)}: {_value(name, each)}" for name, each in said.items() if each is not None]
    return "\n".join([*head, *gone, *fields])


def _value(name: str, value: Any) -> str:
    if name.startswith("sealed_"):
        return "(sealed)"
    text = _plain(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    rest = len(text) - _LONGEST
    return text if rest <= 0 else f"{text[:_LONGEST]}… ({rest} characters more: --json)"


def _plain(text: str) -> str:
    """On one line, and without what would command a terminal."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
