"""The registry as services read it: whole, checked and unchanging."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from bowchat_registry.agreements import Agreement
from bowchat_registry.book import KnownPolicies
from bowchat_registry.formats import FormatBook
from bowchat_registry.naming import InsurerNames, KindNames
from bowchat_registry.rules import RuleBook
from bowchat_registry.slash import Desks, Macro
from bowchat_registry.taxonomy import Taxonomy


@dataclass(frozen=True)
class Registry:
    """Agreements by insurer, rules, policies, the taxonomy and commands. A change of any file makes another registry."""

    version: str
    """Derived from the content of all files."""
    agreements: Mapping[str, Agreement]
    rules: RuleBook
    policies: KnownPolicies
    taxonomy: Taxonomy
    commands: Mapping[str, Macro] = field(default_factory=dict)
    """The aggregator's own commands by their names."""

    @property
    def insurers(self) -> tuple[str, ...]:
        return tuple(sorted(self.agreements))

    @cached_property
    def names(self) -> InsurerNames:
        """How people name the insurers."""
        return InsurerNames(self.agreements, self.taxonomy)

    @cached_property
    def kinds(self) -> KindNames:
        """How people name the policy types."""
        return KindNames(self.taxonomy)

    def agreement(self, insurer: str | None, day: date) -> Agreement | None:
        """The insurer's agreement, if it has one that is in force on this day."""
        found = self.agreements.get(insurer) if insurer else None
        return found if found and found.in_force(day) else None

    @cached_property
    def formats(self) -> FormatBook:
        """How all insurers' numbers look."""
        return FormatBook({insurer: each.formats for insurer, each in self.agreements.items()})

    def insurers_by_look(self, text: str) -> frozenset[str]:
        """The insurers whose policy or claim numbers look like one in a text that no policy has. A number that looks like
        several's tells none.
        """
        named = [each for each in self.formats.named_in(text) if each.kind != "vehicle"]
        unknown = {each.number for each in named if not self.policies.matched_in(each.number)}
        whose = [{each.insurer for each in named if each.number == number} for number in unknown]
        return frozenset(each for own in whose if len(own) == 1 for each in own)

    @cached_property
    def desks(self) -> Mapping[str, Desks]:
        """The desks of each insurer, as commands may call them: what `slash.parse` is told."""
        return {insurer: each.desks_by_name for insurer, each in self.agreements.items()}

    def open_desks(self, now: datetime) -> "OpenDesks":
        """The desks that work now, as (insurer, desk)."""
        return OpenDesks(self.agreements, now)

    @cached_property
    def _offered_tags(self) -> frozenset[str]:
        return frozenset(tag for each in self.agreements.values() for tag in each.tags)

    def asked_of_insurers(self, tags: tuple[str, ...]) -> tuple[str, ...]:
        """Those of a message's tags that any insurer offers: the others only describe it."""
        return tuple(each for each in tags if each in self._offered_tags)

    def serving(
        self, policy_type: str, tags: tuple[str, ...], day: date, language: str | None = None
    ) -> tuple[Agreement, ...]:
        """Who may be asked: in force, covers the policy type, serves the language, offers every tag that any insurer
        offers. Where one has the policy type for itself alone, no other is.
        """
        wanted = self.asked_of_insurers(tags)
        covering = [each for each in self._covering.get(policy_type, ()) if each.in_force(day)]
        exclusive = [each for each in covering if policy_type in each.exclusive]
        return tuple(
            each
            for each in exclusive or covering
            if set(wanted).issubset(each.tags) and each.serves(language)
        )

    @cached_property
    def _covering(self) -> Mapping[str, Sequence[Agreement]]:
        found: dict[str, list[Agreement]] = {}
        for agreement in self.agreements.values():
            for policy_type in agreement.policy_types:
                found.setdefault(policy_type, []).append(agreement)
        return found


class OpenDesks(Container[object]):
    """Which desks work at a moment: looked up one by one, when a rule asks."""

    def __init__(self, agreements: Mapping[str, Agreement], now: datetime) -> None:
        self._agreements, self._now = agreements, now

    def __contains__(self, item: object) -> bool:
        insurer, name = item if isinstance(item, tuple) else (None, None)
        agreement = self._agreements.get(insurer or "")
        desk = agreement.desk(name) if agreement else None
        if agreement is None or desk is None:
            return False
        hours = agreement.hours_of(desk)
        return hours is None or hours.is_open(self._now)
