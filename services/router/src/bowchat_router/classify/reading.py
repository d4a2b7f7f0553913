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
class Reading:
    """One message, read."""

    policy_type: Guess
    intent: Guess
    off_topic: float
    """The probability that the message is no business of any insurer."""
    language: str
    """As a BCP 47 tag; `und` where nothing tells."""
    model: str
    """The version of the classifier."""


class Classifier(Protocol):
    """Reads messages. The same version reads the same text in the same way."""

    version: str

    def read(self, text: str) -> Reading: ...
