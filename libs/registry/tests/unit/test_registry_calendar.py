"""Business time is exact: across lunch, nights, holidays and the hours at which clocks change."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bowchat_registry.calendar import Calendar

KOLKATA, LONDON = "Asia/Kolkata", "Europe/London"
OFFICE = {"mon-fri": ["09:00-13:00", "14:00-18:00"]}
MINUTE = timedelta(minutes=1)


def calendar(zone: str = KOLKATA, weekly: object = OFFICE, **more: object) -> Calendar:
    return Calendar.model_validate({"zone": zone, "weekly": weekly, **more})


def local(text: str, zone: str = KOLKATA, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


ALWAYS = {"mon-sun": ["00:00-24:00"]}
WITH_SATURDAY = {**OFFICE, "sat": ["09:00-13:00"]}
HOLIDAY = {"2026-11-23": "closed"}


@pytest.mark.parametrize(
    ("made", "start", "minutes", "due"),
    [
        pytest.param(calendar(), "2026-11-20 17:58", 5, "2026-11-23 09:03", id="over a weekend"),
        pytest.param(calendar(), "2026-11-24 12:30", 60, "2026-11-24 14:30", id="over lunch"),
        pytest.param(calendar(dates=HOLIDAY), "2026-11-20 17:58", 5, "2026-11-24 09:03", id="over a holiday"),
        pytest.param(
            calendar(LONDON, ALWAYS), "2026-10-24 12:00", 24 * 60, "2026-10-25 11:00", id="over a long night"
        ),
        pytest.param(
            calendar(weekly=WITH_SATURDAY), "2026-11-20 18:30", 6 * 60, "2026-11-23 11:00", id="over a half day"
        ),
        pytest.param(calendar(), "2026-11-20 17:58", 2, "2026-11-20 18:00", id="at closing time"),
        pytest.param(calendar(), "2026-11-21 12:00", 0, "2026-11-21 12:00", id="nothing to do"),
        pytest.param(
            calendar(weekly={"mon-sun": ["22:00-06:00"]}), "2026-11-20 05:00", 120, "2026-11-20 23:00", id="at night"
        ),
        pytest.param(
            calendar(dates={"2026-11-21": ["10:00-11:00"]}), "2026-11-20 17:30", 60, "2026-11-21 10:30", id="extra day"
        ),
    ],
)  # fmt: skip
def test_work_is_due_after_so_much_open_time(made: Calendar, start: str, minutes: int, due: str) -> None:
    """A promise of minutes is kept in the desk's own minutes, wherever its nights, lunches and holidays lie."""
    assert made.due(local(start, made.zone), minutes * 60) == local(due, made.zone)
    assert made.elapsed(local(start, made.zone), local(due, made.zone)) == minutes * 60


@pytest.mark.parametrize(
    ("interval", "day", "hours"),
    [
        ("00:00-06:00", "2026-03-29", 5),
        ("00:00-06:00", "2026-10-25", 7),
        ("01:30-02:30", "2026-03-29", 0),  # 01:30 does not exist and stands for 02:30
        ("00:30-01:30", "2026-03-29", 1),  # and so does the end
        ("01:15-01:45", "2026-10-25", 1.5),  # from the first 01:15 to the second 01:45
        ("22:00-06:00", "2026-03-28", 7),
        ("22:00-06:00", "2026-10-24", 9),
    ],
)
def test_clocks_that_change_make_hours_shorter_and_longer(interval: str, day: str, hours: float) -> None:
    """In London an hour is missing on 29 March 2026, and one comes twice on 25 October."""
    made = calendar(LONDON, {"wed": ["12:00-12:01"]}, dates={day: [interval]})
    start = local(f"{day} 00:00", LONDON) - timedelta(hours=6)
    assert made.elapsed(start, start + timedelta(days=2)) == hours * 3600


