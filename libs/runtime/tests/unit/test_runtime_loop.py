"""The consumer loop, driven batch by batch with a publisher in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import TopicPartition
from hypothesis import given, settings
from hypothesis import strategies as st

from bowchat_contracts.envelope import Meta, to_headers, traceparent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.parking import RecordParked, RecordReleased
from bowchat_contracts.sla import SlaChanged
from bowchat_runtime import loop as loop_module
from bowchat_runtime.decoding import key_bytes, key_of
from bowchat_runtime.errors import ConflictError, DependencyDownError, RejectError
from bowchat_runtime.loop import CONFLICTS, CONFLICTS_WHOLE, BatchLoop, backoff_s
from bowchat_runtime.parking import PARK_ID_HEADER, ParkingState, discarded
from bowchat_runtime.records import Outgoing, Record, Subscription, follow
from bowchat_runtime.testing import MemoryPublisher

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOPIC = "sla.changed"


@dataclass
class Raw:
    """What aiokafka hands over."""

    offset: int
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    topic: str = TOPIC
    partition: int = 0
    timestamp: int = 1767225600000
    timestamp_type: int = 0


def raw(offset: int, key: str, desk: str = "claims", *, park_id: str | None = None) -> Raw:
    seed = f"{key}/{offset}"
    event = SlaChanged(
        clock_id=derived_id("ck", seed), conversation_id=derived_id("cv", key), insurer="acme", desk=desk,
        kind="first_response", state="running", target_s=1, started_at=NOW, due_at=NOW, at=NOW, detected_at=NOW,
    )  # fmt: skip
    meta = Meta(derived_id("ev", seed), event.type, "/t", NOW, traceparent(seed, "t"))
    marks = ((PARK_ID_HEADER, park_id.encode()),) if park_id else ()
    return Raw(offset, key.encode(), event.model_dump_json().encode(), (*to_headers(meta), *marks))


class Consumer:
    """Remembers what was committed; owns partition 0 unless it was taken away."""

    def __init__(self) -> None:
        self.committed: dict[TopicPartition, int] = {}
        self.owned = {TopicPartition(TOPIC, 0)}

    def assignment(self) -> set[TopicPartition]:
        return self.owned

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.committed.update(offsets)


@dataclass
class Echo:
    """Publishes every event again; fails as told."""

    poison: set[str] = field(default_factory=set)
    failures: list[Exception] = field(default_factory=list)
    poison_save: set[str] = field(default_factory=set)
    decided: list[str] = field(default_factory=list)
    forgotten: int = 0

    async def load(self, records: Sequence[Record]) -> list[str]:
        return []

    def decide(self, record: Record, state: list[str], now: datetime) -> Sequence[Outgoing]:
        self.decided.append(record.position)
        if record.event.desk in self.poison:
            raise ValueError("a text that must not be seen: 447700900101")
        if record.event.desk == "rejected":
            raise RejectError("the desk is unknown")
        state.append(record.event.desk)
        return [
            Outgoing(
                "guard.raised",
                record.key or "",
                record.event,
                follow(record.meta, "t", record.event, time=now),
            )
        ]

    async def save(self, state: list[str]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        if self.poison_save & set(state):
            raise ValueError("cannot be saved")

    def forget(self) -> None:
        self.forgotten += 1


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_module, "_BACKOFF_FIRST_S", 0.0)


def build(handler: Echo) -> tuple[BatchLoop, MemoryPublisher, Consumer, ParkingState]:
    publisher, parking = MemoryPublisher(), ParkingState()
    subscription: Subscription[Any] = Subscription(handler, topics=(TOPIC,))
    return BatchLoop("router", subscription, publisher, parking, lambda: NOW), publisher, Consumer(), parking


def desks(publisher: MemoryPublisher) -> list[str | None]:
    return [each.event.desk for each in publisher.sent if isinstance(each.event, SlaChanged)]


async def test_a_batch_is_published_and_then_committed() -> None:
    """A batch that went well is committed just behind its last record."""
    loop, publisher, consumer, _ = build(Echo())
    await loop.process([raw(4, "a"), raw(5, "b")], consumer)
    assert len(publisher.sent) == 2
    await loop.commits.settle()
    assert consumer.committed == {TopicPartition(TOPIC, 0): 6}


async def test_nothing_is_committed_before_the_broker_acknowledged() -> None:
    """While the broker is away the batch is tried again, and nothing of it is committed or lost."""
    loop, publisher, consumer, _ = build(Echo())
    publisher.fail_next(3)
    await loop.process([raw(0, "a")], consumer)
    assert len(publisher.sent) == 1
    await loop.commits.settle()
    assert consumer.committed == {TopicPartition(TOPIC, 0): 1}


@pytest.mark.parametrize("error", [DependencyDownError("away"), ConflictError("lost")])
async def test_a_store_that_is_away_or_was_overtaken_parks_nothing(error: Exception) -> None:
    """An absent store and a lost compare-and-set are no fault of the record: it is decided again, caches dropped."""
    handler = Echo(failures=[error])
    loop, publisher, consumer, parking = build(handler)
    await loop.process([raw(0, "a")], consumer)
    assert desks(publisher) == ["claims"]
    assert parking.outstanding == 0
    assert handler.forgotten == 1


async def test_records_that_conflict_with_each_other_are_done_by_themselves() -> None:
    """Two records of one batch whose writes are at odds do not turn the loop into a spin: each is done by itself."""

    class AtOdds(Echo):
        async def save(self, state: Any) -> None:
            if len(self.decided) - self.saved > 1:
                self.saved = len(self.decided)
                raise ConflictError("both write one row")
            self.saved = len(self.decided)
            await super().save(state)

        saved = 0

    handler = AtOdds()
    loop, publisher, consumer, parking = build(handler)
    await loop.process([raw(0, "a"), raw(1, "a")], consumer)
    assert len(publisher.sent) == 2
    assert handler.forgotten == CONFLICTS_WHOLE
    assert parking.outstanding == 0


async def test_a_batch_that_others_overtake_is_done_in_parts_small_enough() -> None:
    """Whoever needs longer than others take to write again is overtaken each time: a large batch becomes small ones, in
    order, each seen to move, and few tries are lost.
    """

    class Overtaken(Echo):
        """Only so many records are saved before somebody else writes."""

        begun = 0

        def __init__(self) -> None:
            super().__init__()
            self.kept: list[str] = []

        async def save(self, state: Any) -> None:
            count, self.begun = len(self.decided) - self.begun, len(self.decided)
            if count > 40:
                raise ConflictError("somebody else was quicker")
            self.kept += self.decided[-count:]
            await super().save(state)

    handler = Overtaken()
    loop, publisher, consumer, _ = build(handler)
    await loop.process([raw(each, "a") for each in range(500)], consumer)
    assert handler.kept == [f"{TOPIC}/0/{each}" for each in range(500)]
    assert len(publisher.sent) == 500
    assert loop.steps == 16
    assert handler.forgotten == CONFLICTS_WHOLE * 15


async def test_a_record_that_is_overtaken_again_and_again_is_not_given_up() -> None:
    """A single record waits between its tries, and is done in the end."""
    handler = Echo(failures=[ConflictError("lost")] * (CONFLICTS + 1))
    loop, publisher, consumer, _ = build(handler)
    await loop.process([raw(0, "a")], consumer)
    assert desks(publisher) == ["claims"]


async def test_a_poisonous_record_is_tried_three_times_and_parked_and_its_conversation_follows() -> None:
    """A record that fails for its own reason is tried at most three times; its key waits behind it, other keys do not."""
    handler = Echo(poison={"bad"})
    loop, publisher, consumer, parking = build(handler)
    await loop.process([raw(0, "a", "bad"), raw(1, "b"), raw(2, "a"), raw(3, "b")], consumer)
    assert handler.decided.count(f"{TOPIC}/0/0") == 3
    assert len(desks(publisher)) == 2
    parked = [each.event for each in publisher.sent if isinstance(each.event, RecordParked)]
    assert [(each.offset, each.key) for each in parked] == [(0, "a"), (2, "a")]
    assert parked[1].reason == f"behind {parked[0].park_id}"
    assert parking.outstanding == 2


async def test_a_parked_record_says_where_it_failed_and_nothing_of_its_content() -> None:
    """The reason of a parked record never quotes the record or the error's text."""
    loop, publisher, consumer, _ = build(Echo(poison={"bad"}))
    await loop.process([raw(0, "a", "bad")], consumer)
    (event,) = [each.event for each in publisher.sent]
    assert isinstance(event, RecordParked)
    assert event.reason.startswith("ValueError at test_runtime_loop.py")
    assert "447700900101" not in event.reason


