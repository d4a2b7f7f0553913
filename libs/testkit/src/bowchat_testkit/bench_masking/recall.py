"""Recall by family. The judge is the known-identity guard, which shares no code with any of the tools.

A number is caught when something was found and the guard sees no trace of the number in what is left: not seven digits
of it in a row, in any projection, and not the whole of it with other digits between.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple

from bowchat_contracts.inbound import Identity
from bowchat_masker.guard import Watch, search, watch_for
from bowchat_masker.guard.search import TooMuchError
from bowchat_masker.identity import learn
from bowchat_testkit.attacks import families
from bowchat_testkit.bench_masking.numbers import REGIONS, Number, draw
from bowchat_testkit.bench_masking.rivals import Finder, Span, Text

_DAY = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass
class Row:
    """One family: how often each tool caught the number, and how often the guard alone missed the number it knows."""

    family: str
    tried: int
    caught: dict[str, int] = field(default_factory=dict)
    guard_missed: int = 0


class _Trial(NamedTuple):
    family: str
    text: Text
    watch: Watch


def measure(tools: dict[str, Finder], count: int, seed: int) -> list[Row]:
    trials = list(_trials(count, seed))
    rows = {name: Row(name, count) for name in families()}
    for trial in trials:
        rows[trial.family].guard_missed += not _sees(trial.text.text, trial.watch)
    for tool, find in tools.items():
        for row in rows.values():
            row.caught[tool] = 0
        for trial, spans in zip(trials, find([each.text for each in trials]), strict=True):
            rows[trial.family].caught[tool] += _is_caught(trial.text.text, spans, trial.watch)
    return list(rows.values())


def shows(text: str, number: Number) -> bool:
    """Whether the guard, which knows the number, sees a trace of it in the text."""
    return _sees(text, _watch(number))


def _trials(count: int, seed: int) -> Iterator[_Trial]:
    for name, write in families().items():
        chance = Random(f"{seed} {name}")
        for index in range(count):
            number = draw(REGIONS[index % len(REGIONS)], chance)
            yield _Trial(name, Text(write(number.digits, chance), number.region), _watch(number))


def _is_caught(text: str, spans: list[Span] | None, watch: Watch) -> bool:
    if spans is None:
        return True
    return bool(spans) and not _sees(_cut(text, spans), watch)


def _cut(text: str, spans: list[Span]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]}[masked]{text[end:]}"
    return text


def _sees(text: str, watch: Watch) -> bool:
    try:
        return search(text, text, watch) is not None
    except TooMuchError:
        return True


def _watch(number: Number) -> Watch:
    return watch_for(learn(None, Identity(number=number.whole), _DAY).known)
