"""Commands of an aggregator's own: sequences of built-in ones, from `commands.yaml`."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from bowchat_registry.slash import (
    BUILT_INS,
    DRY_RUN,
    HANDOFF,
    PLACEHOLDER,
    ROLES,
    Argument,
    Definition,
    Desks,
    Macro,
    Refused,
    Role,
    is_dry_run,
    parse,
)
from bowchat_registry.written import Written, instead, wrong

Place = tuple[str | int, ...]
MOST_STEPS = 50
_END = frozenset({"transfer", "block_insurer"})
"""Built-in commands after which nothing can be done: the conversation is closed."""
_RESOLVE, _REOPEN = "resolve", "reopen"
_OF_RESOLVED = frozenset({_REOPEN, "note", "request_contact"}) | _END
"""Those that can be done in a conversation that is resolved."""
_BRACED = re.compile(r"\{[^{}]*\}")
CommandName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
About = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]
StepText = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^/[a-z][a-z0-9_-]*( .*)?$", max_length=600)
]


class CommandArgument(Written):
    """What a command is told. Each is a word, or several in quotes; the last takes all that is left."""

    name: CommandName
    about: About
    default: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    """Taken where it is left out; without one, it may not be."""


class Command(Written):
    """A command of the aggregator's own."""

    name: CommandName
    """How it is typed, without the slash."""
    about: About
    """What it does, for /help."""
    roles: tuple[Role, ...] = Field(min_length=1)
    """Who may give it. Each must be allowed all of its steps."""
    arguments: tuple[CommandArgument, ...] = Field((), max_length=5)
    steps: tuple[StepText, ...] = Field(min_length=1, max_length=10)
    """Done in this order, all or none: as they would be typed, `{reason}` for an argument."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        names = [each.name for each in self.arguments]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise wrong("is the name of an argument above; rename one", "arguments", index, "name")
            if (
                index
                and self.arguments[index - 1].default is not None
                and self.arguments[index].default is None
            ):
                raise wrong("must have a default, as the one before it has", "arguments", index)
        return self

    def macro(self) -> Macro:
        last = len(self.arguments) - 1
        arguments = tuple(
            Argument(
                each.name,
                "text" if index == last else "word",
                each.about,
                required=each.default is None,
                default=each.default,
            )
            for index, each in enumerate(self.arguments)
        )
        return Macro(Definition(self.name, self.about, self.roles, arguments), self.steps)


class CommandsFile(Written):
    """`commands.yaml`: an aggregator's own commands."""

    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class _Over:
    """A step by which the conversation was over, and whether it is closed or resolved."""

    step: str
    closed: bool

    def lets(self, names: Iterable[str]) -> bool:
        """Whether these built-in commands can be done then."""
        if self.closed:
            return False
        possible = itertools.takewhile(lambda name: name != _REOPEN, names)
        return all(name in _OF_RESOLVED for name in possible)

    @property
    def said(self) -> str:
        if self.closed:
            return f"comes after /{self.step}, which ends the conversation; put it before"
        return (
            f"comes after /{self.step}, which resolves the conversation, and cannot be done then; put it before, "
            "or /reopen between"
        )


def _after(over: _Over | None, name: str, step: str) -> _Over | None:
    """How it is after this built-in command, as a part of this step."""
    if name in _END or name == _RESOLVE:
        return _Over(step, closed=name in _END)
    return None if name == _REOPEN else over


