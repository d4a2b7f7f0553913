"""The two versions of the registry that are compared, ready for a log."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bowchat_registry.book import PolicyBook
from bowchat_registry.registry import Registry
from bowchat_router.policies import Policies
from bowchat_router.readings import Asked, Readings, Train
from bowchat_router.shadow.comparing import Shadow
from bowchat_router.shadow.world import World

_REMEMBERED = 20_000
"""Both versions ask for the same."""


class _WhenAsked(Asked):
    """Reads when somebody wants to know."""

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
    first = _WhenAsked(train(current.taxonomy), _REMEMBERED)
    second = first if new.taxonomy == current.taxonomy else _WhenAsked(train(new.taxonomy), _REMEMBERED)
    return Versions(current, new, (first, second))
