"""The Cloud API's limits, as state that is fed with `now` (seconds on any steady clock)."""

from collections import defaultdict, deque

Pair = tuple[str, str]
"""A business number's id and a person."""

_ROUNDING = 1e-6


class PairLimit:
    """One message per `interval_s` to one person, after `burst` at once: what a burst borrows is owed later (GCRA)."""

    def __init__(self, *, interval_s: float, burst: int) -> None:
        self._interval = interval_s
        self._tolerance = interval_s * (burst - 1) + _ROUNDING
        self._owed_until: dict[Pair, float] = {}

    def take(self, pair: Pair, now: float) -> bool:
        """Whether one more message may go now. A refused one costs nothing."""
        owed = max(self._owed_until.get(pair, now), now)
        if owed - now > self._tolerance:
            return False
        self._owed_until[pair] = owed + self._interval
        return True


class Throughput:
    """So many messages in any second per business number, those that come in included."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._recent: dict[str, deque[float]] = defaultdict(deque)

    def count(self, number_id: str, now: float) -> None:
        """A message that cannot be refused: it came in."""
        self._last_second(number_id, now).append(now)

    def take(self, number_id: str, now: float) -> bool:
        """Whether one more message may go now."""
        recent = self._last_second(number_id, now)
        if len(recent) >= self._per_second:
            return False
        recent.append(now)
        return True

    def _last_second(self, number_id: str, now: float) -> deque[float]:
        recent = self._recent[number_id]
        while recent and recent[0] <= now - 1:
            recent.popleft()
        return recent


class Windows:
    """The customer service window: open for `length_s` after each message of the person. None: always open."""

    def __init__(self, length_s: float | None) -> None:
        self._length = length_s
        self._opened: dict[Pair, float] = {}

    def open(self, pair: Pair, now: float) -> None:
        self._opened[pair] = now

    def is_open(self, pair: Pair, now: float) -> bool:
        if self._length is None:
            return True
        opened = self._opened.get(pair)
        return opened is not None and now - opened < self._length
