"""What `/readyz` says of insurers that are to be reached on WhatsApp and cannot be."""

import shutil
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bowchat_dispatcher.app import build
from bowchat_dispatcher.settings import DispatcherSettings
from bowchat_runtime import keys
from bowchat_runtime.testing import MemoryPublisher

REGISTRY = Path(__file__).parents[4] / "registry"
BUSINESS = "100000000000001"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """An installation in which one insurer is reached on WhatsApp, and its number is not written down yet."""
    shutil.copytree(REGISTRY, tmp_path / "registry")
    agreement = tmp_path / "registry/insurers/acme-motor.yaml"
    agreement.write_text(agreement.read_text().replace("kind: kafka", "kind: whatsapp"))
    keys.init(tmp_path / "secrets", ("acme-motor", "coast-life"))
    return tmp_path


def number_file(directory: Path) -> Path:
    return directory / "secrets/dispatcher/insurers/acme-motor.whatsapp"


async def noted(directory: Path, business_number: str = BUSINESS) -> list[str]:
    settings = DispatcherSettings(
        store="memory",
        registry=directory / "registry",
        secrets=directory / "secrets/dispatcher",
        insurer_number_id=business_number,
        allow_loopback_webhooks=True,  # the registry's own one is at 127.0.0.1
    )
    service = build(settings, publisher=MemoryPublisher())
    async with AsyncExitStack() as stack:
        for each in service.resources:
            await stack.enter_async_context(each)
        return [said for note in service.notes if (said := await note())]


@pytest.mark.parametrize("content", [None, "", "no number\n"])
async def test_an_insurer_without_a_number_is_told_of(directory: Path, content: str | None) -> None:
    """Its messages wait for a number; whoever looks learns whose, and which file is missing or of no use."""
    if content is not None:
        number_file(directory).write_text(content)
    (said,) = await noted(directory)
    assert said == (
        "acme-motor: on WhatsApp, and their number is not known, so what is for them waits. Write it into "
        f"{directory}/secrets/dispatcher/insurers/<id>.whatsapp, like +447700900123 (docs/insurer-whatsapp.md)"
    )


async def test_an_insurer_whose_number_is_known_is_not_told_of(directory: Path) -> None:
    """A note is a thing to do: where all is done there is none."""
    number_file(directory).write_text("+447700900777\n")
    assert await noted(directory) == []


async def test_a_missing_business_number_is_told_of(directory: Path) -> None:
    """Without the number to write from, what is for an insurer's phone fails for good: that must be seen before."""
    number_file(directory).write_text("+447700900777\n")
    (said,) = await noted(directory, business_number="")
    assert said == (
        "acme-motor: on WhatsApp, and there is no number to write from, so what is for them fails. "
        "Set BOWCHAT_INSURER_NUMBER_ID (docs/insurer-whatsapp.md)"
    )


async def test_nobody_on_whatsapp_needs_no_number(directory: Path) -> None:
    """Topics and webhooks have their own addresses."""
    shutil.copytree(REGISTRY, directory / "registry", dirs_exist_ok=True)
    assert await noted(directory, business_number="") == []
