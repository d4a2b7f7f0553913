"""What detectors find, and what becomes of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from bowchat_contracts.insurer_content import Placeholder
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking.canonical import Canonical

BLANK = "\0"
"""Stands where an earlier detector found something. No pattern may match it."""


class MaskingError(Exception):
    """A text cannot be masked with certainty; it is to be held."""


class Hit(NamedTuple):
    """A stretch that must not pass, in places of the text that the detector read."""

    type: Placeholder
    start: int
    end: int
    value: str = ""
    """What tells it from another of its type however it is written; empty: the folded text itself."""


class Finding(NamedTuple):
    """One masked stretch of the original text: what it was, where it stood, what stands there now."""

    type: Placeholder
    start: int
    end: int
    placeholder: str


@dataclass(frozen=True, slots=True)
class MaskedText:
    text: str
    findings: tuple[Finding, ...]


Detector = Callable[[Canonical, MaskingPolicy], Iterable[Hit]]
"""Reads the folded text, in which what earlier detectors found is blank, and says where its own kind stands.

It reads nothing but its arguments and is linear in the text. What it finds is widened to whole characters of the
original; hits of one detector that overlap become one.
"""


def joined(hits: Iterable[Hit]) -> list[Hit]:
    """The hits in order, those that overlap as one."""
    done: list[Hit] = []
    for hit in sorted(hits, key=lambda each: each.start):
        if done and hit.start < done[-1].end:
            last = done[-1]
            if hit.end > last.end or hit.value != last.value:
                done[-1] = last._replace(end=max(hit.end, last.end), value="")
        else:
            done.append(hit)
    return done
