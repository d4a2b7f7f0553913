"""Business time: when somebody works, and how much working time lies between two moments. Pure: handed every moment.

A calendar is a zone, a week of half-open intervals, and dates that differ. Each interval is turned into UTC on its own date.
Where clocks go forward, a local time that does not exist stands for the one as much later; where they go back, an interval
begins at the first of the two and ends at the second. A date that is closed (`closed`, a public holiday) is so from its
midnight on: an interval of the day before that would run into it ends there.
"""

import heapq
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cached_property, lru_cache
from typing import Annotated, NamedTuple, Self
from zoneinfo import ZoneInfo, available_timezones

import holidays
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    StringConstraints,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from bowchat_registry.written import Written, instead, wrong

LONGEST_CLOSED_DAYS = 366
"""A calendar that stays closed for longer is a mistake: nothing that waits for it would ever be due."""

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_REMEMBERED_DAYS = 2_000
_FEWEST_CLOSED_DATES = LONGEST_CLOSED_DAYS // 7
"""Fewer closed dates than these cannot shut even a week of one day for so long."""
_CLOSED = "closed"

Weekdays = Annotated[str, StringConstraints(pattern=rf"^({'|'.join(_WEEK)})(-({'|'.join(_WEEK)}))?$")]
"""`mon`, or `mon-fri`."""


class Span(NamedTuple):
    """Moments from `start` on, before `end`; both in UTC."""

    start: datetime
    end: datetime


def _interval(text: str) -> str:
    hours = _bounds(text)
    if hours[0] == hours[1]:
        raise ValueError("begins where it ends; a whole day is 00:00-24:00")
    return text


def _bounds(text: str) -> tuple[timedelta, timedelta]:
    """From the start of the day; one that ends at or before its start ends on the next day."""
    first, last = text.split("-")
    start, end = _of_day(first), _of_day(last)
    return start, end if end >= start else end + _DAY


