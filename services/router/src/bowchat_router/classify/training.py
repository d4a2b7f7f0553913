"""From a taxonomy to a classifier: models learnt, and their confidence measured on phrases and terms held out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from threadpoolctl import threadpool_limits

from bowchat_contracts.ids import derived_id
from bowchat_registry.taxonomy import Taxonomy, TaxonomyClass
from bowchat_router.classify import embedding
from bowchat_router.classify.calibration import temperature_of, threshold_of
from bowchat_router.classify.cascade import Cascade, Question
from bowchat_router.classify.embedding import Vectors, embed
from bowchat_router.classify.features import terms_of
from bowchat_router.classify.head import Head, fit
from bowchat_router.classify.phrases import NONE, Phrase, of_intents, of_policy_types, of_topics
from bowchat_router.classify.reading import Classifier
from bowchat_router.classify.sight import Sight
from bowchat_router.classify.terms import Terms
from bowchat_router.classify.tokens import tokens_of

REVISION = "1"
"""Of this package: changes where the same taxonomy would be read otherwise."""
POLICY_TYPE_GOAL, INTENT_GOAL = 0.95, 0.80
"""How accurate answers shall be."""
_FOLDS = 2
"""Half of the phrases and terms are held out at a time: people say far more than any taxonomy has."""
_PACKAGES = ("numpy", "scipy", "scikit-learn")

Places = NDArray[np.intp]


def train(taxonomy: Taxonomy) -> Classifier:
    """The classifier that the taxonomy teaches. The same taxonomy and packages give the same one. Takes seconds."""
    with threadpool_limits(limits=1):
        types, intents, topics = of_policy_types(taxonomy), of_intents(taxonomy), of_topics(taxonomy)
        texts = list(dict.fromkeys(each.text for each in (*types, *intents, *topics)))
        vectors = dict(zip(texts, embed(texts), strict=True))
        policy_words = Terms((each, ("policy", "name")) for each in taxonomy.policy_words)
        names = Terms((name, (each.name, "name")) for each in taxonomy.policy_types for name in each.names)

        def sees(classes: Sequence[TaxonomyClass], hidden: Terms | None = None) -> Callable[[int | None], Sight]:
            return lambda fold: Sight(terms_of(_without(classes, fold)), policy_words, hidden)

        every = (*taxonomy.policy_types, *taxonomy.intents)
        return Cascade(
            version_of(taxonomy),
            policy_type=_question(_Lesson(types, vectors, sees(taxonomy.policy_types)), POLICY_TYPE_GOAL),
            intent=_question(_Lesson(intents, vectors, sees(taxonomy.intents, names)), INTENT_GOAL),
            topic=_question(_Lesson(topics, vectors, sees(every)), 0.0),
        )


def version_of(taxonomy: Taxonomy) -> str:
    packages = [f"{each} {version(each)}" for each in _PACKAGES]
    return derived_id("cm", REVISION, embedding.VERSION, *packages, taxonomy.model_dump_json())


def _fold(text: str) -> int:
    return crc32(text.encode()) % _FOLDS


def _without(classes: Sequence[TaxonomyClass], fold: int | None) -> list[TaxonomyClass]:
    """The classes without the terms that this fold holds out."""
    if fold is None:
        return list(classes)
    return [
        each.model_copy(
            update={
                "names": tuple(term for term in each.names if _fold(term) != fold),
                "words": tuple(term for term in each.words if _fold(term) != fold),
            }
        )
        for each in classes
    ]


@dataclass(frozen=True)
class _Lesson:
    """Phrases, and how they are looked at where a fold's terms are held out."""

    phrases: Sequence[Phrase]
    vectors: dict[str, Vectors]
    sight: Callable[[int | None], Sight]

    def learn(self, fold: int | None, *, meaning: bool) -> tuple[Head, Sight]:
        sight = self.sight(fold)
        kept = [each for each in self.phrases if fold is None or _fold(each.group) != fold]
        head = fit(
            [sight.of(tokens_of(each.text)) for each in kept],
            [each.label for each in kept],
            [each.weight for each in kept],
            np.stack([self.vectors[each.text] for each in kept]) if meaning else None,
        )
        return head, sight

    def measured(self, *, meaning: bool) -> tuple[tuple[str, ...], NDArray[np.float64], list[int]]:
        """Logits for each written phrase by a model that knew neither it nor the fold's terms; and the truth."""
        labels = tuple(sorted({each.label for each in self.phrases}))
        logits, truth = [], []
        for fold in range(_FOLDS):
            head, sight = self.learn(fold, meaning=meaning)
            places = [head.labels.index(each) for each in labels]
            for each in self.phrases:
                if each.written and _fold(each.group) == fold:
                    vector = self.vectors[each.text] if meaning else None
                    logits.append(head.logits(sight.of(tokens_of(each.text)), vector)[places])
                    truth.append(labels.index(each.label))
        return labels, np.stack(logits), truth


def _question(lesson: _Lesson, goal: float) -> Question:
    sight = lesson.sight(None)
    by_wording, low = _model(lesson, goal, meaning=False)
    by_meaning, high = _model(lesson, goal, meaning=True)
    return Question(sight, by_wording, by_meaning, (low, high))


def _model(lesson: _Lesson, goal: float, *, meaning: bool) -> tuple[Head, float]:
    """The model that knows all, and the confidence and threshold of those that did not."""
    labels, logits, truth = lesson.measured(meaning=meaning)
    temperature = temperature_of(logits, truth)
    chances = softmax(logits / temperature, axis=1)
    if NONE in labels:
        chances[:, labels.index(NONE)] = 0.0
    best = chances.argmax(axis=1)
    threshold = threshold_of(chances.max(axis=1).tolist(), (best == truth).tolist(), goal)
    head, _ = lesson.learn(None, meaning=meaning)
    return replace(head, temperature=temperature), threshold
