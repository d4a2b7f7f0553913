"""Erasing a person through the whole relay: afterwards nothing of theirs opens, and the log still reads in full."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from bowchat_audit.private import opened
from bowchat_contracts.erasure import InsurerContactErased
from bowchat_runtime.seal import Opener, SealBrokenError
from bowchat_testkit.plugin import staged
from bowchat_testkit.stack_process import until
from bowchat_testkit.stage import Person, Stage
from bowchat_testkit.whatsapp_payloads import Policyholder

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

ROOT = Path(__file__).parents[2]
GONE = Person(
    Policyholder(
        number="447700900181", bsuid="GB.31000000000000000181", username="tamsin.writes", name="Tamsin"
    ),
    "acme-motor",
    "POL-A181",
)
STAYS = Person(
    Policyholder(
        number="447700900182", bsuid="GB.31000000000000000182", username="ulric.writes", name="Ulric"
    ),
    "acme-motor",
    "POL-A182",
)
WORDS = {GONE: "marmalade", STAYS: "quicksilver"}
_SEAL = re.compile(r"[A-Za-z0-9+/=]{40,}\.[A-Za-z0-9+/=]{20,}")
_ID = re.compile(r"\b[a-z]{2}_[a-p]{32}\b")
_THE_SERVERS_OWN = {"admin", "config", "local"}
"""`local` holds the replication log, which forgets by its own window: docs/erasure.md says so."""
_CONTEXTS = ("inbound:", "held:", "delivery:", "media:", "media-key:")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    one = Stage(tmp_path_factory.mktemp("erasure"), ROOT / "registry", [GONE, STAYS])
    async with staged(one):
        yield one


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


async def everything_that_opens(stage: Stage) -> str:
    """All that any store holds, with every seal and locked value opened by every key that there still is."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stage.database.uri)
    documents: list[dict[str, Any]] = []
    async with client:
        for name in {*await client.list_database_names()} - _THE_SERVERS_OWN:
            for collection in await client[name].list_collection_names():
                documents += await client[name][collection].find({}).to_list(None)
    text = "\n".join(str(each) for document in documents for each in _leaves(document))
    keys = [each["key"] for each in documents if isinstance(each.get("key"), bytes)]
    locked = [(each["locked"], each["dedup"]) for each in documents if each.get("locked")]
    logged = [
        found.decode()
        for (value, place), key in product(locked, keys)
        if (found := opened(key, value, place))
    ]
    whole = "\n".join([text, *logged])
    opener = Opener((stage.relay.secrets.directory / "masker/identity.private.json").read_bytes())
    return "\n".join([whole, *_unsealed(opener, whole)])


def _unsealed(opener: Opener, text: str) -> Iterator[str]:
    contexts = [f"{context}{each}" for context, each in product(_CONTEXTS, sorted(set(_ID.findall(text))))]
    for seal in set(_SEAL.findall(text)):
        for context in contexts:
            try:
                yield opener.open(seal, context).decode()
            except SealBrokenError:
                continue


async def spoken(stage: Stage, person: Person) -> str:
    """A question; the alias under which it went."""
    before = len(stage.by_kafka["acme-motor"].messages())
    await stage.say(person, f"About {person.policy_number}: is {WORDS[person]} covered?")

    async def there() -> bool:
        return len(stage.by_kafka["acme-motor"].messages()) > before

    await until(there, seconds=120)
    return str(stage.by_kafka["acme-motor"].messages()[-1].alias)


async def settled(stage: Stage) -> None:
    async def balanced() -> bool:
        code, said = await stage.accounts()
        return code == 0 and "in flight:" not in said

    await until(balanced, seconds=120)


async def log_of(stage: Stage, subject: str) -> list[dict[str, Any]]:
    _, said = await stage.relay.command("audit", "events", "--subject", subject, "--json")
    return [json.loads(each) for each in said.splitlines() if each.startswith("{")]


async def test_nothing_of_an_erased_person_opens_and_the_log_still_holds(stage: Stage) -> None:
    """Number, name, username and words are found before and not after, with every key there is; another person's are found
    after as before. The insurer gets a tombstone, the log keeps every entry, the accounts balance, and who writes again is
    somebody new under a new alias.
    """
    alias, other = await spoken(stage, GONE), await spoken(stage, STAYS)
    await stage.say(GONE, "ask tamsin.writes")
    await settled(stage)
    entries = await log_of(stage, alias)
    (contact,) = {found for each in entries for found in each["subjects"] if found.startswith("ct_")}
    traces = [str(GONE.who.number), "tamsin", WORDS[GONE]]
    before = (await everything_that_opens(stage)).casefold()
    assert [each for each in traces if each not in before] == []
    code, said = await stage.relay.command(
        "masker", "erase", contact, "--why", "asked for it", "--by", "meera"
    )
    assert (code, said.partition(":")[0]) == (0, "accepted")

    async def forgotten() -> bool:
        found = (await everything_that_opens(stage)).casefold()
        return not [each for each in traces if each in found]

    await until(forgotten, seconds=60)
    assert WORDS[STAYS] in (await everything_that_opens(stage)).casefold()
    stones = stage.by_kafka["acme-motor"].events(InsurerContactErased)
    assert [each.alias for each in stones] == [alias]
    after = await log_of(stage, alias)
    assert [each["seq"] for each in after][: len(entries)] == [each["seq"] for each in entries]
    assert True in {each["erased"] for each in after}
    again = await spoken(stage, GONE)
    assert again not in (alias, other)
    await settled(stage)
