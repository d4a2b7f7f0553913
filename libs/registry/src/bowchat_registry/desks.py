"""Desks: the queues of an insurer, what belongs in each, and what becomes of work that a desk cannot take."""

from typing import Literal, Self

from pydantic import Field, StrictFloat, StrictInt, model_validator

from bowchat_contracts.ids import InsurerId
from bowchat_registry.calendar import Calendar
from bowchat_registry.written import Intent, Language, PolicyType, Tag, Written, serves, wrong

Otherwise = Literal["deliver", "queue", "backup", "triage"]
"""What becomes of new work. `deliver`: the desk gets it all the same. `queue`: it waits for the desk. `backup`: the desk's
backup gets it. `triage`: people decide.
"""


LONGEST_WAIT_S = 6 * 24 * 3600
"""The words of a message that waits are read again where they were received, and topics keep them for seven days."""


class Weights(Written):
    """How many places a conversation takes of a desk's capacity, by its state; one that is a claim weighs `claim`."""

    open: StrictFloat = Field(1.0, ge=0, le=100)
    waiting_documents: StrictFloat = Field(0.2, ge=0, le=100)
    claim: StrictFloat = Field(2.0, ge=0, le=100)


class Backup(Written):
    """Who takes a desk's work instead of it."""

    insurer: InsurerId | None = None
    """Left out: another desk of the same insurer."""
    desk: Tag


class Breaker(Written):
    """When a desk that breaches too often gets no new work: it goes to the backup, or waits in triage without one."""

    ratio: StrictFloat = Field(0.2, gt=0, le=1)
    """The share of promises broken within the window, above which the desk is taken to fail."""
    window_s: StrictInt = Field(900, ge=60, le=24 * 3600)
    least_cases: StrictInt = Field(10, ge=1, le=10_000)
    """Fewer promises than these within the window say nothing."""


class Desk(Written):
    """A queue at an insurer: which messages belong there, when it works, how much it takes."""

    name: Tag
    handles: tuple[Tag, ...] = Field((), max_length=10)
    """Other names for commands: `underwriter` makes `/handoff_to_underwriter` lead here."""
    policy_types: tuple[PolicyType, ...] = ()
    tags: tuple[Tag, ...] = ()
    intents: tuple[Intent, ...] = ()
    languages: tuple[Language, ...] = ()
    """Those it serves; none listed: all."""
    hours: Calendar | None = None
    """When it works; left out: as the agreement says."""
    capacity: StrictFloat | None = Field(None, gt=0, le=100_000)
    """How many places it has; None: as many as come."""
    weights: Weights = Weights()
    backup: Backup | None = None
    when_closed: Otherwise = "deliver"
    when_full: Otherwise = "queue"
    queue_limit_s: StrictInt | None = Field(None, gt=0, le=LONGEST_WAIT_S)
    """How long work waits in its line before people decide; left out: as the agreement's `queue` says."""
    breaker: Breaker | None = None
    """None: however often it breaches, it gets new work."""

    @model_validator(mode="after")
    def _can_do_what_it_says(self) -> Self:
        for name in ("when_closed", "when_full"):
            if getattr(self, name) == "backup" and self.backup is None:
                raise wrong("is backup, and no backup is named; add backup: {desk: …}", name)
        if self.capacity is None and "when_full" in self.model_fields_set:
            raise wrong("is said of a desk that is never full; add its capacity", "when_full")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """All that commands may call it."""
        return (self.name, *self.handles)

    def may_take(self, policy_type: str | None, language: str | None) -> bool:
        """Whether nothing that it lists rules it out. What is not known does not."""
        fits = not self.policy_types or policy_type is None or policy_type in self.policy_types
        return fits and serves(self.languages, language)
