"""One softmax regression at work: from what is in a text, and its vector where there is one, to the chance of each class."""

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
    said: Features


@dataclass(frozen=True)
class Head:
    labels: tuple[str, ...]
    bias: Array
    wording: Mapping[str, tuple[float, Array]]
    """Of each known feature: how rare it is (IDF), and its weight for each class."""
    said: Mapping[str, Array]
    vector: Array | None
    temperature: float

    def chances(self, seen: Seen, vector: Vectors | None) -> dict[str, float]:
        """The calibrated probability of each class."""
        found = _softmax(self._logits(seen, vector) / self.temperature)
        return dict(zip(self.labels, map(float, found), strict=True))

    def _logits(self, seen: Seen, vector: Vectors | None) -> Array:
        found = self.bias.copy()
        known = [(value, *self.wording[key]) for key, value in seen.wording.items() if key in self.wording]
        if known:
            values = np.array([value * rarity for value, rarity, _ in known])
            found += (values / np.linalg.norm(values)) @ np.stack([weights for _, _, weights in known])
        for key, value in seen.said.items():
            if key in self.said:
                found += value * self.said[key]
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
