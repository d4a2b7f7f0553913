"""The relay on a real broker and database: a day with outages, and clocks that survive a kill."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bowchat_contracts.envelope import to_headers
from bowchat_contracts.inbound import MessageRelayed
from bowchat_contracts.sla import SlaChanged
from bowchat_contracts.topics import INBOUND_RELAYED, INSURER_REPLIES, SERVICES, SLA_CHANGED
from bowchat_testkit.insurers import reply_to, shown_text
from bowchat_testkit.insurers.replying import reply_meta
from bowchat_testkit.plugin import staged
from bowchat_testkit.relay import last_start
from bowchat_testkit.stack_process import until
from bowchat_testkit.stage import KAFKA_INSURERS, Person, Stage, crowd

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

ROOT = Path(__file__).parents[2]
PEOPLE = crowd(24)
SILENT = "bharat-health"
TARGET_S = 6
AWAY_S = 30


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One relay for all tests of this file; one of its insurers never answers and has promised six seconds."""
    environment = {"BOWCHAT_LOG_LEVEL": "DEBUG", "BOWCHAT_WEBHOOK_SCHEDULE_S": str([0] + [1] * 100)}
    agreements = {SILENT: {"sla": {"first_response_seconds": TARGET_S, "warn_ratio": 0.5}}}
    one = Stage(
        tmp_path_factory.mktemp("outages"),
        ROOT / "registry",
        PEOPLE,
        environment=environment,
        agreements=agreements,
    )
    async with staged(one):
        one.by_kafka[SILENT].policy = lambda _: None
        yield one


def of(insurer: str) -> list[Person]:
    return [each for each in PEOPLE if each.insurer == insurer]


def answered(stage: Stage) -> set[str]:
    return {each.text.split(" ", 2)[2] for each in stage.whatsapp.received}


async def all_answered(stage: Stage, said: set[str], *, seconds: float) -> None:
    async def there() -> bool:
        return said <= answered(stage)

    await until(there, seconds=seconds)


async def everybody(stage: Stage, people: list[Person], about: str) -> set[str]:
    """Let each of them write once; returns the texts."""
    texts = {person.policy_number: f"{about}, policy {person.policy_number}" for person in people}
    await asyncio.gather(*[stage.say(person, texts[person.policy_number]) for person in people])
    return set(texts.values())


async def sound(stage: Stage) -> str:
    """Wait until the accounts are sound, and return what they say."""
    said = ""
    for _ in range(15):
        code, said = await stage.accounts()
        if code == 0:
            return said
        await asyncio.sleep(2)
    raise AssertionError(said)


async def test_a_message_goes_there_and_back_and_the_insurer_sees_only_an_alias(stage: Stage) -> None:
    """The insurer gets the text without number and address, under an alias; its answer reaches the one who asked."""
    person = of("acme-motor")[0]
    number = person.who.number or ""
    await stage.say(person, f"call +{number} or casey@example.com about {person.policy_number}")
    seen = stage.by_kafka["acme-motor"]

    async def there() -> bool:
        return bool(seen.messages()) and bool(stage.whatsapp.inbox(number))

    await until(there, seconds=20)
    (message,) = seen.messages()
    assert shown_text(message) == f"call [phone-1] or [email-1] about {person.policy_number}"
    record = seen.records[0]
    assert number[-7:].encode() not in record.value + (record.key or b"") + b"".join(
        v for _, v in record.headers
    )
    assert stage.whatsapp.inbox(number)[0].text == f"re 1 {shown_text(message)}"


async def test_an_answer_never_follows_a_number_to_its_new_owner(stage: Stage) -> None:
    """When somebody else writes with a policyholder's number, a late answer still goes to the one who asked."""
    asker = next(each for each in of("acme-motor") if each.who.bsuid)
    heir = replace(asker, who=replace(asker.who, bsuid="GB.29999999999999999999", name="Robin Recycled"))
    await stage.say(asker, "a private question")
    await all_answered(stage, {"a private question"}, seconds=20)
    hello = f"hello from a new phone about {asker.policy_number}"
    await stage.say(heir, hello)
    await all_answered(stage, {hello}, seconds=20)
    seen = stage.by_kafka["acme-motor"].messages()
    asked = next(each for each in seen if shown_text(each) == "a private question")
    late = reply_to("acme-motor", asked, "late: a private answer").model_copy(update={"reply_id": "late-1"})
    meta = reply_meta("acme-motor", late, datetime.now(UTC))
    producer = AIOKafkaProducer(bootstrap_servers=stage.broker.bootstrap)
    await producer.start()
    await producer.send_and_wait(
        INSURER_REPLIES.format(insurer="acme-motor"),
        late.model_dump_json().encode(),
        asked.alias.encode(),
        headers=list(to_headers(meta)),
    )
    await producer.stop()

    async def arrived() -> bool:
        return any("private answer" in each.text for each in stage.whatsapp.received)

    await until(arrived, seconds=20)
    (answer,) = [each for each in stage.whatsapp.received if "private answer" in each.text]
    assert answer.recipient == asker.who.bsuid


async def test_every_sample_is_taken_and_none_ends_in_a_traceback(stage: Stage) -> None:
    """Every webhook body that Meta is known to send gets 200, and no service stumbles over it."""
    samples = sorted((ROOT / "samples" / "cloud").glob("*.json"))
    assert len(samples) > 100
    for sample in samples:
        answer = await stage.whatsapp.post(sample.read_bytes())
        assert answer.status == 200, sample.name
    await asyncio.sleep(3)
    for name in SERVICES:
        log = stage.relay.log(name).read_text()
        assert "Traceback" not in log
        assert '"level":"error"' not in log, [line for line in log.splitlines() if '"level":"error"' in line][
            :3
        ]


