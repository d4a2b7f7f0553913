"""One relay under load: warm it up, load it, wait until it has settled, and read the figures."""

import contextlib
import os
import time
from collections.abc import Callable, Coroutine
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from bowchat_contracts.topics import SERVICES
from bowchat_testkit.bench.arrivals import Arrivals
from bowchat_testkit.bench.figures import Run, percentiles
from bowchat_testkit.bench.load import CONNECTIONS, Connection, Sent, at_saturation, steadily
from bowchat_testkit.bench.messages import PEOPLE, Webhooks
from bowchat_testkit.bench.usage import Meter
from bowchat_testkit.relay import Relay
from bowchat_testkit.stack_process import LOOPBACK, until

UNDER_WAY = 2000
"""At saturation so many messages are under way at most: accepted or not, and not yet with their insurer."""
Load = Callable[[list[Connection], Sent], Coroutine[Any, Any, None]]

_ARRIVE_S = 30.0
_SETTLE_S = 90.0


class Trial:
    """A relay that runs, and the runs on it. `pids` are the processes to account for beside its services."""

    def __init__(self, relay: Relay, arrivals: Arrivals, pids: dict[str, int]) -> None:
        self._relay, self._arrivals = relay, arrivals
        services = {name: relay.pid(name) for name in relay.ports}
        self._pids = {**services, **pids, "load and reading": os.getpid()}
        self._webhooks = Webhooks("/webhooks/whatsapp", relay.secrets.app_secret)

    async def warm_up(self) -> None:
        """Every contact, alias and conversation exists, and every code path has run, before anything is measured."""
        webhooks = self._webhooks.make(PEOPLE * 2)
        await self._run(lambda connections, sent: steadily(connections, webhooks, 100, sent))

    async def steady(self, per_second: int, seconds: int) -> Run:
        webhooks = self._webhooks.make(per_second * seconds)
        return await self._run(lambda connections, sent: steadily(connections, webhooks, per_second, sent))

    async def saturated(self, seconds: float, most_per_second: int, messages_each: int = 1) -> Run:
        count = int(seconds * most_per_second / messages_each)
        webhooks = self._webhooks.make(count, messages_each)
        arrived = self._arrivals.at
        before = len(arrived)

        def load(connections: list[Connection], sent: Sent) -> Coroutine[Any, Any, None]:
            async def room() -> None:
                while len(sent.at) - (len(arrived) - before) > UNDER_WAY - messages_each:
                    await self._arrivals.more.wait()

            return at_saturation(connections, webhooks, sent, seconds=seconds, room=room)

        return await self._run(load)

    async def _run(self, load: Load) -> Run:
        port = self._relay.ports["ingest"]
        connections = [Connection(LOOPBACK, port) for _ in range(CONNECTIONS)]
        sent, meter = Sent(), Meter(self._pids)
        try:
            await load(connections, sent)
        finally:
            for each in connections:
                each.close()
        await self._arrived(sent)
        settled = await self._settled()
        return self._figures(sent, settled, meter)

    async def _arrived(self, sent: Sent) -> None:
        async def all_there() -> bool:
            return sent.at.keys() <= self._arrivals.at.keys()

        with contextlib.suppress(TimeoutError):  # the figures say how many are missing
            await until(all_there, seconds=_ARRIVE_S)

    async def _settled(self) -> float:
        """The moment when every consumer group has committed the end of its topics.

        Errors: TimeoutError.
        """

        async def none_behind() -> bool:
            return await behind(self._relay.bootstrap) == 0

        await until(none_behind, seconds=_SETTLE_S)
        return time.perf_counter()

    def _figures(self, sent: Sent, settled: float, meter: Meter) -> Run:
        span = meter.read()
        arrived = {mark: self._arrivals.at[mark] for mark in sent.at if mark in self._arrivals.at}
        start = min(sent.at.values())
        return Run(
            messages=len(arrived),
            per_second=len(arrived) / (max(arrived.values()) - start),
            latency=percentiles([at - sent.at[mark] for mark, at in arrived.items()]),
            answer=percentiles(sent.answer_seconds),
            settled_per_second=len(arrived) / (settled - start),
            refused=sent.refused,
            missing=len(sent.at) - len(arrived),
            span=span,
        )


async def behind(bootstrap: str) -> int:
    """How many records the relay's consumer groups have not committed yet; the bare chain's are left as they fell."""
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await admin.start()
    await consumer.start()
    try:
        committed: dict[TopicPartition, list[int]] = {}
        groups = [group for group, _ in await admin.list_consumer_groups()]
        for group in (each for each in groups if each.partition(".")[0] in SERVICES):
            for partition, at in (await admin.list_consumer_group_offsets(group)).items():
                committed.setdefault(partition, []).append(at.offset)
        ends = await consumer.end_offsets(list(committed))
        return sum(ends[partition] - at for partition, found in committed.items() for at in found if at >= 0)
    finally:
        await consumer.stop()
        await admin.close()
