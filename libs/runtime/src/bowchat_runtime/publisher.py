"""Publishing: idempotent, acknowledged by all replicas, in stages."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from itertools import groupby
from types import TracebackType
from typing import Any, Protocol, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.helpers import create_ssl_context
from aiokafka.partitioner import DefaultPartitioner

from bowchat_contracts.envelope import to_headers
from bowchat_contracts.topics import LARGEST_PARKED_BYTES, PARKED
from bowchat_runtime import metrics
from bowchat_runtime.errors import DependencyDownError, RejectError
from bowchat_runtime.records import Outgoing
from bowchat_runtime.settings import ServiceSettings

_REQUEST_TIMEOUT_MS = 10_000
_LARGEST_VALUE_BYTES = 1_000_000
"""What fits into the broker's own limit with key and headers. Refused here, since a refusal by the broker would break the
idempotent producer's sequence."""
_PARKED_PREFIX = PARKED.format(service="")
_PUBLISH_S = 20.0
"""Seconds a publish may take, acknowledgement included."""


class Publisher(Protocol):
    """Publishes events and returns when the broker has acknowledged every one.

    Errors: `DependencyDownError` when it could not: some may have arrived, so the same call is made again.
    """

    async def publish(self, outgoing: Sequence[Outgoing]) -> None: ...


def connection(settings: ServiceSettings) -> dict[str, Any]:
    """How to reach the broker, for any aiokafka client."""
    if settings.kafka_security == "PLAINTEXT":
        return {"bootstrap_servers": settings.kafka_bootstrap}
    return {
        "bootstrap_servers": settings.kafka_bootstrap,
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": settings.kafka_username,
        "sasl_plain_password": settings.kafka_password.get_secret_value(),
        "ssl_context": create_ssl_context(
            cafile=str(settings.kafka_ca_file) if settings.kafka_ca_file else None
        ),
    }


class KafkaPublisher(AbstractAsyncContextManager["KafkaPublisher"]):
    """The real one, over aiokafka's idempotent producer."""

    def __init__(self, settings: ServiceSettings, service: str) -> None:
        self._settings, self._service = settings, service
        self._producer: Any = None
        self._building = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self._working()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._producer is not None:
            await _stopped(self._producer)

    async def _started(self) -> Any:
        producer = AIOKafkaProducer(
            **connection(self._settings),
            client_id=f"{self._service}-{self._settings.instance}",
            enable_idempotence=True,
            acks="all",
            linger_ms=2,
            request_timeout_ms=_REQUEST_TIMEOUT_MS,
            max_request_size=LARGEST_PARKED_BYTES,
            retry_backoff_ms=100,
            partitioner=partition_of,
        )
        try:
            await producer.start()
        except KafkaError as error:
            await _stopped(producer)
            raise DependencyDownError("the Kafka broker does not answer") from error
        return producer

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        """Stage after stage, each acknowledged whole before the next."""
        for _, stage in groupby(sorted(outgoing, key=_stage), key=_stage):
            await self._publish_all(list(stage))

    async def _publish_all(self, outgoing: list[Outgoing]) -> None:
        producer = await self._working()
        try:
            # An idempotent producer would retry without end while the broker is away.
            async with asyncio.timeout(_PUBLISH_S):
                await asyncio.gather(*[await self._send(producer, each) for each in outgoing])
        except MessageSizeTooLargeError:
            raise RejectError("an event is larger than the broker takes") from None
        except (KafkaError, TimeoutError) as error:
            await self._discard(producer)
            raise DependencyDownError("the Kafka broker does not acknowledge") from error
        for topic, number in Counter(each.topic for each in outgoing).items():
            metrics.PUBLISHED.labels(self._service, topic).inc(number)

    async def _send(self, producer: Any, outgoing: Outgoing) -> Any:
        moment = outgoing.meta.time.timestamp()
        value = outgoing.body
        if len(value) > _LARGEST_VALUE_BYTES and not outgoing.topic.startswith(_PARKED_PREFIX):
            raise MessageSizeTooLargeError
        return await producer.send(
            outgoing.topic,
            value=value,
            key=outgoing.key.encode(),
            headers=list(to_headers(outgoing.meta)),
            timestamp_ms=int(moment) * 1000 if outgoing.whole_seconds else None,
        )

    async def _working(self) -> Any:
        """The producer, or a new one where the last was given up."""
        async with self._building:
            if self._producer is None:
                self._producer = await self._started()
            return self._producer

    async def _discard(self, broken: Any) -> None:
        """A producer that failed may be wedged on its sequence numbers (aiokafka #1017): give it up."""
        async with self._building:
            if self._producer is broken:
                self._producer = None
                await _stopped(broken)


_kafkas_own = DefaultPartitioner()


def partition_of(key: bytes, every: list[int], available: list[int]) -> int:  # noqa: ARG001 - its place in aiokafka
    """Kafka's own choice. It costs as much as the rest of a send, and a conversation asks for the same key again."""
    return every[_place(key, len(every))]


@lru_cache(maxsize=16_384)
def _place(key: bytes, partitions: int) -> int:
    return int(_kafkas_own(key, list(range(partitions)), []))


async def _stopped(producer: Any) -> None:
    try:
        await asyncio.wait_for(producer.stop(), timeout=5)
    except (TimeoutError, KafkaError):
        return


def _stage(outgoing: Outgoing) -> int:
    return outgoing.stage
