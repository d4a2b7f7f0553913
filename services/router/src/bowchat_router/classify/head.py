"""One question's lesson at work: from what is in a text, and its vector where there is one, to the chance of each class.

Two voices are heard together: a softmax regression, which weighs features against each other, and naive Bayes, which counts
what each of them speaks for by itself. They err on different messages.
"""

from collections.abc import Iterable, Mapping
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
class Weights:
    """What each known feature adds to each class."""

    rows: Mapping[str, int]
    of: Array
    """One row a feature, one column a class."""

    def summed(self, features: Iterable[str]) -> Array:
        """What these features add together, each once."""
        total: Array = self.of[[self.rows[key] for key in features if key in self.rows]].sum(axis=0)
        return total


@dataclass(frozen=True)
class Head:
    labels: tuple[str, ...]
    bias: Array
    wording: Weights
    """Of tokens, pairs and pieces."""
    rarity: Array
    """Of each of these: how rare it is (IDF)."""
    said: Weights
    presence: Weights
    """Naive Bayes, of tokens, pairs and terms."""
    vector: Array | None
    temperature: float

    def chances(self, seen: Seen, vector: Vectors | None) -> dict[str, float]:
        """The calibrated probability of each class."""
        found = _softmax(self._logits(seen, vector) / self.temperature)
        return dict(zip(self.labels, map(float, found), strict=True))

    def _logits(self, seen: Seen, vector: Vectors | None) -> Array:
        found = self.bias + self.presence.summed(seen.wording) + self.presence.summed(seen.said)
        rows = self.wording.rows
        known = {rows[key]: value for each in seen[:2] for key, value in each.items() if key in rows}
        if known:
            places = list(known)
            values = np.array(list(known.values())) * self.rarity[places]
            found += (values / np.linalg.norm(values)) @ self.wording.of[places]
        for key, value in seen.said.items():
            if key in self.said.rows:
                found += value * self.said.of[self.said.rows[key]]
        if self.vector is not None and vector is not None:
            found += vector @ self.vector
        return found


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
