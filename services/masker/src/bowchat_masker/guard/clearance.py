"""The one door to an insurer: a draft becomes publishable only with the proof that the guard has looked at it.

Whoever writes to an insurer does three things: `Mint.draft` finishes the record to the byte, `clear` hands it to the
guard, `egress.leave` turns the proof into a record to publish. There is no other way; a test over the syntax trees
keeps it so.

    verdict = clear(mint.draft(insurer, alias, event, subject_id=..., time=...), watch, trusted=words)
    if isinstance(verdict, Cleared):
        outgoing = leave(verdict)

A record that holds nothing but what we minted (a place kept, a tombstone) needs no person's identity to be looked at:
`clear_minted` proves it leaf by leaf.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic_core import from_json

from bowchat_contracts.envelope import Event, Meta, rfc3339, to_headers
from bowchat_masker.guard.search import MINTED, TRACE, Clue, Watch, search

_SMALL = 1_000_000
_CONSTANT = frozenset({"1.0", "application/json"})
# An id, a trace, the path of a file: what is longer or shorter is none of them.
_MINTED_LENGTHS = frozenset([35, 55, 74])
_PERMIT = object()


@dataclass(frozen=True, slots=True)
class Draft:
    """An insurer's record, finished to the byte. Nobody may publish it yet: the guard has not looked at it."""

    insurer: str
    key: str
    event: Event
    meta: Meta
    value: bytes

    @property
    def own_time(self) -> str:
        """The moment that we wrote into the record, in its headers as in its body."""
        return rfc3339(self.meta.time)


class Cleared:
    """Proof that a draft may leave. Only this module can make one."""

    __slots__ = ("draft",)

    def __init__(self, draft: Draft, permit: object) -> None:
        if permit is not _PERMIT:
            raise TypeError("only the guard clears a record")
        self.draft = draft


class NotMintedError(Exception):
    """A record that was said to hold minted values alone holds something else."""


Inspect = Callable[..., Clue | None]
"""`inspect`, or what a test puts in its place."""


def inspect(draft: Draft, watch: Watch, *, trusted: frozenset[str]) -> Clue | None:
    """The first trace of a person in a record as it will leave: value, key and headers. None when there is none.

    `trusted` are words from the registry and the contract, which may happen to equal somebody's name; their digits are
    looked at all the same.
    """
    fields, own = _read(draft.value), _own(draft)
    said = _others(_leaves(_without_counts(fields)), own)
    free = [each for each in said if each not in trusted]
    clue = search("\n".join(said), "\n".join(free), watch)
    if clue:
        return clue
    headers = [value.decode() for _, value in to_headers(draft.meta)]
    others = _others([draft.key, *headers], own)
    return search("\n".join(others), "", watch) if others else None


def clear(
    draft: Draft, watch: Watch, *, trusted: frozenset[str] = frozenset(), inspect: Inspect = inspect
) -> Cleared | Clue:
    """The proof that nothing of this person stands in the draft, or what kind of trace does."""
    clue = inspect(draft, watch, trusted=trusted)
    return Cleared(draft, _PERMIT) if clue is None else clue


def clear_minted(draft: Draft, *, words: frozenset[str] = frozenset()) -> Cleared:
    """The proof for a record of minted ids, its own time, small numbers and `words` of the contract's closed lists.

    Errors: `NotMintedError` when anything else stands in its value or key.
    """
    leaves, own = [*_leaves(from_json(draft.value)), draft.key], _own(draft)
    if not all(each in words or _is_small(each) for each in _others(leaves, own)):
        raise NotMintedError("the record holds a value that was not minted here")
    return Cleared(draft, _PERMIT)


def written_by_people(draft: Draft, trusted: frozenset[str]) -> str:
    """What people wrote in a draft, as the insurer will read it."""
    own = _own(draft) | trusted
    return "\n".join(_others(_texts(_read(draft.value)), own))


@lru_cache(maxsize=1)
def _read(value: bytes) -> Any:
    """What a record holds. The one in hand is asked for twice."""
    return from_json(value)


def _own(draft: Draft) -> frozenset[str]:
    return _CONSTANT | {draft.own_time, draft.meta.type, draft.meta.source}


def _others(leaves: list[str], own: frozenset[str]) -> list[str]:
    """What is neither our own nor minted."""
    rest = [each for each in leaves if each not in own]
    return [each for each in rest if len(each) not in _MINTED_LENGTHS or not _is_minted(each)]


def _is_minted(leaf: str) -> bool:
    return MINTED.fullmatch(leaf) is not None or TRACE.fullmatch(leaf) is not None


def _without_counts(fields: Any) -> Any:
    """A record without the numbers that we count by (place, priority), which would join on to what people typed."""
    return (
        [each for each in fields.values() if not isinstance(each, int)]
        if isinstance(fields, dict)
        else fields
    )


def _is_small(leaf: str) -> bool:
    return leaf in ("True", "False") or (leaf.isascii() and leaf.isdigit() and int(leaf) < _SMALL)


def _texts(value: Any) -> list[str]:
    return [each for each in _scalars([value]) if isinstance(each, str)]


def _leaves(value: Any) -> list[str]:
    return [each if isinstance(each, str) else str(each) for each in _scalars([value]) if each is not None]


def _scalars(values: Iterable[Any]) -> list[Any]:
    """Everything in them that holds nothing itself, in order."""
    found: list[Any] = []
    for each in values:
        if isinstance(each, dict):
            found += _scalars(each.values())
        elif isinstance(each, list):
            found += _scalars(each)
        else:
            found.append(each)
    return found
