"""What comes of a text that is meant as a command: something to do, an answer, or a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bowchat_registry.slash.table import Value


@dataclass(frozen=True, slots=True)
class Call:
    """One built-in command, read. What its arguments hold stays out of its repr: people type numbers."""

    name: str
    """As in the table: every hand-off is `handoff_to`, its desk an argument."""
    arguments: Mapping[str, Value] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        """An argument in words; empty where it was left out."""
        found = self.arguments.get(name, "")
        return found if isinstance(found, str) else ""

    def items(self, name: str) -> tuple[str, ...]:
        found = self.arguments.get(name, ())
        return found if isinstance(found, tuple) else ()

    def number(self, name: str) -> int:
        """An argument that is a number, or its default."""
        found = self.arguments[name]
        assert isinstance(found, int)
        return found

    def span(self, name: str) -> timedelta | None:
        found = self.arguments.get(name)
        return found if isinstance(found, timedelta) else None


@dataclass(frozen=True, slots=True)
class Parsed:
    """A command to be done: its steps in order."""

    name: str
    """As it is called, without arguments: `/resolve`."""
    calls: tuple[Call, ...]
    dry_run: bool = False
    """Only say what would be done."""


@dataclass(frozen=True, slots=True)
class Help:
    """An answer, and nothing to do."""

    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why it is no command that this person may give, and what would be right."""

    detail: str
    name: str = "/"
    """The command as it is called, where it could be told."""
