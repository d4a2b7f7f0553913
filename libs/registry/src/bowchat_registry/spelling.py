"""Which fields a model has at a place: what a misspelt one may have been meant to be."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

Place = tuple[str | int, ...]
Node = dict[str, Any]


def fields_at(model: type[BaseModel], place: Place) -> frozenset[str]:
    """The fields of whatever stands at this place within a model; none where it is no model."""
    schema = model.model_json_schema()
    nodes = list(_plain(schema, schema))
    for part in place:
        nodes = [each for node in nodes for inner in _within(node, part) for each in _plain(inner, schema)]
    return frozenset(name for node in nodes for name in node.get("properties", {}))


def _plain(node: Node, schema: Node) -> Iterator[Node]:
    """What a node stands for, references and alternatives followed."""
    if "$ref" in node:
        yield from _plain(schema["$defs"][node["$ref"].rpartition("/")[2]], schema)
    for each in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield from _plain(each, schema)
    if "type" in node:
        yield node


def _within(node: Node, part: str | int) -> Iterator[Node]:
    if isinstance(part, int):
        found = [node.get("items")]
    else:
        named = node.get("properties", {}).get(part)
        found = (
            [named]
            if named
            else [node.get("additionalProperties"), *node.get("patternProperties", {}).values()]
        )
    return (each for each in found if isinstance(each, dict))
