"""Reading single records again, where they stand: a topic is the store of what was said, and no copy is kept beside it."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Protocol, Self

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from bowchat_runtime.decoding import decode
from bowchat_runtime.errors import BROKER_AWAY, DependencyDownError, RejectError
from bowchat_runtime.own_consumer import OwnConsumer
from bowchat_runtime.records import Record
from bowchat_runtime.settings import ServiceSettings

_PATIENCE_S = 10.0
"""How long one batch of positions may take."""
_STEP_MS = 200


class Rereader(Protocol):
    """Finds records by their positions, `<topic>/<partition>/<offset>`.

    Errors: `DependencyDownError` when the broker does not answer.
    """

    async def at(self, positions: Sequence[str]) -> Mapping[str, Record]:
        """The records that still stand there and can be read; the others are left out."""


class KafkaRereader(AbstractAsyncContextManager["KafkaRereader"]):
    """Over a consumer of its own, without a group."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._consumer = OwnConsumer(
            settings,
            client_id=f"rereader-{settings.instance}",
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=256 * 1024,
        )
        self._busy = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.close()

    async def at(self, positions: Sequence[str]) -> Mapping[str, Record]:
        wanted: defaultdict[TopicPartition, set[int]] = defaultdict(set)
        for position in positions:
            topic, partition, offset = position.rsplit("/", 2)
            wanted[TopicPartition(topic, int(partition))].add(int(offset))
        found: dict[str, Record] = {}
        async with self._busy:
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    for place, offsets in wanted.items():
                        found |= await self._of_partition(place, sorted(offsets))
            except (KafkaError, TimeoutError) as error:
                await self._consumer.close()
                raise DependencyDownError(BROKER_AWAY) from error
        return found

    async def _of_partition(self, place: TopicPartition, offsets: Sequence[int]) -> dict[str, Record]:
        consumer = await self._consumer.opened()
        consumer.assign([place])
        first = (await consumer.beginning_offsets([place]))[place]
        end = (await consumer.end_offsets([place]))[place]
        found: dict[str, Record] = {}
        for offset in offsets:
            if first <= offset < end and (record := await self._one(consumer, place, offset)) is not None:
                found[record.position] = record
        return found

    async def _one(self, consumer: Any, place: TopicPartition, offset: int) -> Record | None:
        """The record at this offset; None where it cannot be read, or is gone."""
        consumer.seek(place, offset)
        while not (batch := (await consumer.getmany(place, timeout_ms=_STEP_MS, max_records=1)).get(place)):
            continue
        raw = batch[0]
        if raw.offset != offset:
            return None
        try:
            return decode(raw)
        except RejectError:
            return None


class MemoryRereader:
    """Over records that were put there: for tests."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}

    def put(self, record: Record) -> None:
        self._records[record.position] = record

    def drop(self, position: str) -> None:
        """The topic keeps this record no longer."""
        del self._records[position]

    async def at(self, positions: Sequence[str]) -> Mapping[str, Record]:
        return {each: self._records[each] for each in positions if each in self._records}
