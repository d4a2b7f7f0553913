"""Whether a hosted model is asked, by how it has done lately. Pure: handed the time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_FAILURES = 5
"""After so many failures in a row it is left alone for a while."""
REST = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a hosted model has done lately. After its rest it is tried again, and rests again at the first failure."""

    failures: int = 0
    """In a row."""
    rests_until: datetime | None = None

    def may_be_asked(self, now: datetime) -> bool:
        return self.rests_until is None or now >= self.rests_until

    def after(self, now: datetime, *, answered: bool) -> "Standing":
        if answered:
            return Standing()
        failures = self.failures + 1
        return Standing(failures, now + REST if failures >= MOST_FAILURES else None)
