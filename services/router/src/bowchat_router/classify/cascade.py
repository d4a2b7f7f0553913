"""The classifier: wording decides where it is sure, and the vector is asked where it is not."""

from collections.abc import Mapping
from dataclasses import dataclass

from bowchat_router.classify.embedding import embed, knows
from bowchat_router.classify.head import Head
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
    by_wording: Head
    by_meaning: Head
    """Sees the wording too."""
    thresholds: tuple[float, float]
    """Of the two models: the confidence below which they do not answer."""


class Cascade:
    """Two models a question, the cheaper first."""

    def __init__(self, version: str, policy_type: Question, intent: Question, topic: Question) -> None:
        self.version = version
        self._questions = (policy_type, intent, topic)

    def read(self, text: str) -> Reading:
        tokens = tokens_of(text)
        seen = [each.sight.of(tokens) for each in self._questions]
        chances = [each.by_wording.chances(one, None) for each, one in zip(self._questions, seen, strict=True)]
        language = language_of(text)
        asked = knows(language) and any(max(each.values()) < _SURE for each in chances)
        if asked:
            vector = embed([text])[0]
            chances = [
                each.by_meaning.chances(one, vector) for each, one in zip(self._questions, seen, strict=True)
            ]
        policy_type, intent, topic = chances
        stage = int(asked)
        return Reading(
            policy_type=_guess(policy_type, self._questions[0].thresholds[stage]),
            intent=_guess(intent, self._questions[1].thresholds[stage]),
            off_topic=topic[OFF],
            language=language,
            model=self.version,
        )


def _guess(chances: Mapping[str, float], threshold: float) -> Guess:
    ranked = sorted(((each, chance) for each, chance in chances.items() if each != NONE), key=lambda one: -one[1])
    label, confidence = ranked[0]
    return Guess(label if confidence >= threshold else None, confidence, tuple(ranked[:_RANKED]))
