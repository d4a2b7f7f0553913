"""Services killed at random while a crowd writes and insurers answer, on a real broker and database."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from motor.motor_asyncio import AsyncIOMotorClient

from bowchat_contracts.topics import SERVICES
from bowchat_testkit.leaks import Searcher
from bowchat_testkit.ledger import Arrival, compare
from bowchat_testkit.plugin import staged
from bowchat_testkit.stack_process import until
from bowchat_testkit.stage import WEBHOOK_INSURER, Person, Stage, crowd

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

CONVERSATIONS = 200
MESSAGES_EACH = 10
KILLS_AT_LEAST = 20
SEED = int(os.environ.get("BOWCHAT_TEST_SEED", "20260101"))
EXAMPLES = Path(__file__).parents[2] / "registry"


def _told(number: int, places: int) -> str:
    """A number in letters: these texts carry no digits, which over several messages would come to somebody's number."""
    return f"{number:0{places}d}".translate(str.maketrans("0123456789", "klmnopqrst"))


PEOPLE = crowd(CONVERSATIONS)
SENT = {
    each.who.number or "": [
        f"{_told(person, 3)} {_told(number, 2)} about my policy" for number in range(MESSAGES_EACH)
    ]
    for person, each in enumerate(PEOPLE)
}


class Killer:
    """Kills services with SIGKILL, in a random order and at random moments, and starts each again."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._random = stage, random.Random(SEED)
        self.kills: dict[str, int] = dict.fromkeys(SERVICES, 0)

    async def run(self, enough: asyncio.Event) -> None:
        """Go on until everything was sent, within bounds: at least twenty kills, at most twice as many."""
        while sum(self.kills.values()) < (KILLS_AT_LEAST if enough.is_set() else 2 * KILLS_AT_LEAST):
            order = list(SERVICES)
            self._random.shuffle(order)
            for name in order:
                await asyncio.sleep(self._random.uniform(0.3, 2.0))
                self._stage.relay.kill(name)
                self.kills[name] += 1
                await asyncio.sleep(self._random.uniform(0.0, 0.5))
                self._stage.relay.spawn(name)


async def everybody_writes(stage: Stage) -> None:
    """Two hundred people, each waiting for the relay's 200 before the next message, twenty-four at a time."""
    lanes = asyncio.Semaphore(24)

    async def write(person: Person) -> None:
        for said in SENT[person.who.number or ""]:
            async with lanes:
                await stage.say(person, said)
            await asyncio.sleep(0.02)

    await asyncio.gather(*map(write, PEOPLE))


def replies(stage: Stage) -> list[str]:
    return [each.text for each in stage.whatsapp.received]


