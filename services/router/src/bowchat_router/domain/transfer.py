"""A conversation goes on with another insurer: closed here, opened there, and what is unanswered goes along. Pure."""

from dataclasses import replace

from bowchat_contracts.commands import Author
from bowchat_contracts.ids import derived_id
from bowchat_registry.agreements import Agreement
from bowchat_router.deeds import Step, sends
from bowchat_router.domain import life
from bowchat_router.domain.model import Conversation
from bowchat_router.domain.moving import apply, route_of


def transferred(
    step: Step, conversation: Conversation, agreement: Agreement, *, desk: str, cause: str, by: Author
) -> int:
    """Close the conversation and open its successor. Returns how many messages went along."""
    places = tuple(replace(each, seq=number) for number, each in enumerate(conversation.unanswered, 1))
    covered = conversation.policy_type in agreement.policy_types
    fresh = Conversation(
        conversation_id=derived_id("cv", cause),
        contact_id=conversation.contact_id,
        version=1,
        last_seq=len(places),
        state="waiting_insurer" if places else "waiting_policyholder",
        insurer=agreement.id,
        desk=desk,
        policy_type=conversation.policy_type if covered else None,
        policy_number=None,
        agreement_version=agreement.version,
        business_number_id=conversation.business_number_id,
        opened_at=step.at,
        last_message_at=conversation.last_message_at,
        intent=conversation.intent,
        language=conversation.language,
        priority=conversation.priority,
        tags=conversation.tags,
        unanswered=places,
        left_seq=len(places),
        by_release=True,
        handed_on=True,
        asked_which_matter=conversation.asked_which_matter,
        waited_in_line=conversation.waited_in_line,
    )
    fresh = life.opened(fresh, step.at)
    closed = life.moved(conversation, "transferred", step.at)
    apply(step, conversation, closed, "transferred", by=by, successor=fresh.conversation_id)
    apply(step, None, fresh, "opened", by=by)
    route = route_of(fresh, agreement, step, "people", "people moved it to this insurer")
    step.sent += [sends(each, fresh, route, at_once=False) for each in places]
    return len(places)
