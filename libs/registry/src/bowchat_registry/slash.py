"""Commands that people type as text, `/handoff_to_claims urgent`: the table of them, and how one is read. Pure.

A refusal says what would be right by names of the table alone: what was typed may hold somebody's number.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from typing import Literal

Role = Literal["aggregator", "insurer"]
"""Who types: a person of the aggregator, or an insurer."""
ROLES: tuple[Role, ...] = ("aggregator", "insurer")
Kind = Literal["text", "word", "insurer", "desk", "items", "span", "number"]
Value = str | tuple[str, ...] | timedelta | int
Desks = Mapping[str, str]
"""The desks of an insurer by their names and handles."""

HANDOFF = "handoff_to"
"""`/handoff_to_claims` and its like: one command for each name of a desk."""
_HAND = "hand"
_LONGEST, _LONGEST_WHY, _LONGEST_ITEM, _MOST_ITEMS = 2_000, 500, 80, 20
_LONGEST_SPAN, _MOST_DAYS = timedelta(days=30), 90
_DRY_RUN = "dry-run"
_UNSEEN = " \t\r\n\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""What may stand before a command without being seen."""


@dataclass(frozen=True, slots=True)
class Argument:
    """What a command is told. An option is written `--days 7`, anything else by its place."""

    name: str
    kind: Kind
    about: str
    required: bool = True
    option: bool = False
    shortest: int = 1
    longest: int = _LONGEST
    default: Value | None = None

    @property
    def usage(self) -> str:
        shown = {"items": f"{self.name}, {self.name}, …", "span": f"{self.name} 2h"}.get(self.kind, self.name)
        shown = f"--{self.name} N" if self.option else shown
        return f"<{shown}>" if self.required else f"[{shown}]"


@dataclass(frozen=True, slots=True)
class Definition:
    """One command: what it does, who may, and what it is told."""

    name: str
    about: str
    roles: tuple[Role, ...] = ROLES
    arguments: tuple[Argument, ...] = ()

    @property
    def usage(self) -> str:
        return " ".join((f"/{self.name}", *(each.usage for each in self.arguments)))


def _why(*, required: bool) -> Argument:
    return Argument(
        "why", "text", "in words, for who reads the log", required=required, shortest=3, longest=_LONGEST_WHY
    )


_INSURER = Argument("insurer", "insurer", "its short name")
_DESK = Argument("desk", "desk", "one of its desks; left out: as its agreement says", required=False)
_PEOPLE: tuple[Role, ...] = ("aggregator",)

BUILT_INS: Mapping[str, Definition] = {
    each.name: each
    for each in (
        Definition("help", "What you can do here, or how one command is written", arguments=(
            Argument("command", "text", "its name", required=False),)),
        Definition(HANDOFF, "Hand the conversation to another desk of the same insurer", arguments=(
            _why(required=False),)),
        Definition("assign", "Give a conversation that has no insurer yet to one", _PEOPLE, (_INSURER, _DESK)),
        Definition("transfer", "End it with this insurer, and go on with another", _PEOPLE, (
            _INSURER, _DESK, _why(required=False))),
        Definition("escalate", "Make it more urgent", arguments=(_why(required=False),)),
        Definition("request_docs", "Ask the policyholder for documents, and wait for them", arguments=(
            Argument("documents", "items", "what is needed, separated by commas"),)),
        Definition("note", "Write something down for the aggregator's people alone", arguments=(
            Argument("text", "text", "what to note"),)),
        Definition("hold", "Let it rest, for a time or until /open", arguments=(
            Argument("for", "span", "how long, as 30m, 2h or 3d; at most 30 days", required=False),)),
        Definition("open", "End a hold"),
        Definition("resolve", "It is done; the policyholder may be asked how it was", arguments=(
            _why(required=False),)),
        Definition("reopen", "It is not done after all", arguments=(_why(required=False),)),
        Definition("no_reply_needed", "The last message needs no answer", arguments=(_why(required=True),)),
        Definition("block_insurer", "End this insurer's way to this policyholder for good", _PEOPLE, (
            _why(required=True),)),
        Definition("request_contact", "Ask the policyholder whether you may have their number", ("insurer",), (
            Argument("purpose", "text", "what for; the policyholder reads it", shortest=3, longest=_LONGEST_WHY),
            Argument("days", "number", f"for how many days, 1 to {_MOST_DAYS}; left out: 7", required=False,
                     option=True, longest=_MOST_DAYS, default=7))),
    )
}  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class Macro:
    """A command of the aggregator's own: built-in ones, and other macros, one after the other."""

    definition: Definition
    steps: tuple[str, ...]
    """As they would be typed; `{reason}` stands for the argument of this name."""


