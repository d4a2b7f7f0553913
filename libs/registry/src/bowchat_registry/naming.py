"""Which insurers and policy types a text names, as people name them: "the acme one", "my car insurance". Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping

from bowchat_registry.agreements import Agreement
from bowchat_registry.keywords import words
from bowchat_registry.taxonomy import Taxonomy

_SHORTEST = 4


class InsurerNames:
    """Every word that stands in the name of one insurer alone, and says no line of business; and its aliases."""

    def __init__(self, agreements: Mapping[str, Agreement], taxonomy: Taxonomy) -> None:
        named = {insurer: set(_said(each)) for insurer, each in agreements.items()}
        called = {each.id: set(map(words, each.aliases)) for each in agreements.values()}
        shared = Counter(
            word
            for insurer, own in named.items()
            for word in own.union(*(alias.split() for alias in called[insurer]))
        )
        business = {word for term in business_terms(taxonomy) for word in term.split()}
        common = {word for word, number in shared.items() if number > 1} | business
        self._by_word = {word: insurer for insurer, own in named.items() for word in own - common}
        self._by_alias = {alias: insurer for insurer, own in called.items() for alias in own}
        self._whole = {
            insurer: (*_spelled(each.name), *called[insurer]) for insurer, each in agreements.items()
        }

    def in_text(self, text: str) -> frozenset[str]:
        spaced = words(text)
        by_alias = (insurer for alias, insurer in self._by_alias.items() if alias in spaced)
        by_word = (self._by_word[word] for word in self._by_word.keys() & set(spaced.split()))
        return frozenset((*by_alias, *by_word))

    def left_out(self, text: str) -> str:
        """The words of a text without those of insurers' whole names: "Acme Motor & Home" speaks of neither."""
        rest = words(text)
        for insurer in self.in_text(text):
            for name in self._whole[insurer]:
                rest = rest.replace(name, " ")
        return rest


class KindNames:
    """Every name of a policy type in the taxonomy: "car insurance"."""

    terms: frozenset[str]
    """Names, and words that speak for a policy type, each as `words` gives it."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.terms = frozenset(
            words(term) for each in taxonomy.policy_types for term in (*each.names, *each.words)
        )
        self._by_name = {words(name): each.name for each in taxonomy.policy_types for name in each.names}
        self._longest = max((len(name.split()) for name in self._by_name), default=0)

    def in_text(self, text: str) -> frozenset[str]:
        """The policy types that a text names."""
        said = words(text).split()
        runs = (
            " ".join(("", *said[start : start + length], ""))
            for start in range(len(said))
            for length in range(1, min(self._longest, len(said) - start) + 1)
        )
        return frozenset(self._by_name[run] for run in runs if run in self._by_name)


def _said(agreement: Agreement) -> Iterable[str]:
    spelled = words(f"{agreement.name} {agreement.id.replace('-', ' ')}")
    return (word for word in spelled.split() if len(word) >= _SHORTEST)


def _spelled(name: str) -> Iterable[str]:
    return dict.fromkeys((words(name), words(name.replace("&", " and "))))


def business_terms(taxonomy: Taxonomy) -> frozenset[str]:
    """All that says a line of business rather than an insurer, each as `words` gives it."""
    classes = taxonomy.policy_types
    terms = (term for each in classes for term in (each.name, *each.names, *each.words))
    return frozenset(map(words, (*taxonomy.policy_words, *terms)))
