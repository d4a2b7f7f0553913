"""One question's lesson at work: from what is in a text, and its vector where there is one, to the chance of each class.

Two voices are heard together: a softmax regression, which weighs features against each other, and naive Bayes, which counts
what each of them speaks for by itself. They err on different messages.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bowchat_router.classify.embedding import Vectors
from bowchat_router.classify.features import Features, pairs, pieces_of

Array = NDArray[np.float64]
_TOKENS = 20_000
"""Of so many the rows are remembered."""


class Seen(NamedTuple):
    """One text as a question sees it."""

    tokens: tuple[str, ...]
    said: Features
    """The classes that terms in it speak for."""


class Noted(NamedTuple):
    """What a question knows of a text: enough for each of its models."""

    rows: NDArray[np.intp]
    weights: Array
    """By row: how much of it is in the text."""
    counted: Array
    """What naive Bayes says: the same with and without a vector."""


class Lexicon:
    """The features that one question knows, each with its row in the arrays of those that weigh it."""

    def __init__(self, rows: Mapping[str, int], rarity: Array, counts: Vectors) -> None:
        """`rarity`: how rare a feature of wording is (IDF); 0 where the regression does not know it. `counts`: what a
        feature adds to each class by being there (naive Bayes); pieces of tokens add nothing.
        """
        self._rows, self._rarity, self._counts = rows, rarity, counts
        self._of_token = lru_cache(_TOKENS)(self._rows_of)

    def __reduce__(self) -> tuple[type["Lexicon"], tuple[Mapping[str, int], Array, Vectors]]:
        return Lexicon, (self._rows, self._rarity, self._counts)

    def noted(self, seen: Seen) -> Noted:
        rows = self._rows
        neighbours = [rows[pair] for pair in pairs(seen.tokens) if pair in rows]
        found = Counter(chain(*map(self._of_token, seen.tokens), neighbours))
        terms = {rows[term]: value for term, value in seen.said.items() if term in rows}
        every = np.array([*found, *terms], dtype=np.intp)
        weights = np.array([*found.values(), *terms.values()], dtype=np.float64)
        wording = weights[: len(found)]
        np.log(wording, out=wording)
        wording += 1
        wording *= self._rarity[every[: len(found)]]
        wording /= math.sqrt(wording @ wording) or 1.0
        return Noted(every, weights, self._counts.take(every, axis=0).sum(axis=0))

    def _rows_of(self, token: str) -> tuple[int, ...]:
        rows = self._rows
        return tuple(rows[each] for each in (token, *pieces_of(token)) if each in rows)


@dataclass(frozen=True)
class Head:
    labels: tuple[str, ...]
    bias: Array
    regression: Vectors
    """What a feature adds to each class, one column a class, by how much of it is in the text."""
    vector: Array | None
    temperature: float

    def chances(self, noted: Noted, vector: Vectors | None) -> dict[str, float]:
        """The calibrated probability of each class."""
        logits = self.bias + noted.weights @ self.regression.take(noted.rows, axis=0) + noted.counted
        if self.vector is not None and vector is not None:
            logits += vector @ self.vector
        return dict(zip(self.labels, _softmax(logits / self.temperature).tolist(), strict=True))


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
