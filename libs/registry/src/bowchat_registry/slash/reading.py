"""Reading a command: whose it is, which of the table, with which arguments. Pure.

A refusal says what would be right by names of the table alone: what was typed may hold somebody's number.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bowchat_contracts.slashes import begun, is_command
from bowchat_registry.slash.outcome import Call, Help, Parsed, Refused
from bowchat_registry.slash.table import BUILT_INS, DRY_RUN, HANDOFF, Definition, Desks, Macro, Role, Value
from bowchat_registry.slash.typed import Token, tokens_of
from bowchat_registry.slash.values import WrongError, arguments_of, plain

_HAND = "hand"
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")


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
    typed, *tokens = tokens_of(text)
    scope = Scope(role, desks, insurers or {}, custom or {})
    if _holds_another(text, scope):
        return Refused("a message holds one command; send each by itself")
    return _read(typed.value, tokens, scope)


def _holds_another(text: str, scope: Scope) -> bool:
    """Whether a later line is a command as well: it would be taken for words of the first."""
    names = {*map(plain, BUILT_INS), *(plain(each.name) for each in scope.definitions())}
    later = (tokens_of(line) for line in begun(text).splitlines()[1:] if is_command(line))
    return any(plain(tokens[0].value.removeprefix("/")) in names for tokens in later)


def is_dry_run(text: str) -> bool:
    """Whether a command, as it was typed, would only say what it would do."""
    return any(map(_asks_only, tokens_of(text)))


def _asks_only(token: Token) -> bool:
    return token.is_option and token.value.lower() == f"--{DRY_RUN}"


def _read(typed: str, tokens: list[Token], scope: Scope) -> Parsed | Help | Refused:
    dry_run = any(map(_asks_only, tokens))
    tokens = [each for each in tokens if not _asks_only(each)]
    found = _found(typed, scope)
    if isinstance(found, Refused):
        return found
    name = f"/{found.name}"
    if found.name == "help":
        return _help(tokens, scope)
    try:
        return Parsed(name, _calls(found, tokens, scope), dry_run)
    except WrongError as error:
        said = str(error)
        return Refused(f"{said}{'' if said.endswith('?') else '.'} It is written: {found.usage}", name)


def _found(typed: str, scope: Scope) -> Definition | Refused:
    """The command of this name, if this role may give it."""
    wanted = plain(typed.removeprefix("/"))
    mine = {plain(each.name): each for each in scope.definitions()}
    if wanted in mine:
        return mine[wanted]
    everybody = {**BUILT_INS, **{name: macro.definition for name, macro in scope.macros.items()}}
    others = {plain(name): each for name, each in everybody.items()}
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
    names = {plain(f"{HANDOFF}_{name}"): name for name in desks}
    near = get_close_matches(wanted[:60], sorted(names), n=1, cutoff=0.8)
    if near:
        return f"there is no such desk; did you mean /{HANDOFF}_{names[near[0]]}?"
    return f"there is no such desk; there are {', '.join(f'/{HANDOFF}_{name}' for name in sorted(desks))}"


def _help(tokens: Sequence[Token], scope: Scope) -> Help | Refused:
    if not tokens:
        lines = [f"{each.usage}: {each.about}" for each in scope.definitions()]
        return Help("\n".join((*lines, f"With --{DRY_RUN} a command only says what it would do.")))
    found = _found(tokens[0].value, scope)
    if isinstance(found, Refused):
        return found
    lines = [f"  {each.name}: {each.about}" for each in found.arguments]
    return Help("\n".join((f"{found.usage}: {found.about}", *lines)))


def _calls(found: Definition, tokens: list[Token], scope: Scope) -> tuple[Call, ...]:
    macro = scope.macros.get(found.name)
    if macro is not None:
        return tuple(_expanded(macro, arguments_of(found, tokens, scope.desks, scope.insurers), scope))
    name, values = found.name, {}
    if name.startswith(f"{HANDOFF}_"):
        values["desk"], name = scope.desks[name.removeprefix(f"{HANDOFF}_")], HANDOFF
    return (Call(name, {**values, **arguments_of(found, tokens, scope.desks, scope.insurers)}),)


def _expanded(macro: Macro, values: Mapping[str, Value], scope: Scope) -> Iterable[Call]:
    """What the steps come to. A value never becomes an option or a second argument: it is put in after reading."""
    inner = Scope(
        scope.role,
        scope.desks,
        scope.insurers,
        {name: each for name, each in scope.macros.items() if name != macro.definition.name},
    )
    for number, step in enumerate(macro.steps, 1):
        typed, *tokens = tokens_of(step.strip())
        filled = [_filled(each, values) for each in tokens]
        read = _read(typed.value, [each for each in filled if each.value or each.quoted], inner)
        if isinstance(read, Parsed):
            yield from read.calls
        else:
            said = read.detail if isinstance(read, Refused) else "/help does nothing"
            raise WrongError(f"its step {number} cannot be done: {said}")


def _filled(token: Token, values: Mapping[str, Value]) -> Token:
    if not PLACEHOLDER.search(token.value):
        return token
    value = PLACEHOLDER.sub(lambda match: str(values.get(match[1], "")), token.value)
    return Token(token.lead, value, quoted=bool(value))
