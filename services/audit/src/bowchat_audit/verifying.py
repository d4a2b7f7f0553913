"""Is the log, or an export of it, what was appended? It takes no database and no key to tell.

An entry's chain value stands for it and for everything before it. A log whose entries follow from one another may still have
been written anew from some place on, or cut off at its end. Whoever noted a place and its chain value sees that, too.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from bowchat_audit.domain import EMPTY, Entry, Tail, follows
from bowchat_runtime.errors import SettingsError

_FIELDS = frozenset(Entry.__annotations__)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the log is not what was appended."""

    seq: int
    why: str


@dataclass
class Verification:
    """What was read so far. `noted` has chain values of places that somebody noted before."""

    noted: Mapping[int, str] = field(default_factory=dict)
    first: int = 0
    """The place of the first entry; 0 before there was one."""
    tail: Tail = EMPTY
    broken: Broken | None = None

    def take(self, made: Any) -> bool:
        """Take the next entry in. False once the log is broken: what comes then proves nothing."""
        if self.broken is None:
            if not self.first:
                self._begin(made)
            self.broken = self.broken or self._wrong(made)
        return self.broken is None

    def ended(self) -> Broken | None:
        """The verdict: the first break, or None for a log that is whole as far as can be told."""
        if self.broken is None:
            late = min((seq for seq in self.noted if seq > self.tail.seq), default=None)
            early = min((seq for seq in self.noted if seq < self.first - 1), default=None)
            if late is not None:
                return Broken(
                    self.tail.seq + 1, f"it is missing, and entry {late} was noted: the end is cut off"
                )
            if early is not None:
                return Broken(early, "it was noted, and is not here")
        return self.broken

    def _begin(self, made: Any) -> None:
        """An export may begin anywhere: what stood before is known by its chain value, or not at all."""
        seq = made.get("_id") if isinstance(made, dict) else None
        self.first = seq if isinstance(seq, int) else 1
        if self.first > 1:
            before = self.noted.get(self.first - 1)
            if before is None:
                why = f"it is missing; to verify from entry {self.first} on, give --noted {self.first - 1}:CHAIN"
                self.broken = Broken(1, why)
                return
            self.tail = Tail(self.first - 1, before)

    def _wrong(self, made: Any) -> Broken | None:
        seq = self.tail.seq + 1
        if not isinstance(made, dict) or made.keys() != _FIELDS:
            return Broken(seq, "it is no entry of the log")
        if not _follows(self.tail, made):
            return Broken(seq, "it is not what was appended there")
        if self.noted.get(seq, made["chain"]) != made["chain"]:
            return Broken(
                seq, "its chain value is not the one that was noted: the log up to it was written anew"
            )
        self.tail = Tail(seq, made["chain"])
        return None


def _follows(tail: Tail, made: Any) -> bool:
    try:
        return follows(tail, made)
    except (AttributeError, TypeError, ValueError):  # a value of another kind than any entry has
        return False


def entries_in(path: Path) -> Iterator[Any]:
    """What stands in an export, line by line; what is no JSON, or can be read in two ways, comes as None. A line of nothing,
    as editors leave one at the end, is passed over.

    Errors: `SettingsError` when the file cannot be read, or has no line: an export that failed proves nothing.
    """
    empty = True
    try:
        with path.open("rb") as file:
            for line in filter(bytes.strip, file):
                empty = False
                try:
                    yield _read(line)
                except (ValueError, TypeError, RecursionError):
                    yield None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror})") from None
    if empty:
        raise SettingsError(f"{path} is empty: give what `bowchat-audit export` printed")


def _read(line: bytes) -> Any:
    """A line's value. Where a name stands twice, readers differ on which of its values counts: `ValueError`."""
    made = orjson.loads(line)
    if orjson.dumps(made) != line.rstrip():
        json.loads(line, object_pairs_hook=_each_once)
    return made


def _each_once(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands twice")


def as_line(made: Entry) -> str:
    """An entry as an export has it: as it is stored, so what is locked stays locked."""
    return orjson.dumps(made, default=str).decode()


def as_object(found: Verification) -> dict[str, Any]:
    """The verdict, for a program."""
    broken = found.ended()
    return {
        "verdict": "broken" if broken else "whole",
        "first": found.first,
        "last": found.tail.seq,
        "chain": found.tail.chain,
        "first_bad": broken.seq if broken else None,
        "reason": broken.why if broken else None,
    }


def as_text(found: Verification) -> str:
    """The verdict, for people: what holds, and what to note for the next time."""
    broken = found.ended()
    if broken:
        return f"BROKEN at entry {broken.seq}: {broken.why}"
    if not found.first:
        return "there are no entries"
    noted = sorted(seq for seq in found.noted if seq >= found.first - 1)
    held = f"as noted at {', '.join(map(str, noted))}" if noted else "nothing noted before to hold it against"
    return (
        f"whole: entries {found.first} to {found.tail.seq}, {held}\n"
        f"note this, apart from the log: {found.tail.seq}:{found.tail.chain}"
    )