async def operator_resends(stage: Stage) -> int:
    """What a person does with sends whose fate nobody can tell: no status came, so send again."""
    code, listed = await stage.relay.command("dispatcher", "unresolved", "list")
    assert code == 0, listed
    ids = [word.strip('",') for word in listed.split() if word.strip('",').startswith("dl_")]
    if ids:
        await stage.relay.command("dispatcher", "unresolved", "resend", *ids)
    return len(ids)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def campaign(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The whole campaign, once: writing, killing, answering, until everything has settled."""
    environment = {
        "BOWCHAT_LOG_LEVEL": "DEBUG",
        "BOWCHAT_UNKNOWN_WAIT_S": "4",
        "BOWCHAT_WHATSAPP_TIMEOUT_S": "2",
        "BOWCHAT_WEBHOOK_CONCURRENCY": "32",
        "BOWCHAT_WEBHOOK_SCHEDULE_S": str([0] + [1] * 60),
    }
    stage = Stage(tmp_path_factory.mktemp("kills"), EXAMPLES, PEOPLE, environment=environment)
    async with staged(stage):
        enough, killer = asyncio.Event(), Killer(stage)
        killing = asyncio.create_task(killer.run(enough))
        began = time.monotonic()
        await everybody_writes(stage)
        enough.set()
        await killing
        print(f"written after {time.monotonic() - began:.0f} s")
        await stage.relay.ready()
        resent = await settled(stage)
        print(f"resent by an operator: {resent}")
        print(f"settled after {time.monotonic() - began:.0f} s")
        print(f"seed {SEED}, kills {killer.kills}")
        assert sum(killer.kills.values()) >= KILLS_AT_LEAST
        yield stage


async def settled(stage: Stage) -> int:
    """Wait until every reply is there; an operator resends what is unresolved. Returns how many that were."""
    wanted, resent = CONVERSATIONS * MESSAGES_EACH, 0

    async def all_there() -> bool:
        return len(set(replies(stage))) >= wanted

    for _ in range(20):
        try:
            await until(all_there, seconds=15)
        except TimeoutError:
            resent += await operator_resends(stage)
        else:
            break
    # Duplicates, were there any, would still come: give them the time.
    await asyncio.sleep(5)
    return resent


def arrivals(stage: Stage) -> Iterator[Arrival]:
    for insurer, simulated in stage.by_kafka.items():
        for seen in simulated.records:
            if message := seen.message():
                # Not Kafka's timestamp: it says when a copy was published, so that none is removed before its time.
                yield Arrival(insurer, message, (seen.key, seen.value, seen.headers))
    for call in stage.by_webhook.calls:
        if message := call.message():
            yield Arrival(WEBHOOK_INSURER, message, (call.webhook_id, call.body))


async def test_every_message_is_at_its_insurer_in_order_and_duplicates_are_equal(campaign: Stage) -> None:
    """After at least twenty kills, 2,000 messages of 200 conversations are all at the right insurer, in order, seq without
    gaps, and every duplicate has the same bytes: key, headers and value.
    """
    insurers = {each.who.number or "": each.insurer for each in PEOPLE}
    found = compare(SENT, insurers, arrivals(campaign))
    assert not found, found


async def test_every_reply_is_at_its_policyholder_exactly_once(campaign: Stage) -> None:
    """Each of the 2,000 replies reached the one who asked, and none came twice."""
    wanted = sorted(
        (number, f"re {seq} {said}")
        for number, texts in SENT.items()
        for seq, said in enumerate(texts, start=1)
    )
    numbers = {name: each.who.number for each in PEOPLE for name in (each.who.bsuid, each.who.number)}
    assert sorted((numbers[each.recipient], each.text) for each in campaign.whatsapp.received) == wanted


async def test_the_accounts_balance_after_the_campaign(campaign: Stage) -> None:
    """Received equals delivered plus failed plus held plus parked plus in flight, and nothing is in flight any more."""
    for _ in range(10):
        code, said = await campaign.accounts()
        if code == 0:
            break
        await asyncio.sleep(3)
    print(said)
    assert code == 0, said


async def test_no_number_is_anywhere_the_relay_writes(campaign: Stage) -> None:
    """No policyholder's number, in any form, is in any topic on disk, database file or document, log at DEBUG, or metric."""
    numbers = [each.who.number or "" for each in PEOPLE]
    searcher = Searcher(numbers)
    relay = campaign.directory / "relay" / "logs"
    for place in (campaign.directory / "kafka", campaign.directory / "database", relay):
        assert searcher.in_tree(place) == {}, place
    async with httpx.AsyncClient(trust_env=False) as client:
        for name in SERVICES:
            shown = (await client.get(f"{campaign.relay.url(name)}/metrics")).content
            assert searcher.in_bytes(shown) == set(), name
    assert await _in_documents(campaign, searcher) == {}


async def _in_documents(stage: Stage, searcher: Searcher) -> dict[str, set[tuple[str, str]]]:
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(stage.database.uri)
    hits: dict[str, set[tuple[str, str]]] = {}
    looked = 0
    for database in await client.list_database_names():
        for collection in await client[database].list_collection_names():
            cursor = client[database][collection].find()
            while documents := await cursor.to_list(500):  # many at once are searched in half the time
                looked += len(documents)
                if found := searcher.in_document(documents):
                    hits.setdefault(f"{database}.{collection}", set()).update(found)
    client.close()
    assert looked > CONVERSATIONS * MESSAGES_EACH
    return hits
