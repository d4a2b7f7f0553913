"""What a policy may name is known to who reads nothing else of the registry."""

import shutil
from pathlib import Path

import pytest

from bowchat_registry.declared import DeclaredNames
from bowchat_registry.loader import load
from bowchat_registry.problems import RegistryError

EXAMPLE = Path(__file__).parents[4] / "registry"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "registry")
    return tmp_path / "registry"


def test_it_names_what_the_registry_names(directory: Path) -> None:
    """The same insurers and policy types that the whole registry has."""
    whole, names = load(directory), DeclaredNames(directory).current()
    assert sorted(names.insurers) == list(whole.insurers)
    assert names.policy_types == whole.taxonomy.policy_type_names
    assert names.served == {
        insurer: frozenset(each.policy_types) for insurer, each in whole.agreements.items()
    }


def test_changes_count_at_once_and_mistakes_do_not(directory: Path) -> None:
    """A new insurer and a new line of business count with the next look; a broken taxonomy leaves the names there were."""
    known = DeclaredNames(directory)
    before = known.current()
    (directory / "insurers/new-one.yaml").write_text("not even read")
    taxonomy = (directory / "taxonomy.yaml").read_text()
    (directory / "taxonomy.yaml").write_text(taxonomy.replace("name: motor", "name: boats"))
    after = known.current()
    assert after.insurers - before.insurers == {"new-one"}
    assert after.policy_types - before.policy_types == {"boats"}
    (directory / "taxonomy.yaml").write_text("policy_types: [")
    assert known.current() == after


def test_what_an_insurer_covers_counts_at_once(directory: Path) -> None:
    """Its file is read when it changes; a mistake leaves what it covered, and one that was never good says nothing."""
    known = DeclaredNames(directory)
    assert known.current().served["acme-motor"] == {"motor", "home"}
    path = directory / "insurers/acme-motor.yaml"
    path.write_text(path.read_text().replace("policy_types: [motor, home]", "policy_types: [home]"))
    assert known.current().served["acme-motor"] == {"home"}
    path.write_text("policy_types: [")
    (directory / "insurers/new-one.yaml").write_text("policy_types: [")
    after = known.current()
    assert after.served["acme-motor"] == {"home"}
    assert "new-one" in after.insurers
    assert "new-one" not in after.served


@pytest.mark.parametrize("gone", ["insurers", "taxonomy.yaml"])
def test_without_names_nothing_can_be_judged(directory: Path, gone: str) -> None:
    """A directory without insurers or taxonomy is an error that says which."""
    path = directory / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(RegistryError, match=gone):
        DeclaredNames(directory).current()
