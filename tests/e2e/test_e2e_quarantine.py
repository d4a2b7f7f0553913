"""What the masker held, decided on by people through the whole relay: released, rewritten, blocked, and accounted for."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bowchat_contracts.held import InsurerBlocked, InsurerReleased
from bowchat_contracts.insurer import InsurerWithheld
from bowchat_testkit.plugin import staged
from bowchat_testkit.stack_process import until
from bowchat_testkit.stage import WEBHOOK_INSURER, Person, Stage
from bowchat_testkit.whatsapp_payloads import Policyholder

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

ROOT = Path(__file__).parents[2]
USERNAME = "quillon.writes"
DRIVER = Person(
    Policyholder(number="447700900171", bsuid="GB.31000000000000000171", username=USERNAME, name="Quillon"),
    "acme-motor",
    "POL-A171",
)
HEIR = Person(
    Policyholder(number="447700900172", bsuid="GB.31000000000000000172", username="brix.writes", name="Brix"),
    WEBHOOK_INSURER,
    "POL-C172",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    one = Stage(tmp_path_factory.mktemp("quarantine"), ROOT / "registry", [DRIVER, HEIR])
    async with staged(one):
        yield one


async def waiting(stage: Stage, many: int) -> list[dict[str, Any]]:
    """The list that people see, once it has so many lines."""
    lines: list[dict[str, Any]] = []

    async def there() -> bool:
        code, said = await stage.relay.command("masker", "held", "list")
        assert code == 0
        lines[:] = [json.loads(each) for each in said.splitlines() if each.startswith("{")]
        return len(lines) == many

    await until(there, seconds=120)
    return lines


async def decide(stage: Stage, action: str, subject: str, *, given: str = "") -> tuple[int, str]:
    why = ("--why", "looked at it", "--by", "meera")
    return await stage.relay.command("masker", "held", action, subject, *why, given=given)


async def seen_by(stage: Stage, kind: Any, many: int) -> list[Any]:
    """What the insurer on Kafka got of this type."""

    def found() -> list[Any]:
        return stage.by_kafka["acme-motor"].events(kind)

    async def there() -> bool:
        return len(found()) == many

    await until(there, seconds=60)
    return found()


async def test_people_decide_on_what_was_held(stage: Stage) -> None:
    """A text with the writer's own username is withheld and cannot be released; rewritten it takes its place, another is
    blocked, later messages go by, and the accounts balance.
    """
    await stage.say(DRIVER, f"I am {USERNAME} and hold {DRIVER.policy_number}")
    await stage.say(DRIVER, "is the windscreen covered?")
    await stage.say(DRIVER, f"or ask {USERNAME}")
    first, second = await waiting(stage, 2)
    places = await seen_by(stage, InsurerWithheld, 2)
    assert [each.seq for each in places] == [1, 3]
    assert {each.reason for each in places} == {"contact_details"}
    code, said = await stage.relay.command("masker", "held", "show", first["subject_id"])
    assert code == 0
    assert USERNAME in said
    code, said = await decide(stage, "release", first["subject_id"])
    assert (code, said.split(":")[0]) == (1, "refused")
    code, said = await decide(stage, "rewrite", first["subject_id"], given="I am the policyholder")
    assert (code, said) == (0, "accepted: released with the new text\n")
    code, said = await decide(stage, "block", second["subject_id"])
    assert (code, said) == (0, "accepted: blocked\n")
    (released,) = await seen_by(stage, InsurerReleased, 1)
    assert (released.seq, released.message_id) == (1, places[0].message_id)
    assert released.content.text == "I am the policyholder"
    (blocked,) = await seen_by(stage, InsurerBlocked, 1)
    assert (blocked.seq, blocked.message_id) == (3, places[1].message_id)
    code, said = await decide(stage, "release", second["subject_id"])
    assert (code, said) == (1, "refused: it was blocked before, and stays so\n")
    assert await waiting(stage, 0) == []


async def test_a_released_message_reaches_a_webhook_once(stage: Stage) -> None:
    """Behind a webhook as on Kafka: the place, then the message under the same id."""
    await stage.say(HEIR, f"brix.writes asks about {HEIR.policy_number}")
    (held,) = await waiting(stage, 1)
    code, _ = await decide(stage, "rewrite", held["subject_id"], given="a question")
    assert code == 0

    async def there() -> bool:
        return InsurerReleased.type in {each.type for each in stage.by_webhook.calls}

    await until(there, seconds=60)
    types = [each.type for each in stage.by_webhook.calls]
    assert types == [InsurerWithheld.type, InsurerReleased.type]


async def test_the_accounts_know_every_end(stage: Stage) -> None:
    """Nothing that was held is lost from the books: delivered after all, or blocked."""
    said = ""

    async def balanced() -> bool:
        nonlocal said
        code, said = await stage.accounts()
        return code == 0 and said.splitlines()[1].split()[:6] == ["inbound", "4", "3", "0", "0", "1"]

    await until(balanced, seconds=120)
