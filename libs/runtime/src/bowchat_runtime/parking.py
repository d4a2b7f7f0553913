"""Parking: records that fail for a reason of their own are set aside, and their key's later records follow them.

The state is a fold over the topic `parked.<service>`: `RecordParked` adds to its lane, `RecordReleased` takes away. So it
survives any crash without a store, and whoever takes over a partition reads it before it goes on.

A lane is a topic and a key. While a lane holds parked records, new ones of it are parked behind them. A replay sends copies
of the parked records to their own topic again, marked with their park id; the service takes a copy only if it is the oldest
of its lane, so that order holds even when replays fail or are repeated. After the last release, records that stand before
the replayed copy are still out of order: they are parked too, by the lane's `floor`.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from bowchat_contracts.envelope import Event, Headers, Meta, from_headers, traceparent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.parking import RecordParked, RecordReleased
from bowchat_contracts.topics import PARKED
from bowchat_runtime.decoding import LOG_APPEND_TIME, headers_of, key_of
from bowchat_runtime.records import Outgoing, Record

PARK_ID_HEADER = "bowchat-park-id"

Lane = tuple[str, str | None]


class Verdict(Enum):
    """What to do with a record that has just been read."""

    PROCESS = "process"
    PARK = "park"
    """It stands behind a parked one."""
    SKIP = "skip"
    """A replayed copy whose turn it is not, or whose work is done: nothing is lost, the original is still parked."""


@dataclass
class ParkingState:
    """Which records are parked, per lane, oldest first."""

    lanes: dict[Lane, dict[str, RecordParked]] = field(default_factory=dict)
    floors: dict[Lane, int] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)

    def apply(self, event: Event) -> None:
        """Take in one event of the topic. Taking the same one twice changes nothing."""
        if isinstance(event, RecordParked) and event.park_id not in self.released:
            lane = (event.topic, event.key)
            self.lanes.setdefault(lane, {}).setdefault(event.park_id, event)
        elif isinstance(event, RecordReleased):
            self._release(event)

    def _release(self, event: RecordReleased) -> None:
        lane = (event.topic, event.key)
        self.released.add(event.park_id)
        self.floors[lane] = max(event.offset, self.floors.get(lane, 0))
        waiting = self.lanes.get(lane, {})
        waiting.pop(event.park_id, None)
        if not waiting:
            self.lanes.pop(lane, None)

    def verdict(self, lane: Lane, offset: int, park_id: str | None) -> Verdict:
        waiting = self.lanes.get(lane)
        if park_id is not None:
            return Verdict.PROCESS if waiting and next(iter(waiting)) == park_id else Verdict.SKIP
        # A key that is None says nothing about order, so nothing waits behind it.
        if lane[1] is None:
            return Verdict.PROCESS
        return Verdict.PARK if waiting or offset < self.floors.get(lane, 0) else Verdict.PROCESS

    def oldest(self, lane: Lane) -> str | None:
        return next(iter(self.lanes.get(lane, {})), None)

    @property
    def outstanding(self) -> int:
        return sum(map(len, self.lanes.values()))

    def fork(self, lanes: Iterable[Lane]) -> "ParkingState":
        """A copy for one batch, of its lanes alone, so that a batch that is decided again starts from the same state."""
        if not self.lanes and not self.floors:
            return ParkingState(released=self.released)
        wanted = set(lanes)
        return ParkingState(
            lanes={lane: dict(self.lanes[lane]) for lane in wanted & self.lanes.keys()},
            floors={lane: self.floors[lane] for lane in wanted & self.floors.keys()},
            released=self.released,
        )


def park_id_of(raw: Any) -> str | None:
    """The park id that a replayed copy carries."""
    for name, value in headers_of(raw):
        if name == PARK_ID_HEADER:
            return str(value.decode(errors="replace"))
    return None


def lane_of(raw: Any) -> Lane:
    return raw.topic, key_of(raw)


def as_first_written(record: Record, raw: Any, state: ParkingState) -> Record:
    """A replayed copy with the time of the record that was parked. The state knows it; a header could be anybody's word."""
    if not state.lanes:
        return record
    original = state.lanes.get(lane_of(raw), {}).get(park_id_of(raw) or "")
    if original is None or original.written_ms is None:
        return record
    return record._replace(timestamp_ms=original.written_ms, broker_time=original.broker_time)


def parked(raw: Any, service: str, reason: str, now: datetime) -> Outgoing:
    """The event that sets a record aside. Its id is derived from the record's position, so parking twice is parking once."""
    park_id = derived_id("pk", service, raw.topic, str(raw.partition), str(raw.offset))
    event = RecordParked(
        park_id=park_id,
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        key=key_of(raw),
        headers=tuple((name, base64.b64encode(value).decode()) for name, value in headers_of(raw)),
        value=base64.b64encode(raw.value or b"").decode(),
        reason=reason,
        parked_at=now,
        written_ms=raw.timestamp,
        broker_time=raw.timestamp_type == LOG_APPEND_TIME,
    )
    return _outgoing(service, event, f"{park_id}/parked", now, headers_of(raw))


def released(raw: Any, service: str, park_id: str, now: datetime) -> Outgoing:
    """The event that ends a parked record's wait. It leaves after everything the record caused."""
    event = RecordReleased(
        park_id=park_id, topic=raw.topic, key=key_of(raw), offset=raw.offset, released_at=now
    )
    # The highest stage: it leaves after everything else of the batch.
    return _outgoing(service, event, f"{park_id}/released", now, headers_of(raw))._replace(stage=9)


def discarded(event: RecordParked, service: str, now: datetime) -> Outgoing:
    """The event that gives a parked record up, so that those behind it can go on."""
    release = RecordReleased(
        park_id=event.park_id, topic=event.topic, key=event.key, offset=event.offset, released_at=now
    )
    return _outgoing(service, release, f"{event.park_id}/released", now, ())


def _outgoing(
    service: str, event: RecordParked | RecordReleased, seed: str, now: datetime, headers: Headers
) -> Outgoing:
    trace = traceparent(seed, service, parent=_trace(headers))
    meta = Meta(derived_id("ev", seed), event.type, f"/bowchat/{service}", now, trace)
    return Outgoing(PARKED.format(service=service), event.key or "none", event, meta)


def _trace(headers: Headers) -> str:
    try:
        return from_headers(headers).traceparent
    except ValueError:
        return ""
