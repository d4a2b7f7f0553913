"""Where a message goes. Pure: handed the message, what is known, and the day.

In this order, the first that decides wins, and nothing ever guesses between two insurers:

1. a policy number in the text;
2. the conversation of the message that is quoted, edited, deleted or reacted to;
3. the one conversation that the contact has open with an insurer;
4. the contact's policies, all with one insurer, or one left after the rules named a policy type;
5. the rules: keyword, policy type, the one insurer whose agreement covers it and offers its tags;
6. triage: a conversation without an insurer, which later messages that decide nothing join.

What is done to a message says nothing new (`said`), so it follows that message to its conversation.

What decides an insurer continues the contact's open conversation there about the same policy, or opens one. A triage
conversation stays as it is when a later message names an insurer: people see both.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bowchat_contracts.content import (
    ButtonContent,
    ChoiceContent,
    Content,
    EditContent,
    FlowContent,
    MediaContent,
    OrderContent,
    ReactionContent,
    RevokeContent,
    TextContent,
)
from bowchat_contracts.conversations import ConversationState
from bowchat_contracts.ids import ContactId, ConversationId, MessageId
from bowchat_contracts.inbound import InboundReceived, SlaTerms
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_contracts.pii import MessageText
from bowchat_registry.agreements import Agreement
from bowchat_registry.facts import Facts, HistoryFacts, WriterFacts
from bowchat_registry.policies import Policy
from bowchat_registry.registry import Registry
from bowchat_registry.rules import Applied, Matching, apply

STEPS = frozenset({"policy_number", "other_message", "open_conversation", "contact_policy", "triage"})
"""What decides where no rule does."""
CAREFUL = MaskingPolicy()
"""Until an agreement says how its insurer's messages are masked."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One thread between one contact and one insurer about one matter, as it stands after its latest change."""

    conversation_id: ConversationId
    contact_id: ContactId
    version: int
    """Counts its changes, from 1."""
    last_seq: int
    """The place of its latest message, from 1."""
    state: ConversationState
    insurer: str | None
    desk: str | None
    policy_type: str | None
    policy_number: str | None
    agreement_version: str | None
    business_number_id: str
    opened_at: datetime
    last_message_at: datetime
    """When its latest message was received."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the rules: a text, and what is known of who wrote it."""

    text: str
    held: tuple[Policy, ...]
    """The contact's policies."""
    open: tuple[Conversation, ...]
    """The contact's open conversations, the oldest first."""
    about: tuple[ConversationId, ...] = ()
    """The conversations of the messages that this one quotes, edits, deletes or reacts to."""


@dataclass(frozen=True, slots=True)
class Route:
    """The answer, and why. `conversation` is the open one to continue; None opens another."""

    rule: str
    reasons: tuple[str, ...]
    conversation: Conversation | None
    insurer: str | None = None
    desk: str | None = None
    policy_type: str | None = None
    policy_number: str | None = None
    tags: tuple[str, ...] = ()
    priority: int = 0
    agreement_version: str | None = None
    sla: SlaTerms | None = None
    masking: MaskingPolicy = CAREFUL
    related: tuple[MessageId, ...] = ()
    """Which messages that this one speaks of are in the same conversation."""


@dataclass(frozen=True, slots=True)
class Found:
    """An insurer was decided; the conversation may be too."""

    rule: str
    reason: str
    agreement: Agreement
    policy_type: str | None = None
    policy_number: str | None = None
    conversation: Conversation | None = None


Finding = Found | str | None
"""What a step found; or why it decided nothing, in words; or nothing to say."""


def said(content: Content) -> str:
    """The words of a message that may tell where it belongs; none where it says something of another message."""
    return "\n".join(text.reveal() for text in _words(content) if text is not None)


def _words(content: Content) -> Iterable[MessageText | None]:
    match content:
        case TextContent() | ButtonContent():
            return (content.text,)
        case ChoiceContent():
            return (content.title, content.description)
        case FlowContent():
            return (each.value for each in content.answers)
        case OrderContent():
            return (content.note, *(each.product for each in content.items))
        case MediaContent():
            return (content.caption,)
    return ()


