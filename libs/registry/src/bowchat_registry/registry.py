"""The registry as services read it: whole, checked and unchanging."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bowchat_registry.agreements import Agreement
from bowchat_registry.book import KnownPolicies
from bowchat_registry.rules import RuleBook
from bowchat_registry.taxonomy import Taxonomy


@dataclass(frozen=True)
class Registry:
    """Agreements by insurer, rules, policies and the taxonomy. A change of any file makes another registry."""

    version: str
    """Derived from the content of all files."""
    agreements: Mapping[str, Agreement]
    rules: RuleBook
    policies: KnownPolicies
    taxonomy: Taxonomy

    @property
    def insurers(self) -> tuple[str, ...]:
        return tuple(sorted(self.agreements))

    def agreement(self, insurer: str | None, day: date) -> Agreement | None:
        """The insurer's agreement, if it has one that is in force on this day."""
        found = self.agreements.get(insurer) if insurer else None
        return found if found and found.in_force(day) else None

    def serving(self, policy_type: str, tags: tuple[str, ...], day: date) -> tuple[Agreement, ...]:
        """Who may be asked: in force, covers the policy type, and offers every tag that any insurer offers."""
        wanted = {tag for tag in tags if any(tag in each.tags for each in self.agreements.values())}
        return tuple(
            each
            for each in self.agreements.values()
            if each.in_force(day) and policy_type in each.policy_types and wanted <= set(each.tags)
        )
