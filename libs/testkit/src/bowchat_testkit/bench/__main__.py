"""`python -m bowchat_testkit.bench`: measure, print the tables, clean up. Ten minutes at most."""

import argparse
import asyncio
import logging
import shutil
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

from bowchat_testkit.bench import chain
from bowchat_testkit.bench.arrivals import Arrivals
from bowchat_testkit.bench.messages import INSURERS, policies
from bowchat_testkit.bench.report import StoreFigures, tables
from bowchat_testkit.bench.trial import Trial
from bowchat_testkit.bench.usage import machine
from bowchat_testkit.database import Database
from bowchat_testkit.kafka_server import KafkaServer
from bowchat_testkit.relay import Relay
from bowchat_testkit.stack import create_topics
from bowchat_testkit.stack_process import StackUnavailableError

BATCH = 10
CHAIN_MESSAGES = 30_000
MOST_PER_S = {"memory": 2500, "SecantusDB": 1500}
_STORES = ("memory", "SecantusDB")
_LIMIT_S = 600


class Bench:
    """The runs of one bench, in one directory."""

    def __init__(self, directory: Path, examples: Path, seconds: float, repeats: int) -> None:
        self._directory, self._examples = directory, examples
        self._seconds, self._repeats = seconds, repeats
        self._chain: list[chain.ChainRun] = []

    async def run(self, stores: tuple[str, ...], steady_s: int) -> str:
        """A bare chain before, between and after the relays, on one broker that is warm."""
        async with KafkaServer(self._directory / "kafka", quick=False) as broker:
            await self._bare(broker, "warm-up")
            self._chain.clear()
            await self._bare(broker, "chain-0")
            found = []
            for number, store in enumerate(stores, 1):
                found.append(await self._relay(broker, store, steady_s))
                await self._bare(broker, f"chain-{number}")
        return tables(machine(), self._chain, found, BATCH)

    async def _bare(self, broker: KafkaServer, name: str) -> None:
        directory = self._directory / "chain"
        self._chain.append(
            await chain.measured(broker.bootstrap, directory, name, CHAIN_MESSAGES, broker.pid)
        )
        _say(f"bare chain: {self._chain[-1].per_second:,.0f}/s")

    async def _relay(self, broker: KafkaServer, store: str, steady_s: int) -> StoreFigures:
        async with AsyncExitStack() as stack:
            trial = await self._started(stack, broker, store)
            await trial.warm_up()
            _say(f"{store}: the relay is warm")
            steady = await trial.steady(80, steady_s)
            _say(f"{store}: 80/s: p99 {steady.latency.p99:.0f} ms")
            single, batched = [], []
            for _ in range(self._repeats):
                single.append(await trial.saturated(self._seconds, MOST_PER_S[store]))
                _say(f"{store}: one message each: {single[-1].per_second:,.0f}/s")
                batched.append(await trial.saturated(self._seconds, MOST_PER_S[store], BATCH))
                _say(f"{store}: {BATCH} messages each: {batched[-1].per_second:,.0f}/s")
        return StoreFigures(store, single, batched, steady)

    async def _started(self, stack: AsyncExitStack, broker: KafkaServer, store: str) -> Trial:
        directory = self._directory / store
        registry = directory / "registry"
        shutil.copytree(self._examples, registry)
        pids = {"broker": broker.pid}
        uri = None
        if store != "memory":
            database = await stack.enter_async_context(Database(directory / "database"))
            uri, pids["database"] = database.uri, database.pid
        relay = Relay(directory / "relay", bootstrap=broker.bootstrap, mongo_uri=uri, registry=registry)
        code, said = await relay.command("ingest", "refs", given=policies())
        if code:
            raise StackUnavailableError(f"The policies could not be written: {said}")
        (registry / "policies.csv").write_text(said)
        await create_topics(broker.bootstrap, relay.topics, partitions=chain.PARTITIONS)
        await stack.enter_async_context(relay)
        topics = [f"insurer.{each}.messages" for each in INSURERS]
        arrivals = await stack.enter_async_context(Arrivals(broker.bootstrap, topics, chain.PARTITIONS))
        return Trial(relay, arrivals, pids)


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="bowchat_testkit.bench", description=__doc__)
    arguments.add_argument("--seconds", type=float, default=6, help="of each run at saturation")
    arguments.add_argument("--steady", type=int, default=30, help="seconds of the run at 80/s")
    arguments.add_argument("--repeats", type=int, default=3, help="runs at saturation of each kind")
    arguments.add_argument("--store", choices=_STORES, help="only this one")
    arguments.add_argument("--registry", type=Path, default=Path("registry"))
    given = arguments.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    stores = (given.store,) if given.store else _STORES

    async def bounded(directory: Path) -> str:
        bench = Bench(directory, given.registry, given.seconds, given.repeats)
        async with asyncio.timeout(_LIMIT_S):
            return await bench.run(stores, given.steady)

    with tempfile.TemporaryDirectory(prefix="bowchat-bench-", ignore_cleanup_errors=True) as directory:
        try:
            print(uvloop.run(bounded(Path(directory))))
        except (TimeoutError, StackUnavailableError) as error:
            raise SystemExit(f"The bench gave up: {error or f'it took longer than {_LIMIT_S} s'}.") from None


if __name__ == "__main__":
    main()
