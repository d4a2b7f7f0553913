"""One message and what is known about it: its writer, their policies, what rules, names and classifier find in it. Pure."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from bowchat_registry.agreements import Agreement
from bowchat_registry.book import ContactFacts
from bowchat_registry.facts import Facts, HistoryFacts, WriterFacts
from bowchat_registry.keywords import words
from bowchat_registry.policies import Policy
from bowchat_registry.registry import Registry
from bowchat_registry.rules import NOTHING, Applied, Matching, apply
from bowchat_router.classify.language import EVERYDAY, language_of
from bowchat_router.classify.reading import Reader, Reading, Skimmed
from bowchat_router.domain.hearing import Heard
from bowchat_router.domain.model import Dossier
from bowchat_router.domain.tails import ending_in


@dataclass(frozen=True)
class Evidence:
    """A message in the light of its writer's dossier, the registry and the time. What is costly is worked out once, if
    asked at all.
    """

    heard: Heard
    dossier: Dossier
    held: tuple[Policy, ...]
    """The contact's policies."""
    registry: Registry
    reader: Reader
    """The classifier: the same text gives the same reading."""
    now: datetime
    contact: ContactFacts | None = None
    """What the aggregator says of who wrote."""
    failing: frozenset[str] = frozenset()
    """Desks that break too many promises, as `insurer/desk`."""

    @cached_property
    def day(self) -> date:
        return self.now.date()

    def agreement(self, insurer: str | None) -> Agreement | None:
        return self.registry.agreement(insurer, self.day)

    def serving(self, policy_type: str) -> Sequence[Agreement]:
        return self.registry.serving(policy_type, self.applied.tags, self.day, self.spoken)

    @cached_property
    def matching(self) -> Matching:
        return self.registry.rules.matching(self.heard.text, self.registry.names)

    @cached_property
    def applied(self) -> Applied:
        return self.applied_to(None)

    def applied_to(self, policy_type: str | None) -> Applied:
        """What the rules say, where the policy type may be known already."""
        if not self.matching.rules:
            return NOTHING
        return apply(self.matching, self._facts(policy_type))

    def _facts(self, policy_type: str | None) -> Facts:
        return Facts(
            policy_type=policy_type,
            language=self.spoken,
            now=self.now,
            open_desks=self.registry.open_desks(self.now),
            contact=self._writer,
            history=self._history,
            ad=self.heard.ad,
            button=self.heard.button or None,
        )

    @cached_property
    def _writer(self) -> WriterFacts:
        facts = self.contact
        return WriterFacts(
            known=bool(self.held or facts or self.dossier.conversations or self.dossier.past),
            tags=facts.tags if facts else (),
            language=facts.language if facts else None,
            policies=len(self.held),
        )

    @cached_property
    def _history(self) -> HistoryFacts:
        conversations, past = self.dossier.conversations, self.dossier.past
        resolved = [*(each.resolved_at for each in conversations), *(each.resolved_at for each in past)]
        return HistoryFacts(
            began=(*(each.opened_at for each in past), *(each.opened_at for each in conversations)),
            open_with=frozenset(each.insurer for each in conversations if each.insurer and each.is_open),
            resolved_at=max(filter(None, resolved), default=None),
        )

    @cached_property
    def reading(self) -> Reading | None:
        """What the classifier makes of the words; None where there are none."""
        return self.reader.read(self.heard.text) if self.heard.text.strip() else None

    @cached_property
    def skimmed(self) -> Skimmed | None:
        """What wording alone tells, where nothing hangs on it but a second opinion."""
        return self.reader.skim(self.heard.text) if self.heard.text.strip() else None

    @property
    def asked(self) -> Skimmed | None:
        """The best reading that anything so far needed: an explanation costs none."""
        return self.__dict__.get("reading") or self.__dict__.get("skimmed")

    @cached_property
    def named_policies(self) -> tuple[Policy, ...]:
        """Those whose number, vehicle or claim stands in the text or behind the button; else, of the contact's own, those
        called by the last digits.
        """
        text = f"{self.heard.text}\n{self.heard.button}" if self.heard.button else self.heard.text
        named = dict.fromkeys(each.policy for each in self.registry.policies.matched_in(text))
        return tuple(named) or self.policies_by_ending

    @cached_property
    def policies_by_ending(self) -> tuple[Policy, ...]:
        """The contact's policies that the text calls by the last digits of a number."""
        return ending_in(self.heard.text, self.held)

    @cached_property
    def insurers_by_look(self) -> frozenset[str]:
        """The insurers that a number in the text looks like one of, though no policy has it."""
        return self.registry.insurers_by_look(self.heard.text)

    @cached_property
    def named_insurers(self) -> frozenset[str]:
        """The insurers whose name stands in the text, of those that the contact has to do with."""
        return frozenset(self.insurers_by_name & self.insurers)

    @cached_property
    def insurers_by_name(self) -> frozenset[str]:
        """All insurers whose name stands in the text."""
        return self.registry.names.in_text(self.heard.text)

    @cached_property
    def named_kinds(self) -> frozenset[str]:
        """The policy types whose name stands in the text."""
        return self.registry.kinds.in_text(self.heard.text)

    @cached_property
    def is_bare(self) -> bool:
        """Whether the words fit any policy: a number, everyday words, and what people call all policies and want of all."""
        said, plain = words(self.heard.text).split(), self.registry.kinds.plain
        return all(word in plain or word in EVERYDAY or word.isdecimal() for word in said)

    def kinds_beside(self, agreement: Agreement) -> Mapping[str, AbstractSet[str]]:
        """The policy types that the text names and this insurer does not cover, with those who serve them: of who has to do
        with any insurers, of these.
        """
        kinds = self.registry.kinds.apart(self.heard.text).difference(agreement.policy_types)
        serving = {kind: {each.id for each in self.registry.serving(kind, (), self.day)} for kind in kinds}
        theirs = {kind: who & self.insurers if self.insurers else who for kind, who in serving.items()}
        return {kind: who for kind, who in theirs.items() if who}

    @cached_property
    def is_at_stake(self) -> bool:
        """Whether the contact has to do with several insurers, so that the words may decide between them."""
        return len(self.insurers) > 1

    @cached_property
    def insurers(self) -> set[str | None]:
        """Those that the contact has to do with."""
        return {each.insurer for each in self.held} | {each.insurer for each in self.dossier.with_insurers}

    @cached_property
    def spoken(self) -> str | None:
        """The language of the words (BCP 47), else the one the aggregator knows the contact by; None where neither tells."""
        if self.language != "und":
            return self.language
        return self.contact.language if self.contact else None

    @cached_property
    def language(self) -> str:
        return language_of(self.heard.text)
