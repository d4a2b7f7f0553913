"""One softmax regression: from what is in a text, and its vector where there is one, to the chance of each class."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from bowchat_router.classify.embedding import Vectors
from bowchat_router.classify.features import Features

Array = NDArray[np.float64]

_FEWEST_TEXTS = 2
"""A token of a single text teaches nothing about others."""
_STRENGTH = 4.0
"""How far weights may go from zero (scikit-learn's C)."""
_OF_A_VECTOR = 4.0
"""How much a vector weighs beside wording, whose length is 1."""
_STEPS, _CLOSE_ENOUGH = 200, 1e-3


class Seen(NamedTuple):
    """One text as a model sees it."""

    wording: Features
    said: Features


@dataclass(frozen=True)
class Head:
    labels: tuple[str, ...]
    rarity: Mapping[str, tuple[int, float]]
    """Of each known feature: its place, and how much it weighs for being rare (0 for a term: see `said`)."""
    weights: Array
    vector_weights: Array | None
    bias: Array
    temperature: float = 1.0

    def logits(self, seen: Seen, vector: Vectors | None) -> Array:
        places, values = _row(seen, self.rarity)
        found: Array = self.bias + np.asarray(values) @ self.weights[places]
        if self.vector_weights is not None and vector is not None:
            found = found + _OF_A_VECTOR * (vector @ self.vector_weights)
        return found

    def chances(self, seen: Seen, vector: Vectors | None) -> dict[str, float]:
        """The calibrated probability of each class."""
        found = softmax(self.logits(seen, vector) / self.temperature)
        return dict(zip(self.labels, map(float, found), strict=True))


def fit(seen: Sequence[Seen], labels: Sequence[str], weights: Sequence[float], vectors: Vectors | None) -> Head:
    """The regression that explains these texts' labels best."""
    rarity = _rarity(seen)
    rows = [_row(each, rarity) for each in seen]
    matrix = sp.csr_matrix(
        (
            np.concatenate([values for _, values in rows]),
            np.concatenate([places for places, _ in rows]).astype(np.int32),
            np.cumsum([0, *(len(places) for places, _ in rows)]),
        ),
        shape=(len(rows), len(rarity)),
    )
    if vectors is not None:
        matrix = sp.hstack([matrix, sp.csr_matrix(_OF_A_VECTOR * vectors)]).tocsr()
    model = LogisticRegression(C=_STRENGTH, max_iter=_STEPS, tol=_CLOSE_ENOUGH)
    model.fit(matrix, labels, sample_weight=weights)
    coefficients, bias = model.coef_.T, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps one row for two classes
        coefficients = np.hstack([np.zeros_like(coefficients), coefficients])
        bias = np.array([0.0, bias[0]])
    terms = len(rarity)
    return Head(
        labels=tuple(map(str, model.classes_)),
        rarity=rarity,
        weights=coefficients[:terms],
        vector_weights=coefficients[terms:] if vectors is not None else None,
        bias=bias,
    )


def _rarity(seen: Sequence[Seen]) -> dict[str, tuple[int, float]]:
    texts = Counter(key for each in seen for key in each.wording)
    kept = [key for key, count in texts.items() if count >= _FEWEST_TEXTS]
    found = {key: (place, float(np.log((1 + len(seen)) / (1 + texts[key])) + 1)) for place, key in enumerate(kept)}
    for key in dict.fromkeys(key for each in seen for key in each.said):
        found[key] = (len(found), 0.0)
    return found


def _row(seen: Seen, rarity: Mapping[str, tuple[int, float]]) -> tuple[list[int], list[float]]:
    """Wording as a row of length 1 (TF-IDF); behind it the terms, each at its full weight."""
    places, values = [], []
    for key, value in seen.wording.items():
        known = rarity.get(key)
        if known:
            places.append(known[0])
            values.append(value * known[1])
    length = sum(value * value for value in values) ** 0.5 or 1.0
    values = [value / length for value in values]
    for key, value in seen.said.items():
        known = rarity.get(key)
        if known:
            places.append(known[0])
            values.append(value)
    return places, values
