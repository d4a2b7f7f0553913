"""Which of the conversations with insurers a message goes on with: by the words, and by who spoke last. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from bowchat_registry.agreements import Agreement
from bowchat_router.domain.case import Case
from bowchat_router.domain.finding import (
    ENDED,
    Finding,
    Found,
    Several,
    Theirs,
    continuing,
    of_conversation,
    which,
)
from bowchat_router.domain.model import Conversation

HOT = timedelta(minutes=15)
"""So long a message without a word of its own goes on with what was said last."""
FRESH = timedelta(hours=24)
"""So long after it was resolved, a conversation takes a message that nothing else explains."""

Running = Sequence[tuple[Conversation, Agreement]]


def by_conversations(case: Case) -> Finding:
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
            return continuing(
                "open_conversation", f"it follows a matter with {agreement.id}", agreement, conversation
            )
    return None


def _beside_ended(case: Case, running: Running, ended: Sequence[Conversation]) -> Finding:
    """An open matter is with an insurer that is gone: what may be about it is sent to no other."""
    if not running:
        return Theirs(f"a matter is open with {ended[0].insurer}, {ENDED}")
    named = _named(case, running)
    if len(named) == 1 and not any(each.insurer in case.named_insurers for each in ended):
        conversation, agreement = named[0]
        return continuing("open_conversation", f"it names {agreement.id}", agreement, conversation)
    choices = (*map(of_conversation, ended), *(of_conversation(each) for each, _ in running))
    return Several(choices, f"it may be about a matter with {ended[0].insurer}, {ENDED}")


def _among_running(case: Case, running: Running) -> Finding:
    if any(case.points_away(agreement) for _, agreement in filter(_awaits, running)) and not case.is_plain:
        return which(case, "an insurer waits for an answer, and the words seem to be about something else")
    fitting = [each for each in running if not case.speaks_against(*each)]
    if not fitting:
        return "the words are about none of the open conversations"
    if len(running) == 1:
        if case.points_away(fitting[0][1]):
            return which(case, "one conversation is open, and the words seem to be about something else")
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
    return which(case, "several open conversations fit")


def _goes_on(where: tuple[Conversation, Agreement], reason: str, confidence: float = 1.0) -> Found:
    conversation, agreement = where
    return continuing("open_conversation", reason, agreement, conversation, confidence)


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