async def test_a_record_that_cannot_be_saved_is_found_among_the_others() -> None:
    """When a batch fails as a whole, its records are tried one by one and only the culprit is parked."""
    loop, publisher, consumer, parking = build(Echo(poison_save={"bad"}))
    await loop.process([raw(0, "a"), raw(1, "b", "bad"), raw(2, "c")], consumer)
    assert desks(publisher) == ["claims", "claims"]
    assert parking.outstanding == 1
    await loop.commits.settle()
    assert consumer.committed == {TopicPartition(TOPIC, 0): 3}


async def test_what_cannot_be_read_is_parked_with_the_reason() -> None:
    """Bytes that are no event, or an event of an unknown type, are kept and shown, never skipped."""
    loop, publisher, consumer, parking = build(Echo())
    broken = raw(0, "a")
    broken.value = b"{"
    nameless = Raw(1, b"b", b"{}", ())
    await loop.process([broken, nameless, raw(2, "c")], consumer)
    reasons = [each.event.reason for each in publisher.sent if isinstance(each.event, RecordParked)]
    assert reasons == ["the event's data is invalid: body: json_invalid", "header ce_specversion is missing"]
    assert parking.outstanding == 2
    assert desks(publisher) == ["claims"]


async def test_who_cannot_be_published_to_holds_up_nobody_else() -> None:
    """An insurer's topic may be missing: what is for it is parked, with the reason in words, and all else goes on."""
    loop, publisher, consumer, parking = build(Echo())

    async def publish(outgoing: Sequence[Outgoing]) -> None:
        if "missing" in [getattr(each.event, "desk", "") for each in outgoing]:
            raise RejectError("the topic insurer.acme.messages does not exist")
        publisher.sent += outgoing

    publisher.publish = publish  # type: ignore[method-assign]
    await loop.process([raw(0, "a"), raw(1, "b", "missing"), raw(2, "c")], consumer)
    reasons = [each.event.reason for each in publisher.sent if isinstance(each.event, RecordParked)]
    assert reasons == ["the topic insurer.acme.messages does not exist"]
    assert (desks(publisher), parking.outstanding) == (["claims", "claims"], 1)


