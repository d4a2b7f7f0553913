"""The classifier: wording decides where it is sure, and the meaning is asked where it is not."""

from collections.abc import Mapping
from dataclasses import dataclass

from bowchat_router.classify.embedding import embed, knows
from bowchat_router.classify.head import Model
from bowchat_router.classify.language import language_of
from bowchat_router.classify.phrases import NONE, OFF
from bowchat_router.classify.reading import Guess, Reading
from bowchat_router.classify.sight import Sight
from bowchat_router.classify.tokens import tokens_of

_SURE = 0.97
"""The confidence from which on wording needs no second opinion."""
_RANKED = 3


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
        seen = [each.sight.of(tokens) for each in self._questions]
        models = [each.by_wording for each in self._questions]
        chances = [model.head.chances(one, None) for model, one in zip(models, seen, strict=True)]
        if knows(language) and any(max(each.values()) < _SURE for each in chances):
            vector = embed([text])[0]
            models = [each.by_meaning for each in self._questions]
            chances = [model.head.chances(one, vector) for model, one in zip(models, seen, strict=True)]
        policy_type, intent, topic = chances
        return Reading(
            policy_type=_guess(policy_type, models[0].threshold),
            intent=_guess(intent, models[1].threshold),
            off_topic=topic[OFF],
            language=language,
            model=self.version,
        )


def _guess(chances: Mapping[str, float], threshold: float) -> Guess:
    ranked = sorted(
        ((each, chance) for each, chance in chances.items() if each != NONE), key=lambda one: -one[1]
    )
    label, confidence = ranked[0]
    return Guess(label if confidence >= threshold else None, confidence, tuple(ranked[:_RANKED]))
