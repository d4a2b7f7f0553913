"""A question of the relay's, and a command of an insurer's, through the whole relay, as processes on a real broker."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bowchat_contracts.commands import Author, CommandDecided, CommandRequested, SlashCommand
from bowchat_contracts.content import ChoiceContent
from bowchat_contracts.envelope import Event, Meta, to_headers, traceparent
from bowchat_contracts.ids import derived_id, random_id
from bowchat_contracts.inbound import InboundReceived, MessageRouted
from bowchat_contracts.insurer import InsurerCommandAnswered
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import Option, PromptRequested
from bowchat_contracts.topics import (
    COMMANDS_ANSWERED,
    COMMANDS_REQUESTED,
    INBOUND_RECEIVED,
    INBOUND_ROUTED,
    PROMPTS_REQUESTED,
)
from bowchat_testkit.insurers import replying
from bowchat_testkit.plugin import unavailable
from bowchat_testkit.stack_process import StackUnavailableError, until
from bowchat_testkit.stage import Person, Stage
from bowchat_testkit.whatsapp_payloads import Policyholder

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

ROOT = Path(__file__).parents[2]
ASHA = Person(
    Policyholder(number="447700900187", bsuid="GB.31000000000000000187", name="Quillon"),
    "acme-motor",
    "POL-A187",
)
MISTYPED = "/no_such_command"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Its insurers answer everything with a command that there is not."""
    try:
        one = Stage(tmp_path_factory.mktemp("prompts"), ROOT / "registry", [ASHA], policy=replying(MISTYPED))
        await one.__aenter__()
    except StackUnavailableError as error:
        unavailable("a broker and a database", error)
    yield one
    await one.__aexit__()


async def publish(stage: Stage, topic: str, key: str, event: Event) -> None:
    """In the router's name."""
    id_ = random_id("ev")
    meta = Meta(id_, event.type, "/bowchat/router", datetime.now(UTC), traceparent(id_, "test"))
    producer = AIOKafkaProducer(bootstrap_servers=stage.broker.bootstrap)
    await producer.start()
    await producer.send_and_wait(
        topic, event.model_dump_json().encode(), key.encode(), headers=list(to_headers(meta))
    )
    await producer.stop()


async def read(stage: Stage, topic: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=stage.broker.bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    found: list[bytes] = []
    while batches := await consumer.getmany(timeout_ms=3000):
        found += [raw.value or b"" for batch in batches.values() for raw in batch]
    await consumer.stop()
    return found


async def routed(stage: Stage) -> MessageRouted:
    """What the router made of the first message."""

    async def there() -> bool:
        return bool(await read(stage, INBOUND_ROUTED))

    await until(there, seconds=60)
    return MessageRouted.model_validate_json((await read(stage, INBOUND_ROUTED))[0])


async def test_a_command_reaches_the_router_and_its_answer_the_insurer(stage: Stage) -> None:
    """The policyholder sees neither; the accounts balance once it was answered."""
    await stage.say(ASHA, f"about {ASHA.policy_number}")
    message = await routed(stage)

    async def typed() -> bool:
        return bool(await read(stage, COMMANDS_REQUESTED))

    await until(typed, seconds=60)
    asked = CommandRequested.model_validate_json((await read(stage, COMMANDS_REQUESTED))[0])
    assert isinstance(asked.command, SlashCommand)
    assert asked.by == Author(role="insurer", name="acme-motor")
    assert (asked.command.text.reveal(), asked.command.conversation_id) == (MISTYPED, message.conversation_id)
    answer = CommandDecided(
        command_id=asked.command_id,
        command=MISTYPED,
        outcome="refused",
        detail="There is no such command. /help names those that there are.",
        by=asked.by,
        decided_at=datetime.now(UTC),
        reply=asked.command.reply,
    )
    await publish(stage, COMMANDS_ANSWERED, message.conversation_id, answer)

    async def told() -> bool:
        return bool(stage.by_kafka["acme-motor"].events(InsurerCommandAnswered))

    await until(told, seconds=60)
    heard = stage.by_kafka["acme-motor"].events(InsurerCommandAnswered)[0]
    assert (heard.command, heard.outcome) == (MISTYPED, "refused")
    assert stage.whatsapp.received == []

    async def sound() -> bool:
        return (await stage.accounts())[0] == 0

    await until(sound, seconds=120)


async def test_a_question_is_a_list_whose_row_can_be_tapped(stage: Stage) -> None:
    """Ten policies stand in the policyholder's WhatsApp; the row that they tap comes back under its option's id."""
    message = await routed(stage)
    prompt_id = random_id("pm")
    options = tuple(
        Option(
            option_id=derived_id("op", prompt_id, str(number)),
            title=MessageText(f"POL-A{number:03}"),
            description=MessageText("Motor, acme-motor"),
        )
        for number in range(10)
    )
    now = datetime.now(UTC)
    prompt = PromptRequested(
        prompt_id=prompt_id,
        kind="which_matter",
        contact_id=message.contact_id,
        business_number_id=message.business_number_id,
        text=MessageText("Which policy is this about?"),
        options=options,
        list_label="Policies",
        requested_at=now,
        expires_at=now + timedelta(minutes=10),
    )
    await publish(stage, PROMPTS_REQUESTED, message.contact_id, prompt)

    async def asked() -> bool:
        return any(each.rows for each in stage.whatsapp.received)

    await until(asked, seconds=60)
    (question,) = [each for each in stage.whatsapp.received if each.rows]
    assert (question.text, question.list_label) == ("Which policy is this about?", "Policies")
    assert [each.id for each in question.rows] == [each.option_id for each in options]
    await stage.whatsapp.tap(ASHA.who, question.rows[7])

    async def tapped() -> bool:
        return len(await read(stage, INBOUND_RECEIVED)) == 2

    await until(tapped, seconds=60)
    tap = InboundReceived.model_validate_json((await read(stage, INBOUND_RECEIVED))[-1]).content
    assert isinstance(tap, ChoiceContent)
    assert (tap.choice, tap.choice_id.reveal()) == ("list_reply", options[7].option_id)
