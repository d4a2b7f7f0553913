"""Learning one question: two voices over all phrases, and others over parts of them that measure their confidence."""

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
from sklearn.naive_bayes import MultinomialNB

from bowchat_registry.taxonomy import TaxonomyClass
from bowchat_router.classify.calibration import temperature_of, threshold_of
from bowchat_router.classify.cascade import Question
from bowchat_router.classify.embedding import Vectors
from bowchat_router.classify.features import pieces, wording
from bowchat_router.classify.head import Array, Head, Lexicon, Model
from bowchat_router.classify.phrases import NONE, Phrase
from bowchat_router.classify.sight import Sight
from bowchat_router.classify.tokens import tokens_of

FOLDS = 2
"""A half of the phrases and of the terms is held out at a time: people say far more than any taxonomy has."""
_ONE_IN, _FEWEST_TEXTS = 500, 5
"""What fewer than one phrase in so many has, up to so many phrases, teaches little about others and takes long to learn."""
_OF_A_VECTOR = 2.0
"""How much a vector weighs beside wording, whose length is 1."""
_OF_A_TERM = 0.27
"""How much a term weighs beside them."""
_OF_COUNTS = 0.45
"""How much naive Bayes weighs beside the regression."""
_DIRECTIONS = 192
"""Of a vector's 512 numbers so many say nearly all in which phrases differ, and are learnt from in a third of the time."""
_SMOOTHED = 0.3
"""How often a feature counts as seen in a class where it was not (Laplace smoothing)."""
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
        self._phrases = phrases
        self._directions = _directions(vectors)
        self._vectors = vectors @ self._directions
        self._labels = np.array([each.label for each in phrases])
        self._weights = np.array([each.weight for each in phrases])
        self._folds = np.array([fold_of(each.group) for each in phrases])
        self._written = np.array([each.written for each in phrases])
        tokens = [tokens_of(each.text) for each in phrases]
        seen = [self.sight.of(each) for each in tokens]
        self._words, self._pieces = DictVectorizer(), DictVectorizer()
        self._whole = self._words.fit_transform([wording(each.tokens) for each in seen])
        found = self._pieces.fit_transform([pieces(each.tokens) for each in seen])
        self._wording = sp.hstack([self._whole, found]).tocsr()
        self._terms = DictVectorizer()
        self._said = self._terms.fit_transform([each.said for each in seen])
        self._said_without = []
        for fold in range(FOLDS):
            sight = sight_of(_without(classes, fold))
            self._said_without.append(self._terms.transform([sight.of(each).said for each in tokens]))

    def question(self, goal: float) -> Question:
        """What knows all phrases, with the confidence and thresholds of what did not know the ones it read."""
        everywhere = np.ones(len(self._phrases), dtype=bool)
        learnt = [self._learn(everywhere, self._said, meaning=each) for each in (False, True)]
        lexicon, kept = self._lexicon(learnt[0])
        by_wording, by_meaning = (self._model(each, kept, goal) for each in learnt)
        return Question(self.sight, lexicon, by_wording, by_meaning)

    def _lexicon(self, learnt: "_Learnt") -> tuple[Lexicon, NDArray[np.intp]]:
        """What both models know of wording, and the places of its features among all."""
        words, pieces, terms = (each.feature_names_ for each in (self._words, self._pieces, self._terms))
        features = [*words, *pieces, *terms]
        rarity, counts = np.zeros(len(features)), np.zeros((len(features), len(learnt.labels)))
        rarity[learnt.common] = learnt.rarity.idf_
        counts[: len(words)], counts[len(words) + len(pieces) :] = np.split(learnt.of_presence, [len(words)])
        kept = np.nonzero(rarity.astype(bool) | counts.any(axis=1))[0]
        rows = {features[place]: row for row, place in enumerate(kept)}
        return Lexicon(rows, rarity[kept], counts[kept].astype(np.float32)), kept

    def _model(self, learnt: "_Learnt", kept: NDArray[np.intp], goal: float) -> Model:
        logits, truth = [], []
        for fold, said in enumerate(self._said_without):
            there = self._folds == fold
            asked = there & self._written
            partial = self._learn(~there, said, meaning=learnt.of_vector is not None)
            logits.append(
                partial.logits(
                    self._wording[asked],
                    self._present(said)[asked],
                    said[asked],
                    self._vectors[asked],
                    learnt.labels,
                )
            )
            truth.append(np.searchsorted(learnt.labels, self._labels[asked]))
        found, right = np.concatenate(logits), np.concatenate(truth)
        temperature = temperature_of(found, right)
        chances = softmax(found / temperature, axis=1)
        chances[:, learnt.labels == NONE] = 0.0
        best = chances.argmax(axis=1)
        regression = np.zeros((self._wording.shape[1] + self._said.shape[1], len(learnt.labels)))
        regression[learnt.common], regression[self._wording.shape[1] :] = learnt.of_wording, learnt.of_said
        head = Head(
            labels=tuple(map(str, learnt.labels)),
            bias=learnt.bias,
            regression=regression[kept].astype(np.float32),
            vector=None if learnt.of_vector is None else self._directions @ learnt.of_vector,
            temperature=temperature,
        )
        return Model(head, threshold_of(chances.max(axis=1), best == right, goal))

    def _present(self, said: Matrix) -> Matrix:
        """Which tokens, pairs and terms are in each text."""
        return sp.hstack([self._whole, said]).tocsr() > 0

    def _learn(self, kept: NDArray[np.bool_], said: Matrix, *, meaning: bool) -> "_Learnt":
        wording = self._wording[kept]
        fewest = min(1 + wording.shape[0] // _ONE_IN, _FEWEST_TEXTS)
        common = np.nonzero(np.bincount(wording.indices, minlength=wording.shape[1]) >= fewest)[0]
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
        counted = MultinomialNB(alpha=_SMOOTHED, fit_prior=False)
        counted.fit(self._present(said)[kept], self._labels[kept], sample_weight=self._weights[kept])
        ends = np.cumsum([len(common), said.shape[1]])
        of_wording, of_said, of_vector = np.split(weights, ends)
        return _Learnt(
            model.classes_,
            bias,
            common,
            rarity,
            of_wording,
            _OF_A_TERM * of_said,
            _OF_COUNTS * counted.feature_log_prob_.T,
            _OF_A_VECTOR * of_vector if meaning else None,
        )


@dataclass(frozen=True)
class _Learnt:
    """Both voices as matrices."""

    labels: NDArray[np.str_]
    bias: Array
    common: NDArray[np.intp]
    rarity: TfidfTransformer
    of_wording: Array
    of_said: Array
    of_presence: Array
    of_vector: Array | None

    def logits(
        self, wording: Matrix, present: Matrix, said: Matrix, vectors: Vectors, labels: NDArray[np.str_]
    ) -> Array:
        """One row a text, one column for each of the labels."""
        found = self.bias + self.rarity.transform(wording[:, self.common]) @ self.of_wording
        found = found + said @ self.of_said + present @ self.of_presence
        if self.of_vector is not None:
            found = found + vectors @ self.of_vector
        placed = np.full((len(found), len(labels)), found.min() - 1.0)
        placed[:, np.searchsorted(labels, self.labels)] = found
        return placed


def _directions(vectors: Vectors) -> Vectors:
    """Those in which the vectors lie, the longest first, as columns (principal components about zero)."""
    _, found = np.linalg.eigh(vectors.T @ vectors)
    longest: Vectors = found[:, ::-1][:, :_DIRECTIONS]
    return longest


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