async def test_a_silent_insurer_is_warned_about_and_breaches_on_time_through_kills(stage: Stage) -> None:
    """A running clock fires within a second of its due time, an overdue one within five of the next start."""
    first, second = of(SILENT)[:2]
    events = AIOKafkaConsumer(SLA_CHANGED, bootstrap_servers=stage.broker.bootstrap, group_id=None)
    await events.start()
    await stage.say(first, "first question")
    changes = await breached(events)
    assert [each.state for each in changes] == ["running", "warned", "breached"]
    late = (changes[-1].detected_at - changes[-1].due_at).total_seconds()
    assert 0 <= late < 1
    assert (changes[-1].due_at - changes[0].started_at).total_seconds() == TARGET_S

    await stage.say(second, "second question")
    await relayed(stage, 2)
    await asyncio.sleep(1)
    stage.relay.kill("sla-watcher")
    await asyncio.sleep(TARGET_S)
    stage.relay.spawn("sla-watcher")
    changes = await breached(events)
    assert (changes[-1].detected_at - last_start(stage.relay.log("sla-watcher"))).total_seconds() < 5
    assert changes[-1].at == changes[-1].due_at < changes[-1].detected_at
    await events.stop()
    await stage.relay.ready("sla-watcher")


async def breached(events: AIOKafkaConsumer) -> list[SlaChanged]:
    """The changes of the silent insurer's clocks up to the next breach."""
    changes: list[SlaChanged] = []
    async with asyncio.timeout(40):
        while not changes or changes[-1].state != "breached":
            change = SlaChanged.model_validate_json((await events.getone()).value or b"")
            changes += [change] if change.insurer == SILENT else []
    return changes


async def relayed(stage: Stage, count: int) -> None:
    """Wait until so many messages are at the silent insurer and known to be."""
    consumer = AIOKafkaConsumer(
        INBOUND_RELAYED, bootstrap_servers=stage.broker.bootstrap, group_id=None, auto_offset_reset="earliest"
    )
    await consumer.start()
    found = 0
    async with asyncio.timeout(30):
        while found < count:
            event = MessageRelayed.model_validate_json((await consumer.getone()).value or b"")
            found += event.insurer == SILENT
    await consumer.stop()


async def test_outages_lose_nothing_and_the_accounts_balance(stage: Stage) -> None:
    """Broker and database restarted, WhatsApp away for 30 s, a webhook away: everything arrives in the end."""
    motor, life = of("acme-motor"), of("coast-life")
    writing = asyncio.create_task(everybody(stage, motor, "while the broker restarts"))
    await stage.broker.restart()
    await all_answered(stage, await writing, seconds=90)

    writing = asyncio.create_task(everybody(stage, motor, "while the database restarts"))
    await stage.database.restart()
    await all_answered(stage, await writing, seconds=90)

    stage.database.kill()
    writing = asyncio.create_task(everybody(stage, motor, "while the database is dead"))
    await asyncio.sleep(3)
    await stage.database.start()
    await all_answered(stage, await writing, seconds=90)

    await stage.by_webhook.leave()
    said = await everybody(stage, life, "while the webhook is away")
    await stage.whatsapp.leave()
    said |= await everybody_through_503(stage, motor)
    await asyncio.sleep(AWAY_S)
    assert not said & answered(stage)
    await stage.whatsapp.come_back()
    await stage.by_webhook.come_back()
    await all_answered(stage, said, seconds=120)
    texts = [each.text for each in stage.whatsapp.received]
    assert len(texts) == len(set(texts)), "a reply came twice"
    print(await sound(stage))


async def everybody_through_503(stage: Stage, people: list[Person]) -> set[str]:
    """WhatsApp's own webhooks go on while its API is away."""
    return await everybody(stage, people, "while whatsapp is away")


async def test_what_an_insurer_garbles_is_parked_and_shown(stage: Stage) -> None:
    """A record on an insurer's topic that is no reply is set aside with its reason, and stops nobody else."""
    topic = INSURER_REPLIES.format(insurer=KAFKA_INSURERS[0])
    producer = AIOKafkaProducer(bootstrap_servers=stage.broker.bootstrap)
    await producer.start()
    await producer.send_and_wait(topic, b"not an event", key=b"garbled")
    await producer.stop()

    async def shown() -> bool:
        code, said = await stage.relay.command("ingest", "parked", "list")
        return code == 0 and "header ce_specversion is missing" in said

    await until(shown, seconds=30)
    person = of("acme-motor")[1]
    await stage.say(person, "still there?")
    await all_answered(stage, {"still there?"}, seconds=20)


async def test_all_services_stop_in_order_within_twenty_seconds(stage: Stage) -> None:
    """SIGTERM ends every service cleanly, with exit code 0."""
    async with asyncio.timeout(21):
        assert await stage.relay.stop() == dict.fromkeys(SERVICES, 0)


async def test_services_end_in_order_though_nobody_is_there_to_say_goodbye_to(stage: Stage) -> None:
    """Broker and database away: asked to end, every service does within 20 seconds, by itself and without an error."""
    stage.broker.kill()
    stage.database.kill()
    await asyncio.sleep(10)
    codes = await stage.relay.stop(seconds=20)
    await asyncio.gather(stage.broker.start(), stage.database.start())  # for what else stands on this stage
    assert codes == dict.fromkeys(SERVICES, 0)
