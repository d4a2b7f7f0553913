"""How a Cloud API object is looked into: any field may be missing, null or of another type, and nothing raises."""

from collections.abc import Iterator, Mapping
from typing import Any

from bowchat_ingest.channels.text import carriable

Json = Mapping[str, Any]

_LONGEST_ID = 1_000


def part(holder: Json, name: str) -> Json:
    """The object at `name`; an empty one when it is missing, null or something else."""
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def text(holder: Json, name: str) -> str | None:
    """The string at `name`; None when it is missing, empty or something else."""
    value = holder.get(name)
    return value if isinstance(value, str) and value else None


def identifier(value: str | None) -> str | None:
    """An identifier whole or not at all: cut to length, two of them could become one."""
    return carriable(value) if value is not None and len(value) <= _LONGEST_ID else None


def objects(holder: Json, name: str, when_empty: str | None = None) -> Iterator[dict[str, Any] | str]:
    """The objects of a list, with a reason for whatever else is there."""
    listed = holder.get(name)
    if listed is None or listed == []:
        if when_empty is not None:
            yield when_empty
    elif not isinstance(listed, list):
        yield "not_a_list"
    else:
        for each in listed:
            yield each if isinstance(each, dict) else "not_an_object"
