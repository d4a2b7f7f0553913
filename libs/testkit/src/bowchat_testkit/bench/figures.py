"""The figures of the bench."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bowchat_testkit.bench.usage import Span


@dataclass(frozen=True)
class Percentiles:
    """In milliseconds."""

    p50: float
    p95: float
    p99: float


def percentiles(seconds: Sequence[float]) -> Percentiles:
    """By nearest rank.

    Errors: `ValueError` for no values at all.
    """
    if not seconds:
        raise ValueError("nothing was measured: no message reached an insurer")
    ordered = sorted(seconds)
    return Percentiles(*(1000 * ordered[math.ceil(share * len(ordered)) - 1] for share in (0.5, 0.95, 0.99)))


@dataclass(frozen=True)
class Run:
    """One run of the relay under load."""

    messages: int
    per_second: float
    """From the first webhook sent to the last message on an insurer's topic."""
    latency: Percentiles
    """From the webhook's sending to the insurer's reading."""
    answer: Percentiles
    """From the webhook's sending to the 200."""
    settled_per_second: float
    """The same until every service has worked off its topics, audit and clocks included."""
    refused: int
    missing: int
    span: Span

    @property
    def cpu_ms(self) -> float:
        """CPU of all processes, broker, database and load among them, for each message."""
        return 1000 * self.span.cpu_s / self.messages


def middle(runs: Sequence[Run]) -> Run:
    """The run with the median throughput."""
    ordered = sorted(runs, key=lambda run: run.per_second)
    return ordered[(len(ordered) - 1) // 2]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
