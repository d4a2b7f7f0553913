"""The way of one insurer to one contact: how long its alias answers, whether that was ended, and STOP. Pure.

An alias is never given again. Which alias a message goes under is a question of when the message came, not of when it is
read: a message read twice goes under the same one. Days are days of UTC, so that a day's many messages cost one write.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

_DAY = timedelta(days=1)
QUIET_DAYS = 30
"""How long after the policyholder's last message an insurer may write, where the agreement says nothing."""

Closed = Literal["alias_expired", "alias_blocked", "policyholder_stopped", "no_open_matter"]


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of one alias."""

    at: datetime
    by: str | None = None
    """The command that revoked it; None where it expired."""


@dataclass(frozen=True, slots=True)
class Switch:
    """The last STOP or START of the policyholder."""

    stopped: bool
    at: datetime
    seq: int
    by: str
    """The message."""
    first: datetime
    """Their first STOP to this insurer, ever."""

    @property
    def place(self) -> tuple[datetime, int, str]:
        return self.at, self.seq, self.by


@dataclass(frozen=True, slots=True)
class Way:
    key: str
    """Insurer and contact, as of their first alias."""
    version: int
    contact_id: str
    seen: datetime
    """The day on which the policyholder last wrote to this insurer."""
    days: int | None = None
    """How long an alias answers after that; None: it does not expire."""
    ended: tuple[Ended, ...] = ()
    """The first alias's end, the second's, and so on, in order."""
    switch: Switch | None = None

    @property
    def generation(self) -> int:
        """Which alias the next message goes under: the first, second, ..."""
        return len(self.ended) + 1

    @property
    def expires_at(self) -> datetime | None:
        return None if self.days is None else self.seen + (self.days + 1) * _DAY

    def generation_at(self, moment: datetime) -> int:
        """Which alias a message of this moment goes under."""
        return 1 + sum(each.at <= moment for each in self.ended)

    def stopped_at(self, moment: datetime) -> bool:
        return self.switch is not None and self.switch.stopped and self.switch.at <= moment


Get = Callable[[str], Way | None]


def after_message(
    way: Way | None, key: str, contact_id: str, *, days: int | None, received_at: datetime
) -> Way:
    """The way after a message of the policyholder; the same object where nothing changes. A first one has version 1."""
    day = received_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if way is None:
        return Way(key, 1, contact_id, day, days)
    expires = way.expires_at
    if expires is not None and received_at >= expires and (not way.ended or way.ended[-1].at < expires):
        return _next(way, seen=day, days=days, ended=(*way.ended, Ended(expires)))
    if day > way.seen or (day == way.seen and days != way.days):
        return _next(way, seen=day, days=days, ended=way.ended)
    return way


def _next(way: Way, *, seen: datetime, days: int | None, ended: tuple[Ended, ...]) -> Way:
    return replace(way, version=way.version + 1, seen=seen, days=days, ended=ended)


def closed(way: Way | None, generation: int, now: datetime) -> Closed | None:
    """Why nobody may write by this alias now; None where the way is open. An alias without a way is one that was ended."""
    if way is None:
        return "alias_blocked"
    if generation < way.generation:
        return "alias_blocked" if way.ended[generation - 1].by else "alias_expired"
    if way.expires_at is not None and now >= way.expires_at:
        return "alias_expired"
    if way.switch is not None and way.switch.stopped:
        return "policyholder_stopped"
    if way.days is None and now >= way.seen + (QUIET_DAYS + 1) * _DAY:
        return "no_open_matter"
    return None


def revoked(way: Way, command_id: str, now: datetime) -> Way:
    """The way with its present alias ended for good."""
    last = way.ended[-1].at if way.ended else now
    return replace(way, version=way.version + 1, ended=(*way.ended, Ended(max(now, last), command_id)))


def revocation(way: Way, generation: int) -> Ended | None:
    """The end of this alias, where it has ended."""
    return way.ended[generation - 1] if generation < way.generation else None


def switched(way: Way, *, stopped: bool, at: datetime, seq: int, by: str) -> Way:
    """The way after a STOP or START. One read again, or older than the last, changes nothing; nor does START at first."""
    before = way.switch
    if before is None and not stopped:
        return way
    after = Switch(stopped, at, seq, by, min(at, before.first) if before and stopped else _first(before, at))
    if before is None:
        return replace(way, version=way.version + 1, switch=after)
    if after.place <= before.place:
        older = replace(before, first=min(before.first, at)) if stopped else before
        return way if older == before else replace(way, version=way.version + 1, switch=older)
    return replace(way, version=way.version + 1, switch=after)


def _first(before: Switch | None, at: datetime) -> datetime:
    return before.first if before else at
