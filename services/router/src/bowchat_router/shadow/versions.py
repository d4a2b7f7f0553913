"""The two versions of the registry that are compared, ready for a log."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bowchat_registry.book import PolicyBook
from bowchat_registry.registry import Registry
from bowchat_router.classify.reading import Classifier, Reading, Skimmed
from bowchat_router.policies import Policies
from bowchat_router.readings import LONGEST_TEXT, Readings, Train
from bowchat_router.remembered import Recent
from bowchat_router.shadow.comparing import Shadow
from bowchat_router.shadow.world import World

_REMEMBERED = 20_000
"""Readings of texts that are kept: both versions ask for the same."""


class _Asked:
    """A trained classifier, asked when somebody wants to know."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._known: Recent[str, Reading] = Recent(_REMEMBERED)

    def read(self, text: str) -> Reading:
        said = text[:LONGEST_TEXT]
        known = self._known.known([said]).get(said)
        if known is None:
            known = self._classifier.read(said)
            self._known.keep({said: known})
        return known

    def skim(self, text: str) -> Skimmed:
        return self._classifier.skim(text[:LONGEST_TEXT])

    async def ahead(self, texts: Sequence[str], registry: Registry) -> None:
        """Nothing is read ahead: nobody waits."""


@dataclass(frozen=True)
class Versions:
    current: Registry
    new: Registry
    readings: tuple[Readings, Readings]

    def shadow(self, imported: PolicyBook) -> Shadow:
        """Over these imported policies, which both know as the running router does."""
        worlds = (
            World(replace(each, policies=Policies(imported, each.policies)), readings)
            for each, readings in zip((self.current, self.new), self.readings, strict=True)
        )
        return Shadow(*worlds)


def trained(current: Registry, new: Registry, train: Train) -> Versions:
    """Both with their classifiers: one where they teach the same. Takes seconds."""
    first = _Asked(train(current.taxonomy))
    second = first if new.taxonomy == current.taxonomy else _Asked(train(new.taxonomy))
    return Versions(current, new, (first, second))
