"""Policies from a CSV file and over HTTP, on real processes: imported, they decide where messages go."""

import asyncio
import csv
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer
from prometheus_client.parser import text_string_to_metric_families
from pymongo import AsyncMongoClient

from bowchat_contracts.topics import INBOUND_ROUTED, POLICIES_CHANGED
from bowchat_testkit import stack
from bowchat_testkit.plugin import unavailable
from bowchat_testkit.relay import SCRIPTS, Relay
from bowchat_testkit.stack_process import LOOPBACK, ChildProcess, StackUnavailableError, free_port, until
from bowchat_testkit.whatsapp_payloads import (
    BusinessNumber,
    Policyholder,
    encode,
    message_webhook,
    sign,
    text,
    wamid_for,
)

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

ROOT = Path(__file__).parents[2]
ASHA = Policyholder("447700900211", "GB.41000000000000000211")
RAVI = Policyholder("447700900212", None)
MEI = Policyholder("447700900213", "GB.41000000000000000213")
MANY = 1_200


class Rig:
    """Ingest, and two processes of the router, on a broker and a database."""

    def __init__(self, directory: Path, relay: Relay, database: str) -> None:
        self.directory, self.relay, self.database = directory, relay, database
        self.routed: list[dict[str, Any]] = []
        self.changes: list[bytes] = []
        self._sent = 0
        self._other_port = free_port()
        self.other = ChildProcess(
            [str(Path(sys.executable).parent / SCRIPTS["router"]), "serve"],
            log=directory / "router-2.log",
            environment=relay.environment("router")
            | {"BOWCHAT_HTTP_PORT": str(self._other_port), "BOWCHAT_INSTANCE": "2"},
        )

    @property
    def routers(self) -> tuple[str, str]:
        return self.relay.url("router"), f"http://{LOOPBACK}:{self._other_port}"

    async def read(self) -> None:
        """Collect what is published, for as long as the test runs."""
        consumer = AIOKafkaConsumer(
            INBOUND_ROUTED,
            POLICIES_CHANGED,
            bootstrap_servers=self.relay.bootstrap,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            async for record in consumer:
                if record.topic == INBOUND_ROUTED:
                    self.routed.append(orjson.loads(record.value))
                else:
                    self.changes.append(record.value)
        finally:
            await consumer.stop()

    async def metric(self, url: str, name: str) -> float:
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            try:
                page = (await client.get(f"{url}/metrics")).text
            except httpx.HTTPError:
                return -1
        samples = [one for family in text_string_to_metric_families(page) for one in family.samples]
        return sum(each.value for each in samples if each.name == name)

    async def all_know(self, count: int) -> None:
        """Wait until every router knows so many policies."""

        async def known() -> bool:
            found = [await self.metric(each, "bowchat_router_imported_policies") for each in self.routers]
            return found == [count] * len(found)

        await until(known, seconds=30)

    async def says(self, who: Policyholder, said: str) -> dict[str, Any]:
        """Where a message of theirs is routed."""
        self._sent += 1
        sent = text(who, wamid_for(who.number or "none", self._sent), datetime.now(UTC), said)
        body = encode(message_webhook(BusinessNumber(), who, sent))
        before = len(self.routed)
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            answer = await client.post(
                f"{self.relay.url('ingest')}/webhooks/whatsapp",
                content=body,
                headers={"x-hub-signature-256": sign(body, self.relay.secrets.app_secret)},
            )
        assert answer.status_code == 200

        async def there() -> bool:
            return len(self.routed) > before

        await until(there, seconds=30)
        return self.routed[-1]

    async def posts(self, path: str, body: Any) -> httpx.Response:
        token = (self.relay.secrets.directory / "ingest/admin_token").read_text().strip()
        async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
            return await client.post(
                f"{self.relay.url('ingest')}{path}", json=body, headers={"authorization": f"Bearer {token}"}
            )

    async def imports(self, kind: str, file: Path, *more: str) -> tuple[int, str]:
        """What the command line says."""
        return await self.relay.command(
            "ingest", "import", kind, str(file), "--url", self.relay.url("ingest"), *more
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    directory = tmp_path_factory.mktemp("policies")
    shutil.copytree(ROOT / "registry", directory / "registry")
    async with AsyncExitStack() as running:
        try:
            broker = await running.enter_async_context(stack.broker(directory / "kafka"))
            database = await running.enter_async_context(stack.document_store(directory / "database"))
        except StackUnavailableError as error:
            unavailable("a broker and a database", error)
        relay = Relay(
            directory / "relay",
            bootstrap=broker.bootstrap,
            mongo_uri=database.uri,
            registry=directory / "registry",
        )
        await stack.create_topics(broker.bootstrap, relay.topics)
        one = Rig(directory, relay, database.uri)
        running.push_async_exit(relay)
        running.callback(one.other.kill)
        relay.spawn("ingest", "router")
        one.other.start()
        await relay.ready("ingest", "router")
        reader = asyncio.create_task(one.read())
        yield one
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)


def _file(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def _policies(directory: Path) -> Path:
    crowd = [
        (f"CRD-{n:06d}", "bharat-health", "health", f"+155501{n % 100:02d}000", "") for n in range(MANY - 1)
    ]
    rows = [("NEW-2026-000001", "acme-motor", "motor", f"+{ASHA.number}", "KA 01 AB 1234"), *crowd]
    return _file(
        directory / "sold.csv", ("policy_number", "insurer", "policy_type", "phone", "vehicle"), rows
    )


async def test_a_file_is_imported_and_decides(rig: Rig) -> None:
    """A policy of the file is found by its number, whoever writes it, and by its holder, who names nothing; so at every
    process of the router.
    """
    code, said = await rig.imports("policies", _policies(rig.directory), "--rows", "500")
    assert (code, f"{MANY} policies taken" in said) == (0, True), said
    await rig.all_know(MANY)
    named = await rig.says(MEI, "what is new on new 2026 000001?")
    assert (named["insurer"], named["policy_number"]) == ("acme-motor", "NEW-2026-000001")
    held = await rig.says(ASHA, "please help me")
    assert (held["insurer"], held["policy_number"]) == ("acme-motor", "NEW-2026-000001")


async def test_what_is_posted_counts_too(rig: Rig) -> None:
    """A policy that names its holder by the aggregator's own id is found through the contact's refs."""
    assert (
        await rig.posts("/v1/contacts", {"contact_key": "crm-7", "phone": f"+{RAVI.number}"})
    ).status_code == 202
    policy = {
        "policy_number": "NEW-2026-000002",
        "insurer": "coast-life",
        "policy_type": "life",
        "contact_key": "crm-7",
    }
    assert (await rig.posts("/v1/policies", [policy])).status_code == 202
    await rig.all_know(MANY + 1)
    held = await rig.says(RAVI, "please help me")
    assert (held["insurer"], held["policy_number"]) == ("coast-life", "NEW-2026-000002")


async def test_a_repetition_has_no_second_effect(rig: Rig) -> None:
    """The same import under its key is answered again and absorbed by the router; a wrong file changes nothing and names its
    own lines, though it is sent in parts.
    """
    file, before = _policies(rig.directory), len(rig.changes)
    for _ in range(2):
        assert (await rig.imports("policies", file, "--key", "once"))[0] == 0

    async def absorbed() -> bool:
        duplicates = [await rig.metric(each, "bowchat_router_duplicates_total") for each in rig.routers]
        return sum(duplicates) >= 3 and len(rig.changes) == before + 6

    await until(absorbed, seconds=30)
    await rig.all_know(MANY + 1)
    rows = [(f"BAD-{n:06d}", "acme-motor", "motor") for n in range(900)]
    rows[850] = ("BAD-000850", "nobody", "motor")
    wrong = _file(rig.directory / "wrong.csv", ("policy_number", "insurer", "policy_type"), rows)
    code, said = await rig.imports("policies", wrong, "--rows", "400")
    assert (code, "line 852, insurer: is not an insurer" in said) == (1, True), said
    assert len(rig.changes) == before + 6


async def test_a_restart_keeps_the_book(rig: Rig) -> None:
    """A router that is killed knows every policy again when it starts, and routes by them."""
    rig.relay.kill("router")
    rig.other.kill()
    rig.relay.spawn("router")
    rig.other.start()
    await rig.relay.ready("router")
    await rig.all_know(MANY + 1)
    named = await rig.says(MEI, "and NEW-2026-000002?")
    assert (named["insurer"], named["policy_number"]) == ("coast-life", "NEW-2026-000002")


async def test_no_number_is_kept_or_told(rig: Rig) -> None:
    """Neither the topic nor the router's database nor any log holds a number that was imported."""
    numbers = [ASHA.number or "", RAVI.number or "", "155501"]
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(rig.database)
    async with client:
        kept = repr(await client["router"]["policy_changes"].find({}).to_list(None)).encode()
    logs = b"".join(path.read_bytes() for path in rig.directory.rglob("*.log") if "kafka" not in path.parts)
    assert kept
    assert rig.changes
    for sink in (kept, logs, b"".join(rig.changes)):
        assert [each for each in numbers if each.encode() in sink] == []
