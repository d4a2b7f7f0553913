"""Reading `parked.<service>`: keeps the parking state current, and replays what is parked."""

import asyncio
import base64
import contextlib
from datetime import datetime
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from bowchat_contracts.parking import RecordParked
from bowchat_contracts.topics import PARKED
from bowchat_runtime import metrics
from bowchat_runtime.decoding import decode, key_bytes
from bowchat_runtime.errors import BROKER_AWAY, DependencyDownError, RejectError, no_topic
from bowchat_runtime.parking import PARK_ID_HEADER, Lane, ParkingState, discarded
from bowchat_runtime.publisher import KafkaPublisher, connection
from bowchat_runtime.settings import ServiceSettings

log = structlog.get_logger()


class ParkedTopic:
    """The parking state of one service, read from its topic and kept current."""

    def __init__(self, service: str, settings: ServiceSettings) -> None:
        self.state = ParkingState()
        self._service, self._settings = service, settings
        self._topic = PARKED.format(service=service)
        self._consumer: Any = None
        self._tail: asyncio.Task[None] | None = None
        self._moved = asyncio.Condition()

    async def start(self) -> None:
        """Read everything that is there, then follow.

        Errors: `DependencyDownError` when the broker does not answer or the topic is missing.
        """
        self._consumer = AIOKafkaConsumer(
            **connection(self._settings),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            group_id=None,
        )
        try:
            await self._consumer.start()
            partitions = self._consumer.partitions_for_topic(self._topic) or await self._asked_again()
        except KafkaError as error:
            await self.stop()
            raise DependencyDownError(BROKER_AWAY) from error
        if not partitions:
            await self.stop()
            raise DependencyDownError(no_topic(self._topic))
        self._consumer.assign([TopicPartition(self._topic, each) for each in partitions])
        await self._consumer.seek_to_beginning()
        self._tail = asyncio.create_task(self._follow())
        await self.catch_up()

    async def _asked_again(self) -> Any:
        # aiokafka knows a topic nobody has subscribed to only after it was asked for.
        await self._consumer._client.add_topic(self._topic)  # noqa: SLF001 - no public way to ask for one topic
        return self._consumer.partitions_for_topic(self._topic)

    async def stop(self) -> None:
        if self._tail is not None:
            self._tail.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._tail
        if self._consumer is not None:
            await self._consumer.stop()
            self._consumer = None

    async def catch_up(self) -> None:
        """Wait until the state knows everything that was on the topic when this was called."""
        ends = await self._consumer.end_offsets(self._consumer.assignment())
        async with self._moved:
            for partition, end in ends.items():
                while await self._consumer.position(partition) < end:
                    await self._moved.wait()

    async def _follow(self) -> None:
        while True:
            try:
                batches = await self._consumer.getmany(timeout_ms=1000)
            except KafkaError:
                await asyncio.sleep(1)
                continue
            for raw in (raw for batch in batches.values() for raw in batch):
                self._apply(raw)
            if batches:
                metrics.PARKED_OUTSTANDING.labels(self._service).set(self.state.outstanding)
                async with self._moved:
                    self._moved.notify_all()

    def _apply(self, raw: Any) -> None:
        try:
            self.state.apply(decode(raw).event)
        except (RejectError, ValidationError):
            log.exception("parked_record_unreadable", partition=raw.partition, offset=raw.offset)


async def replay(service: str, settings: ServiceSettings, key: str | None = None) -> list[RecordParked]:
    """Send every outstanding parked record to its own topic and partition again, in order; all, or those of one key.

    Safe to repeat and to interrupt: the service takes each copy only in its turn, and only once.
    """
    parked = ParkedTopic(service, settings)
    await parked.start()
    producer = AIOKafkaProducer(**connection(settings), enable_idempotence=True, acks="all")
    try:
        await producer.start()
        chosen = _chosen(parked.state, key)
        for event in chosen:
            await producer.send_and_wait(
                event.topic,
                value=base64.b64decode(event.value),
                key=None if event.key is None else key_bytes(event.key),
                headers=[*_headers(event), (PARK_ID_HEADER, event.park_id.encode())],
                partition=event.partition,
            )
    except KafkaError as error:
        raise DependencyDownError(BROKER_AWAY) from error
    finally:
        await producer.stop()
        await parked.stop()
    return chosen


async def discard(service: str, settings: ServiceSettings, park_id: str, now: datetime) -> bool:
    """Give up one parked record that can never be done. False when there is none of this id."""
    found = [each for each in await outstanding(service, settings) if each.park_id == park_id]
    if found:
        async with KafkaPublisher(settings, service) as publisher:
            await publisher.publish([discarded(found[0], service, now)])
    return bool(found)


async def outstanding(service: str, settings: ServiceSettings) -> list[RecordParked]:
    """What is parked and not yet released, oldest of each lane first."""
    parked = ParkedTopic(service, settings)
    await parked.start()
    try:
        return _chosen(parked.state, None)
    finally:
        await parked.stop()


def _chosen(state: ParkingState, key: str | None) -> list[RecordParked]:
    lanes: list[tuple[Lane, dict[str, RecordParked]]] = list(state.lanes.items())
    return [event for lane, waiting in lanes if key in (None, lane[1]) for event in waiting.values()]


def _headers(event: RecordParked) -> list[tuple[str, bytes]]:
    return [(name, base64.b64decode(value)) for name, value in event.headers if name != PARK_ID_HEADER]
