"""YAML that remembers where it stands, so that an error can name its line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from bowchat_registry.problems import Problem

Path = tuple[str | int, ...]


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

    def invalid(self, error: ValidationError, root: Path = ()) -> list[Problem]:
        """What a model found wrong, in this file's places. Field names are the file's own."""
        return [
            self.problem(root + _place(tuple(each["loc"])), _sentence(each["type"], each["msg"]))
            for each in error.errors(include_url=False, include_input=False)
        ]


def read_yaml(file: str, text: str) -> tuple[YamlDocument | None, list[Problem]]:
    """The document, or None and what is wrong with its form."""
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            return None, [Problem(file, 1, "file", "uses an alias (*name); write the value out instead")]
        loader = yaml.SafeLoader(text)
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
    except RecursionError:
        return None, [Problem(file, 1, "file", "is nested too deeply; a registry needs a few levels")]
    lines = {path: line for path, line, _ in places}
    twice = [
        Problem(file, line, _spelled(path), "is there twice; keep one")
        for path, line, again in places
        if again
    ]
    return YamlDocument(file, data, lines), twice


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
_TAGS = frozenset({"kafka", "webhook"})


def _place(location: Path) -> Path:
    if len(location) > 1 and location[0] == "endpoint" and location[1] in _TAGS:
        return (location[0], *location[2:])
    return location


def _sentence(kind: str, message: str) -> str:
    if kind == "missing":
        return "is missing; add it"
    if kind == "extra_forbidden":
        return "is not a field here; remove it or correct its spelling"
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    if kind == "string_pattern_mismatch":
        return f"has characters that may not be here; {message[0].lower()}{message[1:]}"
    return f"is wrong; {message[0].lower()}{message[1:]}"
