"""Records and logs for the tests of the audit log."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bowchat_audit import domain
from bowchat_audit.domain import EMPTY, Entry, Tail
from bowchat_contracts.envelope import Meta
from bowchat_runtime.records import Record

KEY = bytes(range(32))
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def raw(
    value: bytes,
    *,
    topic: str = "inbound.routed",
    identity: str = "ev_1",
    kind: str = "bowchat.x.v1",
    offset: int = 0,
) -> Record:
    return Record(topic, 0, offset, "key", Meta(identity, kind, "/bowchat/x", NOW, ""), None, value, 0)


def made(record: Record, tail: Tail = EMPTY) -> Entry:
    digest = domain.digest_of(record.value)
    dedup = domain.dedup_key(record, digest)
    return domain.entry(
        record, tail, dedup=dedup, digest=digest, appended_at="2026-03-02T09:00:00Z", key=lambda *_: KEY
    )


def log_of(values: Sequence[bytes]) -> list[Entry]:
    entries: list[Entry] = []
    tail = EMPTY
    for offset, value in enumerate(values):
        entries.append(made(raw(value, identity=f"ev_{offset}", offset=offset), tail))
        tail = Tail(entries[-1]["_id"], entries[-1]["chain"])
    return entries
