"""What `/readyz` says of insurers whose webhooks cannot be posted to."""

import shutil
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bowchat_dispatcher.app import build
from bowchat_dispatcher.settings import DispatcherSettings
from bowchat_runtime import keys
from bowchat_runtime.testing import MemoryPublisher

REGISTRY = Path(__file__).parents[4] / "registry"
AT_HOME = "http://127.0.0.1:9400/webhooks"
PUBLIC = "https://insurer.example/webhooks"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """An installation in which one insurer, coast-life, takes webhooks, and has its secret."""
    shutil.copytree(REGISTRY, tmp_path / "registry")
    keys.init(tmp_path / "secrets", ("coast-life",))
    return tmp_path


def listens_at(directory: Path, url: str) -> None:
    agreement = directory / "registry/insurers/coast-life.yaml"
    lines = agreement.read_text().splitlines()
    agreement.write_text("\n".join(f"  url: {url}" if each.startswith("  url:") else each for each in lines))


async def noted(directory: Path, *, allow_loopback: bool = False) -> list[str]:
    settings = DispatcherSettings(
        store="memory",
        registry=directory / "registry",
        secrets=directory / "secrets/dispatcher",
        allow_loopback_webhooks=allow_loopback,
    )
    service = build(settings, publisher=MemoryPublisher())
    async with AsyncExitStack() as stack:
        for each in service.resources:
            await stack.enter_async_context(each)
        return [said for note in service.notes if (said := await note())]


async def test_an_address_that_is_never_posted_to_is_told_of(directory: Path) -> None:
    """A registry tried on one machine names 127.0.0.1, which is refused at every attempt: that must be seen before."""
    listens_at(directory, AT_HOME)
    (said,) = await noted(directory)
    assert said == (
        "coast-life: what is for them waits: a webhook URL must begin with https://. Correct endpoint.url in the registry; "
        "to try it on one machine, allow http://127.0.0.1 with BOWCHAT_ALLOW_LOOPBACK_WEBHOOKS=true"
    )


async def test_an_address_that_may_be_posted_to_is_not_told_of(directory: Path) -> None:
    """A note is a thing to do: where all is done there is none."""
    listens_at(directory, AT_HOME)
    assert await noted(directory, allow_loopback=True) == []
    listens_at(directory, PUBLIC)
    assert await noted(directory) == []


@pytest.mark.parametrize("content", [None, "", "whsec_a\n"])
async def test_a_webhook_without_a_secret_is_told_of(directory: Path, content: str | None) -> None:
    """Nothing is posted unsigned; whoever looks learns whose secret is missing or of no use, and how to make it."""
    listens_at(directory, PUBLIC)
    file = directory / "secrets/dispatcher/insurers/coast-life.secret"
    file.unlink()
    if content is not None:
        file.write_text(content)
    (said,) = await noted(directory)
    assert said == (
        f"coast-life: what is for them waits: {file} holds no secret to sign with. "
        "Remove it if it is there, and run: bowchat-keys init DIR --insurers coast-life"
    )
