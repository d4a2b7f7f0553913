"""Where a message goes: a route, or a question that has to be asked first. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from bowchat_contracts.inbound import Candidate, Explanation
from bowchat_registry.agreements import Agreement
from bowchat_registry.rules import RESERVED, Applied
from bowchat_router.domain.case import Case
from bowchat_router.domain.finding import Found, Several
from bowchat_router.domain.line import desk_id, must_wait
from bowchat_router.domain.matters import find, same_matter
from bowchat_router.domain.model import Ask, Choice, Conversation, Question, Route

_MOST_CHOICES = 9
"""WhatsApp shows ten rows; the last is "something else"."""
SOMETHING_ELSE = Choice("", None)


def destination(case: Case) -> Route | Ask:
    """Where the message goes, or between which matters the policyholder has to choose."""
    if case.applied.triage_by:
        return undecided(case, (f"rule {case.applied.triage_by} leaves it to people",))
    found, reasons = find(case)
    if isinstance(found, Found):
        return _decided(case, found, reasons)
    if isinstance(found, Several):
        # The newest are likelier than the oldest, where not all fit on a screen.
        choices = (*found.choices[-_MOST_CHOICES:], SOMETHING_ELSE)
        return Ask(choices, reasons, _language(case), _explained(case, 0.0))
    return undecided(case, (*reasons, "nothing decides, so people do"))


def chosen(case: Case, question: Question, choice: Choice) -> Route:
    """Where the messages that waited go, now that the policyholder has said which matter they are about."""
    why = "the policyholder says which matter it is"
    agreement = case.agreement(choice.insurer)
    if choice.insurer is None:
        return unanswered(case, question, f"{why}: something else, so people decide")
    if agreement is None:
        return unanswered(case, question, f"{why}: {choice.insurer}, whose agreement is not in force")
    conversation = case.dossier.conversation(choice.conversation_id)
    reason = f"{why}: {agreement.id}"
    found = Found("answer", reason, agreement, choice.policy_type, choice.policy_number, conversation)
    route = _decided(case, found, (reason,))
    return replace(
        route,
        intent=route.intent or question.intent,
        tags=tuple(dict.fromkeys((*question.tags, *route.tags))),
        priority=max(question.priority, route.priority),
        language=question.language,
    )


def unanswered(
    case: Case,
    question: Question,
    reason: str = "the policyholder was asked which matter this is about, and did not say",
) -> Route:
    """Where the messages that waited go when nobody said which matter they are about."""
    waiting = _triage_of(case)
    return Route(
        rule="triage",
        reasons=(reason,),
        conversation=waiting,
        policy_type=question.policy_type,
        intent=question.intent,
        language=question.language,
        tags=question.tags,
        priority=question.priority,
        explanation=_explained(case, 0.0),
    )


def _decided(case: Case, found: Found, reasons: tuple[str, ...]) -> Route:
    agreement = found.agreement
    conversation = found.conversation or same_matter(case.dossier.conversations, found)
    kind = found.policy_type or (conversation.policy_type if conversation else None)
    number = found.policy_number or (conversation.policy_number if conversation else None)
    applied = case.applied_to(kind)
    intent = conversation.intent if conversation else _intent(case, found)
    language = _language_of(case, conversation)
    wanted = agreement.desk_for(kind, applied.tags, intent, language)
    desk = _desk(agreement, applied, conversation) or wanted
    return Route(
        rule=found.rule,
        reasons=reasons,
        conversation=conversation,
        insurer=agreement.id,
        desk=desk,
        policy_type=kind,
        intent=intent,
        language=language,
        policy_number=number,
        tags=applied.tags,
        priority=_priority(agreement, applied, conversation),
        agreement_version=agreement.version,
        sla=agreement.terms,
        masking=agreement.masking_policy,
        explanation=_explained(case, found.confidence),
        waits=_waits(case, agreement, desk),
    )


def _intent(case: Case, found: Found) -> str | None:
    by_words = found.rule == "model" or found.rule not in RESERVED
    return case.intent if by_words else case.intent_at_a_glance


def _waits(case: Case, agreement: Agreement, name: str) -> bool:
    desk = agreement.desk(name)
    failing = desk_id(agreement.id, name) in case.failing
    return desk is not None and must_wait(agreement, desk, case.now, failing=failing)


def _priority(agreement: Agreement, applied: Applied, conversation: Conversation | None) -> int:
    """What people raised by hand is not lowered by a later message."""
    said = agreement.priority if applied.priority is None else applied.priority
    return max(said, conversation.priority) if conversation and conversation.is_open else said


def _desk(agreement: Agreement, applied: Applied, conversation: Conversation | None) -> str | None:
    """Where people have put the thread, else a rule's desk, else the desk that has it. None: as the agreement says."""
    held = conversation.desk if conversation and conversation.desk in agreement.desk_names else None
    if conversation and held and conversation.is_open and conversation.handed_on:
        return held
    return applied.desk if applied.desk in agreement.desk_names else held


def undecided(case: Case, reasons: tuple[str, ...]) -> Route:
    """To people: into the conversation that waits for them, or one that does from now on."""
    applied = case.applied
    return Route(
        rule="triage",
        reasons=reasons,
        conversation=_triage_of(case),
        policy_type=case.kind or applied.policy_type,
        intent=case.intent,
        language=_language_of(case, None),
        tags=applied.tags,
        priority=applied.priority or 0,
        explanation=_explained(case, 0.0),
    )


def _triage_of(case: Case) -> Conversation | None:
    """The conversation that waits for people; what nothing decides joins it."""
    waiting = [each for each in case.dossier.conversations if each.insurer is None and each.is_open]
    return waiting[-1] if waiting else None


def _language(case: Case) -> str:
    return _language_of(case, None) or "en"


def _language_of(case: Case, conversation: Conversation | None) -> str | None:
    return conversation.language if conversation and conversation.language else case.spoken


def _explained(case: Case, confidence: float) -> Explanation:
    reading = case.asked
    ranked: Sequence[tuple[str, float]] = reading.policy_type.ranked if reading else ()
    return Explanation(
        registry=case.registry.version,
        model=reading.model if reading else None,
        confidence=round(confidence, 4),
        candidates=tuple(
            Candidate(policy_type=kind, score=round(min(max(score, 0.0), 1.0), 4), why="classifier")
            for kind, score in ranked
        ),
        off_topic=round(reading.off_topic, 4) if reading else None,
    )
