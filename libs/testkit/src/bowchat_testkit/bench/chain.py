"""The bare chain: the relay's hops as plain aiokafka, an idempotent producer and two copiers, one process each.

It does no work, so it is what Kafka and aiokafka cost. `python -m bowchat_testkit.bench.chain` is one of its processes.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bowchat_testkit.bench.usage import Meter, Span
from bowchat_testkit.stack import create_topics
from bowchat_testkit.stack_process import ChildProcess, until

MESSAGE_BYTES = 700
PARTITIONS = 4
_KEYS = 200
_BATCH = 500
_PATIENCE_S = 60.0


async def measured(
    bootstrap: str, directory: Path, name: str, count: int, broker_pid: int
) -> tuple[float, Span]:
    """Messages per second through all hops: from the first one produced to the last one read."""
    topics = [f"{name}.{hop}" for hop in ("received", "routed", "insurer")]
    await create_topics(bootstrap, topics, partitions=PARTITIONS)
    async with AsyncExitStack() as stack:
        copiers = [
            _child(directory / f"{name}-copy-{hop}.log", "copy", bootstrap, topics[hop], topics[hop + 1])
            for hop in (0, 1)
        ]
        for each in copiers:
            each.start()
            stack.callback(each.kill)
        consumer = await _consumer(bootstrap, topics[-1], stack)
        await until(lambda: _all_ready(copiers), seconds=_PATIENCE_S)
        meter = Meter(
            {"broker": broker_pid, **{f"copier {n}": each.pid for n, each in enumerate(copiers, 1)}}
        )
        log = directory / f"{name}-produce.log"
        producer = _child(log, "produce", bootstrap, topics[0], str(count))
        producer.start()
        stack.callback(producer.kill)
        async with asyncio.timeout(_PATIENCE_S):
            await _read(consumer, count)
        end = time.monotonic()
        span = meter.read()
        await producer.ended(seconds=_PATIENCE_S)
        return count / (end - json.loads(producer.tail(1))["started"]), span


def _child(log: Path, *arguments: str) -> ChildProcess:
    return ChildProcess([sys.executable, "-m", "bowchat_testkit.bench.chain", *arguments], log=log)


async def _all_ready(copiers: Sequence[ChildProcess]) -> bool:
    return all("ready" in each.tail() for each in copiers)


async def _consumer(bootstrap: str, topic: str, stack: AsyncExitStack) -> Any:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    stack.push_async_callback(consumer.stop)
    consumer.assign([TopicPartition(topic, each) for each in range(PARTITIONS)])
    return consumer


async def _read(consumer: Any, count: int) -> None:
    while count > 0:
        batches = await consumer.getmany(timeout_ms=200)
        count -= sum(map(len, batches.values()))


async def _produce(bootstrap: str, topic: str, count: int) -> None:
    async with _producer(bootstrap) as producer:
        value = b"x" * MESSAGE_BYTES
        print(json.dumps({"started": time.monotonic()}), flush=True)
        for first in range(0, count, _BATCH):
            numbers = range(first, min(first + _BATCH, count))
            await _acknowledged(producer, topic, [(b"key-%d" % (each % _KEYS), value) for each in numbers])


async def _copy(bootstrap: str, source: str, target: str) -> None:
    consumer: Any = AIOKafkaConsumer(
        source,
        bootstrap_servers=bootstrap,
        group_id=f"copy.{source}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    async with consumer, _producer(bootstrap) as producer:
        print("ready", flush=True)
        while True:
            batches = await consumer.getmany(timeout_ms=200, max_records=_BATCH)
            records = [(each.key, each.value) for batch in batches.values() for each in batch]
            if records:
                await _acknowledged(producer, target, records)
                await consumer.commit()


def _producer(bootstrap: str) -> Any:
    return AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all", linger_ms=2)


async def _acknowledged(producer: Any, topic: str, records: Sequence[tuple[bytes, bytes]]) -> None:
    sent = [await producer.send(topic, value=value, key=key) for key, value in records]
    await asyncio.gather(*sent)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="bowchat_testkit.bench.chain")
    arguments.add_argument("role", choices=["produce", "copy"])
    arguments.add_argument("rest", nargs=3)
    given = arguments.parse_args()
    bootstrap, topic, last = given.rest
    work = _produce(bootstrap, topic, int(last)) if given.role == "produce" else _copy(bootstrap, topic, last)
    uvloop.run(work)


if __name__ == "__main__":
    main()
