"""A filled-in form, which providers hand over as JSON inside a string: its leaves, each under its path."""

from collections.abc import Iterator
from typing import Any

from bowchat_contracts.content import Answer
from bowchat_contracts.pii import MessageText
from bowchat_ingest.channels.text import CUT_MARK, LONGEST_TEXT, bounded, typed
from bowchat_ingest.foreign_json import NotJsonError, loads

MOST_ANSWERS = 200
LONGEST_NAME = 256
_NOT_ANSWERS = frozenset({"flow_token"})
"""The aggregator's own token, echoed."""


def answers_of(text: str) -> tuple[Answer, ...] | None:
    """The answers, in order; None when the text is no JSON object. What is too much ends with a mark that says so."""
    try:
        form = loads(text.encode(errors="replace"))
    except NotJsonError:
        return None
    return tuple(_bounded(_leaves(form, ""))) if isinstance(form, dict) else None


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for name, each in value.items():
                if path or name not in _NOT_ANSWERS:
                    yield from _leaves(each, f"{path}.{name}" if path else name)
        case list():
            for each in value:
                yield from _leaves(each, path)
        case bool():
            yield path, "yes" if value else "no"
        case str() | int() | float():
            yield path, str(value)


def _bounded(leaves: Iterator[tuple[str, str]]) -> Iterator[Answer]:
    """As many as one text may be long in all, so that they fit into a record however they are escaped."""
    left = LONGEST_TEXT
    for count, (name, value) in enumerate(leaves, 1):
        label = bounded(typed(name), LONGEST_NAME)
        if count == MOST_ANSWERS or left < len(label) + len(CUT_MARK):
            yield _answer(CUT_MARK.strip(), "")
            return
        shown = bounded(typed(value), left - len(label))
        left -= len(label) + len(shown)
        yield _answer(label, shown)


def _answer(label: str, value: str) -> Answer:
    return Answer(label=MessageText(label), value=MessageText(value))
