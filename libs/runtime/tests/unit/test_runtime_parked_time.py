"""The time of a record that was set aside and comes back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from aiokafka import TopicPartition

from bowchat_contracts.envelope import Meta, to_headers, traceparent
from bowchat_contracts.insurer import InsurerReply
from bowchat_contracts.parking import RecordParked
from bowchat_contracts.pii import MessageText
from bowchat_runtime.loop import BatchLoop
from bowchat_runtime.parking import PARK_ID_HEADER, ParkingState
from bowchat_runtime.records import Outgoing, Record, Subscription
from bowchat_runtime.testing import MemoryPublisher

TOPIC = "insurer.acme.replies"
FIRST_MS, LATER_MS = 1_767_225_600_000, 1_767_229_200_000
LOG_APPEND_TIME = 1


@dataclass(frozen=True)
class Raw:
    """What aiokafka hands over."""

    offset: int
    timestamp: int
    headers: tuple[tuple[str, bytes], ...]
    value: bytes
    key: bytes = b"a"
    topic: str = TOPIC
    partition: int = 0
    timestamp_type: int = LOG_APPEND_TIME


class Consumer:
    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition(TOPIC, 0)}

    async def commit(self, offsets: Any) -> None: ...


class Noting:
    """Notes the times it was given; fails while it is broken."""

    def __init__(self) -> None:
        self.broken = False
        self.times: list[tuple[int, bool]] = []

    async def load(self, records: Sequence[Record]) -> None: ...

    def decide(self, record: Record, state: None, now: datetime) -> Sequence[Outgoing]:
        if self.broken:
            raise ValueError
        self.times.append((record.timestamp_ms, record.broker_time))
        return ()

    async def save(self, state: None) -> None: ...

    def forget(self) -> None: ...


def build() -> tuple[Noting, BatchLoop, MemoryPublisher]:
    handler, publisher = Noting(), MemoryPublisher()
    now = datetime.fromtimestamp(LATER_MS / 1000, UTC)
    loop = BatchLoop("ingest", Subscription(handler, topics=(TOPIC,)), publisher, ParkingState(), lambda: now)
    return handler, loop, publisher


def reply() -> Raw:
    event = InsurerReply(reply_id="r1", alias="ph", text=MessageText("Yes."))
    meta = Meta("theirs", event.type, "/acme", datetime(2026, 1, 1, tzinfo=UTC), traceparent("r1", "t"))
    return Raw(0, FIRST_MS, to_headers(meta), event.model_dump_json().encode())


def copy(original: Raw, park_id: str) -> Raw:
    """The record as a replay sends it: later, and marked."""
    marked = (*original.headers, (PARK_ID_HEADER, park_id.encode()))
    return replace(original, offset=7, timestamp=LATER_MS, headers=marked)


async def test_a_replayed_record_keeps_the_time_of_its_first_arrival() -> None:
    """An insurer answered when its record arrived, and not when somebody here had mended what stopped it."""
    handler, loop, publisher = build()
    handler.broken = True
    await loop.process([reply()], Consumer())
    (event,) = [each.event for each in publisher.sent if isinstance(each.event, RecordParked)]
    handler.broken = False
    await loop.process([copy(reply(), event.park_id)], Consumer())
    assert handler.times == [(FIRST_MS, True)]


async def test_nobody_can_claim_an_earlier_time() -> None:
    """A mark that belongs to no parked record changes nothing: the copy is passed over."""
    handler, loop, _ = build()
    await loop.process([copy(reply(), "pk_" + "a" * 32)], Consumer())
    assert handler.times == []


async def test_a_record_parked_before_times_were_kept_has_the_replays() -> None:
    """Records that lie on the topic since before say nothing of their time."""
    handler, loop, publisher = build()
    handler.broken = True
    await loop.process([reply()], Consumer())
    (event,) = [each.event for each in publisher.sent if isinstance(each.event, RecordParked)]
    older = event.model_copy(update={"written_ms": None, "broker_time": False})
    loop._parking.lanes[TOPIC, "a"] = {older.park_id: older}
    handler.broken = False
    await loop.process([copy(reply(), event.park_id)], Consumer())
    assert handler.times == [(LATER_MS, True)]
