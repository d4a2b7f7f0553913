"""What a wrong value is told, in the words of who writes registry files: what would be right, and no pattern of ours."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import ErrorDetails

from bowchat_contracts.ids import InsurerId
from bowchat_contracts.masking_policy import Host, Region, ShapeName, ShapePattern
from bowchat_registry.calendar import Interval, Subdivision, Weekdays
from bowchat_registry.commands import CommandName, StepText
from bowchat_registry.written import Language, Tag, instead

EXAMPLES: tuple[tuple[Any, str], ...] = (
    (InsurerId, "acme-motor: small letters, digits and dashes"),
    (Tag, "road-side: small letters, digits, dashes and underscores"),
    (Language, "hi or es-MX"),
    (Interval, "09:00-13:00"),
    (Weekdays, "mon or mon-fri"),
    (Region, "IN: two capital letters of ISO 3166-1"),
    (Subdivision, "MH: capital letters of ISO 3166-2 without the country"),
    (ShapeName, "policy_number: small letters and underscores"),
    (ShapePattern, "ACM-####-######: # for a digit, @ for a letter, all else as it stands"),
    (Host, "claims.example.com"),
    (CommandName, "send_form: small letters, digits and underscores"),
    (StepText, "/assign acme-motor claims"),
)
"""How each kind of text is written: an example, and what may be in it."""

_READ_AS = {bool: "yes or no", int: "number", float: "number"}
_BOUNDS = {
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "string_too_short": "at least {min_length} character(s)",
    "string_too_long": "at most {max_length} characters",
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
}
_FORMS = (
    ("int_", "a whole number"),
    ("float_", "a number"),
    ("bool_", "true or false"),
    ("date_", "a date, like 2026-12-31"),
    ("tuple_", "a list, like [one, two]"),
    ("dict_", "its fields, each on a line below it"),
    ("model_", "its fields, each on a line below it"),
    ("string_type", "a text"),
)


def wording(error: ErrorDetails) -> str:
    """What is wrong with a value, and what would be right."""
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "string_pattern_mismatch" and context["pattern"] in examples():
        return f"is not written so; write it like {examples()[context['pattern']]}"
    if kind == "union_tag_invalid":
        return f"is none of its values; {_one_of(context['tag'], context['expected_tags'])}"
    if kind == "literal_error":
        return f"is none of its values; {_one_of(given, context['expected'])}"
    if kind == "string_type" and type(given) in _READ_AS:
        return f"is read by YAML as a {_READ_AS[type(given)]}; put it in quotes"
    right = _right(kind, context)
    if kind in {"int_type", "float_type"} and isinstance(given, bool):
        return f"is read by YAML as a yes or no; give {right}"
    return f"is wrong; give {right}" if right else f"is wrong; {error['msg'][0].lower()}{error['msg'][1:]}"


def _right(kind: str, context: Mapping[str, Any]) -> str | None:
    if kind in _BOUNDS:
        return _BOUNDS[kind].format(**context)
    return next((form for start, form in _FORMS if kind.startswith(start)), None)


def _one_of(given: object, quoted: str) -> str:
    return instead(str(given), re.findall(r"'([^']*)'", quoted))


@cache
def examples() -> dict[str, str]:
    """Those of `EXAMPLES` by the pattern of each kind."""
    return {TypeAdapter(kind).json_schema()["pattern"]: example for kind, example in EXAMPLES}
