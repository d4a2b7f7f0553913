"""An insurer that reads its own topic and answers on its own topic."""

import asyncio
import json
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from bowchat_contracts.envelope import BadEnvelopeError, Event, from_headers, to_headers
from bowchat_contracts.insurer import InsurerMessage
from bowchat_contracts.topics import INSURER_MESSAGES, INSURER_REPLIES
from bowchat_runtime.clock import Clock, system_clock
from bowchat_testkit.due_queue import DueQueue
from bowchat_testkit.insurers.offsets import OpenOffsets
from bowchat_testkit.insurers.replying import MESSAGES, ReplyPolicy, reply_meta, reply_to
from bowchat_testkit.whatsapp_payloads import Json

log = structlog.get_logger()
AnyEvent = TypeVar("AnyEvent", bound=Event)

_AGAIN_S = 0.5
"""Pause before a reply that Kafka did not take is sent again, or a broker that is away is asked again."""


@dataclass(frozen=True)
class SeenRecord:
    """One record of the insurer's topic, as it came."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    timestamp_ms: int
    seen_ms: int
    """When the insurer had it, by its own clock."""

    def message(self) -> InsurerMessage | None:
        """The message in it, released or not, or None for other events. Errors: `BadEnvelopeError`, `ValidationError`."""
        if from_headers(self.headers).type not in MESSAGES:
            return None
        return InsurerMessage.model_validate_json(self.value)

    def as_json(self) -> Json:
        return {
            "partition": self.partition,
            "offset": self.offset,
            "key": None if self.key is None else self.key.decode(errors="replace"),
            "value": self.value.decode(errors="replace"),
            "headers": {name: value.decode(errors="replace") for name, value in self.headers},
            "timestamp_ms": self.timestamp_ms,
            "seen_ms": self.seen_ms,
        }


@dataclass(frozen=True)
class _Answering:
    record: SeenRecord
    message: InsurerMessage
    text: str


class KafkaInsurer(ConsumerRebalanceListener):
    """Reads from the beginning, records everything, answers after `reply_after_s`.

    An offset is committed when its record is recorded and its reply, if any, acknowledged. So nothing is lost; after a
    crash some are read and answered again, with the same reply id.
    """

    def __init__(
        self,
        insurer: str,
        bootstrap: str,
        policy: ReplyPolicy,
        *,
        reply_after_s: float = 0.0,
        group: str | None = None,
        clock: Clock = system_clock,
        security: dict[str, Any] | None = None,
    ) -> None:
        self.insurer = insurer
        self.records: list[SeenRecord] = []
        self.replied = 0
        self.policy = policy
        self.reply_after_s = reply_after_s
        self._bootstrap = bootstrap
        self._group = group or f"insurer.{insurer}.simulator"
        self._clock = clock
        self._security = security or {}
        self._offsets: OpenOffsets[TopicPartition] = OpenOffsets()
        self._answering: DueQueue[_Answering] = DueQueue()
        self._acknowledged = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._sends: set[asyncio.Task[None]] = set()
        self._topic = INSURER_MESSAGES.format(insurer=insurer)

    def messages(self) -> list[InsurerMessage]:
        """Every message in the order it came, each message once: duplicates share their id."""
        found = [message for record in self.records if (message := record.message()) is not None]
        return list({message.message_id: message for message in found}.values())

    def events(self, kind: type[AnyEvent]) -> list[AnyEvent]:
        """Every event of exactly this type, in the order they came, duplicates among them."""
        return [
            kind.model_validate_json(each.value)
            for each in self.records
            if from_headers(each.headers).type == kind.type
        ]

    async def __aenter__(self) -> Self:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=self._group,
            client_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metadata_max_age_ms=2000,
            **self._security,
        )
        self._consumer.subscribe([self._topic], listener=self)
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._group,
            acks="all",
            enable_idempotence=True,
            linger_ms=2,
            **self._security,
        )
        await _patiently(self._producer.start)
        await _patiently(self._consumer.start)
        self._tasks = [asyncio.create_task(one()) for one in (self._read, self._answer, self._commit_forever)]
        return self

    async def __aexit__(self, *_: object) -> None:
        running = [*self._tasks, *self._sends]
        for task in running:
            task.cancel()
        ended = await asyncio.gather(*running, return_exceptions=True)
        await self._producer.stop()
        await self._commit()
        await self._consumer.stop()
        for failure in ended:
            # A reader or policy that broke must not look like an insurer with nothing to do.
            if isinstance(failure, Exception):
                raise failure

    async def on_partitions_revoked(self, revoked: Any) -> None:
        await self._commit()
        for partition in revoked:
            self._offsets.forget(partition)

    async def on_partitions_assigned(self, assigned: Any) -> None:
        """Nothing to do: what was read before is read again."""

    async def _read(self) -> None:
        while True:
            try:
                batches = await self._consumer.getmany(timeout_ms=1000)
            except KafkaError as failed:
                log.warning("insurer_read_failed", insurer=self.insurer, error=type(failed).__name__)
                await asyncio.sleep(_AGAIN_S)
                continue
            for partition, batch in batches.items():
                for raw in batch:
                    self._take(partition, raw)

    def _take(self, partition: TopicPartition, raw: ConsumerRecord[bytes, bytes]) -> None:
        now_ms = int(self._clock().timestamp() * 1000)
        headers = tuple((name, bytes(value)) for name, value in raw.headers)
        seen = SeenRecord(
            raw.partition, raw.offset, raw.key, raw.value or b"", headers, raw.timestamp, now_ms
        )
        self.records.append(seen)
        self._offsets.opened(partition, raw.offset)
        message = _readable(seen)
        text = self.policy(message) if message is not None else None
        if message is None or text is None:
            self._done(seen)
        else:
            self._answering.add(self.reply_after_s, _Answering(seen, message, text))

    async def _answer(self) -> None:
        while True:
            for due in await self._answering.take():
                # `send` returns when the record is in order in the producer's queue; acknowledgement comes later.
                await self._hand_over(due)

    async def _hand_over(self, due: _Answering) -> None:
        reply = reply_to(self.insurer, due.message, due.text)
        try:
            acknowledgement = await self._producer.send(
                INSURER_REPLIES.format(insurer=self.insurer),
                value=reply.model_dump_json(exclude_none=True).encode(),
                key=reply.alias.encode(),
                headers=list(to_headers(reply_meta(self.insurer, reply, self._clock()))),
            )
        except KafkaError:
            self._answering.add(_AGAIN_S, due)
            return
        waiting = asyncio.create_task(self._await_acknowledgement(due, acknowledgement))
        self._sends.add(waiting)
        waiting.add_done_callback(self._sends.discard)

    async def _await_acknowledgement(self, due: _Answering, acknowledgement: Awaitable[Any]) -> None:
        try:
            await acknowledgement
        except KafkaError:
            self._answering.add(_AGAIN_S, due)
            return
        self.replied += 1
        self._done(due.record)

    def _done(self, record: SeenRecord) -> None:
        self._offsets.done(TopicPartition(self._topic, record.partition), record.offset)
        self._acknowledged.set()

    async def _commit_forever(self) -> None:
        while True:
            await self._acknowledged.wait()
            self._acknowledged.clear()
            await self._commit()
            await asyncio.sleep(0.1)

    async def _commit(self) -> None:
        offsets = self._offsets.to_commit()
        if not offsets:
            return
        try:
            await self._consumer.commit(offsets)
        except KafkaError as failed:
            # Later commits cover it; until then a restart reads again what is already answered, to no second effect.
            log.warning("insurer_commit_failed", insurer=self.insurer, error=type(failed).__name__)


def _readable(record: SeenRecord) -> InsurerMessage | None:
    """What cannot be read stays in the records, where a test finds it."""
    try:
        return record.message()
    except (BadEnvelopeError, ValidationError, json.JSONDecodeError):
        log.warning("insurer_record_unreadable", partition=record.partition, offset=record.offset)
        return None


async def _patiently(start: Any) -> None:
    """Start a client; wait for a broker that is not there yet."""
    for _ in range(60):
        try:
            await start()
        except KafkaError:
            await asyncio.sleep(_AGAIN_S)
        else:
            return
    await start()