class _WrongError(Exception):
    """What is wrong, in names of the table."""


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, or what stands in quotes. `lead` is the white space before it."""

    lead: str
    value: str
    quoted: bool = False

    @property
    def is_option(self) -> bool:
        return not self.quoted and self.value.startswith("--") and len(self.value) > 2


@dataclass(frozen=True, slots=True)
class Scope:
    """What a command may speak of: who asks, the desks of the conversation's insurer, all insurers, and own commands."""

    role: Role
    desks: Desks
    insurers: Mapping[str, Desks]
    macros: Mapping[str, Macro]

    def definitions(self) -> Iterable[Definition]:
        """All that this role may do here, hand-offs one for each desk."""
        for each in (*BUILT_INS.values(), *(macro.definition for macro in self.macros.values())):
            if self.role in each.roles:
                yield from self._for_each_desk(each) if each.name == HANDOFF else (each,)

    def _for_each_desk(self, handoff: Definition) -> Iterable[Definition]:
        for name, desk in sorted(self.desks.items()):
            about = f"Hand the conversation to the desk {desk}"
            yield Definition(f"{HANDOFF}_{name}", about, handoff.roles, handoff.arguments)


def is_command(text: str) -> bool:
    """Whether a text is meant as a command, and so must never be relayed."""
    return text.lstrip(_UNSEEN).startswith("/")


def parse(
    text: str,
    role: Role,
    desks: Desks,
    custom: Mapping[str, Macro] | None = None,
    insurers: Mapping[str, Desks] | None = None,
) -> Parsed | Help | Refused | None:
    """What somebody asks for; None where the text is no command.

    Args:
        text: As it was typed.
        role: Who typed it.
        desks: Those of the conversation's insurer by name and handle; none where it has no insurer yet.
        custom: The aggregator's own commands, `Registry.commands`.
        insurers: The desks of each insurer that a conversation can go to, `Registry.desks`.
    """
    if not is_command(text):
        return None
    typed, *tokens = _tokens(text.strip(_UNSEEN))
    return _read(typed.value, tokens, Scope(role, desks, insurers or {}, custom or {}))


def _read(typed: str, tokens: list[_Token], scope: Scope) -> Parsed | Help | Refused:
    dry_run = any(each.is_option and each.value.lower() == f"--{_DRY_RUN}" for each in tokens)
    tokens = [each for each in tokens if not (each.is_option and each.value.lower() == f"--{_DRY_RUN}")]
    found = _found(typed, scope)
    if isinstance(found, Refused):
        return found
    name = f"/{found.name}"
    if found.name == "help":
        return _help(tokens, scope)
    try:
        return Parsed(name, _calls(found, tokens, scope), dry_run)
    except _WrongError as error:
        return Refused(f"{error}. It is written: {found.usage}", name)


def _found(typed: str, scope: Scope) -> Definition | Refused:
    """The command of this name, if this role may give it."""
    wanted = _plain(typed.removeprefix("/"))
    mine = {_plain(each.name): each for each in scope.definitions()}
    if wanted in mine:
        return mine[wanted]
    everybody = {**BUILT_INS, **{name: macro.definition for name, macro in scope.macros.items()}}
    others = {_plain(name): each for name, each in everybody.items()}
    if wanted in others and wanted != HANDOFF:
        return Refused(
            f"/{others[wanted].name} is not yours to give; /help lists what is", f"/{others[wanted].name}"
        )
    if wanted.startswith(_HAND):
        return Refused(_no_such_desk(wanted, scope.desks), f"/{HANDOFF}")
    near = get_close_matches(wanted[:60], sorted(mine), n=1, cutoff=0.6)
    hint = f"did you mean /{mine[near[0]].name}?" if near else "/help lists all"
    return Refused(f"there is no such command; {hint}")


