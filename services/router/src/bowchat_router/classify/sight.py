"""How a text is looked at for one question: whose terms count in it, and which are hidden."""

from collections.abc import Sequence
from dataclasses import dataclass

from bowchat_router.classify.features import said
from bowchat_router.classify.head import Seen
from bowchat_router.classify.terms import Terms

_ANY_POLICY = "§"
"""Stands where a policy type was named. No text has this token."""


@dataclass(frozen=True)
class Sight:
    terms: Terms
    policy_words: Terms
    hidden: Terms | None = None
    """Names that must not matter: what people want of a car policy they want of any."""

    def of(self, tokens: Sequence[str]) -> Seen:
        shown = tuple(_without(tokens, self.hidden) if self.hidden else tokens)
        return Seen(shown, said(shown, self.terms, self.policy_words))


def _without(tokens: Sequence[str], hidden: Terms) -> list[str]:
    shown: list[str] = []
    place = 0
    for hit in hidden.hits(tokens):
        shown += [*tokens[place : hit.start], _ANY_POLICY]
        place = hit.end
    return [*shown, *tokens[place:]]
