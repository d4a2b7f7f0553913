"""Which matter a message is about, and so which insurer, desk and conversation. Pure: handed the message, what is known,
and the time.

In this order, the first that decides wins, and nothing ever guesses between two insurers:

1. the conversation of the message that is quoted, edited, deleted or reacted to;
2. a policy's, claim's or vehicle's number, in the text or behind the button that was tapped, or its last digits where the
   contact holds the policy;
3. doubt: a greeting begins something and says not what; a keyword of a rule may stand in a sentence about something else;
4. the one conversation that is open, unless the words are about something else that the contact has; of several the one that
   the words fit, or the one that the chat goes on with (`chat`);
5. the contact's policies: one insurer, or one left after the words named a policy type (or likely mean it, while nothing is
   open);
6. the rules, then the classifier: the one insurer whose agreement covers it;
7. two or more matters are left: the policyholder is asked; none: people decide (`triage`).

An insurer's name counts against what policies, rules or classifier decide (5, 6), and numbers that look like several
insurers' count against each other (2): who has matters to choose among is asked, and of everybody else people decide.

A chat goes on from what was said last. So a message without a word of its own belongs to the one insurer that has spoken
since the policyholder last wrote anywhere; where several have, or it is long ago (`chat.HOT`), nobody could tell. Words and
chat check each other: people mention what one insurer covers while they answer another. So while an insurer waits for an
answer, words that seem to be about something else are believed only if they name it or ask of it, or that insurer waits as
well, and where only the chat speaks for a conversation, already the suspicion that a sentence is about another matter of the
contact is reason to ask; a stronger one amid an exchange. Whoever is asked may choose among all their matters.
Who says hello and nothing else is asked only once they have not gone on for a while (`asking.GREETING_WAITS`).

The classifier is asked last and only where rules leave a doubt. What is done to a message says nothing new (`said`), so it
follows that message to its conversation.
"""

from collections.abc import Callable, Sequence

from bowchat_registry.agreements import Agreement
from bowchat_registry.policies import Policy
from bowchat_router.domain.case import Case
from bowchat_router.domain.finding import (
    ENDED,
    Finding,
    Found,
    Several,
    Theirs,
    between,
    continuing,
    of_conversation,
    of_policies,
    of_policies_each,
    which,
)
from bowchat_router.domain.model import Conversation
from bowchat_router.domain.running import by_conversations


