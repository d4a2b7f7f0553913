"""The arguments of a command, each read by its kind."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from itertools import pairwise

from bowchat_registry.slash.table import DESK, DRY_RUN, Argument, Definition, Desks, Kind, Value
from bowchat_registry.slash.typed import Token, joined

_LONGEST_ITEM, _MOST_ITEMS = 80, 20
_DASHES = "-\u2013\u2014"
_LONGEST_SPAN = timedelta(days=30)


class WrongError(Exception):
    """What is wrong, in names of the table."""


def plain(name: str) -> str:
    return name.lower().replace("-", "_")


def arguments_of(
    found: Definition, tokens: list[Token], desks: Desks, insurers: Mapping[str, Desks]
) -> dict[str, Value]:
    """The values of all arguments. `desks` are those of the conversation's insurer.

    Errors: `WrongError`, which says what would be right.
    """
    values = {each.name: each.default for each in found.arguments if each.default is not None}
    left = _without_options(found, tokens, values)
    for argument in (each for each in found.arguments if not each.option):
        value, left = _next(argument, left, desks, insurers)
        if value is None and argument.required:
            raise WrongError(f"{argument.name} is missing")
        if value is not None:
            values[argument.name] = value
        if argument.kind == "insurer" and isinstance(value, str):
            desks = insurers[value]
    if left and found.arguments[-1:] == (DESK,):
        raise WrongError(f"there is no such desk; there are {', '.join(sorted({*desks.values()}))}")
    if left:
        raise WrongError("there is more than it takes")
    return values


def _without_options(found: Definition, tokens: list[Token], values: dict[str, Value]) -> list[Token]:
    """The tokens that are no option of this command; those that are become values."""
    options = {each.name: each for each in found.arguments if each.option}
    left: list[Token] = []
    waiting = iter(tokens)
    for token in waiting:
        name, _, value = token.value[2:].partition("=")
        option = options.get(name.lower()) if token.is_option else None
        if option is None:
            left.append(token)
            continue
        following = value or next((each.value for each in waiting), "")
        if not re.fullmatch(r"[0-9]{1,4}", following) or not 1 <= int(following) <= option.longest:
            raise WrongError(f"--{option.name} needs a whole number from 1 to {option.longest}")
        values[option.name] = int(following)
    if meant := _slip(left, (*options, DRY_RUN)):
        raise WrongError(f"did you mean --{meant}? What is meant as words stands in quotes")
    takes_text = any(each.kind in {"text", "items"} for each in found.arguments)
    if not takes_text and any(each.is_option for each in left):
        known = ", ".join(f"--{each}" for each in (*options, DRY_RUN))
        raise WrongError(f"it has no such option; it has {known}")
    return left


def _slip(tokens: Sequence[Token], known: Sequence[str]) -> str | None:
    """The option that somebody meant who wrote it in another way, so that it would be taken for words."""
    names = {_letters(each): each for each in known}
    bare = [each.value for each in tokens if not each.quoted]
    apart = [value for dash, value in pairwise(bare) if not dash.strip(_DASHES)]
    alone = ["".join(bare)] if len(bare) == len(tokens) else []
    meant = [names[said] for said in map(_letters, (*apart, *alone)) if said in names]
    for value in bare:
        said = _letters(value.partition("=")[0]) if value[0] in _DASHES else ""
        begun = (
            [name for name in names if name.startswith(said)] if value[:2] == "--" and len(said) > 1 else []
        )
        meant += [
            names[each] for each in begun or get_close_matches(said[:60], list(names), n=1, cutoff=0.75)
        ]
    return meant[0] if meant else None


def _letters(value: str) -> str:
    return re.sub("[^a-z]", "", value.lower())


def _next(
    argument: Argument, tokens: list[Token], desks: Desks, insurers: Mapping[str, Desks]
) -> tuple[Value | None, list[Token]]:
    """The argument's value, and the tokens after it."""
    if not tokens:
        return None, []
    first, *after = tokens
    match argument.kind:
        case "insurer":
            return _named("insurer", first.value, insurers), after
        case "desk":
            return _desk(tokens, desks)
        case "word":
            return _text(argument, first.value), after
    said = joined(tokens)
    readers: Mapping[Kind, Callable[[str], Value]] = {"span": _span, "items": _items}
    reader = readers.get(argument.kind)
    return (reader(said) if reader else _text(argument, said)), []


def _named(what: str, typed: str, known: Iterable[str]) -> str:
    names = {plain(each): each for each in known}
    found = names.get(plain(typed))
    if found is None:
        near = get_close_matches(plain(typed)[:60], sorted(names), n=1, cutoff=0.6)
        some = ", ".join(sorted(names.values())[:20])
        hint = f"did you mean {names[near[0]]}?" if near else f"there are {some or 'none'}"
        raise WrongError(f"there is no such {what}; {hint}")
    return found


def _desk(tokens: list[Token], desks: Desks) -> tuple[str | None, list[Token]]:
    """A desk by any of its names. What is far from all of them may be the first word of a reason."""
    typed = plain(tokens[0].value)
    names = {plain(name): desk for name, desk in desks.items()}
    if typed in names:
        return names[typed], tokens[1:]
    near = get_close_matches(typed[:60], sorted(names), n=1, cutoff=0.75)
    if near:
        raise WrongError(f"there is no such desk; did you mean {names[near[0]]}?")
    return None, tokens


_SPAN = re.compile(r"([0-9]{1,4})\s*(minutes?|mins?|m|hours?|h|days?|d)(?![a-z])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def _span(typed: str) -> timedelta:
    """`90m`, `2h`, `1d 12h`, also with "for" before it."""
    said = typed.strip().lower().removeprefix("for ").strip()
    found = _SPAN.findall(said)
    total = sum((int(number) * _UNITS[unit[0]] for number, unit in found), timedelta())
    if _SPAN.sub("", said).strip(" ,") or not timedelta() < total <= _LONGEST_SPAN:
        raise WrongError("the time must be as 30m, 2h or 3d, and at most 30 days")
    return total


def _items(typed: str) -> tuple[str, ...]:
    found = tuple(each.strip() for each in re.split(r"[,;\n]", typed) if each.strip())
    if not 0 < len(found) <= _MOST_ITEMS or max(map(len, found)) > _LONGEST_ITEM:
        raise WrongError(
            f"give 1 to {_MOST_ITEMS} documents separated by commas, each of at most {_LONGEST_ITEM} characters"
        )
    return found


def _text(argument: Argument, typed: str) -> str:
    if not argument.shortest <= len(typed) <= argument.longest:
        raise WrongError(f"{argument.name} must have {argument.shortest} to {argument.longest} characters")
    return typed
