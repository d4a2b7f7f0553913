"""Two matters on one number, a question, a tap, commands and how it was: through the whole relay, as processes."""

import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer

from bowchat_contracts.commands import Author
from bowchat_contracts.conversations import ConversationChanged
from bowchat_contracts.insurer import InsurerCommandAnswered, InsurerMessage, InsurerThreadChanged
from bowchat_contracts.prompts import CsatReceived
from bowchat_contracts.topics import CONVERSATIONS_CHANGED, CSAT_RECEIVED
from bowchat_testkit.insurers import shown_text
from bowchat_testkit.plugin import staged
from bowchat_testkit.stack import create_topics
from bowchat_testkit.stack_process import until
from bowchat_testkit.stage import Person, Stage
from bowchat_testkit.whatsapp import ReceivedMessage
from bowchat_testkit.whatsapp_payloads import Policyholder

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

ROOT = Path(__file__).parents[2]
WHO = Policyholder(number="447700900187", bsuid="GB.31000000000000000187", name="Quillon")
CAR, HEALTH = Person(WHO, "acme-motor", "POL-A187"), Person(WHO, "bharat-health", "POL-B187")
STRANGER = Person(Policyholder(number="447700900186", bsuid="GB.31000000000000000186", name="Orla"), "", "")
OTHER = Person(Policyholder(number="447700900185", bsuid="GB.31000000000000000185", name="Piran"), "", "")
COMMANDS = {"settle": "/resolve", "mistype": "/reslove", "hand on": "/handoff_to_roadside"}


def obeying(message: InsurerMessage) -> str | None:
    """An insurer that types the command which the policyholder's words ask for, and else answers nothing."""
    said = shown_text(message)
    return next((typed for words, typed in COMMANDS.items() if words in said), None)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    one = Stage(tmp_path_factory.mktemp("routing"), ROOT / "registry", [CAR, HEALTH], policy=obeying)
    async with staged(one):
        yield one


async def asked(stage: Stage, words: str) -> ReceivedMessage:
    """The message with these words in the policyholder's WhatsApp."""

    async def there() -> bool:
        return any(words in each.text for each in stage.whatsapp.received)

    await until(there, seconds=90)
    return next(each for each in stage.whatsapp.received if words in each.text)


async def chooses(stage: Stage, question: ReceivedMessage, title: str) -> None:
    row = next((each for each in question.rows if title in each.title), None)
    button = next((each for each in question.buttons if title in each[1]), None)
    chosen = row or button
    assert chosen is not None, f"nothing of this title to tap in {question}"
    await stage.whatsapp.tap(WHO, chosen)


async def reads(stage: Stage, insurer: str, text: str) -> InsurerMessage:
    """The message of these words at this insurer."""

    async def there() -> bool:
        return any(text in shown_text(each) for each in stage.by_kafka[insurer].events(InsurerMessage))

    await until(there, seconds=90)
    return next(each for each in stage.by_kafka[insurer].events(InsurerMessage) if text in shown_text(each))


async def read(stage: Stage, topic: str) -> list[bytes]:
    """Everything on a topic."""
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


async def resolved_by_people(stage: Stage) -> int:
    """How many messages the accounts count as done without an insurer."""
    _, said = await stage.relay.command("audit", "accounts", "--json")
    ends: dict[str, int] = json.loads(said)["inbound"]["ends"]
    return ends["resolved"]


async def answered(stage: Stage, command: str) -> InsurerCommandAnswered:
    async def there() -> bool:
        return any(
            each.command == command for each in stage.by_kafka["acme-motor"].events(InsurerCommandAnswered)
        )

    await until(there, seconds=90)
    events = stage.by_kafka["acme-motor"].events(InsurerCommandAnswered)
    return next(each for each in events if each.command == command)


async def test_who_has_two_matters_is_asked_and_the_chosen_insurer_alone_reads_it(stage: Stage) -> None:
    """Nothing goes anywhere before the tap; then what waited is at its insurer, and the tap itself is not."""
    await stage.say(CAR, "hello, a question")
    question = await asked(stage, "Which of these")
    assert all(insurer.events(InsurerMessage) == [] for insurer in stage.by_kafka.values())
    await chooses(stage, question, "Health")
    message = await reads(stage, "bharat-health", "hello, a question")
    assert message.seq == 1
    assert stage.by_kafka["acme-motor"].events(InsurerMessage) == []


async def test_the_other_matter_opens_beside_it(stage: Stage) -> None:
    """Words that are clearly about the other policy go to its insurer, though a conversation is open elsewhere."""
    await stage.say(CAR, "my car was hit in the car park")
    assert (await reads(stage, "acme-motor", "my car was hit")).seq == 1


