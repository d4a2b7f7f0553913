"""Which matter a message is about, and so which insurer, desk and conversation. Pure: handed the message, what is known,
and the time.

In this order, the first that decides wins, and nothing ever guesses between two insurers:

1. the conversation of the message that is quoted, edited, deleted or reacted to;
2. a policy's, claim's or vehicle's number, in the text or behind the button that was tapped;
3. doubt: a greeting begins something and says not what; a keyword of a rule may stand in a sentence about something else;
4. the one conversation that is open, unless the words are about something else that the contact has; of several the one that
   the words fit, or the one in which somebody spoke last, just now;
5. the contact's policies: one insurer, or one left after the words named a policy type;
6. the rules, then the classifier: the one insurer whose agreement covers it;
7. two or more matters are left: the policyholder is asked; none: people decide (`triage`).

A chat goes on from what was said last. So a message without a word of its own belongs to the one insurer that has spoken
since the policyholder last wrote anywhere; where several have, or it is long ago (`HOT`), nobody could tell. Words and chat
check each other: while an insurer waits for an answer, words that seem to be about something else are believed only if they
name it, and where only the chat speaks for a conversation, already the suspicion that a whole sentence is about another
insurer's business is reason to ask. Whoever is asked may choose among all their matters.

The classifier is asked last and only where rules leave a doubt. What is done to a message says nothing new (`said`), so it
follows that message to its conversation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bowchat_registry.agreements import Agreement
from bowchat_registry.policies import Policy
from bowchat_router.domain.case import Case
from bowchat_router.domain.model import Choice, Conversation

HOT = timedelta(minutes=15)
"""So long a message without a word of its own goes on with what was said last."""
FRESH = timedelta(hours=24)
"""So long after it was resolved, a conversation takes a message that nothing else explains."""


_ENDED = "whose agreement is not in force"


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

Running = Sequence[tuple[Conversation, Agreement]]


def find(case: Case) -> tuple[Found | Several | None, tuple[str, ...]]:
    """What the first step that decides found, or nothing; and the reasons on the way."""
    reasons: list[str] = []
    steps: tuple[Callable[[Case], Finding], ...] = (
        _by_other_message, _by_number, _by_doubt, _by_conversations, _by_held_policies, _by_rules,
    )  # fmt: skip
    for step in steps:
        found = step(case)
        if isinstance(found, Found | Several):
            return found, (*reasons, found.reason)
        if isinstance(found, Theirs):
            return None, (*reasons, found.reason)
        if found:
            reasons.append(found)
    return None, tuple(reasons)


def _by_other_message(case: Case) -> Finding:
    spoken_of = [each for each in case.dossier.with_insurers if each.conversation_id in case.heard.about]
    if len(spoken_of) != 1:
        return _by_former_message(case)
    conversation = spoken_of[0]
    agreement = case.agreement(conversation.insurer)
    if agreement is None:
        return Theirs(f"it speaks of a message to or from {conversation.insurer}, {_ENDED}")
    elsewhere = [each for each in case.named_policies if each.insurer != agreement.id]
    if elsewhere:
        choices = (_of_conversation(conversation), *_of_policies_each(elsewhere))
        return Several(choices, "it speaks of one insurer's message and names another's policy")
    return _continuing(
        "other_message", f"it speaks of a message to or from {agreement.id}", agreement, conversation
    )


def _by_former_message(case: Case) -> Finding:
    """It speaks of what was said in a matter that is closed, or that people have; or it changes what nobody knows."""
    about = case.heard.about
    if any(each.conversation_id in about for each in case.dossier.conversations if each.insurer is None):
        return Theirs("it speaks of a message that people have")
    former = next((each for each in case.dossier.past if each.conversation_id in about), None)
    if former is None or former.insurer is None:
        insurers = {each.insurer for each in case.dossier.conversations}
        insurers |= {each.insurer for each in case.dossier.past}
        unclear = case.heard.adrift and len(insurers) != 1
        return Theirs("it changes a message that is in no matter") if unclear else None
    agreement = case.agreement(former.insurer)
    if agreement is None:
        return Theirs(f"it speaks of a message to or from {former.insurer}, {_ENDED}")
    reason = f"it speaks of a message to or from {agreement.id}, in a matter that is closed"
    return Found("other_message", reason, agreement, former.policy_type)


def _by_number(case: Case) -> Finding:
    named = case.named_policies
    if not named:
        return _by_look(case)
    agreement = _only_insurer(case, named)
    if agreement is None:
        return Several(_of_policies_each(named), "the text names policies of several insurers")
    if isinstance(agreement, str):
        return Theirs(f"the text names policies: {agreement}")
    reason = f"the text names a policy of {agreement.id}"
    if named[0].has_holder and named[0] not in case.held:
        reason += ", held by another contact"
    return _of_policies("policy_number", reason, agreement, named)


def _by_look(case: Case) -> Finding:
    """A number that no policy has, but that only one insurer writes like this."""
    if len(case.insurers_by_look) != 1:
        return None
    (insurer,) = case.insurers_by_look
    agreement = case.agreement(insurer)
    if agreement is None:
        return Theirs(f"a number looks like one of {insurer}, {_ENDED}")
    return Found("number_format", f"a number looks like one of {insurer}", agreement)


def _by_doubt(case: Case) -> Finding:
    """What neither the words nor the chat can tell: who greets begins something, and says not what."""
    if case.heard.greeting and case.is_at_stake:
        return _which(case, "a greeting says not which matter it begins")
    if case.is_torn and not case.named_insurers:
        return _which(case, f"a rule says {case.applied.policy_type}, and the words mean something else")
    return None


def _by_conversations(case: Case) -> Finding:
    usable = [
        (each, agreement)
        for each in case.dossier.with_insurers
        if (agreement := case.agreement(each.insurer)) is not None
    ]
    running = [(each, agreement) for each, agreement in usable if each.is_open]
    ended = [
        each for each in case.dossier.with_insurers if each.is_open and case.agreement(each.insurer) is None
    ]
    if ended:
        return _beside_ended(case, running, ended)
    if running:
        return _among_running(case, running)
    if len(usable) == 1 and not case.speaks_against(*usable[0]):
        conversation, agreement = usable[0]
        elsewhere = {each.insurer for each in case.held} - {agreement.id}
        if not elsewhere or case.heard.received_at - conversation.last_message_at <= FRESH:
            return _continuing(
                "open_conversation", f"it follows a matter with {agreement.id}", agreement, conversation
            )
    return None


def _beside_ended(case: Case, running: Running, ended: Sequence[Conversation]) -> Finding:
    """An open matter is with an insurer that is gone: what may be about it is sent to no other."""
    if not running:
        return Theirs(f"a matter is open with {ended[0].insurer}, {_ENDED}")
    named = _named(case, running)
    if len(named) == 1 and not any(each.insurer in case.named_insurers for each in ended):
        conversation, agreement = named[0]
        return _continuing("open_conversation", f"it names {agreement.id}", agreement, conversation)
    choices = (*map(_of_conversation, ended), *(_of_conversation(each) for each, _ in running))
    return Several(choices, f"it may be about a matter with {ended[0].insurer}, {_ENDED}")


def _among_running(case: Case, running: Running) -> Finding:
    if any(case.points_away(agreement) for _, agreement in filter(_awaits, running)) and not case.is_plain:
        return _which(case, "an insurer waits for an answer, and the words seem to be about something else")
    fitting = [each for each in running if not case.speaks_against(*each)]
    if not fitting:
        return "the words are about none of the open conversations"
    if len(running) == 1:
        if case.points_away(fitting[0][1]):
            return _which(case, "one conversation is open, and the words seem to be about something else")
        return _goes_on(fitting[0], f"one conversation is open, with {fitting[0][1].id}")
    if len(fitting) == 1:
        return _goes_on(fitting[0], "the words fit only one of the open conversations", case.confidence)
    return _narrowed(case, fitting)


def _narrowed(case: Case, fitting: Running) -> Finding:
    """The one of several conversations that something speaks for."""
    for narrow, why in ((_named, "names its insurer"), (_about_kind, "is about its kind")):
        left = narrow(case, fitting)
        if len(left) == 1:
            confidence = case.confidence if narrow is _about_kind else 1.0
            return _goes_on(left[0], f"of the open conversations only this one {why}", confidence)
        fitting = left or fitting
    latest = _last_spoken_in(case, fitting)
    if len(latest) == 1 and not case.points_away(latest[0][1]):
        return _goes_on(latest[0], "of the open conversations only this one was spoken in just now")
    return _which(case, "several open conversations fit")


def _goes_on(where: tuple[Conversation, Agreement], reason: str, confidence: float = 1.0) -> Found:
    conversation, agreement = where
    return _continuing("open_conversation", reason, agreement, conversation, confidence)


def _awaits(each: tuple[Conversation, Agreement]) -> bool:
    """Whether the insurer has spoken since the policyholder last wrote in the conversation."""
    conversation, _ = each
    return conversation.spoke_at is not None and conversation.spoke_at > conversation.last_message_at


def _named(case: Case, running: Running) -> Running:
    return [each for each in running if each[1].id in case.named_insurers]


def _about_kind(case: Case, running: Running) -> Running:
    kind = case.kind
    return [each for each in running if kind is not None and each[0].policy_type == kind]


def _last_spoken_in(case: Case, running: Running) -> Running:
    """Where what was said last was said a moment ago: by the one insurer that has spoken since the policyholder last wrote,
    else by the policyholder.
    """
    since, wrote_at = case.heard.received_at - HOT, case.dossier.wrote_at
    spoken = [each for each in running if wrote_at is None or (each[0].spoke_at or wrote_at) > wrote_at]
    if spoken:
        return [each for each in spoken if len(spoken) == 1 and (each[0].spoke_at or since) >= since]
    return [each for each in running if each[0].last_message_at == wrote_at and wrote_at >= since]


def _which(case: Case, reason: str) -> Several:
    """All that the contact has to do with: whoever is asked finds what they mean. What belongs to an insurer that is gone
    goes to people.
    """
    running = [each for each in case.dossier.with_insurers if each.is_open]
    rest = [each for each in case.held if not any(_is_about(one, each) for one in running)]
    return Several((*_of_policies_each(rest), *map(_of_conversation, running)), reason)


def _is_about(conversation: Conversation, policy: Policy) -> bool:
    if conversation.policy_number is not None:
        return conversation.policy_number == policy.number
    return conversation.insurer == policy.insurer and conversation.policy_type in (None, policy.policy_type)


def _by_held_policies(case: Case) -> Finding:
    held = [each for each in case.held if not case.named_insurers or each.insurer in case.named_insurers]
    if not held:
        return None
    agreement = _only_insurer(case, held)
    about: Sequence[Policy] = held
    kind = case.kind if len(held) > 1 or case.kind_by_rule else None
    if kind is not None:
        about = [each for each in held if each.policy_type == kind]
        if not about:
            return f"the contact holds no {kind} policy"
        agreement = _only_insurer(case, about)
    if agreement is None:
        return Several(_of_policies_each(about), "the contact's policies are with several insurers")
    if isinstance(agreement, str):
        why = f"the contact's policies: {agreement}"
        return why if case.applied.insurer else Theirs(why)
    narrowed = f" for {kind}" if len(about) < len(case.held) and kind else ""
    reason = f"the contact's policies{narrowed} are with {agreement.id}"
    return _of_policies("contact_policy", reason, agreement, about)


def _by_rules(case: Case) -> Finding:
    applied = case.applied
    if applied.insurer:
        named = case.agreement(applied.insurer)
        if named is None:
            return f"rule {applied.decided_by} names {applied.insurer}, whose agreement is not in force"
        return Found(
            applied.decided_by or "",
            f"rule {applied.decided_by} names {named.id}",
            named,
            applied.policy_type,
        )
    kind = case.kind
    if kind is None:
        return case.why_no_kind
    by = f"rule {applied.decided_by} says" if case.kind_by_rule else f"the words mean ({case.confidence:.2f})"
    serving = case.serving(kind)
    about = " and ".join((kind, *applied.tags))
    if len(serving) != 1:
        return f"{by} {kind}; {len(serving) or 'no'} insurers serve {about}, so none is chosen"
    rule = (applied.decided_by or "") if case.kind_by_rule else "model"
    reason = f"{by} {kind}; only {serving[0].id} serves {about}"
    return Found(rule, reason, serving[0], kind, confidence=case.confidence)


def _continuing(
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


def _only_insurer(case: Case, policies: Sequence[Policy]) -> Agreement | str | None:
    """The one insurer of these policies; why it cannot be; or None where there are several."""
    insurers = {policy.insurer for policy in policies}
    if len(insurers) > 1:
        return None
    insurer = insurers.pop()
    return case.agreement(insurer) or f"the agreement with {insurer} is not in force"


def _of_policies(rule: str, reason: str, agreement: Agreement, policies: Sequence[Policy]) -> Found:
    """The insurer is certain; policy and policy type are named only where there is one."""
    kinds = {policy.policy_type for policy in policies}
    kind = kinds.pop() if len(kinds) == 1 else None
    return Found(rule, reason, agreement, kind, policies[0].number if len(policies) == 1 else None)


def _of_policies_each(policies: Sequence[Policy]) -> tuple[Choice, ...]:
    return tuple(Choice("", each.insurer, each.policy_type, each.number) for each in policies)


def _of_conversation(conversation: Conversation) -> Choice:
    return Choice(
        "",
        conversation.insurer,
        conversation.policy_type,
        conversation.policy_number,
        conversation.conversation_id,
    )


def same_matter(open_: Sequence[Conversation], found: Found) -> Conversation | None:
    """The latest conversation with this insurer that is about nothing else."""
    fitting = [each for each in open_ if each.insurer == found.agreement.id and _fits(each, found)]
    exact = [each for each in fitting if found.policy_number and each.policy_number == found.policy_number]
    return next(reversed(exact or fitting), None)


def _fits(conversation: Conversation, found: Found) -> bool:
    pairs = (
        (conversation.policy_number, found.policy_number),
        (conversation.policy_type, found.policy_type),
    )
    return all(None in pair or pair[0] == pair[1] for pair in pairs)
