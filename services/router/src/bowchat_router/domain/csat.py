"""How content was the policyholder? Asked once a cycle, when a conversation is resolved, while they may still be written to.
Pure.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from bowchat_contracts.ids import derived_id
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import CsatReceived, Option, PromptAnswered, PromptRequested
from bowchat_contracts.topics import CSAT_RECEIVED, PROMPTS_ANSWERED, PROMPTS_REQUESTED
from bowchat_router.deeds import Step
from bowchat_router.domain.model import Conversation, Place
from bowchat_router.domain.wording import words_in

WINDOW = timedelta(hours=24)
"""WhatsApp lets a business write freely for so long after the policyholder's last message."""
_MARGIN = timedelta(minutes=5)
_SCORES = (5, 3, 1)


def ask(step: Step, conversation: Conversation, insurer_name: str) -> Conversation:
    """The conversation, resolved just now, and the question about it, where it may still be asked."""
    expires = conversation.last_message_at + WINDOW - _MARGIN
    if conversation.insurer is None or conversation.csat or conversation.last_seq == 0 or expires <= step.at:
        return conversation
    prompt_id = derived_id("pm", conversation.conversation_id, f"csat/{conversation.cycle}")
    words = words_in(conversation.language)
    titles = (words.very_good, words.fair, words.poor)
    event = PromptRequested(
        prompt_id=prompt_id,
        kind="csat",
        contact_id=conversation.contact_id,
        conversation_id=conversation.conversation_id,
        insurer=conversation.insurer,
        business_number_id=conversation.business_number_id,
        text=MessageText(words.how_was_it.format(insurer=insurer_name)),
        options=tuple(
            Option(option_id=option, title=MessageText(title))
            for (option, _), title in zip(_options(prompt_id), titles, strict=True)
        ),
        requested_at=step.at,
        expires_at=expires,
    )
    step.tell(PROMPTS_REQUESTED, conversation.contact_id, event)
    return replace(conversation, csat=prompt_id)


def take(step: Step, place: Place, tapped: str | None) -> bool:
    """Whether a message is the answer to such a question. It is counted once, and goes no further."""
    if tapped is None:
        return False
    for conversation in step.dossier.conversations:
        score = dict(_options(conversation.csat)).get(tapped) if conversation.csat else None
        if score is not None:
            _count(step, conversation, score, place, tapped)
            return True
    return False


def _options(prompt_id: str) -> Iterator[tuple[str, int]]:
    return ((derived_id("op", prompt_id, str(score)), score) for score in _SCORES)


def _count(step: Step, conversation: Conversation, score: int, place: Place, tapped: str) -> None:
    first = not conversation.csat_given
    step.put(replace(conversation, version=conversation.version + 1, csat_given=True))
    ended = PromptAnswered(
        prompt_id=conversation.csat or "",
        kind="csat",
        contact_id=conversation.contact_id,
        conversation_id=conversation.conversation_id,
        outcome="answered",
        message_id=place.message_id,
        option_id=tapped,
        at=step.at,
    )
    step.tell(PROMPTS_ANSWERED, conversation.contact_id, ended)
    if first and conversation.insurer is not None:
        event = CsatReceived(
            conversation_id=conversation.conversation_id,
            contact_id=conversation.contact_id,
            insurer=conversation.insurer,
            desk=conversation.desk,
            cycle=conversation.cycle,
            score=score,
            asked_which_matter=conversation.asked_which_matter,
            waited_in_line=conversation.waited_in_line,
            handed_on=conversation.handed_on,
            at=step.at,
        )
        step.tell(CSAT_RECEIVED, conversation.conversation_id, event)