def test_a_day_may_begin_before_the_last_interval_of_the_day_before() -> None:
    """In Nuuk 23:00 is followed by 00:00 on 28 March 2026: 23:30 stands for 00:30, after the next day's 00:00."""
    nuuk = "America/Nuuk"
    dates = {"2026-03-28": ["23:30-02:00"], "2026-03-29": ["00:00-01:00"]}
    made = calendar(nuuk, {"wed": ["12:00-12:01"]}, dates=dates)
    evening = local("2026-03-28 22:00", nuuk)
    assert made.next_open(evening) == local("2026-03-29 00:00", nuuk)
    assert made.elapsed(evening, local("2026-03-29 12:00", nuuk)) == 2 * 3600


def test_opening_is_half_open() -> None:
    """It is open from the first second on and closed from the last on; lunch is closed."""
    made = calendar()
    for text, is_open in (("08:59:59", 0), ("09:00", 1), ("12:59:59", 1), ("13:00", 0), ("18:00", 0)):
        assert made.is_open(local(f"2026-11-24 {text}")) == bool(is_open)


def test_public_holidays_close_and_a_date_opens_one() -> None:
    """A state's holidays are closed there and nowhere else, and a date of the calendar's own has the last word."""
    republic, state = "2026-01-26 10:00", "2026-05-01 10:00"  # the second is Maharashtra's own day
    plain, country = calendar(), calendar(holidays={"country": "GB"})
    maharashtra = calendar(holidays={"country": "IN", "subdivision": "MH"})
    opened = calendar(
        holidays={"country": "IN", "subdivision": "MH"}, dates={date(2026, 1, 26): ["10:00-12:00"]}
    )
    assert plain.is_open(local(republic))
    assert country.is_open(local(republic))
    assert not maharashtra.is_open(local(republic))
    assert not maharashtra.is_open(local(state))
    assert opened.is_open(local(republic))
    assert not opened.is_open(local(republic) + timedelta(hours=2))


NIGHTS = {"mon-sun": ["22:00-06:00"]}
NEW_YEAR = "2027-01-01"


@pytest.mark.parametrize(
    ("more", "ends"),
    [
        pytest.param({"dates": {NEW_YEAR: "closed"}}, "2027-01-01 00:00", id="a closed date"),
        pytest.param({"holidays": {"country": "GB"}}, "2027-01-01 00:00", id="a public holiday"),
        pytest.param({"dates": {"2026-12-31": ["20:00-08:00"], NEW_YEAR: "closed"}}, "2027-01-01 00:00", id="its own night"),
        pytest.param({"dates": {NEW_YEAR: ["12:00-13:00"]}}, "2027-01-01 06:00", id="a date that opens later"),
        pytest.param({"weekly": {"thu": ["22:00-06:00"]}}, "2027-01-01 06:00", id="a weekday that is not listed"),
        pytest.param(
            {"holidays": {"country": "GB"}, "dates": {NEW_YEAR: ["00:00-06:00"]}}, "2027-01-01 06:00", id="an opened holiday"
        ),
    ],
)  # fmt: skip
def test_a_night_ends_at_midnight_where_the_next_date_is_closed(
    more: Mapping[str, object], ends: str
) -> None:
    """Closed all day means from midnight on: who promises nothing on a holiday is held to nothing on it. A night that begins
    on a day of the week ends as the week says, though the next day is closed by the week.
    """
    made = Calendar.model_validate({"zone": KOLKATA, "weekly": NIGHTS, **more})
    assert made.next_change(local("2026-12-31 23:30")) == local(ends)


def test_a_night_after_a_closed_date_is_whole() -> None:
    """Only what runs into the date is cut."""
    made = calendar(weekly=NIGHTS, dates={NEW_YEAR: "closed"})
    assert made.next_open(local("2027-01-01 00:00")) == local("2027-01-02 22:00")
    assert made.next_change(local("2027-01-02 22:00")) == local("2027-01-03 06:00")


