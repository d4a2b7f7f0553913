"""The bare chain: the relay's hops as plain aiokafka, an idempotent producer and two copiers, one process each.

It does no work, so it is what Kafka and aiokafka cost. `python -m bowchat_testkit.bench.chain` is one of its processes.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
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


@dataclass(frozen=True)
class ChainRun:
    messages: int
    span: Span

    @property
    def per_second(self) -> float:
        return self.messages / self.span.seconds

    @property
    def cpu_ms(self) -> float:
        """CPU of all its processes, the broker among them, for each message."""
        return 1000 * self.span.cpu_s / self.messages

    @property
    def broker_ms(self) -> float:
        return 1000 * self.span.usages["broker"].cpu_s / self.messages


async def measured(bootstrap: str, directory: Path, name: str, count: int, broker_pid: int) -> ChainRun:
    """One run, on topics of its own: from the first message produced to the last one read."""
    topics = [f"{name}.{hop}" for hop in ("received", "routed", "insurer")]
    await create_topics(bootstrap, topics, partitions=PARTITIONS)
    commands = {
        "producer": ("produce", bootstrap, topics[0], str(count)),
        "copier 1": ("copy", bootstrap, topics[0], topics[1]),
        "copier 2": ("copy", bootstrap, topics[1], topics[2]),
    }
    children = {each: _child(directory / name / f"{each}.log", command) for each, command in commands.items()}
    async with AsyncExitStack() as stack:
        for each in children.values():
            each.start()
            stack.callback(each.kill)
        consumer = await _consumer(bootstrap, topics[-1], stack)
        await until(lambda: _all_ready(children.values()), seconds=_PATIENCE_S)
        pids = {each: child.pid for each, child in children.items()}
        meter = Meter({**pids, "broker": broker_pid, "reading": os.getpid()})
        os.kill(pids["producer"], signal.SIGUSR1)
        async with asyncio.timeout(_PATIENCE_S):
            await _read(consumer, count)
        return ChainRun(count, meter.read())


def _child(log: Path, arguments: Sequence[str]) -> ChildProcess:
    return ChildProcess([sys.executable, "-m", "bowchat_testkit.bench.chain", *arguments], log=log)


async def _all_ready(children: Iterable[ChildProcess]) -> bool:
    return all("ready" in each.tail() for each in children)


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
        begin = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, begin.set)
        print("ready", flush=True)
        await begin.wait()
        for first in range(0, count, _BATCH):
            numbers = range(first, min(first + _BATCH, count))
            await _acknowledged(producer, topic, [(b"key-%d" % (each % _KEYS), value) for each in numbers])
        await asyncio.Event().wait()  # so that its use of the CPU can still be read


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