def _no_such_desk(wanted: str, desks: Desks) -> str:
    if not desks:
        return "this conversation has no insurer yet, and so no desk; /assign gives it to one"
    names = {_plain(f"{HANDOFF}_{name}"): name for name in desks}
    near = get_close_matches(wanted[:60], sorted(names), n=1, cutoff=0.8)
    if near:
        return f"there is no such desk; did you mean /{HANDOFF}_{names[near[0]]}?"
    return f"there is no such desk; there are {', '.join(f'/{HANDOFF}_{name}' for name in sorted(desks))}"


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _help(tokens: Sequence[_Token], scope: Scope) -> Help | Refused:
    if not tokens:
        lines = [f"{each.usage}: {each.about}" for each in scope.definitions()]
        return Help("\n".join((*lines, f"With --{_DRY_RUN} a command only says what it would do.")))
    found = _found(tokens[0].value, scope)
    if isinstance(found, Refused):
        return found
    lines = [f"  {each.name}: {each.about}" for each in found.arguments]
    return Help("\n".join((f"{found.usage}: {found.about}", *lines)))


# --- Arguments


def _calls(found: Definition, tokens: list[_Token], scope: Scope) -> tuple[Call, ...]:
    macro = scope.macros.get(found.name)
    if macro is not None:
        return tuple(_expanded(macro, _arguments(found, tokens, scope), scope))
    name, values = found.name, {}
    if name.startswith(f"{HANDOFF}_"):
        values["desk"], name = scope.desks[name.removeprefix(f"{HANDOFF}_")], HANDOFF
    return (Call(name, {**values, **_arguments(found, tokens, scope)}),)


def _expanded(macro: Macro, values: Mapping[str, Value], scope: Scope) -> Iterable[Call]:
    """What the steps come to. A value never becomes an option or a second argument: it is put in after reading."""
    inner = Scope(
        scope.role,
        scope.desks,
        scope.insurers,
        {name: each for name, each in scope.macros.items() if name != macro.definition.name},
    )
    for number, step in enumerate(macro.steps, 1):
        typed, *tokens = _tokens(step.strip())
        filled = [_filled(each, values) for each in tokens]
        read = _read(typed.value, [each for each in filled if each.value or each.quoted], inner)
        if isinstance(read, Parsed):
            yield from read.calls
        else:
            said = read.detail if isinstance(read, Refused) else "/help does nothing"
            raise _WrongError(f"its step {number} cannot be done: {said}")


PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")


def _filled(token: _Token, values: Mapping[str, Value]) -> _Token:
    if not PLACEHOLDER.search(token.value):
        return token
    value = PLACEHOLDER.sub(lambda match: str(values.get(match[1], "")), token.value)
    return _Token(token.lead, value, quoted=bool(value))


def _arguments(found: Definition, tokens: list[_Token], scope: Scope) -> dict[str, Value]:
    values = {each.name: each.default for each in found.arguments if each.default is not None}
    left = _without_options(found, tokens, values)
    insurer_desks = scope.desks
    for argument in (each for each in found.arguments if not each.option):
        value, left = _next(argument, left, insurer_desks, scope)
        if value is None and argument.required:
            raise _WrongError(f"{argument.name} is missing")
        if value is not None:
            values[argument.name] = value
        if argument.kind == "insurer" and isinstance(value, str):
            insurer_desks = scope.insurers[value]
    if left and found.arguments[-1:] == (_DESK,):
        raise _WrongError(f"there is no such desk; there are {', '.join(sorted({*insurer_desks.values()}))}")
    if left:
        raise _WrongError("there is more than it takes")
    return values


def _without_options(found: Definition, tokens: list[_Token], values: dict[str, Value]) -> list[_Token]:
    """The tokens that are no option of this command; those that are become values."""
    options = {each.name: each for each in found.arguments if each.option}
    left: list[_Token] = []
    waiting = iter(tokens)
    for token in waiting:
        name, _, value = token.value[2:].partition("=")
        option = options.get(name.lower()) if token.is_option else None
        if option is None:
            left.append(token)
            continue
        following = value or next((each.value for each in waiting), "")
        if not re.fullmatch(r"[0-9]{1,4}", following) or not 1 <= int(following) <= option.longest:
            raise _WrongError(f"--{option.name} needs a whole number from 1 to {option.longest}")
        values[option.name] = int(following)
    takes_text = any(each.kind in {"text", "items"} for each in found.arguments)
    if not takes_text and any(each.is_option for each in left):
        known = ", ".join(f"--{each}" for each in (*options, _DRY_RUN))
        raise _WrongError(f"it has no such option; it has {known}")
    return left


