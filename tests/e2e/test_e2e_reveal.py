"""A number revealed by its owner's yes, through the whole relay: asked, agreed, opened by the insurer, and taken back."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bowchat_contracts.envelope import Meta, to_headers, traceparent
from bowchat_contracts.reveals import InsurerIdentityRevealed, InsurerRevealChanged, InsurerRevealRequest
from bowchat_contracts.topics import INSURER_REPLIES
from bowchat_runtime.lockbox import unlock
from bowchat_runtime.seal import new_keysets
from bowchat_testkit.plugin import staged
from bowchat_testkit.stack_process import until
from bowchat_testkit.stage import Person, Stage
from bowchat_testkit.whatsapp_payloads import Policyholder

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

ROOT = Path(__file__).parents[2]
PRIVATE, PUBLIC = new_keysets()
NUMBER = "447700900181"
ASHA = Person(
    Policyholder(number=NUMBER, bsuid="GB.31000000000000000181", name="Quillon"), "acme-motor", "POL-A181"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    one = Stage(tmp_path_factory.mktemp("reveal"), ROOT / "registry", [ASHA])
    async with staged(one):
        folder = one.relay.secrets.directory / "masker" / "insurers"
        folder.mkdir(exist_ok=True)
        (folder / "acme-motor.public.json").write_text(PUBLIC)
        yield one


async def told(stage: Stage, kind: Any, many: int) -> list[Any]:
    """What the insurer got of this type, once it is so many."""

    def found() -> list[Any]:
        return stage.by_kafka["acme-motor"].events(kind)

    async def there() -> bool:
        return len(found()) == many

    await until(there, seconds=60)
    return found()


async def ask(stage: Stage, alias: str) -> None:
    """The insurer writes its request to its own topic."""
    request = InsurerRevealRequest(
        request_id="q-1", alias=alias, purpose="to arrange a visit to the garage", days=7
    )
    meta = Meta("q-1", request.type, "/insurers/acme-motor", datetime.now(UTC), traceparent("q-1", "ask"))
    producer = AIOKafkaProducer(bootstrap_servers=stage.broker.bootstrap)
    await producer.start()
    await producer.send_and_wait(
        INSURER_REPLIES.format(insurer="acme-motor"),
        request.model_dump_json().encode(),
        alias.encode(),
        headers=list(to_headers(meta)),
    )
    await producer.stop()


async def everything(stage: Stage) -> bytes:
    """All that stands in the relay's topics about reveals, and in the insurer's."""
    consumer = AIOKafkaConsumer(
        "reveals.changed", "commands.requested", "commands.decided", "deliveries.requested",
        "insurer.acme-motor.messages", "deliveries.updated",
        bootstrap_servers=stage.broker.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False,
    )  # fmt: skip
    await consumer.start()
    batches = await consumer.getmany(timeout_ms=5000)
    await consumer.stop()
    return b"".join((raw.value or b"") + (raw.key or b"") for batch in batches.values() for raw in batch)


async def test_a_number_is_revealed_by_a_yes_and_taken_back_by_a_no(stage: Stage) -> None:
    """The policyholder is asked on WhatsApp with buttons; on yes the insurer opens the number, and nobody else could have
    read it; on no it is told that it has ended; the accounts take the question for no reply.
    """
    await stage.say(ASHA, f"about {ASHA.policy_number}")

    async def relayed() -> bool:
        return bool(stage.by_kafka["acme-motor"].messages())

    await until(relayed, seconds=60)
    alias = stage.by_kafka["acme-motor"].messages()[0].alias
    await ask(stage, alias)

    async def asked() -> bool:
        return any(each.buttons for each in stage.whatsapp.received)

    await until(asked, seconds=60)
    (question,) = [each for each in stage.whatsapp.received if each.buttons]
    assert "to arrange a visit to the garage" in question.text
    await stage.whatsapp.tap(ASHA.who, question.buttons[0])
    (revealed,) = await told(stage, InsurerIdentityRevealed, 1)
    opened = json.loads(unlock(PRIVATE.encode(), revealed.sealed_identity, revealed.reveal_id))
    assert opened["number"] == f"+{NUMBER}"
    await stage.whatsapp.tap(ASHA.who, question.buttons[1])
    states = [each.state for each in await told(stage, InsurerRevealChanged, 2)]
    assert states == ["asked", "revoked"]
    assert NUMBER[-7:].encode() not in await everything(stage)

    async def sound() -> bool:
        return (await stage.accounts())[0] == 0

    await until(sound, seconds=120)