async def test_a_batch_whose_partition_moved_is_given_up_uncommitted() -> None:
    """A worker that lost its partition while it waited leaves the work, uncommitted, to the new owner."""
    loop, publisher, consumer, _ = build(Echo())
    publisher.fail_next(1)
    consumer.owned = set()
    await loop.process([raw(0, "a")], consumer)
    assert publisher.sent == []
    await loop.commits.settle()
    assert consumer.committed == {}


async def test_a_replayed_record_is_released_and_its_followers_keep_their_order() -> None:
    """Replayed copies are taken oldest first, each once; what arrives meanwhile is parked behind them."""
    handler = Echo(poison={"bad"})
    loop, publisher, consumer, parking = build(handler)
    await loop.process([raw(0, "a", "bad"), raw(1, "a", "second")], consumer)
    first, second = [each.event.park_id for each in publisher.sent if isinstance(each.event, RecordParked)]
    handler.poison.clear()
    await loop.process([raw(2, "a", "third")], consumer)
    await loop.process([raw(3, "a", "bad", park_id=first), raw(4, "a", "second", park_id=second)], consumer)
    await loop.process([raw(3, "a", "bad", park_id=first)], consumer)
    assert desks(publisher) == ["bad", "second"]
    third = parking.oldest((TOPIC, "a"))
    await loop.process([raw(5, "a", "fourth"), raw(6, "a", "third", park_id=third)], consumer)
    fourth = parking.oldest((TOPIC, "a"))
    await loop.process([raw(7, "a", "fourth", park_id=fourth), raw(8, "a", "fifth")], consumer)
    assert desks(publisher) == ["bad", "second", "third", "fourth", "fifth"]
    assert parking.outstanding == 0


async def test_a_replay_that_fails_again_keeps_its_place() -> None:
    """A replayed record that still fails stays parked, and none behind it overtakes."""
    loop, publisher, consumer, parking = build(Echo(poison={"bad"}))
    await loop.process([raw(0, "a", "bad"), raw(1, "a", "second")], consumer)
    first, second = [each.event.park_id for each in publisher.sent if isinstance(each.event, RecordParked)]
    await loop.process([raw(2, "a", "bad", park_id=first), raw(3, "a", "second", park_id=second)], consumer)
    assert desks(publisher) == []
    assert parking.outstanding == 2
    assert parking.oldest((TOPIC, "a")) == first


@settings(max_examples=200)
@given(st.lists(st.sampled_from(["ok", "bad"]), min_size=1, max_size=12), st.data())
async def test_parking_never_reorders_a_lane_nor_loses_a_record(
    kinds: list[str], data: st.DataObject
) -> None:
    """Whatever fails, and however replays interleave with new records, a lane's effects come in order, each once."""
    handler = Echo(poison={f"bad{i}" for i, kind in enumerate(kinds) if kind == "bad"})
    loop, publisher, consumer, parking = build(handler)
    offset, copies = 0, []
    for index, kind in enumerate(kinds):
        await loop.process([raw(offset, "a", f"{kind}{index}")], consumer)
        offset += 1
        if data.draw(st.booleans()) and index > len(kinds) // 2:
            handler.poison.clear()
        if data.draw(st.booleans()):
            copies = list(parking.lanes.get((TOPIC, "a"), {}).values())
        for copy in copies[: data.draw(st.integers(0, 3))]:
            await loop.process([_again(copy, offset)], consumer)
            offset += 1
    handler.poison.clear()
    while parking.outstanding:
        for copy in list(parking.lanes[TOPIC, "a"].values()):
            await loop.process([_again(copy, offset)], consumer)
            offset += 1
    assert desks(publisher) == [f"{kind}{index}" for index, kind in enumerate(kinds)]


