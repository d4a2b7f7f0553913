"""How fast the provider lets us send: a rate per business number, a rate per number and recipient, and pauses.

All times are seconds of one clock, handed in.
"""

from dataclasses import dataclass, field


@dataclass
class Gcra:
    """The generic cell rate algorithm: one every `interval` seconds on average, `burst` at once after a rest."""

    interval: float
    burst: int
    _arrivals: dict[str, float] = field(default_factory=dict)
    """Per key, the theoretical arrival time of the next cell."""

    def wait(self, key: str, now: float) -> float:
        """Seconds until the next one of this key may leave; 0 when it may leave now."""
        earliest = self._arrivals.get(key, now) - self.interval * (self.burst - 1)
        return max(earliest - now, 0.0)

    def take(self, key: str, now: float) -> None:
        """Count one that leaves now."""
        self._arrivals[key] = max(self._arrivals.get(key, now), now) + self.interval

    def sweep(self, now: float) -> None:
        """Forget the keys that have rested long enough to be as new."""
        self._arrivals = {key: at for key, at in self._arrivals.items() if at > now}


@dataclass
class Pauses:
    """Channels that rest, and until when."""

    _until: dict[str, float] = field(default_factory=dict)

    def rest(self, channel: str, until: float) -> None:
        """Let it rest until then, or longer if that was said before."""
        self._until[channel] = max(self._until.get(channel, 0.0), until)

    def shortest(self, now: float) -> float | None:
        """Seconds until the next one may go on; None when none rests."""
        return min((until - now for until in self._until.values() if until > now), default=None)

    def active(self, now: float) -> frozenset[str]:
        """The channels that rest now. Those whose time is over are forgotten."""
        self._until = {channel: until for channel, until in self._until.items() if until > now}
        return frozenset(self._until)
