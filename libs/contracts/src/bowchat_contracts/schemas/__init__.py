"""The JSON Schema of every event: generated from the models, committed beside this file, one file per type.

The committed files are what other parties have been told. `write` replaces them only by what they can live with; see
`bowchat_contracts.compat` for what that means.
"""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import JsonSchemaMode

from bowchat_contracts.compat import incompatibilities
from bowchat_contracts.envelope import Event
from bowchat_contracts.schemas.documented import Documented
from bowchat_contracts.topics import TOPICS

Schema = dict[str, Any]

_TAGS = ("kind", "name")
COMMITTED = Path(__file__).parent
EVENTS: dict[str, type[Event]] = {
    event.type: event for topic in TOPICS for event in sorted(topic.events, key=lambda one: one.type)
}


class _Untitled(Documented):
    """Without the titles that only repeat the field's name."""

    schema_dialect = "https://json-schema.org/draft/2020-12/schema"

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the overridden method's own name
        return False

    def generate(self, schema: Any, mode: JsonSchemaMode = "validation") -> Schema:
        made = super().generate(schema, mode)
        for variant in made.get("$defs", {}).values():
            # The default only serves our own constructors: on the wire a variant is told apart by its kind or name.
            tags = {name for name in _TAGS if "const" in variant.get("properties", {}).get(name, {})}
            if tags:
                variant["required"] = sorted({*tags, *variant.get("required", ())})
        return {"$schema": self.schema_dialect, **made}


def schema_of(event: type[Event]) -> Schema:
    """The schema of an event's data, as a reader accepts it."""
    return event.model_json_schema(schema_generator=_Untitled)


def committed(directory: Path = COMMITTED) -> dict[str, Schema]:
    """The schemas as they were last written, by type."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(directory.glob("*.json"))}


def generated() -> dict[str, Schema]:
    """The schemas as the models have them now, by type."""
    return {type_: schema_of(event) for type_, event in EVENTS.items()}


def refusals(old: dict[str, Schema], new: dict[str, Schema]) -> list[str]:
    """Why these schemas must not replace those: one sentence each, none when they may."""
    found = [
        f"{type_}: {problem}"
        for type_ in sorted(old.keys() & new.keys())
        for problem in incompatibilities(old[type_], new[type_])
    ]
    families = {_family(type_) for type_ in new}
    gone = sorted(type_ for type_ in old.keys() - new.keys() if _family(type_) not in families)
    return found + [
        f"{type_}: the type is gone, but its records are still in topics and in the log" for type_ in gone
    ]


def text_of(schema: Schema) -> str:
    """The bytes of a committed file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _family(type_: str) -> str:
    return type_.rpartition(".v")[0]
