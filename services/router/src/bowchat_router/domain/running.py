"""Which of the conversations with insurers a message goes on with: by the words, and by the chat. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from bowchat_registry.agreements import Agreement
from bowchat_router.domain import chat
from bowchat_router.domain.case import Case
from bowchat_router.domain.chat import Running
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

FRESH = timedelta(hours=24)
"""So long after it was resolved, a conversation takes a message that nothing else explains."""


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
    doubt = _doubt(case, running)
    if doubt:
        return which(case, doubt)
    fitting = [each for each in running if not case.speaks_against(*each)]
    if not fitting:
        about_none = "the words are about none of the open conversations"
        return about_none if _begins(case) else which(case, f"{about_none}, and too few to begin something")
    if len(running) == 1:
        return _goes_on(fitting[0], f"one conversation is open, with {fitting[0][1].id}")
    if len(fitting) == 1:
        return _goes_on(fitting[0], "the words fit only one of the open conversations", case.confidence)
    return _narrowed(case, fitting)


def _begins(case: Case) -> bool:
    """Whether words that fit nothing open may begin something: a few of them do if they name it, or a rule knows them."""
    return case.is_sentence or case.is_plain or case.kind_by_rule or not case.is_at_stake


def _doubt(case: Case, running: Running) -> str | None:
    """Why words and chat do not agree, if they do not."""
    if not case.is_at_stake:
        return None
    if _interrupts(case, running):
        return "an insurer waits for an answer, and the words seem to be about something else"
    if case.heard.begins and case.kind is None and not case.named_insurers:
        return "it says hello, so it begins something, and says not what"
    if (
        len(running) == 1
        and case.named_insurers - {running[0][1].id}
        and not case.speaks_against(*running[0])
    ):
        return "one conversation is open, and the text names another insurer"
    if len(running) == 1 and case.points_away(running[0][1]) and not case.speaks_against(*running[0]):
        return "one conversation is open, and the words seem to be about something else"
    return None


def _narrowed(case: Case, fitting: Running) -> Finding:
    """The one of several conversations that something speaks for."""
    for narrow, why in ((_named, "names its insurer"), (_about_kind, "is about its kind")):
        left = narrow(case, fitting)
        if len(left) == 1:
            confidence = case.confidence if narrow is _about_kind else 1.0
            return _goes_on(left[0], f"of the open conversations only this one {why}", confidence)
        fitting = left or fitting
    leaning = [each for each in chat.awaiting(fitting) if each[1].id == case.leaning]
    if len(leaning) == 1:
        return _goes_on(leaning[0], "the words are likely about what its insurer waits for")
    latest = chat.going_on(case, fitting)
    if len(latest) == 1 and not case.points_away(latest[0][1]):
        return _goes_on(latest[0], "of the open conversations only this one goes on from what was said last")
    return which(case, "several open conversations fit")


def _goes_on(where: tuple[Conversation, Agreement], reason: str, confidence: float = 1.0) -> Found:
    conversation, agreement = where
    return continuing("open_conversation", reason, agreement, conversation, confidence)


def _interrupts(case: Case, running: Running) -> bool:
    """Whether an insurer waits for an answer, and the words are about something else without naming it. They are believed
    where they ask of it, and where another insurer waits for an answer as well (of those that have spoken last, if any
    have), and the classifier is sure that they are about its business.
    """
    waiting, spoken = chat.awaiting(running), chat.spoken(case, running)
    if not waiting:
        return False
    away = [each for each in (spoken if case.kind is None else waiting) if case.points_away(each[1])]
    if not away or case.is_plain or case.asks_of_it:
        return False
    return not (case.is_read and any(not case.points_away(agreement) for _, agreement in spoken or waiting))


def _named(case: Case, running: Running) -> Running:
    return [each for each in running if each[1].id in case.named_insurers]


def _about_kind(case: Case, running: Running) -> Running:
    kind = case.kind
    return [each for each in running if kind is not None and each[0].policy_type == kind]
