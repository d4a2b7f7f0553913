"""Which changes of an event's schema its readers cannot live with.

The rule: a newer reader understands every record ever written (topics keep two weeks, the log keeps all), and an older
reader finds every field it needs. So nothing is removed or renamed, nothing new is required, nothing that was accepted
is refused. What is left is adding optional fields and widening: a new enum value, a looser bound, one more variant.
A widening reaches an older reader too, which would set such a record aside; readers are therefore deployed before writers.

A keyword this module does not know is reported as a problem, so that a new kind of constraint cannot slip past.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_LOWER_BOUNDS = ("minLength", "minimum", "exclusiveMinimum", "minItems")
_UPPER_BOUNDS = ("maxLength", "maximum", "exclusiveMaximum", "maxItems")
_SILENT = {"$defs", "$schema", "default", "description", "discriminator", "title"}
_KNOWN = _SILENT | {
    *_LOWER_BOUNDS, *_UPPER_BOUNDS, "type", "const", "enum", "pattern", "format", "items", "prefixItems", "properties",
    "required", "anyOf", "oneOf", "$ref",
}  # fmt: skip


def incompatibilities(old: Schema, new: Schema) -> list[str]:
    """What a change from `old` to `new` breaks: one sentence per problem, which begins with the field's path."""
    return [
        f"{path or 'the event'}: {problem}" for path, problem in _Comparison(old, new).problems(old, new, "")
    ]


class _Comparison:
    """Two whole documents; `$ref`s are looked up in their own."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new

    def problems(self, old: Schema, new: Schema, path: str) -> Iterator[tuple[str, str]]:
        old, new = _resolved(old, self._old), _resolved(new, self._new)
        unknown = sorted((old.keys() | new.keys()) - _KNOWN)
        if unknown:
            yield path, f"the keyword {unknown[0]} is not understood by the compatibility check; teach it"
        if _is_union(old) or _is_union(new):
            yield from self._variants(old, new, path)
            return
        yield from ((path, problem) for problem in _narrowed(old, new))
        yield from self._properties(old, new, path)
        yield from self._elements(old, new, path)

    def _variants(self, old: Schema, new: Schema, path: str) -> Iterator[tuple[str, str]]:
        """Every variant that was accepted must still be accepted by one of the new ones."""
        options = [_resolved(each, self._new) for each in _options(new)]
        for variant in (_resolved(each, self._old) for each in _options(old)):
            alike = [each for each in options if _name(each) == _name(variant)]
            found = [list(self.problems(variant, each, path)) for each in (alike or options)]
            if not all(found):
                continue
            if len(alike) == 1:
                yield from found[0]
            else:
                yield path, f"the variant {_name(variant)} is no longer accepted"

    def _properties(self, old: Schema, new: Schema, path: str) -> Iterator[tuple[str, str]]:
        was, now = old.get("properties", {}), new.get("properties", {})
        needed, needs = set(old.get("required", ())), set(new.get("required", ()))
        for name in was:
            field = f"{path}.{name}".lstrip(".")
            if name not in now:
                yield field, "was removed or renamed"
                continue
            if name in needs - needed:
                yield field, "was optional and is now required: older records may lack it"
            if name in needed - needs:
                yield field, "was required and may now be missing: an older reader stops"
            yield from self.problems(was[name], now[name], field)
        for name in needs - was.keys():
            yield f"{path}.{name}".lstrip("."), "is new and required: older records lack it"

    def _elements(self, old: Schema, new: Schema, path: str) -> Iterator[tuple[str, str]]:
        if "items" in new and "items" in old:
            yield from self.problems(old["items"], new["items"], f"{path}[]")
        elif "items" in new and old.get("type") == "array" and "prefixItems" not in old:
            yield f"{path}[]", "elements were free and are now constrained"
        was, now = old.get("prefixItems", []), new.get("prefixItems", [])
        if len(was) != len(now):
            yield f"{path}[]", f"had {len(was)} fixed places and now has {len(now)}"
        for index, (before, after) in enumerate(zip(was, now, strict=False)):
            yield from self.problems(before, after, f"{path}[{index}]")


def _narrowed(old: Schema, new: Schema) -> Iterator[str]:
    """What one value's own constraints refuse that they accepted before."""
    if (
        "type" in new
        and old.get("type") != new["type"]
        and (old.get("type"), new["type"]) != ("integer", "number")
    ):
        yield f"the type was {old.get('type', 'free')} and is now {new['type']}"
    lost = [
        json.dumps(value)
        for value in _values(old) or []
        if _values(new) and value not in (_values(new) or [])
    ]
    if lost:
        yield f"no longer accepts {', '.join(lost)}"
    if _values(new) and not _values(old):
        yield "was free and is now a closed list"
    for keyword in ("pattern", "format"):
        if keyword in new and old.get(keyword) != new[keyword] and not _values(old):
            yield f"the {keyword} was {old.get(keyword, 'free')} and is now {new[keyword]}"
    for keyword in _LOWER_BOUNDS:
        if keyword in new and new[keyword] > old.get(keyword, float("-inf")):
            yield f"{keyword} was {old.get(keyword, 'free')} and is now {new[keyword]}"
    for keyword in _UPPER_BOUNDS:
        if keyword in new and new[keyword] < old.get(keyword, float("inf")):
            yield f"{keyword} was {old.get(keyword, 'free')} and is now {new[keyword]}"


def _resolved(schema: Schema, document: Schema) -> Schema:
    while "$ref" in schema:
        schema = document["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return schema


def _is_union(schema: Schema) -> bool:
    return "anyOf" in schema or "oneOf" in schema


def _options(schema: Schema) -> list[Schema]:
    """The variants of a union; anything else is a union of one. Unions within unions are spread out."""
    if not _is_union(schema):
        return [schema]
    return [
        option for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ())) for option in _options(each)
    ]


def _name(variant: Schema) -> str:
    """What tells a variant apart from its neighbours: its discriminator, else its type."""
    kind = variant.get("properties", {}).get("kind", {}).get("const")
    return str(kind or variant.get("type", "any"))


def _values(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")
