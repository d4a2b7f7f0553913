"""The classifier in use: trained from the registry's taxonomy, asked ahead of the rules so that they need not wait."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Protocol, Self

import structlog

from bowchat_registry.registry import Registry
from bowchat_registry.taxonomy import Taxonomy
from bowchat_router.classify.reading import Classifier, Reader, Reading, Skimmed
from bowchat_router.remembered import Recent

log = structlog.get_logger()

Train = Callable[[Taxonomy], Classifier]
_WARM_UP = "How are you?"
_REMEMBERED = 2_000
"""A batch that is decided again asks for the same."""
LONGEST_TEXT = 2_000
"""Characters that are read: what a message is about is said at its beginning."""


class Readings(Reader, Protocol):
    """What rules ask about a text."""

    async def ahead(self, texts: Sequence[str], registry: Registry) -> None:
        """Read these texts now, beside the event loop; take over the registry's taxonomy where it has changed."""


class Asked:
    """A trained classifier that is asked for the same texts again, and for the beginning of long ones."""

    def __init__(self, classifier: Classifier, most: int) -> None:
        """`most`: readings of so many texts are kept."""
        self._classifier = classifier
        self._known: Recent[str, Reading] = Recent(most)

    def read(self, text: str) -> Reading:
        said = text[:LONGEST_TEXT]
        known = self._known.known([said]).get(said)
        if known is None:
            known = self._classifier.read(said)
            self._known.keep({said: known})
        return known

    def skim(self, text: str) -> Skimmed:
        return self._classifier.skim(text[:LONGEST_TEXT])


class _Current(Protocol):
    @property
    def current(self) -> Registry: ...


class TrainedReadings(AbstractAsyncContextManager["TrainedReadings"]):
    """Reads with a classifier that is trained at the start, and again beside the work when the taxonomy changes."""

    def __init__(self, registries: _Current, train: Train) -> None:
        self._registries, self._train = registries, train
        self._taxonomy: Taxonomy | None = None
        self._asked: Asked | None = None
        self._training: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._learn(self._registries.current.taxonomy)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._training is not None:
            await asyncio.wait({self._training})

    def read(self, text: str) -> Reading:
        return self._current.read(text)

    def skim(self, text: str) -> Skimmed:
        return self._current.skim(text)

    @property
    def _current(self) -> Asked:
        assert self._asked is not None, "a classifier is trained before the first message"
        return self._asked

    async def ahead(self, texts: Sequence[str], registry: Registry) -> None:
        self._follow(registry.taxonomy)
        for text in dict.fromkeys(texts):
            await asyncio.to_thread(self.read, text)

    def _follow(self, taxonomy: Taxonomy) -> None:
        if taxonomy is self._taxonomy or (self._training is not None and not self._training.done()):
            return
        if taxonomy == self._taxonomy:  # another file of the registry has changed
            self._taxonomy = taxonomy
            return
        self._training = asyncio.create_task(self._learn(taxonomy))

    def _trained(self, taxonomy: Taxonomy) -> Classifier:
        """Ready to read: the first text of all loads what the later ones find there."""
        classifier = self._train(taxonomy)
        classifier.read(_WARM_UP)
        return classifier

    async def _learn(self, taxonomy: Taxonomy) -> None:
        classifier = await asyncio.to_thread(self._trained, taxonomy)
        self._asked, self._taxonomy = Asked(classifier, _REMEMBERED), taxonomy
        log.info("classifier_trained", version=classifier.version)
