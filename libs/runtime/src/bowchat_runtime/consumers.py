"""Wiring of subscriptions to FastStream, and what watches over them.

FastStream's ready-made acknowledgement policies each lose, skip or spin, so it is told to leave acknowledging to
`BatchLoop`, and neither to parse nor to decode, since it skips what it fails to parse.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import chain
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import FakeConsumer
from faststream.security import SASLScram512

from bowchat_runtime import lenient
from bowchat_runtime.clock import Clock
from bowchat_runtime.errors import BROKER_AWAY, DependencyDownError
from bowchat_runtime.loop import BatchLoop
from bowchat_runtime.parked_topic import ParkedTopic
from bowchat_runtime.publisher import Publisher, connection
from bowchat_runtime.records import Subscription
from bowchat_runtime.settings import ServiceSettings

log = structlog.get_logger()

EXIT_STUCK = 70
_DRAIN_S, _LEAVE_S = 10.0, 3.0
# How long one poll waits for records. It ends with the first one, so only idle topics see it.
_POLL_MS = 1000
# aiokafka fetches other partitions ahead when a batch takes longer than this, and while the broker has nothing for those,
# nobody asks it for the batch's own: they would wait out the whole fetch.
_NEVER_AHEAD_S = 24 * 3600.0


class Consumers:
    """All subscriptions of one process."""

    def __init__(
        self,
        service: str,
        settings: ServiceSettings,
        subscriptions: Sequence[Subscription[Any]],
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self.parked = ParkedTopic(service, settings)
        self.loops = [BatchLoop(service, each, publisher, self.parked.state, clock) for each in subscriptions]
        self.abandoned = False
        """Whether the broker did not let us leave: what its clients still wait for ends with the process."""
        self._subscribers: list[Any] = []
        self._broker = _broker(service, settings)
        for loop in self.loops:
            self._subscribe(loop, service, settings)

    def _subscribe(self, loop: BatchLoop, service: str, settings: ServiceSettings) -> None:
        subscription = loop.subscription
        group = f"{service}.{subscription.name}"
        options: dict[str, Any] = {
            "pattern": subscription.pattern,
            "batch": True,
            "group_id": group,
            "group_instance_id": f"{group}.{settings.instance}",
            "auto_offset_reset": "earliest",
            "ack_policy": AckPolicy.MANUAL,
            "fetch_max_wait_ms": settings.kafka_fetch_wait_ms,
            "max_records": subscription.max_records,
            "session_timeout_ms": 30_000,
            # Waiting for a dependency is no reason to lose the partition; the watchdog ends what is stuck.
            "max_poll_interval_ms": 24 * 3600 * 1000,
            "listener": _Listener(loop, self.parked),
            "parser": _parse,
            "decoder": _decode,
        }
        subscriber: Any = self._broker.subscriber(*subscription.topics, **options)

        async def consume(raws: Any) -> None:
            try:
                await loop.process(raws, subscriber.consumer)
            except Exception:
                # FastStream would log this and read on past the batch. Better to stop: nothing is committed.
                log.exception("consumer_broken", subscription=subscription.name)
                os._exit(EXIT_STUCK)

        subscriber(consume)
        subscriber.get_msg = _polls(subscription.max_records, subscription.patience_ms / 1000)
        self._subscribers.append(subscriber)

    async def start(self) -> None:
        """Join the groups.

        Errors: `DependencyDownError` when the broker does not answer; it may be called again.
        """
        for loop in self.loops:
            loop.commits.open()
        try:
            await self.parked.start()
            await self._join()
        except KafkaError as error:
            await self._leave()
            raise DependencyDownError(BROKER_AWAY) from error
        for _, consumer in self.pairs():
            consumer._fetcher._prefetch_backoff = _NEVER_AHEAD_S  # noqa: SLF001 - no public way to set it

    async def _join(self) -> None:
        # A broker waits for a group's further members, some seconds by default: FastStream's own start would wait as long
        # for each group in turn.
        await self._broker.connect()
        joined = await asyncio.gather(*(each.start() for each in self._subscribers), return_exceptions=True)
        for error in joined:
            if error is not None:
                raise error

    async def stop(self) -> None:
        """Finish the batches in hand, commit, leave; `abandoned` where the broker did not answer in time."""
        with contextlib.suppress(TimeoutError):  # the broker is away: what was done is done again
            async with asyncio.timeout(_DRAIN_S):
                await asyncio.gather(*(loop.commits.close() for loop in self.loops))
        leaving = asyncio.create_task(self._leave())
        # Not cancelled where it takes longer: a client whose broker is away ignores that for seconds.
        await asyncio.wait({leaving}, timeout=_LEAVE_S)
        self.abandoned = not leaving.done()
        if leaving.done():
            leaving.result()

    async def _leave(self) -> None:
        await self._broker.stop()
        await self.parked.stop()

    def pairs(self) -> list[tuple[BatchLoop, Any]]:
        """Each loop with its aiokafka consumer, or None while that is not started."""
        return [
            (loop, subscriber.consumer)
            for loop, subscriber in zip(self.loops, self._subscribers, strict=True)
        ]

    async def ready(self) -> str | None:
        """None when every subscription works, or the reason in words."""
        for loop, consumer in self.pairs():
            if consumer is None:
                return f"the subscription {loop.subscription.name} is not connected yet"
            if loop.backing_off:
                return loop.backing_off
        return None


class _Listener(ConsumerRebalanceListener):
    """Lets the batch in hand end before its partitions move, and reads the parked records of those that come."""

    def __init__(self, loop: BatchLoop, parked: ParkedTopic) -> None:
        self._loop, self._parked = loop, parked

    async def on_partitions_revoked(self, revoked: Any) -> None:  # noqa: ARG002 - the listener's signature
        try:
            async with asyncio.timeout(_DRAIN_S), self._loop.busy:
                await self._loop.commits.settle()
                self._loop.forget()
        except TimeoutError:
            log.warning("revoked_while_busy", subscription=self._loop.subscription.name)

    async def on_partitions_assigned(self, assigned: Any) -> None:
        await self._parked.catch_up()
        self._loop.forget()
        log.info("partitions_assigned", subscription=self._loop.subscription.name, partitions=len(assigned))


def _broker(service: str, settings: ServiceSettings) -> KafkaBroker:
    lenient.install()
    reach = connection(settings)
    security = None
    if settings.kafka_security == "SASL_SSL":
        security = SASLScram512(
            username=settings.kafka_username,
            password=settings.kafka_password.get_secret_value(),
            ssl_context=reach["ssl_context"],
        )
    return KafkaBroker(
        settings.kafka_bootstrap,
        client_id=f"{service}-{settings.instance}",
        consumer_only=True,
        allow_auto_create_topics=False,
        # New insurers' topics are found within this time.
        metadata_max_age_ms=10_000,
        graceful_timeout=_DRAIN_S,
        logger=None,
        security=security,
        apply_types=False,
    )


def _polls(max_records: int, patience_s: float) -> Callable[[Any], Awaitable[tuple[Any, ...]]]:
    """FastStream's own polls sleep after one that found nothing, for as long again: records would wait, or idle topics
    cost as much as busy ones. A patient one waits after one that found something, unless there is more already.
    """
    patient_until = 0.0

    async def poll(consumer: Any) -> tuple[Any, ...]:
        nonlocal patient_until
        await asyncio.sleep(max(0.0, patient_until - time.monotonic()))
        found = await consumer.getmany(timeout_ms=_POLL_MS, max_records=max_records)
        records = tuple(chain.from_iterable(found.values()))
        patient_until = time.monotonic() + patience_s if 0 < len(records) < max_records else 0.0
        return records

    return poll


async def _parse(raws: Any) -> KafkaMessage:
    return KafkaMessage(body=b"", raw_message=raws, headers={}, consumer=FakeConsumer())


async def _decode(message: Any) -> Any:
    return message.raw_message
