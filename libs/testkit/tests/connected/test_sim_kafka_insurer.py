"""The insurer on a real topic: records everything, answers once, survives its own end."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bowchat_contracts.envelope import Headers, Meta, from_headers, to_headers, traceparent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.insurer import InsurerMessage, InsurerReply
from bowchat_contracts.insurer_content import InsurerText
from bowchat_testkit.insurers import KafkaInsurer, reply_to, replying
from bowchat_testkit.stack import create_topics

pytestmark = pytest.mark.connected

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def insurer_id(kafka: str) -> str:
    """An insurer that no other test has, with its topics."""
    name = f"sim-{uuid.uuid4().hex[:8]}"
    await create_topics(kafka, [f"insurer.{name}.messages", f"insurer.{name}.replies"], partitions=2)
    return name


@pytest.fixture
async def masker(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    """Writes where the masker does."""
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        yield producer


def message(n: int) -> InsurerMessage:
    return InsurerMessage(
        message_id=derived_id("im", str(n)),
        alias=derived_id("ph", str(n % 3)),
        thread_id=derived_id("th", str(n % 3)),
        seq=n // 3 + 1,
        sent_at=AT,
        content=InsurerText(text=f"question {n}"),
    )


def headers_of(one: InsurerMessage) -> Headers:
    return to_headers(
        Meta(one.message_id, one.type, "/bowchat/masker", AT, traceparent(one.message_id, "relay"))
    )


async def put(masker: AIOKafkaProducer, insurer_id: str, one: InsurerMessage) -> None:
    await masker.send_and_wait(
        f"insurer.{insurer_id}.messages",
        one.model_dump_json().encode(),
        key=one.alias.encode(),
        headers=list(headers_of(one)),
    )


async def replies(kafka: str, insurer_id: str, many: int) -> list[tuple[Headers, InsurerReply]]:
    found: list[tuple[Headers, InsurerReply]] = []
    consumer = AIOKafkaConsumer(
        f"insurer.{insurer_id}.replies", bootstrap_servers=kafka, auto_offset_reset="earliest"
    )
    async with consumer, asyncio.timeout(15):
        while len(found) < many:
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                found += [
                    (
                        tuple((k, bytes(v)) for k, v in raw.headers),
                        InsurerReply.model_validate_json(raw.value or b""),
                    )
                    for raw in batch
                ]
    return found


async def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


async def test_it_records_and_answers(kafka: str, insurer_id: str, masker: AIOKafkaProducer) -> None:
    """What was on the topic before it came is read too; each record is kept as it is, each message answered."""
    await put(masker, insurer_id, message(0))
    async with KafkaInsurer(insurer_id, kafka, replying("On it: {text}")) as insurer:
        await put(masker, insurer_id, message(1))
        await until(lambda: insurer.replied == 2)
    assert sorted(one.seq for one in insurer.messages()) == [1, 1]
    kept = next(one for one in insurer.records if b"question 0" in one.value)
    assert (kept.key, kept.headers) == (message(0).alias.encode(), headers_of(message(0)))
    assert kept.seen_ms >= kept.timestamp_ms - 1000
    answered = await replies(kafka, insurer_id, 2)
    assert {reply.text.reveal() for _, reply in answered} == {"On it: question 0", "On it: question 1"}
    assert {from_headers(headers).type for headers, _ in answered} == {InsurerReply.type}
    assert {reply.reply_id for _, reply in answered} == {
        reply_to(insurer_id, message(n), "").reply_id for n in (0, 1)
    }


async def test_what_it_has_answered_is_not_read_again(
    kafka: str, insurer_id: str, masker: AIOKafkaProducer
) -> None:
    """Stopped and started again, it goes on where it was."""
    async with KafkaInsurer(insurer_id, kafka, replying("On it")) as first:
        for n in range(6):
            await put(masker, insurer_id, message(n))
        await until(lambda: first.replied == 6)
    async with KafkaInsurer(insurer_id, kafka, replying("On it")) as second:
        await put(masker, insurer_id, message(6))
        await until(lambda: second.replied == 1)
    assert [one.message_id for one in second.messages()] == [message(6).message_id]


async def test_an_end_before_the_answer_loses_nothing(
    kafka: str, insurer_id: str, masker: AIOKafkaProducer
) -> None:
    """Records whose answer was still to come are read again by the next one, and answered under the same ids."""
    async with KafkaInsurer(insurer_id, kafka, replying("On it"), reply_after_s=60) as first:
        for n in range(4):
            await put(masker, insurer_id, message(n))
        await until(lambda: len(first.records) == 4)
    assert first.replied == 0
    async with KafkaInsurer(insurer_id, kafka, replying("On it")) as second:
        await until(lambda: second.replied == 4)
    assert {one.message_id for one in second.messages()} == {message(n).message_id for n in range(4)}


async def test_what_cannot_be_read_stops_nothing(
    kafka: str, insurer_id: str, masker: AIOKafkaProducer
) -> None:
    """A record without an envelope is kept and passed by."""
    await masker.send_and_wait(
        f"insurer.{insurer_id}.messages", b"not an event", key=message(0).alias.encode()
    )
    await put(masker, insurer_id, message(0))
    async with KafkaInsurer(insurer_id, kafka, replying("On it")) as insurer:
        await until(lambda: insurer.replied == 1)
    assert len(insurer.records) == 2
