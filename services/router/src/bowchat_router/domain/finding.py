"""What a step of finding a message's matter says, and what its choices are. Pure."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from bowchat_registry.agreements import Agreement
from bowchat_registry.policies import Policy
from bowchat_router.domain.case import Case
from bowchat_router.domain.model import Choice, Conversation

ENDED = "whose agreement is not in force"


@dataclass(frozen=True, slots=True)
class Found:
    """An insurer was decided; the conversation may be too."""

    rule: str
    reason: str
    agreement: Agreement
    policy_type: str | None = None
    policy_number: str | None = None
    conversation: Conversation | None = None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Several:
    """These fit alike."""

    choices: tuple[Choice, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Theirs:
    """It belongs where no insurer may take it now, and to no other: people decide."""

    reason: str


Finding = Found | Several | Theirs | str | None
"""What a step found; or why it decided nothing, in words; or nothing to say."""


def which(case: Case, reason: str) -> Several:
    """All that the contact has to do with: whoever is asked finds what they mean. What belongs to an insurer that is gone
    goes to people.
    """
    running = [each for each in case.dossier.with_insurers if each.is_open]
    rest = [each for each in case.held if not any(_is_about(one, each) for one in running)]
    return Several((*of_policies_each(rest), *map(of_conversation, running)), reason)


def between(case: Case, insurers: AbstractSet[str], reason: str) -> Several | Theirs:
    """These insurers are spoken of, and nothing tells which is meant: beside all that the contact has to do with, those are
    choices as well. Of who has to do with none, people decide.
    """
    own = which(case, reason).choices
    if not own:
        return Theirs(reason)
    others = sorted(insurers - {each.insurer for each in own})
    return Several((*own, *(Choice("", each) for each in others)), reason)


def _is_about(conversation: Conversation, policy: Policy) -> bool:
    if conversation.policy_number is not None:
        return conversation.policy_number == policy.number
    return conversation.insurer == policy.insurer and conversation.policy_type in (None, policy.policy_type)


def continuing(
    rule: str, reason: str, agreement: Agreement, conversation: Conversation, confidence: float = 1.0
) -> Found:
    return Found(
        rule,
        reason,
        agreement,
        conversation.policy_type,
        conversation.policy_number,
        conversation,
        confidence,
    )


def of_policies(rule: str, reason: str, agreement: Agreement, policies: Sequence[Policy]) -> Found:
    """The insurer is certain; policy and policy type are named only where there is one."""
    kinds = {policy.policy_type for policy in policies}
    kind = kinds.pop() if len(kinds) == 1 else None
    return Found(rule, reason, agreement, kind, policies[0].number if len(policies) == 1 else None)


def of_policies_each(policies: Sequence[Policy]) -> tuple[Choice, ...]:
    return tuple(Choice("", each.insurer, each.policy_type, each.number) for each in policies)


def of_conversation(conversation: Conversation) -> Choice:
    return Choice(
        "",
        conversation.insurer,
        conversation.policy_type,
        conversation.policy_number,
        conversation.conversation_id,
    )
