"""What a new registry would change is read from the topics themselves, and from the imports in the router's database."""

import argparse
import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from bowchat_contracts.envelope import to_headers
from bowchat_contracts.ids import derived_id
from bowchat_contracts.policies import PoliciesChanged, PolicyRow
from bowchat_router.policies.changes import change_of
from bowchat_router.policies.store import MongoPolicyJournal
from bowchat_router.shadow.cli import configure_shadow, run_shadow
from bowchat_router.shadow.world import TOPICS
from bowchat_router.testing import FixedReadings
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.records import Record
from bowchat_testkit.stack import create_topics

EXAMPLE = Path(__file__).parents[4] / "registry"
pytestmark = pytest.mark.connected


@pytest.fixture
async def log(
    kafka: str,
    mongo_uri: str,
    mongo_name: str,
    received: Callable[..., Record],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stranger's message, one of somebody whose policy was imported, and the environment that names where they are."""
    await create_topics(kafka, TOPICS)
    held, strange = received("shadowed", "hello", "shadowed"), received("shadowed too", "my car", "stranger")
    row = PolicyRow(
        policy_number="BHS-26-0001-42",
        insurer="bharat-health",
        policy_type="health",
        refs=(derived_id("rf", "shadowed"),),
    )
    change = PoliciesChanged(change_id=derived_id("pc", "shadowed"), policies=(row,), at=held.meta.time)
    async with MongoDatabase(mongo_uri, mongo_name) as database:
        await MongoPolicyJournal(database).append([change_of(change, 1)])
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for each in (held, strange):
            value = each.event.model_dump_json().encode()
            await producer.send_and_wait(each.topic, value, headers=list(to_headers(each.meta)))
    monkeypatch.setenv("BOWCHAT_KAFKA_BOOTSTRAP", kafka)
    monkeypatch.setenv("BOWCHAT_MONGO_URI", mongo_uri)
    monkeypatch.setattr("bowchat_router.shadow.cli.DATABASE", mongo_name)


@pytest.mark.usefixtures("log")
async def test_the_log_on_the_topics_is_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without rules a stranger's message would go to people; one whose policy was imported is found all the same."""
    new = Path(shutil.copytree(EXAMPLE, tmp_path / "new"))
    (new / "rules.yaml").write_text("rules: []\n")
    parser = argparse.ArgumentParser()
    configure_shadow(parser)
    since = ["--since", "2026-01-01T00:00Z", "--list", "--json"]
    given = parser.parse_args(["--registry", str(new), "--current", str(EXAMPLE), *since])
    assert await asyncio.to_thread(run_shadow, given, lambda _: FixedReadings()) == 0
    *changed, summed = map(json.loads, capsys.readouterr().out.splitlines())
    (car,) = (each for each in changed if each["message_id"] == derived_id("ms", "shadowed too"))
    assert (car["from"]["insurer"], car["to"]["outcome"]) == ("acme-motor", "triage")
    assert derived_id("ms", "shadowed") not in {each["message_id"] for each in changed}
    assert (summed["messages"] >= 2, summed["no_longer_to_triage"]) == (True, 0)
