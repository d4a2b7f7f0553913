"""The one consumer loop: a batch is read, decided, saved, published, committed, in this order.

At least once inside, effect once at each edge: a crash anywhere repeats a step and never loses one, because saves are
idempotent, identifiers are derived, and offsets are committed last and explicitly.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import structlog
from aiokafka import TopicPartition

from bowchat_contracts.parking import RecordParked
from bowchat_runtime import metrics
from bowchat_runtime.clock import Clock
from bowchat_runtime.commits import Commits
from bowchat_runtime.decoding import decode, headers_of
from bowchat_runtime.errors import ConflictError, DependencyDownError, RejectError
from bowchat_runtime.logging import where
from bowchat_runtime.parking import (
    Lane,
    ParkingState,
    Verdict,
    as_first_written,
    lane_of,
    park_id_of,
    parked,
    released,
)
from bowchat_runtime.publisher import Publisher
from bowchat_runtime.records import Outgoing, Record, Subscription

log = structlog.get_logger()

ATTEMPTS = 3
"""How often a record that fails for its own reason is tried before it is parked."""
CONFLICTS, CONFLICTS_WHOLE = 20, 3
"""How often what conflicts is decided again at once: a record, and a batch. A batch is then done in halves, for the longer
it takes, the likelier somebody else is quicker, and its own records may be at odds. A record that conflicts still waits
before each further try."""
_BACKOFF_FIRST_S, _BACKOFF_MOST_S = 0.1, 10.0

Raw = Any
"""aiokafka's `ConsumerRecord`."""


@dataclass
class _Batch:
    """One batch on its way: what is to be done, what was set aside, what is to be published."""

    parking: ParkingState
    records: list[tuple[Raw, Record]] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)


