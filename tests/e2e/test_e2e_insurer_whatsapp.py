"""An insurer that reads and answers in WhatsApp, through the whole relay: each reply reaches whom it was written for."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from bowchat_testkit.insurers import WhatsAppInsurer, silent
from bowchat_testkit.plugin import staged
from bowchat_testkit.stack_process import until
from bowchat_testkit.stage import Person, Stage
from bowchat_testkit.whatsapp_payloads import BusinessNumber, Policyholder

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

ROOT = Path(__file__).parents[2]
INSURER, NUMBER = "bharat-health", "447700900777"
PEOPLE = [
    Person(
        Policyholder(number=f"44770090019{index}", bsuid=f"GB.3100000000000000019{index}", name=name),
        INSURER,
        f"POL-B19{index}",
    )
    for index, name in enumerate(("Quill", "Brook", "Wren"))
]
WORDS = ("my knee operation", "the dentist bill", "new glasses")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    one = Stage(
        tmp_path_factory.mktemp("phones"), ROOT / "registry", PEOPLE, policy=silent,
        agreements={INSURER: {"endpoint": {"kind": "whatsapp"}}},
        environment={
            "BOWCHAT_INSURER_NUMBER_ID": BusinessNumber().phone_number_id,
            "BOWCHAT_PUBLIC_URL": "https://relay.example",
        },
    )  # fmt: skip
    async with staged(one):
        for service in ("ingest", "dispatcher"):
            path = one.relay.secrets.directory / service / "insurers" / f"{INSURER}.whatsapp"
            path.write_text(f"+{NUMBER}\n")
        yield one


def read_by(stage: Stage, person: Person) -> list[str]:
    known = (person.who.number, person.who.bsuid)
    return [each.text for each in stage.whatsapp.received if each.recipient in known]


async def soon(what: Callable[[], bool]) -> None:
    async def there() -> bool:
        return what()

    await until(there, seconds=90)


async def knows_what_was_shown(stage: Stage) -> bool:
    """Whether the masker has learnt which message on the phone is of which thread. People read before they quote; a quote
    that comes within milliseconds may be of a message that is not known yet, and then the insurer is asked.
    """
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stage.database.uri)
    async with client:
        known = await client["vault"]["phone_quotes"].count_documents({})
    return known == len(PEOPLE)


async def test_each_reply_reaches_whom_it_was_written_for(stage: Stage) -> None:
    """Three people write to one insurer. It quotes, it writes a tag, it writes neither and is asked; nobody reads what is
    another's, nothing that the insurer wrote is taken for a policyholder's, and the accounts balance.
    """
    phone = WhatsAppInsurer(stage.whatsapp, NUMBER)
    for person, words in zip(PEOPLE, WORDS, strict=True):
        await stage.say(person, f"{person.policy_number} what about {words}?")
    await soon(lambda: len(phone.threads()) == len(PEOPLE))
    tags = [phone.tag_of(words) for words in WORDS]
    shown = [phone.threads()[tag][0] for tag in tags]
    for each in phone.inbox():
        assert not [
            one for one in PEOPLE if (one.who.number or "")[2:] in each.text or one.who.name in each.text
        ]

    await until(lambda: knows_what_was_shown(stage), seconds=90)
    await phone.writes("The operation is covered.", quoting=shown[0])
    await soon(lambda: "The operation is covered." in read_by(stage, PEOPLE[0]))
    await phone.writes(f"#{tags[1].lower()} The bill is covered.")
    await soon(lambda: "The bill is covered." in read_by(stage, PEOPLE[1]))

    await phone.writes("Glasses are covered.")
    await phone.writes("Once every two years.")
    await soon(lambda: len(phone.questions()) == 1)
    assert not [one for one in PEOPLE if "Glasses are covered." in read_by(stage, one)]
    await phone.taps(phone.questions()[0], tags[2])
    await soon(lambda: len(phone.questions()) == 2)
    await phone.writes(f"#{tags[2]}")
    await soon(lambda: "Once every two years." in read_by(stage, PEOPLE[2]))

    assert [read_by(stage, each) for each in PEOPLE] == [
        ["The operation is covered."],
        ["The bill is covered."],
        ["Glasses are covered.", "Once every two years."],
    ]

    async def balanced() -> bool:
        code, _ = await stage.accounts()
        return code == 0

    await until(balanced, seconds=120)


async def test_a_picture_is_refused_aloud_and_a_late_tap_too(stage: Stage) -> None:
    """What cannot be passed on is told on the same phone."""
    phone = WhatsAppInsurer(stage.whatsapp, NUMBER)
    await phone.taps(phone.questions()[0], phone.tag_of(WORDS[0]))
    await soon(lambda: any("This question is over" in each.text for each in phone.inbox()))
    picture = {"id": "1", "mime_type": "image/png", "sha256": "x"}
    await stage.whatsapp.play(Policyholder(number=NUMBER), kind="image", body=picture)
    await soon(lambda: any("Only texts can be passed on" in each.text for each in phone.inbox()))
    assert [len(read_by(stage, each)) for each in PEOPLE] == [1, 1, 2]
