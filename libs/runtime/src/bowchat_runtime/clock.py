"""The only place that reads the time. Rules are handed `now`; loops take a `Clock`."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


def whole_milliseconds(moment: datetime) -> datetime:
    """A moment as the database gives it back: what is made of it again after a crash has the same bytes."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
