"""What follows of all that is known about one message: what the steps of `matters` ask. Pure."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

from bowchat_registry.agreements import Agreement
from bowchat_router.domain.evidence import Evidence
from bowchat_router.domain.model import Conversation

SUSPICION, SUSPICION_IN_EXCHANGE, SUSPICION_OF_A_FEW_WORDS = 0.01, 0.05, 0.5
"""From when on the classifier's suspicion of another matter counts against what the chat says: in a sentence, in one amid an
exchange, in a few words. What leans on what was said before is asked about less.
"""
SENTENCE = 6
"""Words from which on it is a sentence."""

BETWEEN_INSURERS = 0.99
"""How sure the classifier must be where its word decides which insurer gets the message."""
LEANING = 0.8
"""How sure it must be where the chat speaks for the same insurer."""
OFF_TOPIC = 0.5
"""From when on it rather takes a message for no matter of insurance."""


@dataclass(frozen=True)
class Case(Evidence):
    """What a message is about, what its writer wants, and what speaks for or against a matter."""

    @property
    def kind_by_rule(self) -> bool:
        return self.applied.policy_type is not None and self.kind == self.applied.policy_type

    @cached_property
    def kind(self) -> str | None:
        """The policy type that the words are about: by the rules, else by the classifier where it is sure. None where it is
        at stake between insurers and they are `torn`, or speak of it in passing.
        """
        return None if self._meant is None or self._is_passing(self._meant) else self._meant

    def _is_passing(self, kind: str) -> bool:
        """Whether a policy type is spoken of in an answer that asks for nothing, and is neither named nor the contact's."""
        named = self.named_insurers or self.named_kinds == {kind}
        if not self._is_answer or named or kind in self._own_kinds:
            return False
        return self.reading is not None and self.reading.intent.label is None and self.applied.intent is None

    @property
    def _is_answer(self) -> bool:
        """Whether an insurer has spoken since the policyholder last wrote, and it is one of several."""
        return self.is_at_stake and self.dossier.is_spoken_to

    @cached_property
    def _own_kinds(self) -> set[str]:
        return self._kinds_with(self.insurers)

    @cached_property
    def _meant(self) -> str | None:
        by_rule = self.applied.policy_type
        if by_rule is None:
            return self._read_kind
        if not self.is_at_stake:
            return self._confirmed
        if not self._contradicts_rule:
            return by_rule
        both = self.named_kinds & {by_rule, self._read_kind}
        return next(iter(both)) if len(both) == 1 else None

    @property
    def _confirmed(self) -> str | None:
        """The rule's policy type, where the words are likely about it: "the nominee of my pension plan". Wording alone is
        asked first; where it does not agree, the classifier decides. Unsure, or taking the message for no matter of
        insurance, it outweighs a rule that finds no more in the words than the classifier was taught.
        """
        by_rule, skimmed = self.applied.policy_type, self.skimmed
        if skimmed is None or (skimmed.policy_type.label == by_rule and skimmed.off_topic < OFF_TOPIC):
            return by_rule
        if self.reading is None or self._is_off_topic:
            return None
        read = self.reading.policy_type.label
        stands = self._likeliest in (None, by_rule) or (read is None and not self._repeats_taxonomy)
        return by_rule if stands else read

    @property
    def _is_off_topic(self) -> bool:
        """Whether the classifier read no matter of insurance, and a rule found no more in the words than it was taught."""
        reading = self.__dict__.get("reading")
        return reading is not None and reading.off_topic >= OFF_TOPIC and self._repeats_taxonomy

    @property
    def _likeliest(self) -> str | None:
        ranked = self.reading.policy_type.ranked if self.reading else ()
        return ranked[0][0] if ranked else None

    @property
    def _repeats_taxonomy(self) -> bool:
        """Whether the rule was found by keywords alone, and the taxonomy has each of them."""
        deciding = next(each for each in self.matching.rules if each.name == self.applied.kind_by)
        found = self.matching.found & set(deciding.when.phrases())
        return bool(found) and found <= self.registry.kinds.terms

    @property
    def is_torn(self) -> bool:
        """Whether a rule finds one policy type in the words and the classifier surely another, and none of both is named:
        a keyword may stand in a sentence about something else.
        """
        return self._contradicts_rule and self.kind is None

    @property
    def _contradicts_rule(self) -> bool:
        by_rule = self.applied.policy_type
        return by_rule is not None and self.is_at_stake and self._read_kind not in (None, by_rule)

    @property
    def _read_kind(self) -> str | None:
        """What the classifier is sure of, the surer where it decides between insurers; nothing where the words fit any."""
        if self.reading is None:
            return None
        guess = self.reading.policy_type
        if self.named_kinds == {self._likeliest}:
            return self._likeliest
        if self.is_bare:
            return None
        return guess.label if guess.confidence >= BETWEEN_INSURERS or not self.is_at_stake else None

    @cached_property
    def is_plain(self) -> bool:
        """Whether the words name their subject ("my car insurance", and not the car that somebody comes by), so that they
        count against what was spoken of a moment ago.
        """
        return bool(self.named_insurers) or (self.kind is not None and self.named_kinds == {self.kind})

    @cached_property
    def is_read(self) -> bool:
        """Whether the classifier is sure of the policy type; not a keyword alone."""
        return self.kind is not None and self._read_kind == self.kind

    @cached_property
    def asks_of_it(self) -> bool:
        """Whether it begins or asks something, and the classifier is sure of its subject and knows what for: no answer to
        an insurer is written so.
        """
        if not self.is_read or self.heard.begins:
            return self.is_read
        asks = self.is_sentence and self.heard.is_question
        return asks and self.reading is not None and self.reading.intent.label is not None

    @property
    def is_sentence(self) -> bool:
        """Whether the words are enough to say something of their own."""
        return not self.heard.courtesy and len(self.heard.text.split()) >= SENTENCE

    @property
    def _suspicion(self) -> float:
        soon = self.dossier.is_in_exchange(self.heard.received_at)
        said = SUSPICION_IN_EXCHANGE if soon else SUSPICION
        return said if self.is_sentence else SUSPICION_OF_A_FEW_WORDS

    @property
    def confidence(self) -> float:
        if self.kind_by_rule or self.asked is None or self.kind is None:
            return 1.0
        return self.asked.policy_type.confidence

    @property
    def why_no_kind(self) -> str:
        applied = self.applied
        by_rule = (
            f"rule {applied.kind_by} says {applied.policy_type}"
            if applied.policy_type
            else "no rule names a policy type"
        )
        if self.reading and applied.policy_type and not self.is_at_stake and self._is_off_topic:
            return (
                f"{by_rule}, and the words are likely no matter of insurance ({self.reading.off_topic:.2f})"
            )
        best = self.reading.policy_type.ranked[:1] if self.reading else ()
        if not best:
            return by_rule
        if self.is_bare:
            return f"{by_rule}, and the words fit any of them"
        return f"{by_rule}, and the words may mean {best[0][0]} but not surely ({best[0][1]:.2f})"

    @cached_property
    def intent(self) -> str | None:
        """What the writer wants: by the rules, else by wording, else as the classifier reads it."""
        if self.applied.intent:
            return self.applied.intent
        said = self.skimmed
        if said is not None and said.intent.label is None:
            said = self.reading
        return said.intent.label if said else None

    @property
    def intent_at_a_glance(self) -> str | None:
        """The same, and nothing is read for it: where something else than the words decides where the message goes."""
        said = self.asked or self.skimmed
        return self.applied.intent or (said.intent.label if said else None)

    def speaks_against(self, conversation: Conversation, agreement: Agreement) -> bool:
        """Whether the words are clearly about something else that this contact has, or that this insurer does not do.

        The classifier is asked only where there is something else that they might be about.
        """
        others, by_rule = self._other_kinds(conversation), self.applied.policy_type
        if not others and (by_rule is None or by_rule in agreement.policy_types):
            return False
        kind = self.kind
        if kind is None:
            return False
        if kind not in agreement.policy_types:
            return kind in others or self.kind_by_rule
        return kind in others and conversation.policy_type is not None and conversation.policy_type != kind

    def points_away(self, agreement: Agreement) -> bool:
        """Whether the words are about what this insurer does not do; or may be, and rather about a matter that the contact
        has with another.
        """
        if not self.is_at_stake:
            return False
        if self.kind is not None:
            return self.kind not in agreement.policy_types
        ranked = self.reading.policy_type.ranked if self.reading else ()
        elsewhere = self._kinds_with(self.insurers - {agreement.id}) - set(agreement.policy_types)
        rather = max((score for kind, score in ranked if kind in agreement.policy_types), default=0.0)
        least = self._suspicion
        return any(kind in elsewhere and score >= least and score > rather for kind, score in ranked)

    @cached_property
    def leaning(self) -> str | None:
        """The insurer that has the matter of the contact that the words are likely about, and hardly another."""
        ranked = self.reading.policy_type.ranked if self.reading and not self.is_bare else ()
        likely = [(kind, score) for kind, score in ranked if kind in self._own_kinds and score >= SUSPICION]
        if len(likely) != 1 or likely[0][1] < LEANING:
            return None
        doing = [each for each in self.insurers if likely[0][0] in self._kinds_with({each})]
        return doing[0] if len(doing) == 1 else None

    def _kinds_with(self, insurers: AbstractSet[str | None]) -> set[str]:
        """The policy types of the contact's matters with these: all that an insurer does, where it is not known."""
        matters: list[tuple[str | None, str | None]] = [
            (each.insurer, each.policy_type) for each in self.held
        ]
        matters += [(each.insurer, each.policy_type) for each in self.dossier.with_insurers]
        kinds: set[str] = set()
        for insurer, kind in matters:
            agreement = self.agreement(insurer) if insurer in insurers else None
            if agreement is not None:
                kinds.update((kind,) if kind else agreement.policy_types)
        return kinds

    def _other_kinds(self, conversation: Conversation) -> set[str]:
        """The policy types of the contact's other matters."""
        open_ = (each for each in self.dossier.conversations if each is not conversation and each.is_open)
        kinds = {each.policy_type for each in self.held} | {each.policy_type for each in open_}
        return {each for each in kinds if each is not None and each != conversation.policy_type}
