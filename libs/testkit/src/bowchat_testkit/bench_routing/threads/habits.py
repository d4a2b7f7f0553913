"""How people write in a chat that several insurers share. Everything is drawn from one generator, so a seed is a run."""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from bowchat_testkit.bench_routing.threads.scripts import Beat

Way = Literal["bare", "marked", "quote", "number"]

COLD = timedelta(minutes=30)
"""So long after the last thing said nobody remembers in whose thread it was."""
_BARE, _BARE_COLD = 0.85, 1 / 3
"""How many go on in a few words where what was said last is theirs: a moment ago, and long ago."""
_CHASES = 0.5


@dataclass(frozen=True, slots=True)
class Situation:
    """What somebody sees before they write."""

    natural: bool
    """Whether what was said last is of the thread they mean, and of no other since they last wrote."""
    cold: bool
    """Whether that was long ago."""
    unsure: bool
    """Whether somebody may use a few words all the same: several insurers have written since, or all was said long ago."""
    quotable: bool


def way(rng: random.Random, seen: Situation) -> Way:
    """How somebody says which matter they mean."""
    if seen.natural:
        return "bare" if rng.random() < (_BARE_COLD if seen.cold else _BARE) else "marked"
    drawn = rng.random()
    if seen.unsure and drawn < 0.10:
        return "bare"
    if seen.quotable and drawn < 0.40:
        return "quote"
    return "number" if drawn > 0.95 else "marked"


def worded(rng: random.Random, beat: Beat, how: Way, number: str) -> str:
    """The text."""
    if how == "number":
        text = rng.choice(beat.bare or beat.marked)
        return rng.choice(("{text} ({number})", "policy {number}: {text}", "{number} - {text}")).format(
            text=text, number=number
        )
    return rng.choice((beat.marked if how == "marked" else beat.bare) or beat.bare or beat.marked)


def thinks(rng: random.Random) -> timedelta:
    """How long somebody takes to answer: minutes mostly, hours now and then."""
    if rng.random() < 0.12:
        return timedelta(hours=rng.uniform(1, 10))
    return timedelta(seconds=min(rng.lognormvariate(4.6, 0.9), 3_000))


def works(rng: random.Random) -> timedelta:
    """How long an insurer takes."""
    if rng.random() < 0.1:
        return timedelta(hours=rng.uniform(0.5, 6))
    return timedelta(seconds=min(rng.lognormvariate(5.0, 0.8), 3_000))


def is_silent(rng: random.Random) -> timedelta:
    """How long somebody waits before they write again by themselves."""
    return timedelta(hours=rng.choice((rng.uniform(0.5, 3), rng.uniform(3, 30))))


def taps_after(rng: random.Random) -> timedelta | None:
    """How long a question waits for its answer; None: for ever."""
    return None if rng.random() < 0.05 else timedelta(seconds=min(rng.lognormvariate(3.6, 0.8), 600))


def chases(rng: random.Random) -> bool:
    """Whether somebody writes again by themselves where they wait."""
    return rng.random() < _CHASES


def splits(rng: random.Random) -> bool:
    """Whether somebody greets first, in a message of its own."""
    return rng.random() < 0.08


def reacts(rng: random.Random) -> bool:
    """Whether thanks are an emoji on the insurer's message."""
    return rng.random() < 0.3
