"""The classifier: wording decides where it is sure, and the meaning is asked where it is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bowchat_router.classify.embedding import Vectors, knows, vector_of
from bowchat_router.classify.encoder import Pieces
from bowchat_router.classify.head import Lexicon, Model, Noted
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
    lexicon: Lexicon
    by_wording: Model
    by_meaning: Model
    """Sees the wording too."""

    def looked_at(self, tokens: Sequence[str]) -> "Look":
        noted = self.lexicon.noted(self.sight.of(tokens))
        return Look(self, noted, self.by_wording.head.chances(noted, None))


class Look(NamedTuple):
    """What wording tells of one message, for one question."""

    question: Question
    noted: Noted
    chances: Mapping[str, float]

    @property
    def by_wording(self) -> _Found:
        return self.question.by_wording, self.chances

    def by_meaning(self, vector: Vectors) -> _Found:
        model = self.question.by_meaning
        return model, model.head.chances(self.noted, vector)


class Cascade:
    """Two models a question, the cheaper first."""

    def __init__(
        self, version: str, pieces: Pieces, *, policy_type: Question, intent: Question, topic: Question
    ) -> None:
        """`pieces`: the common ones of messages."""
        self.version, self._pieces = version, pieces
        self._questions = (policy_type, intent, topic)
        self._last: tuple[str, list[Look]] = ("", [])

    def read(self, text: str) -> Reading:
        language, looks = language_of(text), self._looks(text)
        found = [each.by_wording for each in looks]
        if knows(language) and any(max(each.chances.values()) < _SURE for each in looks):
            vector = vector_of(text, self._pieces)
            found = [each.by_meaning(vector) for each in looks]
        policy_type, intent, (_, topic) = found
        return Reading(_guess(*policy_type), _guess(*intent), self.version, topic[OFF], language)

    def skim(self, text: str) -> Skimmed:
        policy_type, intent, (_, topic) = (each.by_wording for each in self._looks(text))
        return Skimmed(_guess(*policy_type), _guess(*intent), self.version, topic[OFF])

    def _looks(self, text: str) -> list[Look]:
        """Who skims a text and is not sure reads it next."""
        last, looks = self._last
        if last != text or not looks:
            tokens = tokens_of(text)
            looks = [each.looked_at(tokens) for each in self._questions]
            self._last = text, looks
        return looks


def _guess(model: Model, chances: Mapping[str, float]) -> Guess:
    ranked = sorted(
        ((each, chance) for each, chance in chances.items() if each != NONE), key=lambda one: -one[1]
    )
    label, confidence = ranked[0]
    return Guess(label if confidence >= model.threshold else None, confidence, tuple(ranked[:_RANKED]))
