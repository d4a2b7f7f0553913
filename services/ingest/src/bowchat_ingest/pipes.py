"""The rules of ingest in a shell pipe: read a webhook, and turn numbers into refs."""

import csv
import io
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from bowchat_ingest.channels.whatsapp_cloud import parse
from bowchat_ingest.domain import events_of
from bowchat_ingest.identity import Pseudonyms, number_ref
from bowchat_ingest.numbers import NO_NUMBER, digits_of
from bowchat_runtime.key_ring import KeyRing
from bowchat_runtime.records import Outgoing
from bowchat_runtime.seal import Sealer, new_keysets

_SEALED: Any = {"sealed_identity": True, "content": {"sealed_media"}}


def parser(clock: Callable[[], datetime]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A function from one webhook body to its events and ignored parts.

    Its keys are made anew each time and thrown away: the refs tell people of one run apart and stand for nobody.
    """
    _, public = new_keysets()
    ring = KeyRing(secrets.token_bytes(32))
    pseudonyms = Pseudonyms(lambda: ring, secrets.token_bytes(32), Sealer(public.encode()))

    def read(body: dict[str, Any]) -> dict[str, Any]:
        now = clock()
        parsed = parse(body, now)
        return {
            "events": [_shown(each) for each in events_of(parsed.items, pseudonyms, now)],
            "ignored": [{"reason": reason} for reason in parsed.ignored],
        }

    return read


def _shown(outgoing: Outgoing) -> dict[str, Any]:
    data = outgoing.event.model_dump(mode="json", exclude=_SEALED, exclude_none=True)
    return {"type": outgoing.meta.type, "id": outgoing.meta.id, "topic": outgoing.topic, "data": data}


def with_refs(lines: Iterable[str], ref_key: bytes) -> tuple[str, list[str]]:
    """A CSV whose `phone` column became `contact_ref`, and what is wrong with it: by line and field, without a value."""
    rows = csv.DictReader(lines, strict=True)
    names = rows.fieldnames or []
    if names.count("phone") != 1 or "contact_ref" in names:
        return "", ['line 1: there must be one column "phone", and none "contact_ref"']
    written, wrong = io.StringIO(), []
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow("contact_ref" if name == "phone" else name for name in names)
    for row in rows:
        problem = _problem(row)
        if problem:
            wrong.append(f"line {rows.line_num}, {problem}")
            continue
        writer.writerow(_ref(row[name], ref_key) if name == "phone" else row[name] for name in names)
    return written.getvalue(), wrong


def _problem(row: dict[str, Any]) -> str | None:
    if None in row or None in row.values():
        return "fields: their count differs from the header's"
    if digits_of(row["phone"]) is None:
        return f"phone: {NO_NUMBER}"
    return None


def _ref(phone: str, ref_key: bytes) -> str:
    return number_ref(ref_key, digits_of(phone) or "")
