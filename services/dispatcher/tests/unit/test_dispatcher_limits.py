"""Rates, bursts and pauses."""

from hypothesis import given
from hypothesis import strategies as st

from bowchat_dispatcher.limits import Gcra, Pauses


def sent(limit: Gcra, moments: list[float]) -> list[float]:
    taken = []
    for now in moments:
        if limit.wait("k", now) == 0:
            limit.take("k", now)
            taken.append(now)
    return taken


def test_pair() -> None:
    """45 at once, then one every six seconds; after a long rest 45 again."""
    limit = Gcra(6.0, 45)
    assert len(sent(limit, [0.0] * 60)) == 45
    assert len(sent(limit, [float(s) for s in range(1, 61)])) == 10
    assert len(sent(limit, [1000.0] * 60)) == 45


@given(st.lists(st.floats(0, 1000), max_size=200).map(sorted))
def test_never_more_than_rate_and_burst(moments: list[float]) -> None:
    """In any span of time at most the burst and what the rate allows leaves."""
    limit = Gcra(6.0, 5)
    taken = sent(limit, moments)
    for i, start in enumerate(taken):
        for j in range(i, len(taken)):
            assert j - i + 1 <= 5 + (taken[j] - start) / 6.0 + 1e-6


def test_wait_is_exact() -> None:
    """The wait that is told is long enough."""
    limit = Gcra(6.0, 1)
    limit.take("k", 0.0)
    assert limit.wait("k", 1.0) == 5.0
    assert limit.wait("k", 6.0) == 0.0
    assert limit.wait("other", 1.0) == 0.0


def test_sweep_forgets_only_the_rested() -> None:
    """Sweeping changes no answer."""
    limit = Gcra(6.0, 1)
    limit.take("old", 0.0)
    limit.take("new", 10.0)
    limit.sweep(12.0)
    assert (limit.wait("old", 12.0), limit.wait("new", 12.0)) == (0.0, 4.0)


def test_pauses() -> None:
    """A channel rests until its time; a shorter pause does not cut a longer one."""
    pauses = Pauses()
    pauses.rest("a", 10.0)
    pauses.rest("a", 5.0)
    assert pauses.active(6.0) == {"a"}
    assert pauses.shortest(6.0) == 4.0
    assert pauses.active(10.0) == frozenset()
    assert pauses.shortest(10.0) is None