async def test_commands_are_done_or_refused_and_never_relayed(stage: Stage) -> None:
    """An insurer hands its conversation on, mistypes, and settles it; the policyholder reads none of it."""
    await stage.say(CAR, f"{CAR.policy_number}: hand on")
    assert (await answered(stage, "/handoff_to_roadside")).outcome == "accepted"
    await stage.say(CAR, f"{CAR.policy_number}: mistype")
    assert (await answered(stage, "/")).outcome == "refused"
    assert (await reads(stage, "acme-motor", "mistype")).desk == "roadside"
    await stage.say(CAR, f"{CAR.policy_number}: settle")
    assert (await answered(stage, "/resolve")).outcome == "accepted"
    assert not [each for each in stage.whatsapp.received if "/" in each.text]


async def test_the_insurer_is_told_what_became_of_its_thread(stage: Stage) -> None:
    """Handed on and settled by itself, in order and in place; the other insurer hears nothing."""
    acme = stage.by_kafka["acme-motor"]

    async def settled() -> bool:
        return any(each.state == "resolved" for each in acme.events(InsurerThreadChanged))

    await until(settled, seconds=90)
    told = [(each.state, each.desk, each.by) for each in acme.events(InsurerThreadChanged)]
    assert told == [("handed_off", "roadside", "you"), ("resolved", "roadside", "you")]
    thread = (await reads(stage, "acme-motor", "settle")).thread_id
    assert {each.thread_id for each in acme.events(InsurerThreadChanged)} == {thread}
    assert stage.by_kafka["bharat-health"].events(InsurerThreadChanged) == []


async def test_people_command_from_a_terminal(stage: Stage) -> None:
    """Given beside the running relay, a mistyped command is answered with what would be right, and the right one is done: a
    stranger's conversation, which waits for people, is resolved without an insurer. No insurer hears of it.
    """
    command = partial(stage.relay.command, "router")
    await stage.say(STRANGER, "hello")
    listed: list[str] = []

    async def waits() -> bool:
        _, said = await command("conversations", "--state", "triage")
        listed[:] = [each for each in said.splitlines() if each.startswith("{")]
        return bool(listed)

    await until(waits, seconds=90)
    about = ("command", json.loads(listed[0])["conversation_id"])
    code, said = await command(*about, "/reslove", "--by", "meera")
    assert (code, said) == (1, "refused: there is no such command; did you mean /resolve?\n")
    code, said = await command(*about, "/resolve", "--by", "meera")
    assert (code, said.startswith("accepted: resolved")) == (0, True)
    changes = map(ConversationChanged.model_validate_json, await read(stage, CONVERSATIONS_CHANGED))
    last = [each for each in changes if each.conversation_id == about[1]][-1]
    assert (last.state, last.insurer, last.by) == ("resolved", None, Author(role="aggregator", name="meera"))
    answers = [each.command for one in stage.by_kafka.values() for each in one.events(InsurerCommandAnswered)]
    assert sorted(answers) == ["/", "/handoff_to_roadside", "/resolve"]


async def test_how_it_was_is_asked_counted_and_balanced(stage: Stage) -> None:
    """The question comes by buttons, the tap goes to no insurer, and every message has exactly one end."""
    await chooses(stage, await asked(stage, "How well did"), "Very well")

    async def sound() -> bool:
        code, said = await stage.accounts()
        return code == 0 and "in flight" in said

    await until(sound, seconds=120)
    assert await resolved_by_people(stage) == 1
    (score,) = await read(stage, CSAT_RECEIVED)
    assert (
        CsatReceived.model_validate_json(score).score,
        CsatReceived.model_validate_json(score).insurer,
    ) == (
        5,
        "acme-motor",
    )
    everything = [shown_text(each) for one in stage.by_kafka.values() for each in one.events(InsurerMessage)]
    assert not [each for each in everything if each in {"Very well", "Health · Bharat Swasthya"}]


async def test_an_insurer_whose_topics_are_missing_holds_up_nobody(stage: Stage) -> None:
    """Its file is read at once. What is for it is parked, with what to do, while others get theirs; made and replayed, it
    comes too.
    """
    acme, late = (stage.registry / "insurers" / f"{each}.yaml" for each in ("acme-motor", "late-home"))
    renamed = acme.read_text().replace("acme-motor", "late-home").replace("Acme Motor & Home", "Late Homes")
    late.write_text(renamed.replace("ACM", "LTH"))

    async def parked() -> bool:
        await stage.say(STRANGER, "my policy is LTH-2026-000101")
        return "topic insurer.late-home.messages does not exist" in await parked_by_masker()

    async def parked_by_masker() -> str:
        _, said = await stage.relay.command("masker", "parked", "list")
        return said

    await until(parked, seconds=60)
    await stage.say(OTHER, "others still come through with ACM-2026-000101")
    await reads(stage, "acme-motor", "others still come through")
    await create_topics(stage.broker.bootstrap, ("insurer.late-home.messages", "insurer.late-home.replies"))
    code, said = await stage.relay.command("masker", "parked", "replay")
    assert code == 0, said

    async def none_parked() -> bool:
        return "park_id" not in await parked_by_masker()

    await until(none_parked, seconds=60)
    assert "my policy is LTH-2026-000101" in str(await read(stage, "insurer.late-home.messages"))