class CommandChecks:
    """Commands beside the table, each other, and the desks and insurers that their steps name."""

    def __init__(self, commands: Iterable[Command], insurers: Mapping[str, Desks]) -> None:
        self._commands = tuple(commands)
        self._macros = {each.name: each.macro() for each in self._commands}
        self._insurers = insurers
        self._desks = {name: desk for desks in insurers.values() for name, desk in desks.items()}
        self._lengths: dict[str, int] = {}

    def mistakes(self) -> Iterator[tuple[Place, str]]:
        """Where a command is wrong, and what would be right. Steps are read once they lead somewhere."""
        endless = list(self._by_step(self._loop))
        yield from (*self._names(), *endless)
        if not endless:
            yield from self._lengthy()
            yield from self._by_step(self._misread)
            yield from self._too_late()

    def _names(self) -> Iterator[tuple[Place, str]]:
        seen: set[str] = set()
        for index, command in enumerate(self._commands):
            if command.name in BUILT_INS or command.name.startswith(HANDOFF):
                yield (index, "name"), "is a built-in command's name; choose another"
            if command.name in seen:
                yield (index, "name"), "is the name of a command above; rename one"
            seen.add(command.name)

    def _by_step(self, check: Callable[[Command, str], str | None]) -> Iterator[tuple[Place, str]]:
        for index, command in enumerate(self._commands):
            for number, step in enumerate(command.steps):
                if text := check(command, step):
                    yield (index, "steps", number), text

    def _loop(self, command: Command, step: str) -> str | None:
        if self._leads_to(_name_of(step), command.name, set()):
            return f"leads back to /{command.name}; leave it out"
        return None

    def _leads_to(self, name: str, target: str, seen: set[str]) -> bool:
        if name == target:
            return True
        if name in seen or name not in self._macros:
            return False
        seen.add(name)
        return any(self._leads_to(_name_of(each), target, seen) for each in self._macros[name].steps)

    def _lengthy(self) -> Iterator[tuple[Place, str]]:
        for index, command in enumerate(self._commands):
            if self._length(command.name) > MOST_STEPS:
                yield (index, "steps"), f"come to more than {MOST_STEPS} built-in commands; take fewer"

    def _length(self, name: str) -> int:
        """How many built-in commands it comes to."""
        if name not in self._macros:
            return 1
        if name not in self._lengths:
            self._lengths[name] = sum(self._length(_name_of(each)) for each in self._macros[name].steps)
        return self._lengths[name]

    def _too_late(self) -> Iterator[tuple[Place, str]]:
        """The first step of each command that those before it make impossible."""
        for index, command in enumerate(self._commands):
            if self._length(command.name) > MOST_STEPS:
                continue
            over: _Over | None = None
            for number, step in enumerate(command.steps):
                names = list(self._built_ins(_name_of(step)))
                # What a step makes impossible within itself is said of the command that it is.
                if over and names and not over.lets(names):
                    yield (index, "steps", number), over.said
                    break
                for name in names:
                    over = _after(over, name, _name_of(step))

    def _built_ins(self, name: str) -> Iterator[str]:
        """What it comes to, in order; nothing for a name that leads nowhere."""
        if name in self._macros:
            for each in self._macros[name].steps:
                yield from self._built_ins(_name_of(each))
        elif name in BUILT_INS or name.startswith(HANDOFF):
            yield name

    def _misread(self, command: Command, step: str) -> str | None:
        if text := _misfilled(command, step):
            return text
        name = _name_of(step)
        if name == "help":
            return "does nothing; leave it out"
        if is_dry_run(step):
            return f"has --{DRY_RUN}, which only who gives /{command.name} can add; leave it out"
        if self._length(name) > MOST_STEPS:
            return None  # said of that command already
        for role in ROLES:
            if role in command.roles and (text := self._wrong_for(role, name, step)):
                return text
        return None

    def _wrong_for(self, role: Role, name: str, step: str) -> str | None:
        """Read as this role would type it; where an argument is filled in later, the name alone."""
        open_ = PLACEHOLDER.search(step) is not None
        read = parse(f"/help {name}" if open_ else step, role, self._desks, self._macros, self._insurers)
        if not isinstance(read, Refused):
            return None
        known = BUILT_INS.get(name) or (self._macros[name].definition if name in self._macros else None)
        if known is not None and role not in known.roles:
            return f"may not be given by an {role}, whom roles names; it is for: {', '.join(known.roles)}"
        return read.detail


def _misfilled(command: Command, step: str) -> str | None:
    """What is in braces and stands for no argument would be done as it is written."""
    known = [f"{{{each.name}}}" for each in command.arguments]
    for braced in _BRACED.findall(step):
        if braced not in known:
            word = re.sub(r"[^a-z0-9_].*", "", braced.strip("{} ").lower())
            right = instead(f"{{{word}}}", known) if known else "add it to arguments"
            return f"speaks of {braced}, which is no argument; {right}"
    if re.search("[{}]", PLACEHOLDER.sub("", step)):
        return f"has a brace that belongs to no argument; write each as {known[0] if known else '{name}'}"
    return None


def _name_of(step: str) -> str:
    """As commands are compared: `/hand-off` is `/hand_off`."""
    return step.removeprefix("/").split(maxsplit=1)[0].replace("-", "_")
