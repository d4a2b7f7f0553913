"""All policies that there are: what the aggregator imported, and what its registry lists."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from bowchat_registry.book import ContactFacts, KnownPolicies, Match, PolicyBook
from bowchat_registry.policies import Policy
from bowchat_registry.registry import Registry


@dataclass(frozen=True, slots=True)
class Policies:
    """Every policy. One that was imported counts before one of that number in the registry's file."""

    imported: PolicyBook
    listed: KnownPolicies
    """Of the registry's `policies.csv`."""

    def __len__(self) -> int:
        return len(self.imported) + sum(each.number not in self.imported for each in self.listed.policies)

    @property
    def policies(self) -> Iterable[Policy]:
        yield from self.imported.policies
        yield from self._listed(self.listed.policies)

    def numbered(self, number: str) -> Policy | None:
        return self.imported.numbered(number) or self.listed.numbered(number)

    def held_by(self, refs: Iterable[str]) -> tuple[Policy, ...]:
        refs = tuple(refs)
        return (*self.imported.held_by(refs), *self._listed(self.listed.held_by(refs)))

    def named_in(self, text: str) -> tuple[Policy, ...]:
        return (*self.imported.named_in(text), *self._listed(self.listed.named_in(text)))

    def matched_in(self, text: str) -> tuple[Match, ...]:
        listed = self.listed.matched_in(text)
        return (
            *self.imported.matched_in(text),
            *(each for each in listed if each.policy.number not in self.imported),
        )

    def contact(self, refs: Iterable[str]) -> ContactFacts | None:
        return self.imported.contact(refs)

    def _listed(self, policies: Iterable[Policy]) -> Iterable[Policy]:
        return (each for each in policies if each.number not in self.imported)


class Registries(Protocol):
    """Whoever has the registry in use."""

    @property
    def current(self) -> Registry: ...


class WithImports:
    """The registry in use, which knows the imported policies as well: the rules need not know that there are two kinds."""

    def __init__(self, registries: Registries, imported: PolicyBook) -> None:
        self._registries, self._imported = registries, imported
        self._files: Registry | None = None
        self._whole: Registry | None = None

    @property
    def current(self) -> Registry:
        files = self._registries.current
        if self._whole is None or files is not self._files:
            self._files = files
            self._whole = replace(files, policies=Policies(self._imported, files.policies))
        return self._whole
