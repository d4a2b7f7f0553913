"""An alias ends by time or by word and is never given again; STOP and START; in whatever order things come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bowchat_masker.ways import Ended, Way, after_message, closed, revocation, revoked, switched

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def wrote(way: Way | None, days: float, *, alias_days: int | None = 30) -> Way:
    return after_message(way, "acme|ct_a", "ct_a", days=alias_days, received_at=START + days * DAY)


def test_a_day_of_messages_is_one_write() -> None:
    """Only the first message of a day changes the way; one read again from before changes nothing."""
    first = wrote(None, 0)
    assert wrote(first, 0.5) is first
    assert wrote(first, -3) is first
    assert wrote(first, 1).version == 2


def test_an_alias_answers_so_many_days_after_the_last_message() -> None:
    """Whole days; then it has expired, and the next message goes under the next, the old one staying closed."""
    way = wrote(None, 0)
    assert closed(way, 1, START + 30 * DAY) is None
    assert closed(way, 1, START + 31 * DAY) == "alias_expired"
    later = wrote(way, 40)
    assert (later.generation, later.generation_at(START), later.generation_at(START + 40 * DAY)) == (2, 1, 2)
    assert closed(later, 1, START + 40 * DAY) == "alias_expired"
    assert closed(later, 2, START + 40 * DAY) is None
    assert wrote(later, 40) is later


def test_a_revoked_alias_is_blocked() -> None:
    """From the word on; messages from before keep it, later ones go under the next."""
    way = revoked(wrote(None, 0), "cm_a", START + DAY)
    assert closed(way, 1, START + DAY) == "alias_blocked"
    assert (way.generation_at(START + DAY - timedelta(seconds=1)), way.generation_at(START + DAY)) == (1, 2)
    assert revocation(way, 1) == Ended(START + DAY, "cm_a")
    assert revocation(way, 2) is None


def test_a_matter_is_open_for_thirty_days() -> None:
    """Where the agreement names no time, nobody writes long after the policyholder's last message; the alias stays."""
    way = wrote(None, 0, alias_days=None)
    assert closed(way, 1, START + 30 * DAY) is None
    assert closed(way, 1, START + 31 * DAY) == "no_open_matter"
    assert closed(wrote(way, 50, alias_days=None), 1, START + 51 * DAY) is None


def test_an_alias_without_a_way_is_closed() -> None:
    """What nothing is known of does not answer."""
    assert closed(None, 1, START) == "alias_blocked"


def test_stop_holds_until_start() -> None:
    """START before any STOP changes nothing; each is read once, and an older one undoes nothing."""
    way = wrote(None, 0)
    assert switched(way, stopped=False, at=START, seq=1, by="ms_a") is way
    stopped = switched(way, stopped=True, at=START, seq=2, by="ms_b")
    assert closed(stopped, 1, START) == "policyholder_stopped"
    assert switched(stopped, stopped=True, at=START, seq=2, by="ms_b") is stopped
    opened = switched(stopped, stopped=False, at=START, seq=3, by="ms_c")
    assert closed(opened, 1, START) is None
    assert switched(opened, stopped=True, at=START, seq=2, by="ms_b") is opened


ACTS = st.lists(
    st.tuples(st.sampled_from(["write", "revoke", "stop", "start"]), st.floats(0, 200)), max_size=30
)


@given(acts=ACTS, later=st.floats(0, 100))
def test_nothing_passes_to_what_has_ended(acts: list[tuple[str, float]], later: float) -> None:
    """In any order of messages, revocations, STOP and START: an alias that has ended stays closed, and of the present one
    a STOP without a later START closes it.
    """
    way = wrote(None, 0)
    for index, (act, day) in enumerate(acts):
        moment = START + day * DAY
        before = way
        if act == "write":
            way = wrote(way, day)
        elif act == "revoke":
            way = revoked(way, f"cm_{index}", moment)
        else:
            way = switched(way, stopped=act == "stop", at=moment, seq=index, by=f"ms_{index}")
        assert way is before or way.version == before.version + 1
        assert way.ended[: len(before.ended)] == before.ended
        assert list(way.ended) == sorted(way.ended, key=lambda each: each.at)
    now = START + (max([day for _, day in acts], default=0) + later) * DAY
    for generation in range(1, way.generation):
        assert closed(way, generation, now) in ("alias_expired", "alias_blocked")
    words = [(day, index, act) for index, (act, day) in enumerate(acts) if act in ("stop", "start")]
    if words and max(words)[2] == "stop":
        assert closed(way, way.generation, now) in ("alias_expired", "policyholder_stopped")
