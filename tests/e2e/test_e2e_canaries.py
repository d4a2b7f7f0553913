"""Canaries through the whole relay as processes: what real topics, logs at DEBUG, metrics and file names hold."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from bowchat_contracts.envelope import Meta, to_headers, traceparent
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.topics import INBOUND_ROUTED, SERVICES
from bowchat_runtime.clock import system_clock
from bowchat_testkit.canary import Planter, words_in
from bowchat_testkit.canary import whatsapp_cloud as cloud
from bowchat_testkit.plugin import staged
from bowchat_testkit.stack_process import until
from bowchat_testkit.stage import WEBHOOK_INSURER, Person, Stage
from bowchat_testkit.whatsapp_payloads import Policyholder, encode

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

ROOT = Path(__file__).parents[2]
EACH_KIND = 2
POLICIES = {"POL-A901": "acme-motor", "POL-C902": WEBHOOK_INSURER}


class Sent:
    """What was sent, and the stage it was sent on."""

    def __init__(self, stage: Stage, planter: Planter) -> None:
        self.stage, self.planter = stage, planter
        self.broken = planter.word("broken record")
        """Stands in a record that the masker cannot read."""

    def places(self, *written: bytes) -> set[str]:
        """The places whose canaries are in these bytes."""
        return {
            self.planter.paths[word]
            for each in written
            for word in words_in(each) & self.planter.paths.keys()
        }

    def at_insurers(self) -> list[bytes]:
        by_kafka = [
            each.value + repr((each.key, each.headers)).encode()
            for one in self.stage.by_kafka.values()
            for each in one.records
        ]
        return by_kafka + [each.body + repr(each.headers).encode() for each in self.stage.by_webhook.calls]

    async def all(self, everybody: list[cloud.Person]) -> None:
        """Sends all, and waits until the insurers have it."""
        count = EACH_KIND * len(cloud.MESSAGES)
        await self._post(cloud.openings(self.planter, everybody))
        await until(lambda: self._arrived(len(everybody)), seconds=120)
        await self._post(cloud.webhooks(self.planter, everybody, count, seed=3))
        await _break_a_record(self.stage, self.broken)
        await until(lambda: self._arrived(len(everybody) + count), seconds=120)

    async def _post(self, webhooks: Iterable[dict[str, Any]]) -> None:
        for webhook in webhooks:
            assert (await self.stage.whatsapp.post(encode(webhook))).status == httpx.codes.OK

    async def _arrived(self, many: int) -> bool:
        return self.messages() == many

    def messages(self) -> int:
        by_kafka = sum(len(one.messages()) for one in self.stage.by_kafka.values())
        return by_kafka + len(self.stage.by_webhook.messages())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sent(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sent]:
    planter = Planter()
    everybody = cloud.people(planter, 6, tuple(POLICIES))
    holders = [
        Person(
            Policyholder(each.number, each.bsuid, each.name, each.username),
            POLICIES[each.policy],
            each.policy,
        )
        for each in everybody[: len(POLICIES)]
    ]
    stage = Stage(
        tmp_path_factory.mktemp("canaries"), ROOT / "registry", holders,
        environment={"BOWCHAT_LOG_LEVEL": "DEBUG"},
    )  # fmt: skip
    async with staged(stage):
        one = Sent(stage, planter)
        await one.all(everybody)
        yield one


async def _break_a_record(stage: Stage, word: str) -> None:
    """A record that cannot be read is parked, and the service says so."""
    meta = Meta("broken", MessageRouted.type, "/bowchat/test", system_clock(), traceparent("broken", "test"))
    value = f'{{"message_id": "{word}", "content": "{word}"'.encode()
    async with AIOKafkaProducer(bootstrap_servers=stage.relay.bootstrap) as producer:
        await producer.send_and_wait(INBOUND_ROUTED, value, key=b"broken", headers=list(to_headers(meta)))

    async def parked() -> bool:
        code, said = await stage.relay.command("masker", "parked", "list")
        return code == 0 and INBOUND_ROUTED in said

    await until(parked, seconds=60)


async def test_insurers_get_what_people_typed_and_nothing_else(sent: Sent) -> None:
    """On a real topic and in a real webhook, every typed word arrives, and no other."""
    assert sent.places(*sent.at_insurers()) == cloud.TYPED


async def test_logs_hold_nothing_of_a_message(sent: Sent) -> None:
    """At DEBUG, with a record that broke: the relay's logs hold no canary."""
    logs = {name: sent.stage.relay.log(name).read_bytes() for name in SERVICES}
    assert all(logs.values())
    assert {name: sent.places(log) for name, log in logs.items()} == {name: set() for name in SERVICES}


async def test_metrics_and_error_answers_hold_nothing(sent: Sent) -> None:
    """Labels are closed lists; an answer to a bad request quotes nothing of it."""
    async with httpx.AsyncClient(trust_env=False) as client:
        pages = [await client.get(f"{sent.stage.relay.url(name)}/metrics") for name in SERVICES]
        written = [each.content for each in pages]
        word = sent.planter.word("bad request")
        for body in (f'{{"{word}": ', f'{{"object": 1, "{word}": "{word}"}}'):
            url = f"{sent.stage.relay.url('ingest')}/webhooks/whatsapp"
            answer = await client.post(url, content=body, headers={"x-hub-signature-256": word})
            assert answer.is_client_error
            written.append(answer.content + repr(answer.headers.multi_items()).encode())
    assert sent.places(*written) == set()


async def test_no_file_is_named_after_anything_sent(sent: Sent) -> None:
    """Names of files that the relay and its stores make are their own."""
    names = "\n".join(str(each) for each in sent.stage.directory.rglob("*"))
    assert sent.places(names.encode()) == set()
