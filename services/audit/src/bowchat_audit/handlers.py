"""Appending: every record of every topic, once, in order."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

import structlog

from bowchat_audit import domain, metrics
from bowchat_audit.domain import Entry, Gap, Known, Partition, Read, Tail
from bowchat_audit.errors import LogBrokenError
from bowchat_audit.holes import Holes
from bowchat_audit.keys import LaneKeys
from bowchat_audit.store import LogStore
from bowchat_contracts.envelope import rfc3339
from bowchat_contracts.erasure import RefsForgotten, SubjectErased
from bowchat_runtime.errors import DependencyDownError
from bowchat_runtime.records import Outgoing, Record

log = structlog.get_logger()


@dataclass
class Append:
    """One batch on its way into the log."""

    tail: Tail
    known: dict[str, Known]
    entries: list[Entry] = field(default_factory=list)
    reads: dict[Partition, Read] = field(default_factory=dict)
    forgotten: list[SubjectErased | RefsForgotten] = field(default_factory=list)
    """Who is to be forgotten: their lanes' keys are destroyed."""
    appended_at: tuple[datetime, str] | None = None
    """The last `now` and its text, so that a batch does not format one moment five hundred times."""


class AuditHandler:
    """Appends what it is given. It decides nothing, publishes nothing and parks nothing.

    Duplicates are rare, so a batch is appended without asking first; the unique index refuses one that holds a duplicate, or
    a place that another worker took. Only then, and after every start, does a batch ask which of its events are known.
    """

    def __init__(self, store: LogStore, keys: LaneKeys, holes: Holes) -> None:
        self._store, self._keys, self._holes = store, keys, holes
        self._tail: Tail | None = None
        self._ends: dict[Partition, int] = {}
        self._broken: asyncio.Event = asyncio.Event()
        self._reason = ""

    async def load(self, records: Sequence[Record]) -> Append:
        await self._check_contiguous(records)
        await self._keys.load({domain.lane_of(record) for record in records})
        if self._tail is not None:
            return Append(self._tail, {})
        dedups = [domain.dedup_key(record, domain.digest_of(record.value)) for record in records]
        return Append(await self._store.tail(), await self._store.known(dedups))

    def decide(self, record: Record, state: Append, now: datetime) -> Sequence[Outgoing]:
        digest = domain.digest_of(record.value)
        dedup = domain.dedup_key(record, digest)
        known = state.known.get(dedup)
        if known is None:
            made = domain.entry(
                record,
                state.tail,
                dedup=dedup,
                digest=digest,
                appended_at=_text(state, now),
                key=self._keys.key,
            )
            state.entries.append(made)
            state.tail = Tail(made["_id"], made["chain"])
            state.known[dedup] = Known(record.position, digest)
        duplicate = known is not None and known.position != record.position
        if known is not None and duplicate:
            _count_duplicate(record, contradicts=known.digest != digest)
        _read(state, record, duplicate=duplicate)
        if (forgotten := domain.forgotten_by(record)) is not None:
            state.forgotten.append(forgotten)
        return ()

    async def save(self, state: Append) -> None:
        # Whatever goes wrong below, the next batch asks the store how far the log is.
        self._tail = None
        await self._keys.save()
        if state.entries:
            await self._store.append(state.entries)
        for each in state.forgotten:
            await self._keys.destroy(each.lanes, each.at)
        await self._store.note(list(state.reads.values()))
        self._tail = state.tail
        _count_appended(state)

    def forget(self) -> None:
        """Other workers may have appended, and partitions may have moved there and back."""
        self._tail = None
        self._ends.clear()
        self._keys.forget()

    async def watch(self) -> None:
        """Wait for a gap, and end the process: a log with a hole must not look healthy.

        Errors: `LogBrokenError`, always.
        """
        await self._broken.wait()
        raise LogBrokenError(self._reason)

    async def _check_contiguous(self, records: Sequence[Record]) -> None:
        partitions = [(record.topic, record.partition) for record in records]
        offsets = [record.offset for record in records]
        for unknown in set(partitions) - self._ends.keys():
            await self._reread_end(unknown)
        while (gap := domain.contiguous(self._ends, partitions, offsets)) is not None:
            # Only the store decides: another worker may have appended what this one never saw.
            await self._reread_end(gap.partition)
            if domain.contiguous(self._ends, partitions, offsets) != gap:
                continue
            if not await self._holes.is_hole(gap):
                self._stop(gap)
            self._ends[gap.partition] = gap.last

    async def _reread_end(self, partition: Partition) -> None:
        end = await self._store.end(partition)
        if end is not None:
            self._ends[partition] = max(end, self._ends.get(partition, end))

    def _stop(self, gap: Gap) -> NoReturn:
        topic, partition = gap.partition
        self._reason = (
            f"records {gap.first} to {gap.last} of {topic}, partition {partition}, were lost before they were audited. "
            f"Find out why, then go on with: bowchat-audit accept-gap {topic} {partition} {gap.last} --reason TEXT"
        )
        metrics.BROKEN.set(1)
        log.critical("audit_gap", topic=topic, partition=partition, first=gap.first, last=gap.last)
        self._broken.set()
        # The loop keeps the batch and commits nothing while `watch` ends the process.
        raise DependencyDownError("the audit log has stopped at a gap")


def _text(state: Append, now: datetime) -> str:
    if state.appended_at is None or state.appended_at[0] != now:
        state.appended_at = (now, rfc3339(now))
    return state.appended_at[1]


def _read(state: Append, record: Record, *, duplicate: bool) -> None:
    partition = (record.topic, record.partition)
    before = state.reads.get(partition)
    first, absorbed = (before.first, before.absorbed) if before else (record.offset, ())
    if duplicate:
        absorbed = (*absorbed, record.offset)
    state.reads[partition] = Read(partition, first, record.offset, absorbed)


def _count_duplicate(record: Record, *, contradicts: bool) -> None:
    metrics.ABSORBED.labels(record.topic).inc()
    if contradicts:
        metrics.CONTRADICTIONS.labels(record.topic).inc()
        log.warning("duplicate_contradicts", position=record.position)


def _count_appended(state: Append) -> None:
    for topic, number in Counter(each["topic"] for each in state.entries).items():
        metrics.APPENDED.labels(topic).inc(number)
    for each in state.entries:
        if each["type"] == domain.UNREADABLE:
            metrics.UNREADABLE.labels(each["topic"]).inc()
    metrics.LAST_SEQ.set(state.tail.seq)