def speaks_of(message: InboundReceived) -> frozenset[MessageId]:
    """The messages that this one quotes, edits, deletes or reacts to. Some may be ours, and unknown by these ids."""
    content = message.content
    of = content.of if isinstance(content, ReactionContent | EditContent | RevokeContent) else None
    return frozenset(each for each in (message.quoted, of) if each)


def route(question: Question, registry: Registry, day: date) -> Route:
    """Where the message goes."""
    matching = registry.rules.matching(question.text)
    applied = apply(matching, _facts(question))
    if applied.triage_by:
        return _undecided(question, applied, [f"rule {applied.triage_by} leaves it to people"])
    reasons: list[str] = []
    steps: tuple[Callable[[], Finding], ...] = (
        lambda: _by_policy_number(question, registry, day),
        lambda: _by_other_message(question, registry, day),
        lambda: _by_open_conversation(question, registry, day),
        lambda: _by_contact_policies(question, applied, registry, day),
        lambda: _by_rules(applied, registry, day),
    )
    for step in steps:
        found = step()
        if isinstance(found, Found):
            return _decided(question, found, matching, reasons)
        if found:
            reasons.append(found)
    return _undecided(question, applied, reasons)


def _facts(question: Question, policy_type: str | None = None) -> Facts:
    open_with = frozenset(each.insurer for each in question.open if each.insurer)
    return Facts(
        policy_type=policy_type,
        contact=WriterFacts(known=bool(question.held or question.open), policies=len(question.held)),
        history=HistoryFacts(open_with=open_with),
    )


def _by_policy_number(question: Question, registry: Registry, day: date) -> Finding:
    named = registry.policies.named_in(question.text)
    if not named:
        return None
    agreement = _only_insurer(named, registry, day)
    if isinstance(agreement, str):
        return f"the text names policies: {agreement}"
    reason = f"the text names a policy of {agreement.id}"
    if named[0].has_holder and named[0] not in question.held:
        reason += ", held by another contact"
    return _of_policies("policy_number", reason, agreement, named)


def _by_other_message(question: Question, registry: Registry, day: date) -> Finding:
    spoken_of = [each for each in question.open if each.conversation_id in question.about and each.insurer]
    if len(spoken_of) != 1:
        return None
    conversation = spoken_of[0]
    agreement = registry.agreement(conversation.insurer or "", day)
    if agreement is None:
        return f"the agreement with {conversation.insurer} is not in force"
    return _continuing("other_message", f"it speaks of a message to {agreement.id}", agreement, conversation)


def _by_open_conversation(question: Question, registry: Registry, day: date) -> Finding:
    open_ = [(each, registry.agreement(each.insurer, day)) for each in question.open if each.insurer]
    usable = [(each, agreement) for each, agreement in open_ if agreement]
    if len(usable) != 1:
        return "several conversations are open, and nothing says which" if usable else None
    conversation, agreement = usable[0]
    return _continuing(
        "open_conversation", f"one conversation is open, with {agreement.id}", agreement, conversation
    )


def _continuing(rule: str, reason: str, agreement: Agreement, conversation: Conversation) -> Found:
    return Found(rule, reason, agreement, conversation.policy_type, conversation.policy_number, conversation)


def _by_contact_policies(question: Question, applied: Applied, registry: Registry, day: date) -> Finding:
    held = question.held
    if not held:
        return None
    about = [each for each in held if applied.policy_type in (None, each.policy_type)]
    if not about:
        return f"the contact holds no {applied.policy_type} policy"
    agreement = _only_insurer(about, registry, day)
    if isinstance(agreement, str):
        return f"the contact's policies: {agreement}"
    narrowed = f" for {applied.policy_type}" if len(about) < len(held) else ""
    return _of_policies(
        "contact_policy", f"the contact's policies{narrowed} are with {agreement.id}", agreement, about
    )


