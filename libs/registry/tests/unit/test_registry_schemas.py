"""Editors, and whoever reads the page on the registry, are told what the loader takes."""

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from bowchat_registry.agreements import Agreement
from bowchat_registry.calendar import Calendar
from bowchat_registry.commands import Command, CommandArgument
from bowchat_registry.conditions import Condition
from bowchat_registry.desks import Desk
from bowchat_registry.loader import parse, read_sources
from bowchat_registry.problems import RegistryError
from bowchat_registry.rules import Rule, Then
from bowchat_registry.schemas_cli import main, schemas
from bowchat_registry.slash import BUILT_INS
from bowchat_registry.yaml_source import read_yaml

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


PAGE = (ROOT / "docs" / "registry.md").read_text()


@pytest.mark.parametrize("model", [Agreement, Desk, Condition, Then, Command, CommandArgument, Calendar])
def test_the_page_explains_every_field(model: type[BaseModel]) -> None:
    """Whoever reads the page of the registry finds each field that may be written."""
    missing = [name for name in model.model_fields if f"`{name}" not in PAGE and f"{name}:" not in PAGE]
    assert not missing


def test_the_page_shows_what_works() -> None:
    """The examples of the page are good files."""
    hours, rule = (
        read_yaml("registry.md", each)[0] for each in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    )
    assert hours
    assert rule
    assert Calendar.model_validate(hours.data["hours"]).zone == "Asia/Kolkata"
    assert Rule.model_validate(rule.data[0]).then.priority == 7


def test_the_page_lists_the_commands() -> None:
    """Every built-in command is in the table of the page."""
    assert not [name for name in BUILT_INS if f"`/{name}" not in PAGE]


def test_the_page_shows_what_a_mistake_looks_like() -> None:
    """The output that the page prints is what its mistakes give."""
    shown = re.findall(r"^  (\S+\.yaml:\d+: .*)$", PAGE, re.MULTILINE)
    sources = dict(read_sources(ROOT / "registry"))
    acme, rules = "insurers/acme-motor.yaml", "rules.yaml"
    sources[acme] = sources[acme].replace(b"handles: [surveyor]", b"handels: [surveyor]")
    sources[rules] = sources[rules].replace(b"policy_type: motor", b"policy_type: moter", 1)
    with pytest.raises(RegistryError) as caught:
        parse(sources, "registry")
    assert [str(each) for each in caught.value.problems] == shown
