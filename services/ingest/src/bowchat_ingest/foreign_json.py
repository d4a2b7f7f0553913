"""JSON from outside: whatever it holds, it becomes Python values or one `NotJsonError`."""

import json
from typing import Any, NoReturn

import orjson

MOST_DEPTH = 64
"""Meta's deepest documented payload has 14 levels."""


class NotJsonError(ValueError):
    """The text says what is wrong and quotes nothing."""


def loads(body: bytes) -> Any:
    """The value of a JSON text in UTF-8. Of a key given twice the last one counts.

    Errors: `NotJsonError`, also for more than `MOST_DEPTH` levels.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = _lenient(body)
    # A body with few brackets cannot be deep, and nearly every body has few.
    if body.count(b"{") + body.count(b"[") > MOST_DEPTH and _deeper(value, MOST_DEPTH):
        raise NotJsonError("the body is nested too deeply")
    return value


def _lenient(body: bytes) -> Any:
    """The standard parser takes what orjson refuses though it is JSON: half a surrogate pair in an escape."""
    try:
        return json.loads(body.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise NotJsonError("the body is not JSON in UTF-8, or is nested too deeply") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _deeper(value: Any, levels: int) -> bool:
    level = [value]
    for _ in range(levels + 1):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True
