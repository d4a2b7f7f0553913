"""Reading what topics held between a moment and now, in the order of time, and nothing after that."""

import asyncio
import heapq
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from bowchat_runtime.decoding import decode
from bowchat_runtime.errors import BROKER_AWAY, DependencyDownError, RejectError, no_topic
from bowchat_runtime.publisher import connection
from bowchat_runtime.records import Record
from bowchat_runtime.settings import ServiceSettings

_PATIENCE_S = 20.0
"""So long one answer of the broker is waited for."""
_STEP_MS = 500
_AT_ONCE = 500
"""Records of one partition in memory, beside what the client fetches ahead."""


class Past(AbstractAsyncContextManager["Past"]):
    """A look back without a consumer group: nobody's place moves. Records of one partition come in their order, those of
    several by their times. What is there at the start is read, and no more.

    Errors: `DependencyDownError` when the broker does not answer, or a topic is missing.
    """

    def __init__(self, settings: ServiceSettings, topics: Sequence[str], since: datetime) -> None:
        self._settings, self._topics, self._since = settings, tuple(topics), since
        self._consumer: Any = None
        self._ends: dict[TopicPartition, int] = {}
        self._fetched: defaultdict[TopicPartition, deque[Any]] = defaultdict(deque)
        self.unreadable = 0
        """Records that were no events of the relay, and were left out."""

    async def __aenter__(self) -> Self:
        self._consumer = AIOKafkaConsumer(
            **connection(self._settings),
            client_id=f"past-{self._settings.instance}",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._consumer.start()
                await self._place(await self._places())
        except (KafkaError, TimeoutError) as error:
            await self._consumer.stop()
            raise DependencyDownError(BROKER_AWAY) from error
        except BaseException:
            await self._consumer.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.stop()

    async def records(self) -> AsyncIterator[Record]:
        """What was there, the oldest first."""
        heads: list[tuple[int, str, int, Any]] = []
        wanted = [place for place in self._ends if await self._is_unread(place)]
        while heads or wanted:
            for place in await self._filled(wanted):
                raw = self._fetched[place].popleft()
                heapq.heappush(heads, (raw.timestamp, place.topic, place.partition, raw))
            if not heads:
                return
            *_, raw = heapq.heappop(heads)
            wanted = [TopicPartition(raw.topic, raw.partition)]
            try:
                yield decode(raw)
            except RejectError:
                self.unreadable += 1

    async def _places(self) -> list[TopicPartition]:
        """All partitions of the topics."""
        there = await self._consumer.topics()
        missing = [each for each in self._topics if each not in there]
        if missing:
            raise DependencyDownError(no_topic(*missing))
        places: list[TopicPartition] = []
        for topic in self._topics:
            # aiokafka knows the partitions of a topic nobody has subscribed to only after it was asked for.
            await self._consumer._client.add_topic(topic)  # noqa: SLF001 - no public way to ask for one topic
            places += [TopicPartition(topic, each) for each in self._consumer.partitions_for_topic(topic)]
        return places

    async def _place(self, places: list[TopicPartition]) -> None:
        """Each partition at its first record since then; its end is what is there now."""
        self._consumer.assign(places)
        self._ends = await self._consumer.end_offsets(places)
        moment = int(self._since.timestamp() * 1000)
        found = await self._consumer.offsets_for_times(dict.fromkeys(places, moment))
        for place in places:
            first = found.get(place)
            self._consumer.seek(place, first.offset if first else self._ends[place])
        if not any(found.values()) and any(self._ends.values()) and not await self._looks_up_times(places):
            raise DependencyDownError(
                "this Kafka broker cannot look up records by their time, as that of `make demo` cannot. Use Apache Kafka"
            )

    async def _looks_up_times(self, places: list[TopicPartition]) -> bool:
        """Whether the broker finds what is there at all."""
        begins = await self._consumer.beginning_offsets(places)
        filled = [each for each in places if begins[each] < self._ends[each]]
        found = await self._consumer.offsets_for_times(dict.fromkeys(filled, 0)) if filled else {}
        return not filled or any(found.values())

    async def _is_unread(self, place: TopicPartition) -> bool:
        return bool(await self._consumer.position(place) < self._ends[place])

    async def _filled(self, wanted: Iterable[TopicPartition]) -> list[TopicPartition]:
        """Those of these partitions that have a record at hand now; the others have been read to their ends."""
        ready = [each for each in wanted if self._fetched[each]]
        left = {each for each in wanted if not self._fetched[each] and await self._is_unread(each)}
        try:
            while left:
                async with asyncio.timeout(_PATIENCE_S):
                    await self._fetch(left)
                filled = {each for each in left if self._fetched[each]}
                left = {each for each in left - filled if await self._is_unread(each)}
                ready += filled
        except (KafkaError, TimeoutError) as error:
            raise DependencyDownError(BROKER_AWAY) from error
        return ready

    async def _fetch(self, places: Iterable[TopicPartition]) -> None:
        """Errors: `TimeoutError`."""
        while True:
            batches = await self._consumer.getmany(*places, timeout_ms=_STEP_MS, max_records=_AT_ONCE)
            for place, batch in batches.items():
                self._fetched[place].extend(each for each in batch if each.offset < self._ends[place])
            if batches:
                return
