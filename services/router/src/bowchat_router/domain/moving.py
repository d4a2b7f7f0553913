"""Letting messages go that waited: for an insurer, for a place at a desk, for people. Pure."""

from dataclasses import replace

from bowchat_contracts.commands import Author
from bowchat_contracts.conversations import ConversationChange
from bowchat_contracts.desks import DeskWorked
from bowchat_contracts.ids import ConversationId
from bowchat_contracts.inbound import Explanation
from bowchat_contracts.topics import DESKS_WORKED
from bowchat_registry.agreements import Agreement
from bowchat_registry.desks import Desk
from bowchat_router.deeds import Step, sends, worth_telling
from bowchat_router.domain.line import desk_id
from bowchat_router.domain.model import Changed, Conversation, Route

_CLAIM = "claim"


def let_go(
    step: Step, conversation: Conversation, agreement: Agreement, rule: str, reason: str
) -> Conversation:
    """The conversation after all its waiting messages were sent on to its insurer."""
    after = replace(conversation, left_seq=conversation.last_seq, by_release=True)
    route = route_of(conversation, agreement, step, rule, reason)
    for place in conversation.waiting:
        step.sent.append(sends(place, after, route, at_once=False))
    return after


def route_of(conversation: Conversation, agreement: Agreement, step: Step, rule: str, reason: str) -> Route:
    """The way of this conversation's messages as it is decided now."""
    return Route(
        rule=rule,
        reasons=(reason,),
        conversation=None,
        insurer=agreement.id,
        desk=conversation.desk,
        policy_type=conversation.policy_type,
        intent=conversation.intent,
        language=conversation.language,
        policy_number=conversation.policy_number,
        tags=conversation.tags,
        priority=conversation.priority,
        agreement_version=agreement.version,
        sla=agreement.terms,
        masking=agreement.masking_policy,
        explanation=Explanation(registry=step.registry.version),
    )


def weight_of(conversation: Conversation, desk: Desk) -> float:
    """How many of the desk's places the conversation takes."""
    weights = desk.weights
    if conversation.state == "waiting_documents":
        return weights.waiting_documents
    is_claim = conversation.intent == _CLAIM or _CLAIM in conversation.tags
    return weights.claim if is_claim else weights.open


def lined_up(step: Step, conversation: Conversation, *, may_overflow: bool = True) -> Conversation:
    """The conversation in the line of its desk, which is told. Where there is no such desk it stays as it is."""
    agreement = step.registry.agreements.get(conversation.insurer or "")
    desk = agreement.desk(conversation.desk) if agreement else None
    if desk is None:
        return conversation
    after = replace(conversation, state="queued", weight=None)
    _tell(step, after, "arrived", weight_of(after, desk), may_overflow=may_overflow)
    return after


def apply(
    step: Step,
    before: Conversation | None,
    after: Conversation,
    change: ConversationChange,
    *,
    by: Author | None = None,
    queue_position: int | None = None,
    successor: ConversationId | None = None,
    always: bool = False,
) -> Conversation:
    """The conversation as it is now: kept, its desk told what it weighs, everybody told what is anybody's business.
    `always`: whatever it is.
    """
    after = weighed(step, before, after)
    if always or worth_telling(before, after):
        previous = before.state if before else None
        step.change(Changed(after, previous, change, by, queue_position, successor))
    else:
        step.put(after)
    return after


def weighed(step: Step, before: Conversation | None, after: Conversation) -> Conversation:
    """The conversation, its desk told where it takes more places, or fewer, or none any more, or has left the line, or waits
    there with another weight or priority. Nothing for a desk that counts no places.
    """
    if before is not None and _is_at_desk(before) and _elsewhere(before, after):
        _tell(step, before, "left", 0.0)
        after = replace(after, weight=None)
    agreement = step.registry.agreements.get(after.insurer or "")
    desk = agreement.desk(after.desk) if agreement else None
    if desk is not None and before is not None and _waits_otherwise(before, after, desk):
        _tell(step, after, "weighed", weight_of(after, desk))
    if desk is None or desk.capacity is None or after.state == "queued" or not after.is_open:
        return after if after.weight is None else replace(after, weight=None)
    weight = weight_of(after, desk)
    if weight == after.weight:
        return after
    _tell(step, after, "weighed", weight)
    return replace(after, weight=weight)


def _is_at_desk(conversation: Conversation) -> bool:
    """Whether its desk knows of it: it has places there, or stands in line."""
    return conversation.weight is not None or conversation.state == "queued"


def _waits_otherwise(before: Conversation, after: Conversation, desk: Desk) -> bool:
    """Whether it stands in the desk's line as before, and has become heavier, lighter or more urgent."""
    if (before.state, after.state) != ("queued", "queued") or _elsewhere(before, after):
        return False
    return (before.priority, weight_of(before, desk)) != (after.priority, weight_of(after, desk))


def _elsewhere(before: Conversation, after: Conversation) -> bool:
    return not after.is_open or (before.insurer, before.desk) != (after.insurer, after.desk)


def _tell(
    step: Step, conversation: Conversation, what: str, weight: float, *, may_overflow: bool = True
) -> None:
    if conversation.insurer is None or conversation.desk is None:
        return
    event = DeskWorked.model_validate(
        {
            "insurer": conversation.insurer,
            "desk": conversation.desk,
            "what": what,
            "conversation_id": conversation.conversation_id,
            "contact_id": conversation.contact_id,
            "weight": weight,
            "priority": conversation.priority,
            "may_overflow": may_overflow,
            "at": step.at,
        }
    )
    key = desk_id(conversation.insurer, conversation.desk)
    step.tell(DESKS_WORKED, key, event, part=f"{conversation.conversation_id}/{conversation.version}/{what}")
