"""Learning one question: a regression over all phrases, and others over parts of them that measure its confidence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression

from bowchat_registry.taxonomy import TaxonomyClass
from bowchat_router.classify.calibration import temperature_of, threshold_of
from bowchat_router.classify.embedding import Vectors
from bowchat_router.classify.head import Array, Head, Model
from bowchat_router.classify.phrases import NONE, Phrase
from bowchat_router.classify.sight import Sight
from bowchat_router.classify.tokens import tokens_of

FOLDS = 3
"""A third of the phrases and of the terms is held out at a time: people say far more than any taxonomy has."""
_FEWEST_TEXTS = 3
"""What fewer phrases have teaches little about others, and takes long to learn."""
_OF_A_VECTOR = 2.0
"""How much a vector weighs beside wording, whose length is 1."""
_OF_A_TERM = 0.25
"""How much a term weighs beside them."""
_STEPS = 200
_CLOSE_ENOUGH, _CLOSE_ENOUGH_WITH_VECTORS = 2e-3, 5e-3
"""How flat the loss must be where learning ends. Vectors make a step dear, and the last ones gain little with them."""

Matrix: TypeAlias = Any  # scipy ships no types: a sparse matrix, one row a text
SightOf = Callable[[Sequence[TaxonomyClass]], Sight]


def fold_of(text: str) -> int:
    return crc32(text.encode()) % FOLDS


class Lesson:
    """Phrases as matrices, made once for all that is learnt from them."""

    def __init__(
        self,
        phrases: Sequence[Phrase],
        vectors: Vectors,
        classes: Sequence[TaxonomyClass],
        sight_of: SightOf,
        strength: float,
    ) -> None:
        """`strength`: how far weights may go from zero (scikit-learn's C)."""
        self._strength = strength
        self.sight = sight_of(classes)
        self._phrases, self._vectors = phrases, vectors
        self._labels = np.array([each.label for each in phrases])
        self._weights = np.array([each.weight for each in phrases])
        self._folds = np.array([fold_of(each.group) for each in phrases])
        self._written = np.array([each.written for each in phrases])
        tokens = [tokens_of(each.text) for each in phrases]
        seen = [self.sight.of(each) for each in tokens]
        self._words = DictVectorizer()
        self._wording = self._words.fit_transform([each.wording for each in seen])
        self._terms = DictVectorizer()
        self._said = self._terms.fit_transform([each.said for each in seen])
        self._said_without = []
        for fold in range(FOLDS):
            sight = sight_of(_without(classes, fold))
            self._said_without.append(self._terms.transform([sight.said_of(each) for each in tokens]))

    def model(self, goal: float, *, meaning: bool) -> Model:
        """What knows all phrases, with the confidence and threshold of what did not know the ones it read."""
        everywhere = np.ones(len(self._phrases), dtype=bool)
        learnt = self._learn(everywhere, self._said, meaning=meaning)
        logits, truth = [], []
        for fold, said in enumerate(self._said_without):
            there = self._folds == fold
            asked = there & self._written
            partial = self._learn(~there, said, meaning=meaning)
            logits.append(
                partial.logits(self._wording[asked], said[asked], self._vectors[asked], learnt.labels)
            )
            truth.append(np.searchsorted(learnt.labels, self._labels[asked]))
        found, right = np.concatenate(logits), np.concatenate(truth)
        temperature = temperature_of(found, right)
        chances = softmax(found / temperature, axis=1)
        chances[:, learnt.labels == NONE] = 0.0
        best = chances.argmax(axis=1)
        head = learnt.head(self._words.feature_names_, self._terms.feature_names_, temperature)
        return Model(head, threshold_of(chances.max(axis=1), best == right, goal))

    def _learn(self, kept: NDArray[np.bool_], said: Matrix, *, meaning: bool) -> "_Learnt":
        wording = self._wording[kept]
        common = np.nonzero(np.bincount(wording.indices, minlength=wording.shape[1]) >= _FEWEST_TEXTS)[0]
        rarity = TfidfTransformer().fit(wording[:, common])
        parts = [rarity.transform(wording[:, common]), _OF_A_TERM * said[kept]]
        if meaning:
            parts.append(sp.csr_matrix(_OF_A_VECTOR * self._vectors[kept]))
        flat = _CLOSE_ENOUGH_WITH_VECTORS if meaning else _CLOSE_ENOUGH
        model = LogisticRegression(C=self._strength, max_iter=_STEPS, tol=flat)
        model.fit(
            sp.hstack(parts).tocsr().astype(np.float32), self._labels[kept], sample_weight=self._weights[kept]
        )
        weights, bias = model.coef_.T, model.intercept_
        if len(model.classes_) == 2:  # scikit-learn keeps one column for two classes
            weights, bias = np.hstack([0 * weights, weights]), np.array([0.0, bias[0]])
        ends = np.cumsum([len(common), said.shape[1]])
        of_wording, of_said, of_vector = np.split(weights, ends)
        return _Learnt(
            model.classes_,
            bias,
            common,
            rarity,
            of_wording,
            _OF_A_TERM * of_said,
            _OF_A_VECTOR * of_vector if meaning else None,
        )


@dataclass(frozen=True)
class _Learnt:
    """A regression as matrices."""

    labels: NDArray[np.str_]
    bias: Array
    common: NDArray[np.intp]
    rarity: TfidfTransformer
    of_wording: Array
    of_said: Array
    of_vector: Array | None

    def logits(self, wording: Matrix, said: Matrix, vectors: Vectors, labels: NDArray[np.str_]) -> Array:
        """One row a text, one column for each of the labels."""
        found = (
            self.bias + self.rarity.transform(wording[:, self.common]) @ self.of_wording + said @ self.of_said
        )
        if self.of_vector is not None:
            found = found + vectors @ self.of_vector
        placed = np.full((len(found), len(labels)), found.min() - 1.0)
        placed[:, np.searchsorted(labels, self.labels)] = found
        return placed

    def head(self, words: Sequence[str], terms: Sequence[str], temperature: float) -> Head:
        return Head(
            labels=tuple(map(str, self.labels)),
            bias=self.bias,
            wording={
                words[place]: (float(self.rarity.idf_[at]), self.of_wording[at])
                for at, place in enumerate(self.common)
            },
            said=dict(zip(terms, self.of_said, strict=True)),
            vector=self.of_vector,
            temperature=temperature,
        )


def _without(classes: Sequence[TaxonomyClass], fold: int) -> list[TaxonomyClass]:
    """The classes without the terms that this fold holds out."""
    return [
        each.model_copy(
            update={
                "names": tuple(term for term in each.names if fold_of(term) != fold),
                "words": tuple(term for term in each.words if fold_of(term) != fold),
            }
        )
        for each in classes
    ]
