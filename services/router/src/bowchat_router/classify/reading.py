"""What a classifier says of a message."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Guess:
    """One class among several, and how sure that is."""

    label: str | None
    """The likeliest class; None where its confidence is below the threshold."""
    confidence: float
    """The calibrated probability that the likeliest class is right, from 0 to 1."""
    ranked: tuple[tuple[str, float], ...]
    """The best three classes and their calibrated probabilities, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Skimmed:
    """One message, read by its wording alone."""

    policy_type: Guess
    intent: Guess
    model: str
    """The version of the classifier."""
    off_topic: float
    """The probability that the message is no business of any insurer."""


@dataclass(frozen=True, slots=True)
class Reading(Skimmed):
    """One message, read."""

    language: str
    """As a BCP 47 tag; `und` where nothing tells."""


class Reader(Protocol):
    """Reads messages."""

    def read(self, text: str, /) -> Reading: ...

    def skim(self, text: str, /) -> Skimmed:
        """By wording alone, at a sixth of the price: where a rule or the context has decided what the message is about."""


class Classifier(Reader, Protocol):
    """The same version reads the same text in the same way."""

    version: str
