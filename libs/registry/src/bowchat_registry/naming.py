"""Which insurers and policy types a text names, as people name them: "the acme one", "my car insurance". Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping

from bowchat_registry.agreements import Agreement
from bowchat_registry.keywords import words
from bowchat_registry.taxonomy import Taxonomy

_SHORTEST = 4


class InsurerNames:
    """Every word that stands in the name of one insurer alone, and says no line of business."""

    def __init__(self, agreements: Mapping[str, Agreement], taxonomy: Taxonomy) -> None:
        named = {insurer: set(_said(each)) for insurer, each in agreements.items()}
        shared = Counter(word for own in named.values() for word in own)
        common = {word for word, number in shared.items() if number > 1} | set(_of_business(taxonomy))
        self._by_word = {word: insurer for insurer, own in named.items() for word in own - common}
        self._whole = {insurer: tuple(_spelled(each.name)) for insurer, each in agreements.items()}

    def in_text(self, text: str) -> frozenset[str]:
        return frozenset(self._by_word[word] for word in self._by_word.keys() & set(words(text).split()))

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


def _of_business(taxonomy: Taxonomy) -> Iterable[str]:
    terms = [*taxonomy.policy_words]
    for each in taxonomy.policy_types:
        terms += [each.name, *each.names, *each.words]
    return (word for term in terms for word in words(term).split())
