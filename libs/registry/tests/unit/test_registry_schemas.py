"""Editors complete and check registry files by schemas that say what the loader says."""

import json
import re
from pathlib import Path

import pytest

from bowchat_registry.schemas_cli import main, schemas

ROOT = Path(__file__).parents[4]
FILES = [*ROOT.glob("registry/*.yaml"), *ROOT.glob("registry/insurers/*.yaml")]


def test_the_committed_schemas_are_the_models(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A schema that has fallen behind its model is named, and writing mends it."""
    assert main(["check", "--directory", str(ROOT / "docs" / "registry")]) == 0
    assert main(["write", "--directory", str(tmp_path)]) == 0
    (tmp_path / "rules.schema.json").write_text("{}")
    (tmp_path / "old.schema.json").write_text("{}")
    assert main(["check", "--directory", str(tmp_path)]) == 1
    assert "old.schema.json, rules.schema.json. Run: make schemas" in capsys.readouterr().err
    assert main(["write", "--directory", str(tmp_path)]) == 0
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == schemas()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_registry_file_names_its_schema(path: Path) -> None:
    """An editor finds the schema from the file's first line, and it knows the file's fields."""
    first, *rest = path.read_text().splitlines()
    match = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert match
    schema = json.loads((path.parent / match[1]).resolve().read_text())
    fields = {line.split(":")[0] for line in rest if re.match(r"[a-z_]+:", line)}
    assert fields
    assert fields <= schema["properties"].keys()
    assert schema["additionalProperties"] is False


def test_every_field_is_explained_where_its_name_is_not_enough() -> None:
    """What a person hovers over says what it means."""
    schema = json.loads(schemas()["agreement.schema.json"])
    desk = schema["$defs"]["Desk"]["properties"]
    for name in ("handles", "capacity", "weights", "queue_limit_s", "breaker", "languages"):
        assert desk[name].get("description") or "$ref" in desk[name], name