def test_what_changes_next() -> None:
    """Opening, lunch and closing are known ahead; who is always open never changes."""
    made = calendar()
    assert made.next_change(local("2026-11-24 10:00")) == local("2026-11-24 13:00")
    assert made.next_change(local("2026-11-24 13:00")) == local("2026-11-24 14:00")
    assert made.next_change(local("2026-11-20 18:00")) == local("2026-11-23 09:00")
    assert made.next_open(local("2026-11-21 10:00")) == local("2026-11-23 09:00")
    assert made.next_open(local("2026-11-24 10:00")) == local("2026-11-24 10:00")
    assert calendar(weekly=ALWAYS).next_change(local("2026-11-24 10:00")) is None


def test_a_moment_without_a_zone_is_refused() -> None:
    """Nobody's local time is guessed."""
    with pytest.raises(ValueError, match="time zone"):
        calendar().is_open(datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake


EVERY_DAY = [date(2026, 1, 1) + timedelta(days=each) for each in range(370)]


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"zone": "Asia/Kolkatta"}, "did you mean Asia/Kolkata?"),
        ({"zone": "IST+5"}, "give one as Asia/Kolkata"),
        ({"weekly": {}}, "at least 1 item"),
        ({"weekly": {"mon": []}}, "is never open"),
        ({"weekly": {"mon-wed": ["09:00-10:00"], "tue": ["10:00-11:00"]}}, "lists tue more than once"),
        ({"weekly": {"monday": ["09:00-10:00"]}}, "pattern"),
        ({"weekly": {"mon": ["9:00-10:00"]}}, "pattern"),
        ({"weekly": {"mon": ["09:00-09:00"]}}, "a whole day is 00:00-24:00"),
        ({"dates": {"2026-02-30": "closed"}}, "valid date"),
        ({"dates": dict.fromkeys(EVERY_DAY, "closed")}, "close it for more than 366 days in a row"),
        ({"holidays": {"country": "XX"}}, "has no list of public holidays"),
        ({"holidays": {"country": "IN", "subdivision": "MHX"}}, "did you mean MH?"),
    ],
)
def test_a_calendar_that_cannot_be_meant_is_refused(given_: Mapping[str, object], said: str) -> None:
    """No calendar opens never, and none falls back to another zone or week in silence."""
    with pytest.raises(ValidationError) as caught:
        Calendar.model_validate({"zone": KOLKATA, "weekly": OFFICE, **given_})
    assert said in str(caught.value)


def test_a_year_of_closed_dates_is_taken_while_it_opens_in_between() -> None:
    """Only closed dates in a row count."""
    closed = dict.fromkeys(EVERY_DAY, "closed")
    del closed[date(2026, 6, 1)]
    assert calendar(dates=closed).next_open(local("2026-01-01 00:00")) == local("2026-06-01 09:00")


# --- Laws, in zones whose clocks change at one, at two, at midnight, by half an hour, and by a whole day.

