"""What becomes of a conversation that stands in a desk's line. Pure."""

from dataclasses import replace
from datetime import timedelta

from bowchat_contracts.ids import derived_id
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import PromptRequested
from bowchat_contracts.topics import PROMPTS_REQUESTED
from bowchat_registry.agreements import Agreement
from bowchat_registry.desks import Backup
from bowchat_router.deeds import Step
from bowchat_router.domain import life
from bowchat_router.domain.line import must_wait
from bowchat_router.domain.model import Conversation
from bowchat_router.domain.moving import apply, let_go, lined_up
from bowchat_router.domain.wording import words_in

_NEWS_FOR = timedelta(minutes=5)
"""So long it is worth telling somebody which place in line they have."""


def kept_waiting(step: Step, conversation: Conversation, position: int) -> None:
    """Its place in line is known, and its policyholder is told once."""
    after = replace(conversation, version=conversation.version + 1, waited_in_line=True)
    apply(step, conversation, after, "queued", queue_position=position, always=True)
    if conversation.waited_in_line:
        return
    words = words_in(conversation.language)
    notice = PromptRequested(
        prompt_id=derived_id("pm", conversation.conversation_id, f"line/{conversation.cycle}"),
        kind="notice",
        contact_id=conversation.contact_id,
        conversation_id=conversation.conversation_id,
        insurer=conversation.insurer,
        business_number_id=conversation.business_number_id,
        text=MessageText(words.in_line.format(position=position)),
        requested_at=step.at,
        expires_at=step.at + _NEWS_FOR,
    )
    step.tell(PROMPTS_REQUESTED, conversation.contact_id, notice)


def admitted(step: Step, conversation: Conversation, agreement: Agreement) -> None:
    """A place is free: what waited goes to the desk."""
    moved = life.moved(conversation, "admitted", step.at)
    after = let_go(
        step, moved, agreement, "people" if conversation.handed_on else "line", "a place at the desk is free"
    )
    apply(step, conversation, after, "admitted")


def overflowed(step: Step, conversation: Conversation, backup: Backup) -> None:
    """The desk's backup gets it. Of another insurer only where nothing binds it to this one."""
    insurer = backup.insurer or conversation.insurer or ""
    bound = insurer != conversation.insurer and (conversation.bound or conversation.policy_number is not None)
    agreement = None if bound else step.registry.agreement(insurer, step.at.date())
    desk = agreement.desk(backup.desk) if agreement else None
    if agreement is None or desk is None:
        sent_to_people(step, conversation)
        return
    moved = replace(
        life.moved(conversation, "overflowed", step.at),
        insurer=agreement.id,
        desk=desk.name,
        agreement_version=agreement.version,
        overflowed=True,
        weight=None,
    )
    if must_wait(agreement, desk, step.at, failing=False):
        after = lined_up(step, moved, may_overflow=False)
    else:
        after = let_go(step, moved, agreement, "line", "the desk it was for sends it to its backup")
    apply(step, conversation, after, "overflowed")


def sent_to_people(step: Step, conversation: Conversation) -> None:
    """Nobody at an insurer can take it now: people decide."""
    after = replace(
        conversation,
        version=conversation.version + 1,
        state="triage",
        insurer=None,
        desk=None,
        agreement_version=None,
        weight=None,
    )
    apply(step, conversation, after, "overflowed")
