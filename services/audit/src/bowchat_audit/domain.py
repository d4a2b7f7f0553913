"""What an entry of the log is, and when records are missing.

An entry is a plain dictionary, as it is stored: one is made for every event of every topic. `chain` is SHA-256 over the
entry before it and over all of this one's fields (payload and locked value by their digest): changing, removing or
reordering any entry breaks every later one. An erasure changes no entry: it destroys the keys of locked values (`private`).

Beside the entries, every batch leaves a note of what it read of each partition, before its offsets are committed; so the
notes reach as far as anything that was ever committed, duplicates that added no entry among it. A record further on than
the one behind the last note means that something was lost before it was audited, unless the broker says that nothing ever
stood between (`holes`). Records before that are read again after
a crash, and are no jump. The first record ever seen of a partition may have any offset, since the log may be younger than
the topic.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, TypedDict

import orjson
from pydantic import ValidationError

from bowchat_audit.private import lock, new_key, opened, parsed, public_part_of
from bowchat_contracts.envelope import rfc3339
from bowchat_contracts.erasure import RefsForgotten, SubjectErased
from bowchat_contracts.topics import (
    INSURER_REPLIES_PATTERN,
    REFS_FORGOTTEN,
    REPLIES_UNADDRESSED,
    SUBJECTS_ERASED,
)
from bowchat_runtime.records import Record

UNREADABLE = "unreadable"
GAP_ACCEPTED = "bowchat.audit.gap_accepted.v1"
"""An entry that a person makes: what was lost, and why the log goes on."""

_SUBJECT_FIELDS = (
    "message_id", "conversation_id", "contact_id", "insurer_message_id", "alias", "thread_id", "reply_key",
    "delivery_id", "subject_id", "clock_id", "park_id", "command_id", "prompt_id",
)  # fmt: skip
# Insurers write these fields themselves; only what has the form of an identifier of ours is one.
_IDENTIFIER = re.compile(r"[a-z]{2}_[a-p]{32}")
_INSURER_WROTE = re.compile(INSURER_REPLIES_PATTERN)

Partition = tuple[str, int]
"""A topic and the number of one of its partitions."""


class Entry(TypedDict):
    """One event in the log."""

    _id: int
    """Its place: 1, 2, 3 …"""
    event_id: str
    dedup: str
    """What makes two records the same event; unique in the log."""
    topic: str
    partition: int
    offset: int
    type: str
    source: str
    time: str
    """When it happened, by its writer, RFC 3339."""
    appended_at: str
    key: str | None
    subjects: list[str]
    """The identifiers the event speaks of."""
    payload: str
    """The record's value as received, or its public part where there is a `locked` one; base64 where it is not UTF-8
    (`encoding` says so)."""
    encoding: str
    lane: str | None
    """Whose key locks the value; None where nothing in it is private."""
    locked: str | None
    """The value as received, encrypted under the lane's key, bound to `dedup`."""
    stored: str
    """SHA-256 of payload and locked value as they stand here, in hexadecimal."""
    digest: str
    """SHA-256 of the value as received, in hexadecimal."""
    chain: str


@dataclass(frozen=True, slots=True)
class Tail:
    """The log's last entry: its place and its chain value."""

    seq: int
    chain: str


EMPTY = Tail(0, "0" * 64)


@dataclass(frozen=True, slots=True)
class Known:
    """An event that the log has: where its record stood and what it said."""

    position: str
    digest: str


@dataclass(frozen=True, slots=True)
class Read:
    """What one batch read of a partition: the offsets `first` to `last`, those of duplicates in `absorbed`."""

    partition: Partition
    first: int
    last: int
    absorbed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """Records `first` to `last` of a partition were never seen."""

    partition: Partition
    first: int
    last: int


def dedup_key(record: Record, digest: str) -> str:
    """What makes two records the same event: topic and CloudEvents id.

    An insurer chooses the ids of its own replies and may use one twice for different texts, so there the content counts as
    well. A record without an envelope is only the same as itself.
    """
    if record.meta.type == UNREADABLE:
        return record.position
    if _INSURER_WROTE.match(record.topic):
        return f"{record.topic}/{record.meta.id}/{digest}"
    return f"{record.topic}/{record.meta.id}"


def digest_of(value: bytes) -> str:
    return sha256(value).hexdigest()


def lane_of(record: Record) -> str:
    """Whose key locks what is private in a record: everything under one Kafka key is about one person."""
    return record.key or record.topic


def _lane_key(record: Record, lane: str, key: Callable[[str, datetime], bytes]) -> bytes:
    """An insurer's whole phone stands under one key: nobody's own, so an erasure could not take it away. What it wrote is
    kept where the reply is logged under its alias; here nobody keeps the key.
    """
    return new_key() if record.topic == REPLIES_UNADDRESSED else key(lane, record.meta.time)


