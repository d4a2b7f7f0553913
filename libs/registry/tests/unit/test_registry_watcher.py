"""The registry changes while services run, and a mistake changes nothing."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bowchat_registry.problems import RegistryError
from bowchat_registry.watcher import RegistryWatcher

EXAMPLE = Path(__file__).parents[4] / "registry"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "registry")
    return tmp_path / "registry"


async def looked_twice(watcher: RegistryWatcher) -> None:
    await watcher.look()
    await watcher.look()


def replace(file: Path, old: str, new: str) -> None:
    file.write_text(file.read_text().replace(old, new))


async def test_a_changed_file_is_taken_over(directory: Path) -> None:
    """A new version is in use after the next looks, and whoever held the old one keeps it."""
    async with RegistryWatcher(directory) as watcher:
        before = watcher.current
        replace(directory / "insurers" / "acme-motor.yaml", "300", "120")
        await looked_twice(watcher)
        assert watcher.current.agreements["acme-motor"].terms.first_response_s == 120
        assert before.agreements["acme-motor"].terms.first_response_s == 300
        replace(directory / "insurers" / "acme-motor.yaml", "09:00-13:00, 14:00-18:00", "08:00-18:00")
        await looked_twice(watcher)
        lunch = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)  # 13:30 in Kolkata
        hours, hours_before = (each.agreements["acme-motor"].hours for each in (watcher.current, before))
        assert hours
        assert hours_before
        assert (hours.is_open(lunch), hours_before.is_open(lunch)) == (True, False)
        assert await watcher.note() is None


async def test_a_bad_version_is_refused_whole(directory: Path) -> None:
    """The old version stays, the note says what is wrong, and the corrected one is taken."""
    async with RegistryWatcher(directory) as watcher:
        before = watcher.current
        replace(directory / "insurers" / "acme-motor.yaml", "300", "120")
        replace(directory / "rules.yaml", "policy_type: life", "policy_type: lives")
        await looked_twice(watcher)
        assert watcher.current is before
        assert (
            "rules[5].then.policy_type: lives is no policy type of taxonomy.yaml; did you mean life?"
            in str(await watcher.note())
        )
        replace(directory / "rules.yaml", "policy_type: lives", "policy_type: life")
        await looked_twice(watcher)
        assert watcher.current is not before
        assert await watcher.note() is None


async def test_whatever_lies_in_the_directory_ends_no_service(directory: Path) -> None:
    """Nesting beyond the reader's depth, or a link to itself, is a mistake like any other: the old version stays."""
    async with RegistryWatcher(directory) as watcher:
        before = watcher.current
        (directory / "insurers" / "deep.yaml").write_text("[" * 300_000)
        await looked_twice(watcher)
        assert "deep.yaml:1: file: is nested too deeply" in str(await watcher.note())
        link = directory / "insurers" / "deep.yaml"
        link.unlink()
        link.symlink_to(link)
        await looked_twice(watcher)
        assert watcher.current is before


async def test_a_file_that_is_being_written_is_left_alone(directory: Path) -> None:
    """A file is read when it has stood still for one look: half a file is never taken."""
    async with RegistryWatcher(directory) as watcher:
        before = watcher.current
        replace(directory / "rules.yaml", "priority: 5", "priority: 6")
        await watcher.look()
        assert watcher.current is before
        await watcher.look()
        assert watcher.current is not before


async def test_a_touched_file_is_the_same_registry(directory: Path) -> None:
    """The content counts, not the time: nothing is built anew."""
    async with RegistryWatcher(directory) as watcher:
        before = watcher.current
        os.utime(directory / "rules.yaml")
        await looked_twice(watcher)
        assert watcher.current is before


async def test_a_service_does_not_start_with_a_bad_registry(directory: Path) -> None:
    """At the start there is no old version to stay with."""
    (directory / "rules.yaml").unlink()
    with pytest.raises(RegistryError, match=r"rules\.yaml"):
        async with RegistryWatcher(directory):
            pass
