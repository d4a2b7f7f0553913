"""One question's lesson at work: from what is in a text, and its vector where there is one, to the chance of each class.

Two voices are heard together: a softmax regression, which weighs features against each other, and naive Bayes, which counts
what each of them speaks for by itself. They err on different messages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bowchat_router.classify.embedding import Vectors
from bowchat_router.classify.features import Features

Array = NDArray[np.float64]


class Seen(NamedTuple):
    """One text as a model sees it."""

    wording: Features
    pieces: Features
    said: Features


@dataclass(frozen=True)
class Head:
    labels: tuple[str, ...]
    bias: Array
    rows: Mapping[str, int]
    """Of each known feature, its row in the arrays below."""
    rarity: Array
    """How rare a feature of wording is (IDF); 0 where the regression does not know it."""
    regression: Vectors
    """What a feature adds to each class, one column a class, by how much of it is in the text."""
    counts: Vectors
    """What it adds by being there (naive Bayes); pieces of tokens add nothing."""
    vector: Array | None
    temperature: float

    def chances(self, seen: Seen, vector: Vectors | None) -> dict[str, float]:
        """The calibrated probability of each class."""
        found = _softmax(self._logits(seen, vector) / self.temperature)
        return dict(zip(self.labels, map(float, found), strict=True))

    def _logits(self, seen: Seen, vector: Vectors | None) -> Array:
        wording = {**seen.wording, **seen.pieces}
        places, values = self._known(wording)
        values *= self.rarity[places]
        length = np.linalg.norm(values)
        terms, weights = self._known(seen.said)
        every = [*places, *terms]
        found = self.bias + np.concatenate((values / (length or 1.0), weights)) @ self.regression[every]
        found += self.counts[every].sum(axis=0)
        if self.vector is not None and vector is not None:
            found += vector @ self.vector
        return found

    def _known(self, features: Features) -> tuple[list[int], Array]:
        rows = self.rows
        known = {rows[key]: value for key, value in features.items() if key in rows}
        return list(known), np.array(list(known.values()), dtype=np.float64)


@dataclass(frozen=True)
class Model:
    head: Head
    threshold: float
    """The lowest confidence from which on answers were as accurate as asked."""


def _softmax(logits: Array) -> Array:
    """SciPy's, of which a router at work needs nothing else: to load it takes half a second of every start."""
    found: Array = np.exp(logits - logits.max())
    shares: Array = found / found.sum()
    return shares
