"""YAML that remembers where it stands, so that an error can name its line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bowchat_registry.problems import Problem
from bowchat_registry.spelling import fields_at
from bowchat_registry.wording import wording
from bowchat_registry.written import instead

Path = tuple[str | int, ...]

_DEEPEST = 30


class _Loader(yaml.CSafeLoader):
    """Leaves dates as they are written: the models read them, and name the place of a wrong one."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class YamlDocument:
    """The data of one file, and the line of each of its places."""

    file: str
    data: Any
    lines: dict[Path, int]

    def problem(self, path: Path, text: str) -> Problem:
        """A problem at this place, or at the nearest place around it that was written down."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        return Problem(self.file, self.lines.get(known, 1), _spelled(path), text)

    def invalid(self, error: ValidationError, model: type[BaseModel], root: Path = ()) -> list[Problem]:
        """What a model found wrong, in this file's places. Field names are the file's own."""
        found = error.errors(include_url=False)
        return [
            self.problem(root + _place(each), _sentence(each, model))
            for each in found
            # A list all of whose items are wrong is not also too short.
            if each["type"] != "too_short" or not any(_within(other["loc"], each["loc"]) for other in found)
        ]


def read_yaml(file: str, text: str) -> tuple[YamlDocument | None, list[Problem]]:
    """The document, or None and what is wrong with its form."""
    try:
        if refused := _refused(text):
            return None, [Problem(file, 1, "file", refused)]
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None, [
                Problem(file, 1, "file", "is empty; the example in registry/ shows what belongs in it")
            ]
        places = list(_walk(node, ()))
        data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return None, [
            Problem(file, line, "file", f"is not YAML: {error.problem}; check indentation and quotes")
        ]
    except (yaml.YAMLError, ValueError) as error:
        return None, [Problem(file, 1, "file", f"is not YAML: {error}; save it as UTF-8 text")]
    lines = {path: line for path, line, _ in places}
    twice = [
        Problem(file, line, _spelled(path), "is there twice; keep one")
        for path, line, again in places
        if again
    ]
    return YamlDocument(file, data, lines), twice


def _refused(text: str) -> str | None:
    """What no registry needs. The C reader follows nesting on its stack, and would take the process with it."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            return "uses an alias (*name); write the value out instead"
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            return "is nested too deeply; a registry needs a few levels"
    return None


def _walk(node: yaml.Node, path: Path) -> Iterator[tuple[Path, int, bool]]:
    """Every place in a document: its path, its line, and whether its key had been there before."""
    if not path:
        yield path, node.start_mark.line + 1, False
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            yield (*path, name), key.start_mark.line + 1, name in seen
            seen.add(name)
            yield from _walk(value, (*path, name))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*path, index), item.start_mark.line + 1, False
            yield from _walk(item, (*path, index))


def _spelled(path: Path) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "file"


# pydantic puts the tag of a tagged union into the location; it is no place in the file.
_TAGS = frozenset({"kafka", "webhook", "whatsapp"})
# Nor is what it adds where a key itself is wrong.
_KEY = "[key]"


def _within(inner: Path, outer: Path) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _place(error: ErrorDetails) -> Path:
    location = error["loc"]
    if len(location) > 1 and location[0] == "endpoint" and location[1] in _TAGS:
        location = (location[0], *location[2:])
    location = location[:-1] if location[-1:] == (_KEY,) else location
    context = error.get("ctx", {})
    if error["type"].startswith("union_tag_"):
        return *location, context["discriminator"].strip("'")
    return location + tuple(context.get("place", ()))


def _sentence(error: ErrorDetails, model: type[BaseModel]) -> str:
    kind, message = error["type"], error["msg"]
    if kind in {"missing", "union_tag_not_found"}:
        return "is missing; add it"
    if kind == "extra_forbidden":
        *place, name = _place(error)
        fields = fields_at(model, tuple(place))
        return f"is not a field here; {instead(str(name), fields) if fields else 'remove it'}"
    if kind in {"value_error", "written"}:
        return message.removeprefix("Value error, ")
    return wording(error)
