"""Which insurers and policy types a text names, as people name them: "the acme one", "my car insurance". Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from bowchat_registry.agreements import Agreement
from bowchat_registry.keywords import words
from bowchat_registry.taxonomy import Taxonomy

_SHORTEST = 4


class _Phrases:
    """Phrases, each as `words` gives it, with what each stands for."""

    def __init__(self, meanings: Mapping[str, str]) -> None:
        self._meanings = meanings
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for phrase in meanings:
            said = phrase.split()
            lengths[said[0]].add(len(said))
        self._lengths = {first: sorted(each, reverse=True) for first, each in lengths.items()}

    def places(self, said: Sequence[str]) -> Iterator[tuple[int, int, str]]:
        """Where one begins and ends among these words, and what it stands for; none within a longer one."""
        reached = 0
        for start, first in enumerate(said):
            for length in self._lengths.get(first, ()):
                phrase = " ".join(("", *said[start : start + length], ""))
                if start + length > reached and phrase in self._meanings:
                    reached = start + length
                    yield start, reached, self._meanings[phrase]
                    break

    def meant(self, said: Sequence[str]) -> Iterator[str]:
        """What each stands for that is among these words, within a longer one or not."""
        for start, first in enumerate(said):
            for length in self._lengths.get(first, ()):
                phrase = " ".join(("", *said[start : start + length], ""))
                if phrase in self._meanings:
                    yield self._meanings[phrase]


class InsurerNames:
    """What insurers are called: their whole names, their aliases, and every word that stands in the name of one alone and
    says no line of business. A whole name that another's is longer by, or that is a term of the taxonomy, names nobody.
    """

    def __init__(self, agreements: Mapping[str, Agreement], taxonomy: Taxonomy) -> None:
        business = business_terms(taxonomy)
        shared = whose_phrases(agreements)
        by_phrase = {
            phrase: each.id
            for each in agreements.values()
            for called in (each.name, *each.aliases)
            for phrase in _spelled(called)
            if len(shared[phrase]) == 1 and phrase not in business
        }
        common = {word for term in business for word in term.split()}
        self._by_word = {
            word: each.id
            for each in agreements.values()
            for word in _said(each)
            if word not in common and shared[f" {word} "] <= {each.id}
        }
        self._phrases = _Phrases(by_phrase)

    def in_text(self, text: str) -> frozenset[str]:
        said = words(text).split()
        by_phrase = (insurer for _, _, insurer in self._phrases.places(said))
        by_word = (self._by_word[word] for word in self._by_word.keys() & set(said))
        return frozenset((*by_phrase, *by_word))

    def left_out(self, text: str) -> str:
        """The words of a text without those of insurers' whole names: "Acme Motor & Home" speaks of neither."""
        said = words(text).split()
        named = {place for start, end, _ in self._phrases.places(said) for place in range(start, end)}
        return " ".join(("", *(word for place, word in enumerate(said) if place not in named), ""))


class Sayings:
    """What people say without any insurer in mind: the terms and messages of the taxonomy."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        said = [*taxonomy.policy_words, *taxonomy.off_topic]
        for each in (*taxonomy.policy_types, *taxonomy.intents):
            said += [each.name, *each.names, *each.words, *each.examples]
        self._text = "\n".join(map(words, said))
        self._known = set(self._text.split())

    def has(self, phrase: str) -> bool:
        """Whether a phrase, as `words` gives it, is among it."""
        return self._known.issuperset(phrase.split()) and phrase in self._text


class KindNames:
    """Every name of a policy type in the taxonomy: "car insurance"."""

    terms: frozenset[str]
    """Names, and words that speak for a policy type, each as `words` gives it."""
    plain: frozenset[str]
    """Single words of policies and of what people want of any, none of which speaks for a policy type by itself."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.terms = frozenset(
            words(term) for each in taxonomy.policy_types for term in (*each.names, *each.words)
        )
        general = [*taxonomy.policy_words]
        for each in taxonomy.intents:
            general += [*each.names, *each.words]
        said = {word for term in general for word in words(term).split()}
        self.plain = frozenset(word for word in said if f" {word} " not in self.terms)
        self._phrases = _Phrases(
            {words(name): each.name for each in taxonomy.policy_types for name in each.names}
        )

    def in_text(self, text: str) -> frozenset[str]:
        """The policy types that a text names."""
        return frozenset(self._phrases.meant(words(text).split()))

    def apart(self, text: str) -> frozenset[str]:
        """The same, but for names within longer ones: "travel medical insurance" names no medical insurance."""
        return frozenset(kind for _, _, kind in self._phrases.places(words(text).split()))


def _said(agreement: Agreement) -> Iterable[str]:
    spelled = words(f"{agreement.name} {agreement.id.replace('-', ' ')}")
    return (word for word in spelled.split() if len(word) >= _SHORTEST)


def _spelled(name: str) -> Iterable[str]:
    said = words(name)
    return dict.fromkeys((said, words(name.replace("&", " and ")), said.replace(" and ", " ")))


def runs_of(spaced: str) -> Iterator[str]:
    """Every phrase within a phrase, each, as the whole, as `words` gives it."""
    said = spaced.split()
    for start in range(len(said)):
        for end in range(start + 1, len(said) + 1):
            yield " ".join(("", *said[start:end], ""))


def whose_phrases(agreements: Mapping[str, Agreement]) -> Mapping[str, AbstractSet[str]]:
    """Whose names and aliases each phrase stands in."""
    whose: defaultdict[str, set[str]] = defaultdict(set)
    for each in agreements.values():
        for called in (each.name, each.id.replace("-", " "), *each.aliases):
            for spelled in _spelled(called):
                for run in runs_of(spelled):
                    whose[run].add(each.id)
    return whose


def business_terms(taxonomy: Taxonomy) -> frozenset[str]:
    """All that says a line of business rather than an insurer, each as `words` gives it."""
    classes = taxonomy.policy_types
    terms = (term for each in classes for term in (each.name, *each.names, *each.words))
    return frozenset(map(words, (*taxonomy.policy_words, *terms)))
