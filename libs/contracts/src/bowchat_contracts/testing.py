"""Hypothesis strategies for every event, for the tests of whoever reads or writes them.

They are built from the JSON Schemas, so that a generated event is one that another party may send by what it was told.
"""

import re
from collections.abc import Callable
from datetime import UTC
from functools import cache
from typing import Any

from hypothesis import strategies as st

from bowchat_contracts.envelope import Event, Meta, traceparent
from bowchat_contracts.schemas import EVENTS, Schema, schema_of

_LETTERS = re.compile(r"([a-z0-9_/]*)\[a-p\]\{(\d+)\}")
"""What our own ids are. Hypothesis draws each letter of a regular expression by itself, and a text at once."""


@cache
def events(event: type[Event]) -> st.SearchStrategy[Event]:
    """Valid events of one type. A strategy costs many times what an example of it does: it is made once."""
    schema = schema_of(event)
    return _any_of(schema, schema).map(event.model_validate)


def metas() -> st.SearchStrategy[Meta]:
    """Envelopes as the relay writes them."""
    return st.builds(
        Meta,
        id=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=200),
        type=st.sampled_from(sorted(EVENTS)),
        source=st.from_regex(r"/bowchat/[a-z-]{1,20}", fullmatch=True),
        time=st.datetimes(timezones=st.just(UTC)),
        traceparent=st.builds(traceparent, st.text(max_size=20), st.text(max_size=20)),
    )


def _any_of(schema: Schema, document: Schema) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _any_of(document["$defs"][schema["$ref"].removeprefix("#/$defs/")], document)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return st.one_of([_any_of(option, document) for option in options])
    return _BY_TYPE[schema["type"]](schema, document)


def _strings(schema: Schema, _: Schema) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        return st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat())
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
    if "pattern" not in schema:
        # A schema does not say that white space around a text is cut before its length counts.
        text = st.text(min_size=shortest, max_size=longest)
        return text.filter(lambda each: len(each.strip()) >= shortest) if shortest else text
    # `$` of a regular expression also matches before a last line feed, which a schema's pattern does not mean.
    pattern = schema["pattern"].removeprefix("^").removesuffix("$")
    if letters := _LETTERS.fullmatch(pattern):
        prefix, count = letters[1], int(letters[2])
        return st.text("abcdefghijklmnop", min_size=count, max_size=count).map(prefix.__add__)
    return st.from_regex(pattern, fullmatch=True).filter(
        lambda text: shortest <= len(text) <= (longest or len(text))
    )


def _integers(schema: Schema, _: Schema) -> st.SearchStrategy[int]:
    lowest = schema.get("minimum", schema.get("exclusiveMinimum", -(2**31) - 1) + 1)
    return st.integers(min_value=lowest, max_value=schema.get("maximum", 2**31))


def _numbers(schema: Schema, _: Schema) -> st.SearchStrategy[float]:
    return st.floats(
        min_value=schema.get("exclusiveMinimum", schema.get("minimum")),
        max_value=schema.get("exclusiveMaximum", schema.get("maximum")),
        exclude_min="exclusiveMinimum" in schema,
        exclude_max="exclusiveMaximum" in schema,
        allow_nan=False,
        allow_infinity=False,
    )


def _arrays(schema: Schema, document: Schema) -> st.SearchStrategy[Any]:
    if "prefixItems" in schema:
        return st.tuples(*(_any_of(place, document) for place in schema["prefixItems"]))
    return st.lists(
        _any_of(schema["items"], document),
        min_size=schema.get("minItems", 0),
        max_size=min(schema.get("maxItems", 4), 4),
    )


def _objects(schema: Schema, document: Schema) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: _any_of(field, document) for name, field in schema.get("properties", {}).items()}
    required = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: field for name, field in fields.items() if name in required},
        optional={name: field for name, field in fields.items() if name not in required},
    )


_BY_TYPE: dict[str, Callable[[Schema, Schema], st.SearchStrategy[Any]]] = {
    "string": _strings,
    "integer": _integers,
    "number": _numbers,
    "array": _arrays,
    "object": _objects,
    "null": lambda _, __: st.none(),
    "boolean": lambda _, __: st.booleans(),
}
