"""`python -m bowchat_testkit.bench_imports`: import an aggregator's policies over HTTP, and ask for them. Some minutes."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bowchat_registry.book import PolicyBook
from bowchat_testkit.bench.usage import Meter, Span, machine
from bowchat_testkit.bench_imports.routing import routed
from bowchat_testkit.bench_imports.size import Size, claim, number, plate, ref
from bowchat_testkit.database import Database
from bowchat_testkit.kafka_server import KafkaServer
from bowchat_testkit.relay import Relay
from bowchat_testkit.stack import create_topics
from bowchat_testkit.stack_process import StackUnavailableError, until

_PIECE = 64 * 1024
_ASKED = 2_000
_WORDS = "Good morning, how far is this: {}, and when will the 12,000 be paid that I asked for on 3 March? Thank you"


@dataclass(frozen=True)
class Import:
    """One body, until ingest had answered and until the router knew it."""

    what: str
    rows: int
    answered_s: float
    known_s: float
    span: Span

    def row(self) -> str:
        used = {name: each.cpu_s * 1e3 / self.rows for name, each in self.span.usages.items()}
        others = self.span.others_cpu_s / self.span.seconds * 100
        return (
            f"| {self.rows:,} {self.what} | {self.answered_s:.1f} | {self.known_s:.1f} | {used['ingest']:.3f} "
            f"| {used['router']:.3f} | {used['broker'] + used['database']:.3f} | {others:.0f} |"
        )


class Bench:
    """Ingest and router as processes, a broker and a database, in one directory."""

    def __init__(self, directory: Path, examples: Path, size: Size) -> None:
        self._directory, self._size = directory, size
        self._registry = directory / "registry"
        shutil.copytree(examples, self._registry)
        size.write_insurers(self._registry)

    async def run(self) -> list[str]:
        async with (
            KafkaServer(self._directory / "kafka", quick=False) as broker,
            Database(self._directory / "db") as db,
        ):
            relay = Relay(
                self._directory / "relay",
                bootstrap=broker.bootstrap,
                mongo_uri=db.uri,
                registry=self._registry,
            )
            await create_topics(
                broker.bootstrap, [each for each in relay.topics if not each.startswith("insurer.")]
            )
            relay.spawn("ingest", "router")
            try:
                await relay.ready("ingest", "router")
                return await self._measured(relay, {"broker": broker.pid, "database": db.pid})
            finally:
                await relay.stop()

    async def _measured(self, relay: Relay, pids: dict[str, int]) -> list[str]:
        pids |= {name: relay.pid(name) for name in ("ingest", "router")}
        before = Meter(pids).read().usages["router"].rss_mb
        imports = [await self._import(relay, pids, "contacts", list(self._size.contact_rows()))]
        header, *rows = self._size.policy_rows()
        first = min(100_000, len(rows))
        imports += [
            await self._import(relay, pids, "policies", [header, *part])
            for part in (rows[:first], rows[first:])
            if part
        ]
        after = imports[-1].span.usages["router"].rss_mb
        started = time.perf_counter()
        relay.kill("router")
        relay.spawn("router")
        await relay.ready("router")
        restart = time.perf_counter() - started
        again = Meter({"router": relay.pid("router")}).read().usages["router"].rss_mb
        columns = (
            "body", "answered s", "known to the router s", "ms CPU/row: ingest", "router", "broker and database",
            "rest of the machine %",
        )  # fmt: skip
        memory = (
            f"The router: {before:.0f} MB before, {after:.0f} MB after; killed and started again, it knows all after "
            f"{restart:.1f} s and has {again:.0f} MB."
        )
        header = f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"
        return [header, *[each.row() for each in imports], "", memory]

    async def _import(self, relay: Relay, pids: dict[str, int], what: str, lines: Sequence[str]) -> Import:
        known = await _metric(relay, what)
        meter, started = Meter(pids), time.perf_counter()
        token = (relay.secrets.directory / "ingest/admin_token").read_text().strip()
        async with httpx.AsyncClient(timeout=600, trust_env=False) as client:
            answer = await client.post(
                f"{relay.url('ingest')}/v1/imports/{what}",
                content=_pieces("\n".join(lines).encode()),
                headers={"authorization": f"Bearer {token}", "content-type": "text/csv"},
            )
        answered = time.perf_counter() - started
        if answer.status_code != httpx.codes.ACCEPTED:
            raise StackUnavailableError(f"the import was refused: {answer.text}")

        async def all_known() -> bool:
            return await _metric(relay, what) == known + len(lines) - 1

        await until(all_known, seconds=300)
        _say(f"{len(lines) - 1:,} {what} in {answered:.1f} s")
        return Import(what, len(lines) - 1, answered, time.perf_counter() - started, meter.read())


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]


async def _metric(relay: Relay, what: str) -> float:
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        page = (await client.get(f"{relay.url('router')}/metrics")).text
    samples = [one for family in text_string_to_metric_families(page) for one in family.samples]
    return sum(
        each.value
        for each in samples
        if each.name == "bowchat_router_imported_rows_total" and each.labels["kind"] == what
    )


def asked(size: Size) -> list[str]:
    """What a question costs, of a book of this size, in microseconds of CPU."""
    book = size.book()
    step = max(1, size.policies // _ASKED)
    some = range(0, size.policies, step)
    motor = [index for index in some if index % 4 == 0]
    questions: dict[str, tuple[Callable[[str], object], list[str]]] = {
        "`held_by` a ref": (lambda one: book.held_by((one,)), [ref(index % size.contacts) for index in some]),
        "`contact` of a ref": (
            lambda one: book.contact((one,)),
            [ref(index % size.contacts) for index in some],
        ),
        "`matched_in` a text with a policy number": (
            book.matched_in,
            [_WORDS.format(number(index).lower().replace("-", " ")) for index in some],
        ),
        "`matched_in` a text with a vehicle": (
            book.matched_in,
            [_WORDS.format(plate(index)) for index in motor],
        ),
        "`matched_in` a text with a claim": (
            book.matched_in,
            [_WORDS.format(claim(index)) for index in some if index % 10 == 0],
        ),
    }
    rows = [f"| {name} | {_microseconds(ask, values):.1f} |" for name, (ask, values) in questions.items()]
    rows.append(
        f"| `matched_in` a text without one | {_microseconds(book.matched_in, [_nothing(book)] * 500, False):.1f} |"
    )
    return ["| question | µs CPU |", "|---|---|", *rows]


def _nothing(book: PolicyBook) -> str:
    text = _WORDS.format("my car")
    if book.matched_in(text):
        raise AssertionError("the text names a policy by chance")
    return text


def _microseconds(ask: Callable[[str], object], values: Sequence[str], answers: bool = True) -> float:  # noqa: FBT001, FBT002
    started = time.process_time()
    for value in values:
        if bool(ask(value)) != answers:
            raise AssertionError("the book does not know what it holds")
    return (time.process_time() - started) / len(values) * 1e6


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bowchat_testkit.bench_imports", description=__doc__)
    parser.add_argument("--registry", type=Path, default=Path("registry"), help="the examples to start from")
    parser.add_argument("--policies", type=int, default=300_000)
    parser.add_argument("--contacts", type=int, default=100_000)
    arguments = parser.parse_args()
    size = Size(contacts=arguments.contacts, policies=arguments.policies)
    sys.stdout.write(f"{machine()}\n{size}\n\n")
    with tempfile.TemporaryDirectory() as directory:
        try:
            lines = asyncio.run(Bench(Path(directory), arguments.registry, size).run())
            lines += ["", *asyncio.run(routed(size, Path(directory) / "registry"))]
        except StackUnavailableError as error:
            sys.exit(f"bench-import: {error}")
    sys.stdout.write("\n".join([*lines, "", *asked(size)]) + "\n")


if __name__ == "__main__":
    main()