ZONES = {
    LONDON: ["2026-03-29", "2026-10-25"],
    "America/New_York": ["2026-03-08", "2026-11-01"],
    "America/Sao_Paulo": ["2018-11-04", "2019-02-17"],
    "America/Nuuk": ["2026-03-28", "2026-10-24"],
    "Australia/Lord_Howe": ["2026-10-04", "2026-04-05"],
    "Pacific/Apia": ["2011-12-29"],
    KOLKATA: ["2026-11-20"],
}
moments_of_day = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
intervals = st.builds("{}-{}".format, moments_of_day, moments_of_day | st.just("24:00")).filter(
    lambda each: each[:5] != each[6:]
)
hours = st.lists(intervals, max_size=3)


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar, and a midnight near a change of its clocks."""
    zone = draw(st.sampled_from(sorted(ZONES)))
    near = date.fromisoformat(draw(st.sampled_from(ZONES[zone])))
    days = draw(
        st.fixed_dictionaries(dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), hours))
    )
    special = draw(
        st.dictionaries(st.sampled_from([near + timedelta(days=each) for each in range(-2, 3)]), hours)
    )
    assume(any(days.values()))
    made = calendar(zone, days, dates=special)
    return made, datetime(near.year, near.month, near.day, tzinfo=UTC)


around, near = (st.integers(-days * 24 * 60, days * 24 * 60) for days in (3, 1))


def open_minutes(made: Calendar, first: datetime, last: datetime) -> int:
    """Counted one by one, from what a clock on the wall shows at each minute."""
    zone = ZoneInfo(made.zone)
    shown: dict[datetime, list[datetime]] = {}
    at = first - timedelta(days=4)
    while at < last + timedelta(days=4):
        shown.setdefault(at.astimezone(zone).replace(tzinfo=None, fold=0), []).append(at)
        at += MINUTE

    def moment(wall: datetime, which: int) -> datetime:
        passed = 0
        while wall not in shown:  # it never showed: go on from the last that did
            wall -= MINUTE
            passed += 1
        return shown[wall][which if not passed else -1] + passed * MINUTE

    found: set[datetime] = set()
    day = (first - timedelta(days=2)).date()
    while day <= (last + timedelta(days=2)).date():
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - as on the wall
        names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        for each in made.dates.get(day, made.weekly.get(names[day.weekday()], ())):
            start, end = (
                midnight + timedelta(hours=int(part[:2]), minutes=int(part[3:])) for part in each.split("-")
            )
            at, until = moment(start, 0), moment(end if end > start else end + timedelta(days=1), -1)
            if made.dates.get(day + timedelta(days=1)) == ():
                until = min(until, moment(midnight + timedelta(days=1), 0))
            while at < until:
                found.add(at)
                at += MINUTE
        day += timedelta(days=1)
    return sum(first <= each < last for each in found)


@settings(max_examples=40, deadline=None)  # every minute of a week is looked at
@given(calendars(), near, near)
def test_open_time_is_what_a_clock_on_the_wall_shows(
    made_at: tuple[Calendar, datetime], one: int, other: int
) -> None:
    """Counting every minute by a clock on the wall gives the same, whatever that clock does in between."""
    made, midnight = made_at
    first, last = midnight + min(one, other) * MINUTE, midnight + max(one, other) * MINUTE
    assert made.elapsed(first, last) == open_minutes(made, first, last) * 60


@given(calendars(), around, st.integers(0, 400_000))
def test_due_is_the_first_moment_with_enough_open_time(
    made_at: tuple[Calendar, datetime], start: int, seconds: int
) -> None:
    """By then exactly so much has passed, and any moment earlier it had not."""
    made, midnight = made_at
    begun = midnight + start * MINUTE
    due = made.due(begun, seconds)
    assert made.elapsed(begun, due) == seconds
    if seconds:
        assert made.elapsed(begun, due - timedelta(microseconds=1)) < seconds


@given(calendars(), around, around, around)
def test_open_time_adds_up(made_at: tuple[Calendar, datetime], one: int, two: int, three: int) -> None:
    """What lies between two moments is the same in one piece and in two."""
    made, midnight = made_at
    first, middle, last = (midnight + each * MINUTE for each in sorted((one, two, three)))
    assert made.elapsed(first, last) == made.elapsed(first, middle) + made.elapsed(middle, last)


@given(calendars(), around)
def test_openings_and_changes_are_where_it_opens_and_changes(
    made_at: tuple[Calendar, datetime], start: int
) -> None:
    """Nothing is open before the next opening, and nothing is otherwise before the next change."""
    made, midnight = made_at
    at = midnight + start * MINUTE
    opening, change = made.next_open(at), made.next_change(at)
    assert made.is_open(opening)
    assert made.elapsed(at, opening) == 0
    if change is not None:
        assert made.is_open(change) != made.is_open(at)
        length = (change - at).total_seconds()
        assert made.elapsed(at, change) == (length if made.is_open(at) else 0)
