"""A policyholder says STOP to one insurer, through the whole relay: that insurer's way ends, and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bowchat_contracts.insurer import InsurerMessage, InsurerReplyChanged, InsurerWayChanged, ReplyRefused
from bowchat_testkit.insurers import replying
from bowchat_testkit.plugin import staged
from bowchat_testkit.stack_process import until
from bowchat_testkit.stage import Person, Stage
from bowchat_testkit.whatsapp_payloads import Policyholder

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

ROOT = Path(__file__).parents[2]
WHO = Policyholder(number="447700900181", bsuid="GB.31000000000000000181", name="Quill")
DRIVER = Person(WHO, "acme-motor", "POL-A181")
PATIENT = Person(
    Policyholder(number="447700900182", bsuid="GB.31000000000000000182", name="Brook"),
    "bharat-health",
    "POL-B182",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    policy = replying("answer {seq}: our line is +91 99999 01234")
    one = Stage(tmp_path_factory.mktemp("way-back"), ROOT / "registry", [DRIVER, PATIENT], policy=policy)
    async with staged(one):
        yield one


async def told(stage: Stage, kind: Any, many: int, insurer: str = "acme-motor") -> list[Any]:
    """What an insurer on Kafka got of this type."""

    def found() -> list[Any]:
        return stage.by_kafka[insurer].events(kind)

    async def there() -> bool:
        return len(found()) >= many

    await until(there, seconds=90)
    assert len(found()) == many
    return found()


async def read_by(stage: Stage, person: Person, many: int) -> list[str]:
    """What a policyholder got on WhatsApp."""

    def texts() -> list[str]:
        known = (person.who.number, person.who.bsuid)
        return [each.text for each in stage.whatsapp.received if each.recipient in known]

    async def there() -> bool:
        return len(texts()) >= many

    await until(there, seconds=90)
    assert len(texts()) == many
    return texts()


async def test_stop_ends_one_insurers_way(stage: Stage) -> None:
    """The answer comes without the insurer's number; after STOP its answers are refused and it is told why, another's are
    not; after START they come again; the accounts balance.
    """
    await stage.say(DRIVER, f"is {DRIVER.policy_number} in force?")
    (first,) = await read_by(stage, DRIVER, 1)
    assert first == "answer 1: our line is [phone number removed]"
    (changed,) = await told(stage, InsurerReplyChanged, 1)
    assert changed.removed == ("phone",)
    await stage.say(DRIVER, "STOP")
    (stopped,) = await told(stage, InsurerWayChanged, 1)
    assert stopped.state == "stopped"
    (refused,) = await told(stage, ReplyRefused, 1)
    assert refused.reason == "policyholder_stopped"
    assert "START" in (await read_by(stage, DRIVER, 2))[-1]
    await stage.say(PATIENT, f"is {PATIENT.policy_number} in force?")
    await read_by(stage, PATIENT, 1)
    await stage.say(DRIVER, "one more question")
    assert len(await told(stage, InsurerMessage, 3)) == 3
    await told(stage, ReplyRefused, 2)
    await stage.say(DRIVER, "start")
    assert [each.state for each in await told(stage, InsurerWayChanged, 2)] == ["stopped", "open"]
    await read_by(stage, DRIVER, 4)

    async def balanced() -> bool:
        code, _ = await stage.accounts()
        return code == 0

    await until(balanced, seconds=120)
