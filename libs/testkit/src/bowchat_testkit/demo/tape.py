"""Everything that is on the topics, as it comes: the demo only reads along."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from bowchat_contracts.envelope import from_headers
from bowchat_contracts.topics import event_class


@dataclass(frozen=True)
class Told:
    """One record of one topic."""

    topic: str
    event: Any
    timestamp_ms: int
    """When its writer handed it to Kafka, by Kafka's record."""
    raw: bytes
    """Key, headers and body, to be searched."""


class Tape:
    """Reads these topics from their beginning, from `async with` until its end."""

    def __init__(self, bootstrap: str, topics: Sequence[str]) -> None:
        self.told: list[Told] = []
        self._bootstrap = bootstrap
        self._topics = topics
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._consumer = AIOKafkaConsumer(
            *self._topics, bootstrap_servers=self._bootstrap, auto_offset_reset="earliest"
        )
        await self._consumer.start()
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        await self._consumer.stop()

    def of(self, *topics: str) -> list[Told]:
        return [each for each in self.told if each.topic in topics]

    async def _read(self) -> None:
        while True:
            batches: dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]]
            batches = await self._consumer.getmany(timeout_ms=200)
            self.told += [_told(record) for batch in batches.values() for record in batch]


def _told(record: "ConsumerRecord[bytes, bytes]") -> Told:
    headers = tuple((name, bytes(value)) for name, value in record.headers)
    value = record.value or b""
    model = event_class(from_headers(headers).type)
    event = model.model_validate_json(value) if model is not None else None
    raw = b"\n".join(
        [record.key or b"", *(b"%s: %s" % (name.encode(), text) for name, text in headers), value]
    )
    return Told(record.topic, event, record.timestamp, raw)
