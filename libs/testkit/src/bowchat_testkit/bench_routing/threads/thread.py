"""A thread of the play: a matter, what is still to be said in it, and what became of each message."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from bowchat_testkit.bench_routing.threads.scripts import Beat
from bowchat_testkit.bench_routing.threads.world import Matter

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


@dataclass
class Written:
    """One message of the policyholder, and what became of it."""

    thread: int
    text: str
    how: str
    insurers: list[str] = field(default_factory=list)
    """Those it was sent to."""
    asked: bool = False
    triage: bool = False
    rule: str = ""


@dataclass
class Thread:
    """A matter on its way."""

    number: int
    matter: Matter
    beats: list[Beat]
    conversation: str | None = None
    """Where its latest message that an insurer got is."""
    ours: str | None = None
    """The insurer's latest message, as a policyholder may quote it."""
    last_said: datetime = START

    @property
    def insurer(self) -> str:
        return self.matter.policy.insurer
