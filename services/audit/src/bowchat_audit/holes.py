"""Places in a partition that never held a record: Kafka marks the ends of transactions there.

A writer that uses transactions leaves a mark behind each; a consumer is never shown it, and sees a jump. That is harmless
when the broker still has the partition from there on, and finds nothing in it. The relay's topics are not compacted, so
nothing else makes such places.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Protocol, Self

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from bowchat_audit.domain import Gap
from bowchat_runtime.errors import BROKER_AWAY, DependencyDownError
from bowchat_runtime.own_consumer import OwnConsumer
from bowchat_runtime.settings import ServiceSettings

_READ_S = 10.0


class Holes(Protocol):
    """Whether a gap is a hole.

    Errors: `DependencyDownError` while the broker does not answer.
    """

    async def is_hole(self, gap: Gap) -> bool: ...


class KafkaHoles(AbstractAsyncContextManager["KafkaHoles"]):
    """Asks the broker, with a consumer of its own that is opened when it is first needed."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._consumer = OwnConsumer(settings)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.close()

    async def is_hole(self, gap: Gap) -> bool:
        partition = TopicPartition(*gap.partition)
        try:
            async with asyncio.timeout(_READ_S):
                return await self._is_kept(partition, gap) and await self._is_empty(partition, gap)
        except (KafkaError, TimeoutError) as error:
            await self._consumer.close()
            raise DependencyDownError(BROKER_AWAY) from error

    async def _is_kept(self, partition: TopicPartition, gap: Gap) -> bool:
        consumer = await self._consumer.opened()
        consumer.assign([partition])
        return bool((await consumer.beginning_offsets([partition]))[partition] <= gap.first)

    async def _is_empty(self, partition: TopicPartition, gap: Gap) -> bool:
        """The record behind the gap was read already, so there is one to be found."""
        consumer = await self._consumer.opened()
        consumer.seek(partition, gap.first)
        return bool((await consumer.getone(partition)).offset > gap.last)
