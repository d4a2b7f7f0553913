"""Laws of the Cloud API's limits, on a clock of numbers."""

from hypothesis import given
from hypothesis import strategies as st

from bowchat_testkit.whatsapp.limits import PairLimit, Throughput, Windows

PAIR = ("100000000000001", "447700900101")
OTHER = ("100000000000001", "447700900102")


def test_a_burst_of_45_is_borrowed_and_owed() -> None:
    """45 messages go at once; after them one every 6 s, and a burst is free again only when all is paid back."""
    limit = PairLimit(interval_s=6, burst=45)
    assert sum(limit.take(PAIR, 1000.0) for _ in range(60)) == 45
    assert not limit.take(PAIR, 1005.9)
    assert limit.take(PAIR, 1006.0)
    assert not limit.take(PAIR, 1006.0)
    assert sum(limit.take(PAIR, 1006.0 + 45 * 6) for _ in range(60)) == 45


def test_each_pair_has_its_own_limit() -> None:
    """Somebody who is written to a lot takes nothing from others."""
    limit = PairLimit(interval_s=6, burst=1)
    assert limit.take(PAIR, 0.0)
    assert limit.take(OTHER, 0.0)
    assert not limit.take(PAIR, 0.0)


@given(st.lists(st.floats(0, 20), max_size=200))
def test_never_more_than_the_burst_and_the_rate(pauses: list[float]) -> None:
    """In any time t at most burst + t / interval messages go, whatever the rhythm of attempts."""
    limit = PairLimit(interval_s=6, burst=5)
    now, taken = 0.0, 0
    for pause in pauses:
        now += pause
        taken += limit.take(PAIR, now)
    assert taken <= 5 + now / 6 + 1e-6


def test_throughput_counts_both_ways() -> None:
    """80 messages in any second per number: what came in counts, and other numbers do not."""
    throughput = Throughput(80)
    for _ in range(30):
        throughput.count("one", 10.0)
    assert sum(throughput.take("one", 10.5) for _ in range(100)) == 50
    assert throughput.take("two", 10.5)
    assert sum(throughput.take("one", 11.0) for _ in range(100)) == 30


def test_a_window_closes_after_its_time() -> None:
    """A window is open from the person's last message until its length is over."""
    windows = Windows(24 * 3600)
    assert not windows.is_open(PAIR, 0.0)
    windows.open(PAIR, 0.0)
    windows.open(PAIR, 10.0)
    assert windows.is_open(PAIR, 24 * 3600 + 9.0)
    assert not windows.is_open(PAIR, 24 * 3600 + 10.0)
    assert not windows.is_open(OTHER, 11.0)