def entry(
    record: Record,
    tail: Tail,
    *,
    dedup: str,
    digest: str,
    appended_at: str,
    key: Callable[[str, datetime], bytes],
) -> Entry:
    """The entry that puts this record behind the tail. Takes any record: a log that chooses is none.

    `key` gives a lane's key for a record of this time; it is asked only where something is private.
    """
    data = parsed(record.value)
    public = public_part_of(record.value, data)
    lane = None if public is None else lane_of(record)
    payload, encoding = as_text(record.value if public is None else public)
    locked = None if lane is None else lock(_lane_key(record, lane, key), record.value, dedup)
    meta = record.meta
    made = Entry(
        _id=tail.seq + 1,
        event_id=meta.id,
        dedup=dedup,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        type=meta.type,
        source=meta.source,
        time=rfc3339(meta.time),
        appended_at=appended_at,
        key=record.key,
        subjects=_subjects(data),
        payload=payload,
        encoding=encoding,
        lane=lane,
        locked=locked,
        stored=_stored(payload, locked),
        digest=digest,
        chain="",
    )
    made["chain"] = chained(tail.chain, made)
    return made


def forgotten_by(record: Record) -> SubjectErased | RefsForgotten | None:
    """What this record says of lanes whose keys are to be destroyed. Only the relay's own topics can say so."""
    try:
        if record.topic == SUBJECTS_ERASED:
            return SubjectErased.model_validate_json(record.value)
        if record.topic == REFS_FORGOTTEN:
            return RefsForgotten.model_validate_json(record.value)
    except ValidationError:
        return None
    return None


def gap_accepted(gap: Gap, tail: Tail, *, reason: str, now: datetime) -> Entry:
    """The entry that says: these records are lost, a person knows, the log goes on."""
    topic, partition = gap.partition
    payload = orjson.dumps({"first": gap.first, "last": gap.last, "reason": reason})
    identity = f"gap/{topic}/{partition}/{gap.first}/{gap.last}"
    made = Entry(
        _id=tail.seq + 1,
        event_id=identity,
        dedup=identity,
        topic=topic,
        partition=partition,
        offset=gap.last,
        type=GAP_ACCEPTED,
        source="/bowchat/audit",
        time=rfc3339(now),
        appended_at=rfc3339(now),
        key=None,
        subjects=[],
        payload=payload.decode(),
        encoding="utf-8",
        lane=None,
        locked=None,
        stored=_stored(payload.decode(), None),
        digest=digest_of(payload),
        chain="",
    )
    made["chain"] = chained(tail.chain, made)
    return made


def chained(before: str, made: Entry) -> str:
    """The chain value of an entry behind the one whose chain value is `before`."""
    fields = (
        before, made["_id"], made["event_id"], made["dedup"], made["topic"], made["partition"], made["offset"],
        made["type"], made["source"], made["time"], made["appended_at"], made["key"], made["subjects"],
        made["encoding"], made["lane"], made["stored"], made["digest"],
    )  # fmt: skip
    return sha256(orjson.dumps(fields)).hexdigest()


def follows(tail: Tail, made: Entry) -> bool:
    """Whether this is what was appended behind the tail."""
    return made["_id"] == tail.seq + 1 and _is_whole(made) and made["chain"] == chained(tail.chain, made)


def first_break(before: Tail, entries: list[Entry]) -> int | None:
    """The place of the first entry that does not follow from the one before it or is not what was appended."""
    tail = before
    for each in entries:
        if not follows(tail, each):
            return tail.seq + 1
        tail = Tail(each["_id"], each["chain"])
    return None


def payload_of(made: Entry) -> bytes:
    """What of the record's value anybody may read for ever."""
    from_text = made["payload"].encode()
    return from_text if made["encoding"] == "utf-8" else _decoded(from_text)


def value_of(made: Entry, key: bytes | None) -> bytes | None:
    """The record's value as received; None where its lane's key is gone, is another, or it is not what was logged."""
    if made["locked"] is None:
        return payload_of(made)
    value = None if key is None else opened(key, made["locked"], made["dedup"])
    return value if value is not None and digest_of(value) == made["digest"] else None


def contiguous(ends: dict[Partition, int], records: list[Partition], offsets: list[int]) -> Gap | None:
    """The first gap in these records behind the known ends, which move on as far as there is none."""
    for partition, offset in zip(records, offsets, strict=True):
        end = ends.get(partition)
        if end is not None and offset > end + 1:
            return Gap(partition, end + 1, offset - 1)
        ends[partition] = offset if end is None else max(end, offset)
    return None


def _is_whole(made: Entry) -> bool:
    """What is stored is what the entry says; where nothing is locked, it is also what was received."""
    if made["locked"] is not None and not made["locked"]:
        # It has the digest of nothing locked, and would be shown as erased.
        return False
    as_received = made["lane"] is not None or made["digest"] == digest_of(payload_of(made))
    return as_received and made["stored"] == _stored(made["payload"], made["locked"])


def _stored(payload: str, locked: str | None) -> str:
    return sha256(f"{payload}\n{locked or ''}".encode(errors="surrogatepass")).hexdigest()


def as_text(value: bytes) -> tuple[str, str]:
    """The bytes as text, and in which encoding."""
    try:
        return value.decode(), "utf-8"
    except UnicodeDecodeError:
        return b64encode(value).decode(), "base64"


def _decoded(text: bytes) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""


def _subjects(data: dict[str, Any] | None) -> list[str]:
    if data is None:
        return []
    found = [data[name] for name in _SUBJECT_FIELDS if name in data]
    return [each for each in found if isinstance(each, str) and _IDENTIFIER.fullmatch(each)]
