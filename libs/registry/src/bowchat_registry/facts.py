"""What rules may ask about a message, beside its words: handed in by who routes it."""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WriterFacts:
    """What is known of who wrote."""

    known: bool = False
    """Whether they hold a policy, are a contact of the aggregator's, or wrote before."""
    tags: tuple[str, ...] = ()
    language: str | None = None
    policies: int = 0
    """How many they hold."""


@dataclass(frozen=True, slots=True)
class HistoryFacts:
    """The contact's conversations up to now."""

    began: tuple[datetime, ...] = ()
    """When each of their conversations was opened."""
    open_with: frozenset[str] = frozenset()
    """The insurers with whom one is open."""
    resolved_at: datetime | None = None
    """When one was last resolved."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a message. What is not known fulfils no condition."""

    policy_type: str | None = None
    """As far as it is known already: rules do not change it."""
    intent: str | None = None
    """As far as it is known already: rules do not change it."""
    tags: tuple[str, ...] = ()
    language: str | None = None
    """BCP 47."""
    now: datetime | None = None
    open_desks: Container[object] = frozenset()
    """(insurer, desk) of those that work now: `Registry.open_desks`."""
    contact: WriterFacts = field(default_factory=WriterFacts)
    history: HistoryFacts = field(default_factory=HistoryFacts)
    ad: str | None = None
    """The ad that the chat began at."""
    button: str | None = None
    """What stands behind the button that was tapped."""


NO_FACTS = Facts()