def _again(event: RecordParked, offset: int) -> Raw:
    copy = raw(event.offset, "a", park_id=event.park_id)
    import base64

    copy.value, copy.offset = base64.b64decode(event.value), offset
    return copy


def test_the_parking_state_is_the_same_however_often_its_events_are_read() -> None:
    """Reading the parked topic again, as after a restart, changes nothing; a released record never comes back."""
    event = RecordParked(
        park_id="pk",
        topic=TOPIC,
        partition=0,
        offset=3,
        key="a",
        headers=(),
        value="",
        reason="x",
        parked_at=NOW,
    )
    release = RecordReleased(park_id="pk", topic=TOPIC, key="a", offset=9, released_at=NOW)
    once, often = ParkingState(), ParkingState()
    for each in (event, release):
        once.apply(each)
    for each in (event, event, release, event, release):
        often.apply(each)
    assert once == often
    assert often.outstanding == 0


@given(st.integers(0, 10_000), st.floats(0, 0.999))
def test_backing_off_grows_to_a_bound(waits: int, jitter: float) -> None:
    """A wait is never longer than ten seconds, so that recovery is noticed soon."""
    assert 0 <= backoff_s(waits, jitter) <= 10.0


async def test_a_header_without_a_value_stops_nobody() -> None:
    """Kafka lets a partner write a header with no value: such a record is parked like any other that cannot be read."""
    loop, publisher, consumer, _ = build(Echo())
    garbled = raw(0, "a")
    garbled.headers = (("ce_id", None), ("traceparent", None), (PARK_ID_HEADER + "s", None))  # type: ignore[assignment]
    await loop.process([garbled, raw(1, "b")], consumer)
    assert desks(publisher) == ["claims"]
    (parked,) = [each.event for each in publisher.sent if isinstance(each.event, RecordParked)]
    assert parked.headers[0] == ("ce_id", "")


async def test_what_cannot_be_read_keeps_its_place_through_replays_until_it_is_given_up() -> None:
    """A replay of garbage parks it no second time; once a person has given it up, those behind it go on in order."""
    loop, publisher, consumer, parking = build(Echo())
    garbage = Raw(0, b"a", b"not an event", ())
    await loop.process([garbage, raw(1, "a", "second")], consumer)
    first, second = parking.lanes[TOPIC, "a"].values()
    copy = Raw(2, b"a", b"not an event", ((PARK_ID_HEADER, first.park_id.encode()),))
    await loop.process([copy, raw(3, "a", "second", park_id=second.park_id)], consumer)
    assert list(parking.lanes[TOPIC, "a"]) == [first.park_id, second.park_id]
    parking.apply(discarded(first, "router", NOW).event)
    await loop.process([raw(4, "a", "second", park_id=second.park_id), raw(5, "a", "third")], consumer)
    assert desks(publisher) == ["second", "third"]
    assert parking.outstanding == 0


@given(st.one_of(st.binary(), st.sampled_from([b"hex:zz", b"hex:", b"hex:61"])), st.binary())
def test_every_key_comes_back_from_its_text_as_the_same_bytes(key: bytes, other: bytes) -> None:
    """A partner's key may be any bytes: it is replayed under the very same, and no two keys share a lane."""
    assert key_bytes(key_of(Raw(0, key, b"", ())) or "") == key
    assert (key_of(Raw(0, key, b"", ())) == key_of(Raw(0, other, b"", ()))) == (key == other)


async def test_what_cannot_concern_the_handler_is_done_unread() -> None:
    """A record that its subscription passes by costs no decoding, holds nobody up, and is committed like the others; a copy
    of a parked one is always looked at, or it would stay parked for ever.
    """
    handler, publisher, parking = Echo(), MemoryPublisher(), ParkingState()
    subscription: Subscription[Any] = Subscription(
        handler, topics=(TOPIC,), concerns=lambda found: found.key == b"a"
    )
    loop, consumer = BatchLoop("router", subscription, publisher, parking, lambda: NOW), Consumer()
    unread = raw(1, "b")
    unread.value = b"{"
    await loop.process([raw(0, "a"), unread, raw(2, "b", park_id="pk_gone")], consumer)
    await loop.commits.settle()
    assert handler.decided == [f"{TOPIC}/0/0"]
    assert parking.outstanding == 0
    assert consumer.committed == {TopicPartition(TOPIC, 0): 3}
