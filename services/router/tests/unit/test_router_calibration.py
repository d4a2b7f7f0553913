"""Confidence means accuracy, and thresholds keep the accuracy that was asked for."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bowchat_router.classify.calibration import calibration_error, temperature_of, threshold_of

ANSWERS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


@given(ANSWERS, st.floats(0.5, 1))
def test_answers_from_the_threshold_on_are_as_right_as_asked(
    answers: list[tuple[float, bool]], goal: float
) -> None:
    """Where no threshold gives the accuracy, there is no answer but of full confidence."""
    confidences, right = zip(*answers, strict=True)
    threshold = threshold_of(confidences, right, goal)
    answered = [good for sure, good in answers if sure >= threshold]
    assert threshold == 1.0 or sum(answered) / len(answered) >= goal


def test_a_model_too_sure_is_cooled() -> None:
    """Logits ten times too large get a temperature near ten, after which confidence is accuracy."""
    drawn = np.random.default_rng(3)
    honest = drawn.normal(size=(4000, 3)) * 2
    chances = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    truth = [int(drawn.choice(3, p=each)) for each in chances]
    assert abs(temperature_of(10 * honest, truth) - 10) < 1


def test_the_error_is_the_gap_between_confidence_and_accuracy() -> None:
    """Half right at nine tenths sure is four tenths off; right as often as sure is not off."""
    assert round(calibration_error([0.9] * 10, [True, False] * 5), 3) == 0.4
    assert round(calibration_error([0.5] * 10, [True, False] * 5), 3) == 0.0
