"""When the watchdog gives a process up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_runtime.watchdog import Progress


def test_a_consumer_with_lag_and_no_progress_is_stuck_after_the_limit() -> None:
    """Thirty seconds of waiting records and no movement, with everything else well, is stuck."""
    progress = Progress(limit_s=30)
    seen = [progress.stuck("main", lag=5, position=1, excused=False, now=now) for now in (0, 10, 30, 31)]
    assert seen == [False, False, False, True]


@pytest.mark.parametrize(("lag", "excused"), [(0, False), (5, True)])
def test_idle_and_backing_off_consumers_are_left_alone(lag: int, excused: bool) -> None:
    """No lag, or a dependency that is known to be down, is never stuck."""
    progress = Progress(limit_s=30)
    assert not any(
        progress.stuck("main", lag=lag, position=1, excused=excused, now=now) for now in range(0, 600, 5)
    )


@given(st.lists(st.integers(1, 29), min_size=1, max_size=50))
def test_a_consumer_that_moves_is_never_stuck(steps: list[int]) -> None:
    """As long as something is done within each limit, the process lives."""
    progress, now = Progress(limit_s=30), 0
    for position, step in enumerate(steps):
        now += step
        assert not progress.stuck("main", lag=100, position=position, excused=False, now=now)