def _by_rules(applied: Applied, registry: Registry, day: date) -> Finding:
    if applied.insurer:
        named = registry.agreement(applied.insurer, day)
        if named is None:
            return f"rule {applied.decided_by} names {applied.insurer}, whose agreement is not in force"
        return Found(
            applied.decided_by or "",
            f"rule {applied.decided_by} names {named.id}",
            named,
            applied.policy_type,
        )
    if not applied.policy_type:
        return "no rule names a policy type"
    serving = registry.serving(applied.policy_type, applied.tags, day)
    about = " and ".join((applied.policy_type, *applied.tags))
    if len(serving) != 1:
        return f"{len(serving) or 'no'} insurers serve {about}, so none is chosen"
    reason = f"rule {applied.decided_by} says {applied.policy_type}; only {serving[0].id} serves {about}"
    return Found(applied.decided_by or "", reason, serving[0], applied.policy_type)


def _only_insurer(policies: Sequence[Policy], registry: Registry, day: date) -> Agreement | str:
    """The one insurer of these policies, or why there is none."""
    insurers = {policy.insurer for policy in policies}
    if len(insurers) > 1:
        return "they are with several insurers, and nothing says which"
    insurer = insurers.pop()
    return registry.agreement(insurer, day) or f"the agreement with {insurer} is not in force"


def _of_policies(rule: str, reason: str, agreement: Agreement, policies: Sequence[Policy]) -> Found:
    """The insurer is certain; policy and policy type are named only where there is one."""
    kinds = {policy.policy_type for policy in policies}
    kind = kinds.pop() if len(kinds) == 1 else None
    return Found(rule, reason, agreement, kind, policies[0].number if len(policies) == 1 else None)


def _decided(question: Question, found: Found, matching: Matching, reasons: Iterable[str]) -> Route:
    agreement = found.agreement
    conversation = found.conversation or _same_matter(question.open, found)
    kind = found.policy_type or (conversation.policy_type if conversation else None)
    number = found.policy_number or (conversation.policy_number if conversation else None)
    applied = apply(matching, _facts(question, kind))
    return Route(
        rule=found.rule,
        reasons=(*reasons, found.reason),
        conversation=conversation,
        insurer=agreement.id,
        desk=_desk(agreement, applied, conversation, kind),
        policy_type=kind,
        policy_number=number,
        tags=applied.tags,
        priority=agreement.priority if applied.priority is None else applied.priority,
        agreement_version=agreement.version,
        sla=agreement.terms,
        masking=agreement.masking_policy,
    )


def _same_matter(open_: Sequence[Conversation], found: Found) -> Conversation | None:
    """The latest open conversation with this insurer that is about nothing else."""
    fitting = [each for each in open_ if each.insurer == found.agreement.id and _fits(each, found)]
    exact = [each for each in fitting if found.policy_number and each.policy_number == found.policy_number]
    return next(reversed(exact or fitting), None)


def _fits(conversation: Conversation, found: Found) -> bool:
    pairs = (
        (conversation.policy_number, found.policy_number),
        (conversation.policy_type, found.policy_type),
    )
    return all(None in pair or pair[0] == pair[1] for pair in pairs)


def _desk(agreement: Agreement, applied: Applied, conversation: Conversation | None, kind: str | None) -> str:
    """A rule's desk; else the desk that has the thread already; else what the agreement says."""
    if applied.desk in agreement.desk_names:
        return applied.desk
    if conversation and conversation.desk in agreement.desk_names:
        return conversation.desk
    return agreement.desk_for(kind, applied.tags)


def _undecided(question: Question, applied: Applied, reasons: Iterable[str]) -> Route:
    waiting = [each for each in question.open if each.insurer is None]
    return Route(
        rule="triage",
        reasons=(*reasons, "nothing decides, so people do"),
        conversation=waiting[-1] if waiting else None,
        policy_type=applied.policy_type,
        tags=applied.tags,
        priority=applied.priority or 0,
    )
