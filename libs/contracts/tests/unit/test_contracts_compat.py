"""The committed schemas are the models', and a change that a reader cannot live with is refused by name."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bowchat_contracts import schemas_cli
from bowchat_contracts.compat import incompatibilities
from bowchat_contracts.schemas import EVENTS, committed, generated, refusals, schema_of, text_of

Change = Callable[[dict[str, Any]], object]

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id", "seq", "content", "tags", "ratio", "pair"],
    "properties": {
        "id": {"type": "string", "pattern": "^ms_[a-p]{32}$"},
        "seq": {"type": "integer", "minimum": 1},
        "ratio": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "state": {"enum": ["open", "closed"], "type": "string"},
        "channel": {"const": "whatsapp_cloud", "type": "string"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "text": {"type": "string", "minLength": 1, "maxLength": 100},
        "at": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "string"}]},
        "content": {"oneOf": [{"$ref": "#/$defs/Text"}, {"$ref": "#/$defs/Other"}]},
    },
    "$defs": {
        "Text": {
            "type": "object",
            "required": ["text"],
            "properties": {"kind": {"const": "text", "type": "string"}, "text": {"type": "string"}},
        },
        "Other": {"type": "object", "properties": {"kind": {"const": "other", "type": "string"}}},
    },
}


def _field(name: str, **changes: Any) -> Change:
    return lambda schema: schema["properties"][name].update(changes)


def _renamed(schema: dict[str, Any]) -> None:
    schema["properties"]["sequence"] = schema["properties"].pop("seq")
    schema["required"][schema["required"].index("seq")] = "sequence"


def _added(schema: dict[str, Any]) -> None:
    schema["properties"]["priority"] = {"type": "integer"}
    schema["required"].append("priority")


BREAKING: dict[str, tuple[Change, str]] = {
    "an optional field removed": (lambda s: s["properties"].pop("note"), "note: was removed"),
    "a required field renamed": (_renamed, "seq: was removed or renamed"),
    "the new name of a renamed field": (_renamed, "sequence: is new and required"),
    "a required field added": (_added, "priority: is new and required"),
    "an optional field made required": (lambda s: s["required"].append("state"), "state: was optional"),
    "a required field made optional": (lambda s: s["required"].remove("seq"), "seq: was required"),
    "a type changed": (_field("at", type="integer"), "at: the type was string"),
    "a number narrowed to whole ones": (_field("ratio", type="integer"), "ratio: the type was number"),
    "an enum value removed": (_field("state", enum=["open"]), 'state: no longer accepts "closed"'),
    "an enum made constant": (lambda s: s["properties"].update(state={"const": "open", "type": "string"}), "state: no"),
    "a constant changed": (_field("channel", const="waha"), "channel: no longer accepts"),
    "a free text closed": (_field("at", enum=["now"]), "at: was free"),
    "a pattern added": (_field("at", pattern="^x$"), "at: the pattern was free"),
    "a pattern changed": (_field("id", pattern="^ms_[a-f]{32}$"), "id: the pattern was"),
    "a format added": (_field("at", format="date-time"), "at: the format was free"),
    "a minimum raised": (_field("seq", minimum=2), "seq: minimum was 1"),
    "a minimum added": (_field("at", minLength=3), "at: minLength was free"),
    "a maximum lowered": (_field("text", maxLength=99), "text: maxLength was 100"),
    "a maximum added": (_field("tags", maxItems=5), "tags: maxItems was free"),
    "an element narrowed": (_field("tags", items={"type": "integer"}), "tags[]: the type was string"),
    "a tuple lengthened": (lambda s: s["properties"]["pair"]["prefixItems"].append({"type": "string"}), "pair[]: had 2"),
    "a tuple's place narrowed": (_field("pair", prefixItems=[{"type": "string"}, {"type": "null"}]), "pair[1]: the type"),
    "null no longer allowed": (lambda s: s["properties"].update(note={"type": "string"}), "note: the variant null"),
    "a variant removed": (lambda s: s["properties"]["content"]["oneOf"].pop(), "content: the variant other"),
    "a field of a variant removed": (lambda s: s["$defs"]["Text"]["properties"].pop("text"), "content.text: was removed"),
    "a keyword nobody thought of": (_field("text", contentEncoding="base64"), "text: the keyword contentEncoding"),
}  # fmt: skip

COMPATIBLE: dict[str, Change] = {
    "nothing": lambda _: None,
    "an optional field added": lambda s: s["properties"].update(priority={"type": "integer", "default": 0}),
    "a description changed": _field("seq", description="The place."),
    "an enum value added": _field("state", enum=["open", "closed", "parked"]),
    "a constant became one of several": lambda s: s["properties"].update(
        channel={"enum": ["whatsapp_cloud", "waha"], "type": "string"}
    ),
    "a variant added": lambda s: s["properties"]["content"]["oneOf"].append(
        {"type": "object", "properties": {"kind": {"const": "choice", "type": "string"}}}
    ),
    "null newly allowed": lambda s: s["properties"].update(
        at={"anyOf": [{"type": "string"}, {"type": "null"}]}
    ),
    "a bound loosened": _field("text", maxLength=4096, minLength=0),
    "a pattern lifted": lambda s: s["properties"]["id"].pop("pattern"),
    "a whole number widened": _field("seq", type="number"),
    "a definition moved in": lambda s: s["properties"]["content"]["oneOf"].__setitem__(0, s["$defs"]["Text"]),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_change_that_breaks_a_reader_is_found(name: str) -> None:
    """Every way to break a reader that we know of is named by field and reason."""
    change, expected = BREAKING[name]
    new = copy.deepcopy(SCHEMA)
    change(new)
    assert [problem for problem in incompatibilities(SCHEMA, new) if problem.startswith(expected)]


@pytest.mark.parametrize("name", COMPATIBLE)
def test_a_change_that_readers_can_live_with_passes(name: str) -> None:
    """Growing an event needs no new version."""
    new = copy.deepcopy(SCHEMA)
    COMPATIBLE[name](new)
    assert incompatibilities(SCHEMA, new) == []


@pytest.mark.parametrize("type_", sorted(EVENTS))
def test_every_real_event_notices_the_loss_of_any_field(type_: str) -> None:
    """The check works on the schemas we have, not only on the one above."""
    schema = schema_of(EVENTS[type_])
    assert incompatibilities(schema, copy.deepcopy(schema)) == []
    for field in schema["properties"]:
        new = copy.deepcopy(schema)
        del new["properties"][field]
        assert f"{field}: was removed or renamed" in incompatibilities(schema, new)


def test_the_committed_schemas_are_the_models() -> None:
    """What other parties were told is what the code reads. `make schemas` writes them."""
    assert {name: text_of(each) for name, each in committed().items()} == {
        name: text_of(each) for name, each in generated().items()
    }


def test_a_type_may_go_only_to_a_next_version_of_itself() -> None:
    """Records of a type stay in topics and in the log after the code has gone on."""
    assert refusals({"a.b.v1": SCHEMA}, {"a.b.v2": {"type": "object"}}) == []
    assert refusals({"a.b.v1": SCHEMA}, {"a.c.v1": SCHEMA}) != []


def test_the_writer_refuses_a_breaking_change_and_leaves_the_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make schemas` cannot be used to wave a breaking change through."""
    assert schemas_cli.main(["write", "--directory", str(tmp_path)]) == 0
    path = tmp_path / "bowchat.sla.changed.v1.json"
    promised = json.loads(path.read_text())
    promised["properties"]["promised"] = {"type": "string"}
    path.write_text(text_of(promised))
    assert schemas_cli.main(["write", "--directory", str(tmp_path)]) == 1
    assert "bowchat.sla.changed.v1: promised: was removed or renamed" in capsys.readouterr().err
    assert json.loads(path.read_text()) == promised


def test_the_check_names_the_files_that_are_not_up_to_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """CI says which schema to write again."""
    schemas_cli.main(["write", "--directory", str(tmp_path)])
    assert schemas_cli.main(["check", "--directory", str(tmp_path)]) == 0
    (tmp_path / "bowchat.sla.changed.v1.json").unlink()
    assert schemas_cli.main(["check", "--directory", str(tmp_path)]) == 1
    assert "bowchat.sla.changed.v1.json" in capsys.readouterr().err
