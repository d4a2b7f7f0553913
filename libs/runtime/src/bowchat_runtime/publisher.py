"""Publishing: idempotent, acknowledged by all replicas, in stages."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from itertools import groupby
from types import TracebackType
from typing import Any, Protocol, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.helpers import create_ssl_context
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from bowchat_contracts.envelope import to_headers
from bowchat_contracts.topics import LARGEST_PARKED_BYTES, PARKED
from bowchat_runtime import metrics
from bowchat_runtime.errors import BROKER_AWAY, DependencyDownError, RejectError, no_topic
from bowchat_runtime.partition_batches import Laid, PartitionBatches
from bowchat_runtime.records import Outgoing
from bowchat_runtime.settings import ServiceSettings

_REQUEST_TIMEOUT_MS = 10_000
_LARGEST_VALUE_BYTES = 1_000_000
"""What fits into the broker's own limit with key and headers. Refused here, since a refusal by the broker would break the
idempotent producer's sequence."""
_TOO_LARGE = "an event is larger than the broker takes"
_PARKED_PREFIX = PARKED.format(service="")
_LONG_S = 4.0
"""A publish that waits longer says that the broker is away, before it is given up."""
_PROBE_S = 2.0
"""How long the broker may take to say that it is there."""
_NEWS_S = (0.0, 0.5)
"""When a broker is asked for a topic that is not known: it may not have heard yet of one that was just made."""
_PUBLISH_S = 20.0
"""Seconds a publish may take, acknowledgement included."""


class Publisher(Protocol):
    """Publishes events and returns when the broker has acknowledged every one.

    Errors: `DependencyDownError` when it could not: some may have arrived, so the same call is made again; `RejectError`
    where it never could.
    """

    async def publish(self, outgoing: Sequence[Outgoing]) -> None: ...

    async def ready(self) -> str | None:
        """None when it could publish now, or the reason in words."""


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
    """The real one, over aiokafka's idempotent producer.

    `linger_ms` is how long a batch waits for whoever publishes next: for many small publishes at once.
    """

    def __init__(self, settings: ServiceSettings, service: str, *, linger_ms: int = 0) -> None:
        self._settings, self._service, self._linger_ms = settings, service, linger_ms
        self._producer: _Working | None = None
        self._building = asyncio.Lock()
        self._waiting: dict[object, float] = {}

    async def __aenter__(self) -> Self:
        await self._working()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._producer is not None:
            await _stopped(self._producer.producer)

    async def ready(self) -> str | None:
        """None when no publish waits long, the last has not failed and the broker answers, or the reason in words.

        Who publishes nothing cannot tell silence from absence, so the broker is asked; here, since a consumer's connection
        answers nothing else while it waits for records.
        """
        if any(time.monotonic() - began > _LONG_S for began in self._waiting.values()):
            return BROKER_AWAY
        try:
            working = await self._working()
            async with asyncio.timeout(_PROBE_S):
                await working.producer.client.fetch_all_metadata()
        except (DependencyDownError, KafkaError, TimeoutError):
            return BROKER_AWAY
        return None

    async def _started(self) -> "_Working":
        producer: Any = AIOKafkaProducer(
            **connection(self._settings),
            client_id=f"{self._service}-{self._settings.instance}",
            enable_idempotence=True,
            acks="all",
            linger_ms=self._linger_ms,
            request_timeout_ms=_REQUEST_TIMEOUT_MS,
            max_request_size=LARGEST_PARKED_BYTES,
            retry_backoff_ms=100,
        )
        try:
            await producer.start()
        except KafkaError as error:
            await _stopped(producer)
            raise DependencyDownError(BROKER_AWAY) from error
        except asyncio.CancelledError:
            # Whoever asks whether the broker is there waits no longer: what was begun would stay open.
            await _stopped(producer)
            raise
        return _Working(producer, PartitionBatches(producer))

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        """Stage after stage, each acknowledged whole before the next."""
        waits = object()
        self._waiting[waits] = time.monotonic()
        try:
            for _, stage in groupby(sorted(outgoing, key=_stage), key=_stage):
                await self._publish_all(list(stage))
        finally:
            del self._waiting[waits]

    async def _publish_all(self, outgoing: list[Outgoing]) -> None:
        second_ms = int(time.time()) * 1000
        laid = [_laid(each, second_ms) for each in outgoing]
        producer = await self._working()
        try:
            await _existing(producer.producer.client, {each.topic for each in outgoing})
            # An idempotent producer would retry without end while the broker is away.
            await producer.batches.publish(laid, _PUBLISH_S)
        except MessageSizeTooLargeError:
            raise RejectError(_TOO_LARGE) from None
        except (KafkaError, TimeoutError) as error:
            await self._discard(producer)
            raise DependencyDownError("the Kafka broker does not acknowledge") from error
        for topic, number in Counter(each.topic for each in outgoing).items():
            metrics.PUBLISHED.labels(self._service, topic).inc(number)

    async def _working(self) -> "_Working":
        """The producer, or a new one where the last was given up."""
        async with self._building:
            if self._producer is None:
                self._producer = await self._started()
            return self._producer

    async def _discard(self, broken: "_Working") -> None:
        """A producer that failed may be wedged on its sequence numbers (aiokafka #1017): give it up."""
        async with self._building:
            if self._producer is broken:
                self._producer = None
                await _stopped(broken.producer)


@dataclass(frozen=True)
class _Working:
    producer: Any
    batches: PartitionBatches


def _laid(outgoing: Outgoing, second_ms: int) -> Laid:
    """The event as a record; `second_ms` is this second. Errors: `RejectError` when it is larger than its topic takes."""
    value, key, headers = outgoing.body, outgoing.key.encode(), to_headers(outgoing.meta)
    if len(value) > _LARGEST_VALUE_BYTES:
        size = DefaultRecordBatchBuilder.estimate_size_in_bytes(key, value, list(headers))
        if size > LARGEST_PARKED_BYTES or not outgoing.topic.startswith(_PARKED_PREFIX):
            raise RejectError(_TOO_LARGE)
    return Laid(outgoing.topic, key, value, headers, second_ms if outgoing.whole_seconds else None)


async def _existing(client: Any, topics: AbstractSet[str]) -> None:
    """Errors: `RejectError` where a topic does not exist: to wait for it would hold up what goes to others."""
    missing = {each for each in topics if client.cluster.partitions_for_topic(each) is None}
    for wait_s in _NEWS_S:
        if missing:
            await asyncio.sleep(wait_s)
            missing -= (await client.fetch_all_metadata()).topics()
    if missing:
        raise RejectError(no_topic(min(missing)))


async def _stopped(producer: Any) -> None:
    try:
        await asyncio.wait_for(producer.stop(), timeout=5)
    except (TimeoutError, KafkaError):
        return


def _stage(outgoing: Outgoing) -> int:
    return outgoing.stage