def find(case: Case) -> tuple[Found | Several | None, tuple[str, ...]]:
    """What the first step that decides found, or nothing; and the reasons on the way."""
    reasons: list[str] = []
    steps: tuple[Callable[[Case], Finding], ...] = (
        _by_other_message, _by_number, _by_doubt, by_conversations, _by_held_policies, _by_rules,
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
        return Theirs(f"it speaks of a message to or from {conversation.insurer}, {ENDED}")
    elsewhere = [each for each in case.named_policies if each.insurer != agreement.id]
    if elsewhere:
        choices = (of_conversation(conversation), *of_policies_each(elsewhere))
        return Several(choices, "it speaks of one insurer's message and names another's policy")
    return continuing(
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
        return Theirs(f"it speaks of a message to or from {former.insurer}, {ENDED}")
    reason = f"it speaks of a message to or from {agreement.id}, in a matter that is closed"
    return Found("other_message", reason, agreement, former.policy_type)


def _by_number(case: Case) -> Finding:
    named = case.named_policies
    insurers = case.insurers_by_look | {each.insurer for each in named}
    if case.insurers_by_look and len(insurers) > 1:
        return between(case, insurers, "the text has numbers of several insurers, not all of them known")
    if not named:
        return _by_look(case)
    agreement = _only_insurer(case, named)
    if agreement is None:
        return Several(of_policies_each(named), "the text names policies of several insurers")
    if isinstance(agreement, str):
        return Theirs(f"the text names policies: {agreement}")
    reason = f"the text names a policy of {agreement.id}"
    if named[0].has_holder and named[0] not in case.held:
        reason += ", held by another contact"
    elif named == case.policies_by_ending:
        reason += ", by the last digits of a number"
    return of_policies("policy_number", reason, agreement, named)


def _by_look(case: Case) -> Finding:
    """A number that no policy has, but that only one insurer writes like this."""
    if not case.insurers_by_look:
        return None
    (insurer,) = case.insurers_by_look
    agreement = case.agreement(insurer)
    if agreement is None:
        return Theirs(f"a number looks like one of {insurer}, {ENDED}")
    return Found("number_format", f"a number looks like one of {insurer}", agreement)


def _by_doubt(case: Case) -> Finding:
    """What neither the words nor the chat can tell: who greets begins something, and says not what."""
    if case.heard.greeting and case.is_at_stake:
        return which(case, "a greeting says not which matter it begins")
    if case.is_torn and not case.named_insurers:
        return which(case, f"a rule says {case.applied.policy_type}, and the words mean something else")
    return None


def _by_held_policies(case: Case) -> Finding:
    held = [each for each in case.held if not case.named_insurers or each.insurer in case.named_insurers]
    if not held:
        return None
    agreement = _only_insurer(case, held)
    about: Sequence[Policy] = held
    kind = case.kind if len(case.held) > 1 or case.kind_by_rule else None
    if kind is not None:
        about = [each for each in held if each.policy_type == kind]
        if not about:
            named = f" with {' or '.join(sorted(case.named_insurers))}" if case.named_insurers else ""
            return f"the contact holds no {kind} policy{named}"
        agreement = _only_insurer(case, about)
    if agreement is None:
        # Nothing is open, and who begins says what it is about: likely words are enough.
        about = [each for each in about if each.insurer == case.leaning] or about
        agreement = _only_insurer(case, about)
    if agreement is None:
        return Several(of_policies_each(about), "the contact's policies are with several insurers")
    if isinstance(agreement, str):
        why = f"the contact's policies: {agreement}"
        return why if case.applied.insurer else Theirs(why)
    narrowed = f" for {kind}" if len(about) < len(case.held) and kind else ""
    if len(about) < len(held) and not kind:
        narrowed = " that the words are likely about"
    reason = f"the contact's policies{narrowed} are with {agreement.id}"
    return _unless_named_otherwise(case, of_policies("contact_policy", reason, agreement, about))


def _by_rules(case: Case) -> Finding:
    applied = case.applied
    if applied.insurer:
        named = case.agreement(applied.insurer)
        if named is None:
            return f"rule {applied.decided_by} names {applied.insurer}, whose agreement is not in force"
        if applied.policy_type and applied.policy_type not in named.policy_types:
            uncovered = f"{applied.policy_type}, as rule {applied.kind_by} says it is"
            return f"rule {applied.decided_by} names {named.id}, which does not cover {uncovered}"
        return Found(
            applied.decided_by or "",
            f"rule {applied.decided_by} names {named.id}",
            named,
            applied.policy_type,
        )
    kind = case.kind
    if kind is None:
        return case.why_no_kind
    by = _by_what(case)
    serving = case.serving(kind)
    about = " and ".join((kind, *case.registry.asked_of_insurers(applied.tags)))
    if len(serving) != 1:
        return f"{by} {kind}; {len(serving) or 'no'} insurers serve {about}, so none is chosen"
    rule = (applied.decided_by or "") if case.kind_by_rule else "model"
    reason = f"{by} {kind}; only {serving[0].id} serves {about}"
    return _unless_named_otherwise(case, Found(rule, reason, serving[0], kind, confidence=case.confidence))


def _unless_named_otherwise(case: Case, found: Found) -> Finding:
    """What was decided, if the text names no other insurer, nor a policy type that is another's."""
    others = case.insurers_by_name - {found.agreement.id}
    kinds = case.kinds_beside(found.agreement)
    if not others and not kinds:
        return found
    reason = f"{found.reason}, and the text names {' and '.join(sorted((*others, *kinds)))}"
    return between(case, others.union({found.agreement.id}, *kinds.values()), reason)


def _by_what(case: Case) -> str:
    decided_by = case.applied.decided_by
    if case.kind_by_rule:
        return f"rule {decided_by} says"
    words = f"the words mean ({case.confidence:.2f})"
    overruled = case.applied.policy_type
    return f"rule {decided_by} says {overruled}, but {words}" if overruled else words


def _only_insurer(case: Case, policies: Sequence[Policy]) -> Agreement | str | None:
    """The one insurer of these policies; why it cannot be; or None where there are several."""
    insurers = {policy.insurer for policy in policies}
    if len(insurers) > 1:
        return None
    insurer = insurers.pop()
    return case.agreement(insurer) or f"the agreement with {insurer} is not in force"


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
