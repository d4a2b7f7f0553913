"""What the models learn from: the taxonomy's phrases, each with its class, and those made of them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bowchat_registry.taxonomy import POLICY, Taxonomy, TaxonomyClass
from bowchat_router.classify.features import terms_of
from bowchat_router.classify.language import language_of
from bowchat_router.classify.terms import Terms
from bowchat_router.classify.tokens import tokens_of

NONE = "-"
"""The class of messages that name no policy type, or have no intent. No name of a class looks like this."""
ON, OFF = "on", "off"
_OF_A_WORD = 0.3
"""A word alone says less than a message."""
_OF_OFF_TOPIC = 4.0
"""There are far fewer such phrases than matters, and no fewer such messages."""
_ENOUGH = 160
"""So many of the sentences that any policy fits teach a policy type; more teach it no more."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text and its class."""

    text: str
    label: str
    group: str
    """The phrase of the taxonomy that it was made of: what shares one is held out together."""
    weight: float = 1.0
    written: bool = True
    """A person wrote it as a whole message; only such ones measure the model."""

    @property
    def has_vector(self) -> bool:
        """Whether its sentence vector is learnt from. One of a sentence in which another name was put says little new, and
        there are more of them than of all others.
        """
        return self.written or self.group == self.text


class _Forms:
    """`{policy}` written out, in the language of the sentence where the taxonomy has a term in it."""

    def __init__(self, terms: Sequence[str]) -> None:
        self._all = terms
        self._by_language: defaultdict[str, list[str]] = defaultdict(list)
        for each in terms:
            self._by_language[_language(each)].append(each)

    def written_out(self, sentence: str, turn: int) -> str:
        terms = self._by_language.get(_language(sentence)) or self._by_language.get("en") or self._all
        return sentence.replace(POLICY, terms[turn % len(terms)])


def _language(text: str) -> str:
    """Names are too short to have small words; most are English, or in a script that tells."""
    found = language_of(text.replace(POLICY, ""))
    return found if found in ("hi", "es") else "en"


def of_policy_types(taxonomy: Taxonomy) -> list[Phrase]:
    return list(_of_policy_types(taxonomy))


def _of_policy_types(taxonomy: Taxonomy) -> Iterator[Phrase]:
    sentences = [
        (f"{each.name} {place}", example)
        for each in taxonomy.intents
        for place, example in enumerate(each.examples)
    ]
    of_any = [(group, sentence) for group, sentence in sentences if POLICY in sentence]
    every = 1 + len(of_any) // _ENOUGH
    for index, each in enumerate(taxonomy.policy_types):
        yield from _own(each)
        forms = _Forms(each.names or (each.name,))
        for turn, (group, sentence) in enumerate(of_any[-index % every :: every]):
            yield Phrase(forms.written_out(sentence, turn), each.name, group, written=False)
    terms, anything = terms_of(taxonomy.policy_types), _Forms(taxonomy.policy_words)
    for group, sentence in sentences:
        text = anything.written_out(sentence, len(sentence))
        if _speaks_of_none(text, terms):
            yield Phrase(text, NONE, group)
    for term in taxonomy.policy_words:
        yield Phrase(term, NONE, term, _OF_A_WORD, written=False)
    for example in taxonomy.off_topic:
        yield Phrase(example, NONE, example)


def _speaks_of_none(text: str, terms: Terms) -> bool:
    return not terms.hits(tokens_of(text))


def of_intents(taxonomy: Taxonomy) -> list[Phrase]:
    return list(_of_intents(taxonomy))


def _of_intents(taxonomy: Taxonomy) -> Iterator[Phrase]:
    anything = _Forms(taxonomy.policy_words)
    named = _Forms([name for each in taxonomy.policy_types for name in each.names] or taxonomy.policy_words)
    for each in taxonomy.intents:
        for phrase in _own(each):
            if POLICY not in phrase.text:
                yield phrase
                continue
            turn = len(phrase.text)
            forms = named if turn % 2 else anything
            yield Phrase(forms.written_out(phrase.text, turn), each.name, phrase.group)
    for example in taxonomy.off_topic:
        yield Phrase(example, NONE, example)


def of_topics(taxonomy: Taxonomy) -> list[Phrase]:
    """What is a matter for an insurer, and what is not."""
    matters = {
        phrase.text: phrase
        for phrase in (*_of_policy_types(taxonomy), *_of_intents(taxonomy))
        if phrase.written and phrase.text not in taxonomy.off_topic
    }
    return [
        *(Phrase(each.text, ON, each.group) for each in matters.values()),
        *(Phrase(example, OFF, example, _OF_OFF_TOPIC) for example in taxonomy.off_topic),
    ]


def _own(each: TaxonomyClass) -> Iterator[Phrase]:
    for example in each.examples:
        yield Phrase(example, each.name, example)
    yield Phrase(each.description, each.name, each.description, written=False)
    for name in each.names:
        yield Phrase(name, each.name, name, written=False)
    for word in each.words:
        yield Phrase(word, each.name, word, _OF_A_WORD, written=False)
