"""Lanes that need not be looked at for a while, because their head waits."""

from collections.abc import Iterable
from datetime import datetime, timedelta

LOOK_AGAIN = timedelta(seconds=30)
"""Another worker may have moved the head: so often a held lane is looked at all the same."""


class Lanes:
    """Which lanes are held, and until when."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def hold(self, lane: str, until: datetime, now: datetime) -> None:
        self._until[lane] = min(until, now + LOOK_AGAIN)

    def release(self, lanes: Iterable[str]) -> None:
        for lane in lanes:
            self._until.pop(lane, None)

    def held(self, now: datetime) -> frozenset[str]:
        """The lanes held now. Those whose time has come are forgotten."""
        self._until = {lane: until for lane, until in self._until.items() if until > now}
        return frozenset(self._until)
