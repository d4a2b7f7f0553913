"""The classifier: wording decides where it is sure, and the meaning is asked where it is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bowchat_router.classify.embedding import Vectors, knows, vector_of
from bowchat_router.classify.head import Model
from bowchat_router.classify.language import language_of
from bowchat_router.classify.phrases import NONE, OFF
from bowchat_router.classify.reading import Guess, Reading, Skimmed
from bowchat_router.classify.sight import Sight
from bowchat_router.classify.tokens import tokens_of

_SURE = 0.97
"""The confidence from which on wording needs no second opinion."""
_RANKED = 3
_Found = tuple[Model, Mapping[str, float]]
"""Which model was asked, and the chance of each class."""


@dataclass(frozen=True)
class Question:
    """One question of every message, and the models that answer it."""

    sight: Sight
    by_wording: Model
    by_meaning: Model
    """Sees the wording too."""


class Cascade:
    """Two models a question, the cheaper first."""

    def __init__(self, version: str, *, policy_type: Question, intent: Question, topic: Question) -> None:
        self.version = version
        self._questions = (policy_type, intent, topic)

    def read(self, text: str) -> Reading:
        tokens, language = tokens_of(text), language_of(text)
        found = [_skimmed(each, tokens) for each in self._questions]
        if knows(language) and any(max(chances.values()) < _SURE for _, chances in found):
            vector = vector_of(text)
            found = [_read(each, tokens, vector) for each in self._questions]
        policy_type, intent, (_, topic) = found
        return Reading(_guess(*policy_type), _guess(*intent), self.version, topic[OFF], language)

    def skim(self, text: str) -> Skimmed:
        tokens = tokens_of(text)
        policy_type, intent, (_, topic) = (_skimmed(each, tokens) for each in self._questions)
        return Skimmed(_guess(*policy_type), _guess(*intent), self.version, topic[OFF])


def _skimmed(question: Question, tokens: Sequence[str]) -> _Found:
    return question.by_wording, question.by_wording.head.chances(question.sight.of(tokens), None)


def _read(question: Question, tokens: Sequence[str], vector: Vectors) -> _Found:
    return question.by_meaning, question.by_meaning.head.chances(question.sight.of(tokens), vector)


def _guess(model: Model, chances: Mapping[str, float]) -> Guess:
    ranked = sorted(
        ((each, chance) for each, chance in chances.items() if each != NONE), key=lambda one: -one[1]
    )
    label, confidence = ranked[0]
    return Guess(label if confidence >= model.threshold else None, confidence, tuple(ranked[:_RANKED]))