class BatchLoop:
    """Processes the batches of one subscription."""

    def __init__(
        self,
        service: str,
        subscription: Subscription[Any],
        publisher: Publisher,
        parking: ParkingState,
        clock: Clock,
    ) -> None:
        self.subscription = subscription
        self._service, self._publisher, self._parking, self._clock = service, publisher, parking, clock
        self._handler = subscription.handler
        self.commits = Commits(subscription.name, self.forget)
        self.busy = asyncio.Lock()
        self.backing_off: str | None = None
        """Why the loop waits, or None while it works."""
        self.in_hand: dict[TopicPartition, int] = {}
        """The first offset of each partition in the batch that is being worked on."""
        self.steps = 0
        """How often a batch, or a part of one, was done: it grows as long as anything moves."""

    def forget(self) -> None:
        """Drop what the handler has cached: partitions have moved."""
        self._handler.forget()

    async def process(self, raws: Sequence[Raw], consumer: Any) -> None:
        """Work until the batch is done, or is not ours any more. Its commit follows soon."""
        async with self.busy:
            started = time.perf_counter()
            self.in_hand = {TopicPartition(raw.topic, raw.partition): raw.offset for raw in reversed(raws)}
            finished = await self._until_done(raws, lambda: self._still_ours(raws, consumer))
            self.in_hand = {}
            if not finished:
                log.warning("batch_abandoned", subscription=self.subscription.name, records=len(raws))
                return
            await self._done(raws, consumer)
            self._measure(raws, time.perf_counter() - started)

    async def _until_done(self, raws: Sequence[Raw], ours: Callable[[], bool]) -> bool:
        """Attempt the batch until it is done; False when its partitions have moved away meanwhile."""
        waits, failures, conflicts = 0, 0, 0
        while True:
            try:
                await self._attempt(raws)
            except ConflictError:
                metrics.CONFLICTS.labels(self._service).inc()
                self._handler.forget()
                conflicts += 1
                if conflicts >= CONFLICTS_WHOLE and len(raws) > 1:
                    return await self._in_halves(raws, ours)
                if conflicts >= CONFLICTS:
                    await asyncio.sleep(backoff_s(conflicts - CONFLICTS, random.random()))  # noqa: S311 - jitter
            except DependencyDownError as error:
                self._handler.forget()
                self._note(str(error))
                await asyncio.sleep(backoff_s(waits, random.random()))  # noqa: S311 - jitter, no secret
                waits += 1
            except Exception as error:
                self._handler.forget()
                failures += 1
                log.exception(
                    "batch_failed", subscription=self.subscription.name, records=len(raws), attempt=failures
                )
                if failures >= ATTEMPTS:
                    return await self._isolate(raws, error, ours)
            else:
                self._note(None)
                self.steps += 1
                return True
            if not ours():
                return False

    async def _isolate(self, raws: Sequence[Raw], error: Exception, ours: Callable[[], bool]) -> bool:
        """A batch fails as a whole: find the record that it is, and park that one alone."""
        if len(raws) > 1:
            return await self._one_by_one(raws, ours)
        batch = _Batch(self._parking.fork([lane_of(raws[0])]))
        self._park(batch, raws[0], _told(error))
        await self._finish(batch)
        return True

    async def _in_halves(self, raws: Sequence[Raw], ours: Callable[[], bool]) -> bool:
        middle = len(raws) // 2
        return await self._until_done(raws[:middle], ours) and await self._until_done(raws[middle:], ours)

    async def _one_by_one(self, raws: Sequence[Raw], ours: Callable[[], bool]) -> bool:
        for raw in raws:
            if not await self._until_done([raw], ours):
                return False
        return True

    async def _attempt(self, raws: Sequence[Raw]) -> None:
        batch = self._sorted(raws)
        state = await self._handler.load([record for _, record in batch.records])
        now = self._clock()
        for raw, record in batch.records:
            self._decide(batch, raw, record, state, now)
        await self._handler.save(state)
        await self._finish(batch)

    def _sorted(self, raws: Sequence[Raw]) -> _Batch:
        """Decode what may be processed; park what cannot be read or stands behind a parked record."""
        batch = _Batch(self._parking.fork(map(lane_of, raws)))
        for raw in raws:
            if not self.subscription.concerns(raw) and park_id_of(raw) is None:
                continue
            try:
                record = decode(raw, undecoded=self.subscription.raw)
                batch.records.append((raw, as_first_written(record, raw, batch.parking)))
            except RejectError as error:
                if park_id_of(raw) is None:
                    self._park(batch, raw, str(error))
                else:  # it is parked already, and stands where it stood
                    log.exception("replay_unreadable", topic=raw.topic, offset=raw.offset, reason=str(error))
        return batch

    def _decide(self, batch: _Batch, raw: Raw, record: Record, state: Any, now: datetime) -> None:
        lane, park_id = (record.topic, record.key), park_id_of(record)
        verdict = self._verdict(batch, lane, raw.offset, park_id)
        if verdict is Verdict.SKIP:
            log.warning("replay_skipped", topic=raw.topic, position=record.position)
            return
        if verdict is Verdict.PARK:
            self._park(batch, raw, _behind(batch.parking, lane))
            return
        try:
            batch.outgoing += self._tried(record, state, now)
        except Exception as error:
            reason = _told(error)
            if park_id is None:
                self._park(batch, raw, reason)
            log.exception("record_failed", topic=raw.topic, position=record.position, reason=reason)
            return
        if park_id is not None and not self.subscription.raw:
            release = released(raw, self._service, park_id, now)
            batch.parking.apply(release.event)
            batch.outgoing.append(release)

    def _verdict(self, batch: _Batch, lane: Lane, offset: int, park_id: str | None) -> Verdict:
        # The audit log takes everything as it comes: parking is the business of who acts on a record.
        return Verdict.PROCESS if self.subscription.raw else batch.parking.verdict(lane, offset, park_id)

    def _tried(self, record: Record, state: Any, now: datetime) -> Sequence[Outgoing]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._handler.decide(record, state, now)
            except RejectError:
                raise
            except Exception:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def _park(self, batch: _Batch, raw: Raw, reason: str) -> None:
        outgoing = parked(raw, self._service, reason, self._clock())
        batch.parking.apply(outgoing.event)
        batch.outgoing.append(outgoing)
        log.error("record_parked", topic=raw.topic, partition=raw.partition, offset=raw.offset, reason=reason)

    async def _finish(self, batch: _Batch) -> None:
        await self._publisher.publish(batch.outgoing)
        for each in batch.outgoing:
            if isinstance(each.event, RecordParked):
                metrics.PARKED.labels(self._service, each.event.topic).inc()
            self._parking.apply(each.event)
        metrics.PARKED_OUTSTANDING.labels(self._service).set(self._parking.outstanding)

    def _still_ours(self, raws: Sequence[Raw], consumer: Any) -> bool:
        return any(TopicPartition(raw.topic, raw.partition) in consumer.assignment() for raw in raws)

    async def _done(self, raws: Sequence[Raw], consumer: Any) -> None:
        """Exactly what was done is owed a commit."""
        ends = {TopicPartition(raw.topic, raw.partition): raw.offset + 1 for raw in raws}
        ours = {each: offset for each, offset in ends.items() if each in consumer.assignment()}
        await self.commits.owe(ours, consumer)

    def _note(self, reason: str | None) -> None:
        if reason and reason != self.backing_off:
            log.warning("dependency_down", subscription=self.subscription.name, reason=reason)
        self.backing_off = reason
        metrics.DEPENDENCY_DOWN.labels(self._service, self.subscription.name).set(1 if reason else 0)

    def _measure(self, raws: Sequence[Raw], seconds: float) -> None:
        labels = self._service, self.subscription.name
        metrics.BATCH_SECONDS.labels(*labels).observe(seconds)
        metrics.BATCH_RECORDS.labels(*labels).observe(len(raws))
        now_ms = self._clock().timestamp() * 1000
        for topic, found in groupby(raws, key=_topic):
            written_ms = [raw.timestamp for raw in found]
            hop = metrics.HOP_SECONDS.labels(self._service, topic)
            for each in written_ms:
                hop.observe(max(0.0, (now_ms - each) / 1000))
            metrics.RECORDS.labels(self._service, topic).inc(len(written_ms))
        log.info(
            "batch_done",
            subscription=self.subscription.name,
            records=len(raws),
            seconds=round(seconds, 4),
            trace_ids=[_trace_id(raw) for raw in raws[:100]],
        )


def backoff_s(waits: int, jitter: float) -> float:
    """Seconds to wait after this many waits: doubling to a bound, spread by `jitter` in [0, 1)."""
    return float(min(_BACKOFF_MOST_S, _BACKOFF_FIRST_S * 2.0 ** min(waits, 20))) * (0.5 + jitter / 2)


def _behind(parking: ParkingState, lane: Lane) -> str:
    oldest = parking.oldest(lane)
    return f"behind {oldest}" if oldest else "before its replayed predecessor"


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, RejectError) else where(error)


def _topic(raw: Raw) -> str:
    return str(raw.topic)


def _trace_id(raw: Raw) -> str:
    for name, value in headers_of(raw):
        if name == "traceparent":
            return str(value[3:35].decode(errors="replace"))
    return ""
