"""Fakes and drivers for the services' tests: a publisher in memory, records by hand, a batch as the loop runs it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bowchat_contracts.envelope import Event, Meta, to_headers, traceparent
from bowchat_contracts.ids import derived_id
from bowchat_runtime.errors import BROKER_AWAY, DependencyDownError
from bowchat_runtime.records import Handler, Outgoing, Record


class MemoryPublisher:
    """Keeps what was published, stage after stage, as the broker would acknowledge it."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self._failures = 0

    def fail_next(self, times: int) -> None:
        """Be away for the next `times` calls: nothing is kept of them."""
        self._failures = times

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        if self._failures > 0:
            self._failures -= 1
            raise DependencyDownError(BROKER_AWAY)
        self.sent += sorted(outgoing, key=lambda each: each.stage)

    async def ready(self) -> str | None:
        return BROKER_AWAY if self._failures else None


def record(
    event: Event,
    *,
    topic: str,
    key: str | None = None,
    offset: int = 0,
    partition: int = 0,
    meta: Meta | None = None,
    time: datetime = datetime(2026, 1, 1, tzinfo=UTC),
) -> Record:
    """A record as the loop hands it to a handler. Without `meta`, its id is derived from the event's content."""
    value = event.model_dump_json().encode()
    seed = derived_id("ev", event.type, value.decode())
    attributes = meta or Meta(seed, event.type, "/bowchat/test", time, traceparent(seed, "test"))
    return Record(
        topic=topic,
        partition=partition,
        offset=offset,
        key=key,
        meta=attributes,
        event=event,
        value=value,
        timestamp_ms=int(time.timestamp() * 1000),
        headers=to_headers(attributes),
    )


async def run_batch(handler: Handler[Any], records: Sequence[Record], now: datetime) -> list[Outgoing]:
    """One batch, as the loop runs it: load, decide each in order, save. Raises what the handler raises."""
    state = await handler.load(records)
    outgoing = [each for one in records for each in handler.decide(one, state, now)]
    await handler.save(state)
    return outgoing