def _of_day(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


_INTERVAL = r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$"
Interval = Annotated[str, StringConstraints(pattern=_INTERVAL), AfterValidator(_interval)]
"""`09:00-13:00`, from its first second on and before its last; `22:00-06:00` ends on the next day."""
Intervals = tuple[Interval, ...]
_DATE_SCHEMA = {
    "anyOf": [{"const": _CLOSED}, {"type": "array", "items": {"type": "string", "pattern": _INTERVAL}}]
}
IntervalsOfDate = Annotated[
    Intervals,
    BeforeValidator(lambda given: () if given == _CLOSED else given),
    WithJsonSchema(_DATE_SCHEMA),
]
"""Intervals, or the word `closed`."""
Subdivision = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{1,6}$")]


class PublicHolidays(Written):
    """The public holidays of a country, closed all day. `dates` may open one of them."""

    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    """ISO 3166-1 alpha-2."""
    subdivision: Subdivision | None = None
    """A state or region by its ISO 3166-2 code without the country: `MH`, `SCT`. It has holidays beside the country's."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        try:
            known = holidays.country_holidays(self.country).subdivisions
        except NotImplementedError:
            raise wrong(
                "has no list of public holidays; give an ISO 3166-1 code as IN or GB", "country"
            ) from None
        if self.subdivision and self.subdivision not in known:
            right = instead(self.subdivision, known) if known else "leave it out"
            raise wrong(f"has no holidays of its own in {self.country}; {right}", "subdivision")
        return self

    def are_on(self, day: date) -> bool:
        return day in _public_holidays(self.country, self.subdivision, day.year)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """All IANA names. Looking for them walks the whole database on disk."""
    return frozenset(available_timezones())


@lru_cache(maxsize=1_024)
def _public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # beyond the years that the library knows in full, it knows fixed dates
        found = holidays.country_holidays(country, subdiv=subdivision, years=year)
    return frozenset(found)


class Calendar(Written):
    """When somebody works."""

    zone: str
    """IANA name, as `Asia/Kolkata`."""
    weekly: dict[Weekdays, Intervals] = Field(min_length=1, json_schema_extra={"additionalProperties": False})
    """The intervals of each weekday; a day that is not listed is closed."""
    dates: dict[date, IntervalsOfDate] = Field(default_factory=dict)
    """Dates that differ from their week: `closed`, from midnight to midnight, or intervals of their own, as a half day or
    an extra one."""
    holidays: PublicHolidays | None = None

    _spans_on: dict[date, tuple[Span, ...]] = PrivateAttr(default_factory=dict)

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in _zones():
            near = get_close_matches(zone, _zones(), n=1)
            raise ValueError(
                f"is no IANA time zone; {f'did you mean {near[0]}?' if near else 'give one as Asia/Kolkata'}"
            )
        return zone

    @model_validator(mode="after")
    def _opens(self) -> Self:
        listed = [day for days in self.weekly for day in _days_of(days)]
        if twice := sorted({_WEEK[day] for day in listed if listed.count(day) > 1}):
            raise wrong(f"lists {', '.join(twice)} more than once; put its intervals in one list", "weekly")
        if not any(self.weekly.values()):
            raise wrong("is never open; give at least one interval in the week", "weekly")
        if sum(not intervals for intervals in self.dates.values()) >= _FEWEST_CLOSED_DATES:
            self._check_longest_closed()
        return self

    def _check_longest_closed(self) -> None:
        """Closed dates in a row could shut for ever what the week leaves open."""
        at = _at(min(self.dates), timedelta(), ZoneInfo("UTC"), fold=0) - 3 * _DAY
        last = at + (max(self.dates) - min(self.dates)) + 6 * _DAY
        while at < last:
            opening = self._next_open(at)
            if opening is None:
                raise wrong(
                    f"close it for more than {LONGEST_CLOSED_DAYS} days in a row; remove some", "dates"
                )
            at = opening + _DAY

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @cached_property
    def _week(self) -> dict[int, Intervals]:
        return {day: intervals for days, intervals in self.weekly.items() for day in _days_of(days)}

    def is_open(self, at: datetime) -> bool:
        return self._next_open(at) == _utc(at)

    def next_open(self, at: datetime) -> datetime:
        """The first moment from `at` on, `at` itself included, at which it is open."""
        found = self._next_open(at)
        assert found is not None, "a calendar that stays closed is refused when it is read"
        return found

    def next_change(self, at: datetime) -> datetime | None:
        """The first moment after `at` at which it opens or closes; None where it is always open."""
        until, at = None, _utc(at)
        for span in self._spans(at):
            if until is None and span.start > at:
                return span.start
            if until is not None and span.start > until:
                break
            until = span.end
            if until - at > LONGEST_CLOSED_DAYS * _DAY:
                return None
        return until

    def elapsed(self, start: datetime, end: datetime) -> float:
        """The seconds from `start` to `end` at which it is open; 0 where `end` is not after `start`."""
        total, end = timedelta(), _utc(end)
        for span in self._spans(start):
            if span.start >= end:
                break
            total += min(span.end, end) - span.start
        return total.total_seconds()

    def due(self, start: datetime, seconds: float) -> datetime:
        """The first moment by which `seconds` of open time have passed since `start`, in UTC."""
        left = timedelta(seconds=seconds)
        if left <= timedelta():
            return _utc(start)
        for span in self._spans(start):
            if span.end - span.start >= left:
                return span.start + left
            left -= span.end - span.start
        raise OverflowError("that much open time lies beyond the calendar's last date")

    def _next_open(self, at: datetime) -> datetime | None:
        span = next(self._spans(at), None)
        return span.start if span else None

    def _spans(self, at: datetime) -> Iterator[Span]:
        """What is open from `at` on, in order and without overlaps. Ends where nothing opens for too long."""
        at = _utc(at)
        # Two days back: an interval may run past midnight, and local dates differ from UTC's.
        day = at.astimezone(self._zone).date() - 2 * _DAY
        reached, waiting = at, list[Span]()
        while day - reached.date() <= LONGEST_CLOSED_DAYS * _DAY and day < date.max - 2 * _DAY:
            for span in self._on(day):
                heapq.heappush(waiting, span)
            day += _DAY
            # Where clocks go forward at midnight, the next day can begin before this one's last interval.
            midnight = min(_at(day, timedelta(), self._zone, fold=fold) for fold in (0, 1))
            while waiting and waiting[0].start < midnight:
                span = heapq.heappop(waiting)
                if span.end > reached:
                    yield Span(max(span.start, reached), span.end)
                    reached = span.end

    def _on(self, day: date) -> tuple[Span, ...]:
        """What opens on this local date."""
        found = self._spans_on.get(day)
        if found is None:
            if len(self._spans_on) >= _REMEMBERED_DAYS:
                self._spans_on.clear()
            found = tuple(self._computed(day))
            self._spans_on[day] = found
        return found

    def _computed(self, day: date) -> Iterator[Span]:
        for interval in self._intervals(day):
            first, last = _bounds(interval)
            start, end = _at(day, first, self._zone, fold=0), _at(day, last, self._zone, fold=1)
            if last >= _DAY and self._is_closed_date(day + _DAY):
                end = _at(day, _DAY, self._zone, fold=0)
            if start < end:
                yield Span(start, end)

    def _intervals(self, day: date) -> Intervals:
        if self._is_closed_date(day):
            return ()
        return self.dates.get(day, self._week.get(day.weekday(), ()))

    def _is_closed_date(self, day: date) -> bool:
        """Closed as a date, whatever its weekday: from midnight to midnight, also for what began the evening before."""
        if day in self.dates:
            return not self.dates[day]
        return self.holidays is not None and self.holidays.are_on(day)


def _utc(moment: datetime) -> datetime:
    """Two moments of different zones are never equal in an hour that comes twice (PEP 495), those of UTC are."""
    if moment.tzinfo is None:
        raise ValueError("business time is asked of moments with a time zone")
    return moment.astimezone(UTC)


def _days_of(days: str) -> list[int]:
    """The weekdays of `mon`, `mon-fri` or `sat-mon`, counted from Monday as 0."""
    first, _, last = days.partition("-")
    start, end = _WEEK.index(first), _WEEK.index(last or first)
    return [each % 7 for each in range(start, end + 1 if end >= start else end + 8)]


def _at(day: date, since_midnight: timedelta, zone: ZoneInfo, *, fold: int) -> datetime:
    """A local time as a moment in UTC."""
    local = (datetime.combine(day, time()) + since_midnight).replace(tzinfo=zone)
    moment = local.astimezone(UTC)
    if fold and moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return local.replace(fold=1).astimezone(UTC)
    return moment  # the first of two; or, of a time that does not exist, the one as much later