def _next(
    argument: Argument, tokens: list[_Token], desks: Desks, scope: Scope
) -> tuple[Value | None, list[_Token]]:
    """The argument's value, and the tokens after it."""
    if not tokens:
        return None, []
    first, *after = tokens
    match argument.kind:
        case "insurer":
            return _named("insurer", first.value, scope.insurers), after
        case "desk":
            return _desk(tokens, desks)
        case "word":
            return _text(argument, first.value), after
    said = _joined(tokens)
    readers: Mapping[Kind, Callable[[str], Value]] = {"span": _span, "items": _items}
    reader = readers.get(argument.kind)
    return (reader(said) if reader else _text(argument, said)), []


def _named(what: str, typed: str, known: Iterable[str]) -> str:
    names = {_plain(each): each for each in known}
    found = names.get(_plain(typed))
    if found is None:
        near = get_close_matches(_plain(typed)[:60], sorted(names), n=1, cutoff=0.6)
        some = ", ".join(sorted(names.values())[:20])
        hint = f"did you mean {names[near[0]]}?" if near else f"there are {some or 'none'}"
        raise _WrongError(f"there is no such {what}; {hint}")
    return found


def _desk(tokens: list[_Token], desks: Desks) -> tuple[str | None, list[_Token]]:
    """A desk by any of its names. What is far from all of them may be the first word of a reason."""
    typed = _plain(tokens[0].value)
    names = {_plain(name): desk for name, desk in desks.items()}
    if typed in names:
        return names[typed], tokens[1:]
    near = get_close_matches(typed[:60], sorted(names), n=1, cutoff=0.75)
    if near:
        raise _WrongError(f"there is no such desk; did you mean {names[near[0]]}?")
    return None, tokens


_SPAN = re.compile(r"([0-9]{1,4})\s*(minutes?|mins?|m|hours?|h|days?|d)(?![a-z])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def _span(typed: str) -> timedelta:
    """`90m`, `2h`, `1d 12h`, also with "for" before it."""
    said = typed.strip().lower().removeprefix("for ").strip()
    found = _SPAN.findall(said)
    total = sum((int(number) * _UNITS[unit[0]] for number, unit in found), timedelta())
    if _SPAN.sub("", said).strip(" ,") or not timedelta() < total <= _LONGEST_SPAN:
        raise _WrongError("the time must be as 30m, 2h or 3d, and at most 30 days")
    return total


def _items(typed: str) -> tuple[str, ...]:
    found = tuple(each.strip() for each in re.split(r"[,;\n]", typed) if each.strip())
    if not 0 < len(found) <= _MOST_ITEMS or max(map(len, found)) > _LONGEST_ITEM:
        raise _WrongError(
            f"give 1 to {_MOST_ITEMS} documents separated by commas, each of at most {_LONGEST_ITEM} characters"
        )
    return found


def _text(argument: Argument, typed: str) -> str:
    if not argument.shortest <= len(typed) <= argument.longest:
        raise _WrongError(f"{argument.name} must have {argument.shortest} to {argument.longest} characters")
    return typed


# --- Words and quotes

_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019"}
_PARTS = re.compile(r"(\s*)(\S+)")


def _tokens(text: str) -> list[_Token]:
    """A text as words. Quotes keep several together where they open at a word's start and close at a word's end; phones
    write them curly, and two dashes as one long one.
    """
    found: list[_Token] = []
    at = 0
    while match := _PARTS.match(text, at):
        lead, word = match.groups()
        closing = _QUOTES.get(word[0])
        end = _closed(text, match.start(2) + 1, closing) if closing and found else None
        if end is None:
            found.append(_Token(lead, re.sub("^[\u2013\u2014](?=[a-z])", "--", word)))
            at = match.end()
        else:
            found.append(_Token(lead, text[match.start(2) + 1 : end], quoted=True))
            at = end + 1
    return found


def _closed(text: str, start: int, closing: str) -> int | None:
    """Where the quote that was opened is closed by one at the end of a word."""
    end = text.find(closing, start)
    while end >= 0:
        if end + 1 == len(text) or text[end + 1].isspace():
            return end
        end = text.find(closing, end + 1)
    return None


def _joined(tokens: Sequence[_Token]) -> str:
    """The words as they were typed, but for the quotes."""
    return "".join(each.lead + each.value for each in tokens).strip()
