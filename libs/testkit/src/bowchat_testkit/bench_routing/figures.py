"""What is measured of answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from sklearn.metrics import f1_score

from bowchat_router.classify import Guess
from bowchat_router.classify.calibration import calibration_error

_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one question, over the messages whose answer is known."""

    messages: int
    accuracy: float
    """Of the likeliest class, asked of every message."""
    macro_f1: float
    answered: float
    """The share of messages that got an answer."""
    accuracy_answered: float
    accuracy_surest: float
    """Of the four fifths of messages with the highest confidence."""
    calibration_error: float


def measure(truth: Sequence[str | None], guesses: Sequence[Guess]) -> Figures:
    known = [(right, guess) for right, guess in zip(truth, guesses, strict=True) if right is not None]
    likeliest = [guess.ranked[0][0] if guess.ranked else "" for _, guess in known]
    good = [right == label for (right, _), label in zip(known, likeliest, strict=True)]
    answers = [one for one, (_, guess) in zip(good, known, strict=True) if guess.label is not None]
    surest = sorted(
        zip([-guess.confidence for _, guess in known], good, strict=True), key=lambda each: each[0]
    )
    kept = surest[: int(_SHARE * len(surest))]
    return Figures(
        messages=len(known),
        accuracy=_mean(good),
        macro_f1=float(
            f1_score(
                [right for right, _ in known],
                likeliest,
                labels=sorted({right for right, _ in known}),
                average="macro",
                zero_division=0,
            )
        ),
        answered=len(answers) / len(known),
        accuracy_answered=_mean(answers),
        accuracy_surest=_mean([one for _, one in kept]),
        calibration_error=calibration_error([guess.confidence for _, guess in known], good),
    )


def _mean(good: Sequence[bool]) -> float:
    return sum(good) / len(good) if good else 0.0
