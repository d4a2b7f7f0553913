"""Making confidence mean accuracy: one temperature a model, and the threshold below which it does not answer."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

Array = NDArray[np.float64]
_COLDEST, _HOTTEST = 0.2, 20.0
_BINS = 10


def temperature_of(logits: Array, truth: Sequence[int] | NDArray[np.intp]) -> float:
    """The number that logits are divided by so that the truth is likeliest. Source: Guo et al., 2017."""
    rows = np.arange(len(truth))

    def loss(log_temperature: float) -> float:
        return -float(log_softmax(logits / np.exp(log_temperature), axis=1)[rows, truth].mean())

    found = minimize_scalar(loss, bounds=(np.log(_COLDEST), np.log(_HOTTEST)), method="bounded")
    return float(np.exp(found.x))


def threshold_of(confidences: Sequence[float], right: Sequence[bool], goal: float) -> float:
    """The lowest confidence from which on answers are as accurate as the goal asks, and stay so above it."""
    order = np.argsort(-np.asarray(confidences), kind="stable")
    sure = np.asarray(confidences, dtype=float)[order]
    accuracy = np.cumsum(np.asarray(right)[order]) / np.arange(1, len(order) + 1)
    # Answers of one confidence are given all or none.
    last_of_its_kind = np.append(sure[1:] != sure[:-1], True)
    reached = np.nonzero(last_of_its_kind & (accuracy >= goal))[0]
    return float(sure[reached[-1]]) if len(reached) else 1.0


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """How far confidence is from accuracy: expected calibration error over ten bins, from 0 to 1."""
    sure, good = np.asarray(confidences), np.asarray(right, dtype=float)
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(sure[bins == each].mean() - good[bins == each].mean()) * (bins == each).sum()
        for each in np.unique(bins)
    ]
    return float(sum(gaps) / len(sure)) if len(sure) else 0.0
