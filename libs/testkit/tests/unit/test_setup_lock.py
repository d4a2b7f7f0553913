"""The lock is complete: what a member asks for directly is in it, at a version the member accepts."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = next(parent for parent in Path(__file__).resolve().parents if (parent / "requirements.lock").exists())
LOCK = (ROOT / "requirements.lock").read_text()
PROJECTS = sorted(
    [ROOT / "pyproject.toml", *ROOT.glob("libs/*/pyproject.toml"), *ROOT.glob("services/*/pyproject.toml")]
)


def _locked() -> dict[str, str]:
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", LOCK, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def _asked(project: dict[str, Any]) -> list[Requirement]:
    asked = [*project["project"]["dependencies"], *project.get("dependency-groups", {}).get("dev", [])]
    return [Requirement(one) for one in asked if not one.startswith("bowchat-")]


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.parent.name)
def test_the_lock_covers_what_a_member_asks_for(path: Path) -> None:
    """Each direct dependency of each member stands in the lock with a version that satisfies it (else: make lock)."""
    locked = _locked()
    for requirement in _asked(tomllib.loads(path.read_text())):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in requirements.lock: run `make lock`"
        assert requirement.specifier.contains(version, prereleases=True), (
            f"{requirement} is locked at {version}"
        )


def test_the_lock_names_no_host_and_hashes_everything() -> None:
    """The lock says what is installed and not from where, and nothing can be put in place of it."""
    assert "://" not in LOCK
    entries = re.split(r"^(?=[a-z0-9])", LOCK, flags=re.MULTILINE | re.IGNORECASE)[1:]
    assert len(entries) == len(_locked())
    assert all("--hash=sha256:" in entry for entry in entries)
