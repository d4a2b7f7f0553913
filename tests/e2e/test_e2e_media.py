"""A file's whole way: sent on WhatsApp, announced, fetched, cleaned, linked or held, served, and over."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from bowchat_contracts.media import InsurerMediaUpdate
from bowchat_testkit.media import SECRETS, pdfs, pictures
from bowchat_testkit.plugin import staged
from bowchat_testkit.stack_process import until
from bowchat_testkit.stage import Person, Stage
from bowchat_testkit.whatsapp_payloads import Policyholder

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

ROOT = Path(__file__).parents[2]
LINK_SECONDS = 25
DRIVER = Person(
    Policyholder(number="447700900181", bsuid="GB.31000000000000000181", name="Tamsin Snapshot"),
    "acme-motor",
    "POL-A181",
)
PATIENT = Person(
    Policyholder(number="447700900182", bsuid="GB.31000000000000000182", name="Wren Scanner"),
    "bharat-health",
    "POL-B182",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    one = Stage(
        tmp_path_factory.mktemp("media"),
        ROOT / "registry",
        [DRIVER, PATIENT],
        environment={"BOWCHAT_MEDIA_LINK_DAYS": str(LINK_SECONDS / 86400)},
        agreements={
            "acme-motor": {"masking": {"regions": ["GB"], "unreadable_media": "pass"}},
            "bharat-health": {"masking": {"regions": ["GB"], "unreadable_media": "hold"}},
        },
    )
    async with staged(one):
        yield one


async def send(stage: Stage, person: Person, kind: str, data: bytes, mime: str, **more: Any) -> None:
    media_id = stage.whatsapp.media.add(data, mime, more.pop("trick", None))
    body = stage.whatsapp.media.body(media_id, **more)
    await stage.whatsapp.play(person.who, kind=kind, body=body)


async def told(stage: Stage, insurer: str, state: str, many: int = 1) -> list[InsurerMediaUpdate]:
    """What an insurer was told of files, once so many are in this state."""

    def found() -> list[InsurerMediaUpdate]:
        every = stage.by_kafka[insurer].events(InsurerMediaUpdate)
        return [each for each in every if each.state == state]

    async def there() -> bool:
        return len(found()) >= many

    await until(there, seconds=120)
    return found()


async def follow(stage: Stage, link: str | None) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"{stage.relay.url('ingest')}{link}")


async def test_a_picture_reaches_its_insurer_without_what_stood_beside_it(stage: Stage) -> None:
    """Announced as pending, then a link to the cleaned picture under our name."""
    await send(
        stage, DRIVER, "image", pictures()["everything.jpg"], "image/jpeg", caption=f"photo for {DRIVER.policy_number}"
    )  # fmt: skip
    (ready,) = await told(stage, "acme-motor", "ready")
    (message,) = stage.by_kafka["acme-motor"].messages()
    assert message.content.kind == "media"
    assert (message.content.state, message.content.media_id) == ("pending", ready.media_id)
    assert (ready.message_id, ready.verified, ready.mime) == (message.message_id, False, "image/jpeg")
    served = await follow(stage, ready.link)
    assert served.status_code == 200
    assert served.headers["content-type"] == "image/jpeg"
    assert served.headers["content-disposition"] == f'attachment; filename="{ready.media_id}.jpg"'
    assert served.content.startswith(b"\xff\xd8\xff")
    assert not [secret for secret in SECRETS if secret in served.content]
    assert (await follow(stage, "/v1/media/" + "a" * 64)).status_code == 404


async def test_what_nobody_can_read_waits_for_people(stage: Stage) -> None:
    """Held by the agreement, released by a person: the same file is ready then, and says that it was not verified."""
    await send(stage, PATIENT, "image", pictures()["exif.png"], "image/png")
    (held,) = await told(stage, "bharat-health", "held")
    assert (held.link, held.mime) == (None, None)
    code, said = await stage.relay.command("masker", "held", "list")
    (line,) = [json.loads(each) for each in said.splitlines() if each.startswith("{")]
    assert (code, line["subject_id"], line["reason"]) == (0, held.media_id, "unreadable_media")
    why = ("--why", "looked at it", "--by", "meera")
    code, said = await stage.relay.command("masker", "held", "release", held.media_id, *why)
    assert (code, said) == (0, "accepted: released\n")
    (ready,) = await told(stage, "bharat-health", "ready")
    assert (ready.media_id, ready.verified) == (held.media_id, False)
    assert (await follow(stage, ready.link)).status_code == 200


async def test_a_document_that_can_be_read_goes_by_itself(stage: Stage) -> None:
    """A typed PDF is verified even where pictures are held; one that never comes is told as failed."""
    await send(
        stage, PATIENT, "document", pdfs()["info.pdf"], "application/pdf", filename="asha 447700900182.pdf"
    )
    ready = [
        each for each in await told(stage, "bharat-health", "ready", 2) if each.mime == "application/pdf"
    ]
    assert [each.verified for each in ready] == [True]
    assert (await follow(stage, ready[0].link)).content.startswith(b"%PDF-")
    await send(stage, PATIENT, "image", pictures()["exif.png"], "image/png", trick="foreign_host")
    (failed,) = await told(stage, "bharat-health", "failed")
    assert failed.link is None


async def test_no_secret_of_a_file_is_in_any_log(stage: Stage) -> None:
    """Neither what the files held, nor their names, nor the tokens of links stand in what the services wrote."""
    links = [each.link for each in await told(stage, "bharat-health", "ready", 2) if each.link]
    hidden = [*SECRETS, b"447700900182", *(link.removeprefix("/v1/media/").encode() for link in links)]
    logs = await asyncio.to_thread(
        lambda: [path.read_bytes() for path in stage.directory.glob("relay/**/*.log")]
    )
    assert logs
    assert not [secret for secret in hidden for log in logs if secret in log]


async def test_a_link_ends_when_its_time_is_over(stage: Stage) -> None:
    """What was served before is 410: here the first picture's, for what was sent since took a part of its time."""
    (ready,) = await told(stage, "acme-motor", "ready")

    async def over() -> bool:
        await asyncio.sleep(0.5)
        return (await follow(stage, ready.link)).status_code == 410

    await until(over, seconds=LINK_SECONDS + 30)
