"""What a handler receives and returns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from bowchat_contracts.envelope import Event, Headers, Meta, traceparent
from bowchat_contracts.ids import derived_id


class Record(NamedTuple):
    """One received record: where it stood, who it is about, what it says."""

    topic: str
    partition: int
    offset: int
    key: str | None
    meta: Meta
    event: Any
    """An instance of the event class that `meta.type` names; None for a raw subscription."""
    value: bytes
    """The bytes as received."""
    timestamp_ms: int
    """Kafka's own time of the record."""
    broker_time: bool = False
    """Whether `timestamp_ms` is the broker's own time of arrival, the same whenever the record is read again; otherwise
    it is what the writer claims."""
    headers: Headers = ()
    """The headers as received."""

    @property
    def position(self) -> str:
        """Where the record stands. A record read again after a crash has the same position; a duplicate has another."""
        return position_of(self)


def position_of(record: Any) -> str:
    """The same of a record that may not be decoded yet."""
    return f"{record.topic}/{record.partition}/{record.offset}"


class Outgoing(NamedTuple):
    """One event to publish."""

    topic: str
    key: str
    event: Event
    meta: Meta
    stage: int = 0
    """Events of stage 0 are acknowledged before any of stage 1 leaves: what depends on another comes after it."""
    value: bytes | None = None
    """The event as it is to be written, where somebody looked at the very bytes; otherwise the publisher writes it."""
    whole_seconds: bool = False
    """The record's Kafka timestamp is cut to the second it is published in: for what insurers see. Never `meta.time`: a
    broker removes what is older than its topic keeps, and what a message says of its own age may be long ago."""

    @property
    def body(self) -> bytes:
        """The record's value."""
        return self.event.model_dump_json().encode() if self.value is None else self.value


def follow(cause: Meta, source: str, event: Event, *, time: datetime, part: str = "") -> Meta:
    """The attributes of an event that follows from another: its id is derived from the cause, its trace continues.

    `part` tells apart several events of one type that follow from one cause.
    """
    identity = derived_id("ev", cause.id, source, event.type, part)
    return Meta(
        id=identity,
        type=event.type,
        source=f"/bowchat/{source}",
        time=time,
        traceparent=traceparent(cause.id, f"{source}/{event.type}/{part}", parent=cause.traceparent),
    )


State = TypeVar("State")


class Handler(Protocol[State]):
    """How a service processes a batch. The loop calls load, decide for each record in order, save; then it publishes
    everything and commits.

    - `load` reads in one go what the batch needs. It is also given records that may turn out to be replays.
    - `decide` is pure: it returns what to publish and changes only the state it was given, as its last act, so that a
      raise leaves the state as it was. Any exception parks the record.
    - `save` writes in one go, idempotently. `ConflictError` makes the loop load and decide again.
    - `forget` drops what is cached: partitions have moved, or a conflict came.
    """

    async def load(self, records: Sequence[Record]) -> State: ...

    def decide(self, record: Record, state: State, now: datetime) -> Sequence[Outgoing]: ...

    async def save(self, state: State) -> None: ...

    def forget(self) -> None: ...


def always(raw: Any) -> bool:  # noqa: ARG001 - the form of `concerns`
    return True


@dataclass(frozen=True)
class Subscription(Generic[State]):
    """Which topics a handler reads. Exactly one of `topics` and `pattern` is given."""

    handler: Handler[State]
    topics: tuple[str, ...] = ()
    pattern: str | None = None
    name: str = "main"
    """Tells apart the consumer groups of one service: `<service>.<name>`."""
    max_records: int = 500
    patience_ms: int = 0
    """How long after one batch the next is read, so that records come in batches: for work that nobody waits for, since
    each batch costs a fetch, a commit and a line in the log, however small it is. What comes after a pause is read at
    once."""
    concerns: Callable[[Any], bool] = always
    """Whether a record, not decoded yet, can concern the handler at all. The others count as done: a quick look spares most
    of their cost where a handler wants few of a topic's records. It must not raise, and in doubt says yes."""
    raw: bool = False
    """Hand records over undecoded (`event` is None, a bad envelope becomes the type `unreadable`): for the audit log,
    which keeps everything and judges nothing."""
