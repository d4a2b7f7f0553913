"""What happened in a conversation, change by change, and the events that each change gives. Pure.

An entry is decided once and kept. A record that is read again after a crash finds its entry and gives the same events;
the same message at another position is a duplicate and gives none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bowchat_contracts.content import Content, EditContent, ReactionContent, RevokeContent
from bowchat_contracts.conversations import ConversationChanged, ConversationState
from bowchat_contracts.ids import ContactId, ConversationId, MessageId, derived_id
from bowchat_contracts.inbound import InboundReceived, MessageRouted
from bowchat_contracts.replies import ReplyDecided
from bowchat_contracts.topics import CONVERSATIONS_CHANGED, INBOUND_ROUTED
from bowchat_router.domain import Conversation, Route
from bowchat_runtime.moments import whole_milliseconds
from bowchat_runtime.records import Outgoing, Record, follow

SOURCE = "router"


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one conversation."""

    subject: str
    """What caused it: a message id or a reply key. One subject causes one entry."""
    position: str
    """Where the causing record stood."""
    at: datetime
    """When it was decided, in whole milliseconds, as the store keeps it."""
    previous: ConversationState | None
    """The state before; None when the conversation was opened."""
    after: Conversation
    route: Route | None
    """For a message: where it went. Its `conversation` is left out."""


def entry_of_message(
    record: Record, contact_id: ContactId, route: Route, now: datetime, spoken_of: Mapping[MessageId, ConversationId]
) -> Entry:  # fmt: skip
    """The entry of a message that continues a conversation, or opens one whose id derives from the message.

    `spoken_of`: the conversations of the messages that it speaks of.
    """
    event: InboundReceived = record.event
    at = whole_milliseconds(now)
    before = route.conversation
    received_at = whole_milliseconds(event.received_at)
    after = Conversation(
        conversation_id=before.conversation_id if before else derived_id("cv", event.message_id),
        contact_id=contact_id,
        version=before.version + 1 if before else 1,
        last_seq=before.last_seq + 1 if before else 1,
        state="waiting_insurer" if route.insurer else "triage",
        insurer=route.insurer,
        desk=route.desk,
        policy_type=route.policy_type,
        policy_number=route.policy_number,
        agreement_version=route.agreement_version,
        business_number_id=event.business_number_id,
        opened_at=before.opened_at if before else at,
        last_message_at=max(received_at, before.last_message_at) if before else received_at,
    )
    related = tuple(sorted(each for each, where in spoken_of.items() if where == after.conversation_id))
    return Entry(
        subject=event.message_id,
        position=record.position,
        at=at,
        previous=before.state if before else None,
        after=after,
        route=replace(route, conversation=None, related=related),
    )


def entry_of_reply(record: Record, conversation: Conversation | None, now: datetime) -> Entry | None:
    """The entry of an accepted reply, or None where it changes nothing: it answers no open question.

    A reply that was received before the latest message does not answer that message.
    """
    event: ReplyDecided = record.event
    if conversation is None or conversation.state != "waiting_insurer":
        return None
    if event.received_at < conversation.last_message_at:
        return None
    after = replace(conversation, version=conversation.version + 1, state="waiting_policyholder")
    return Entry(event.reply_key, record.position, whole_milliseconds(now), conversation.state, after, None)


def events(record: Record, entry: Entry) -> list[Outgoing]:
    """What an entry gives to publish: the same whenever it is asked."""
    given: list[ConversationChanged | MessageRouted] = []
    if entry.previous != entry.after.state:
        given.append(_changed(entry))
    if entry.route is not None:
        given.append(_routed(record.event, entry, entry.route))
    return [_outgoing(record, entry, event) for event in given]


def _outgoing(record: Record, entry: Entry, event: ConversationChanged | MessageRouted) -> Outgoing:
    return Outgoing(
        topic=INBOUND_ROUTED if isinstance(event, MessageRouted) else CONVERSATIONS_CHANGED,
        key=entry.after.conversation_id,
        event=event,
        meta=follow(record.meta, SOURCE, event, time=entry.at),
    )


def _changed(entry: Entry) -> ConversationChanged:
    after = entry.after
    return ConversationChanged(
        conversation_id=after.conversation_id,
        contact_id=after.contact_id,
        insurer=after.insurer,
        desk=after.desk,
        policy_type=after.policy_type,
        previous=entry.previous,
        state=after.state,
        version=after.version,
        at=entry.at,
    )


def _routed(event: InboundReceived, entry: Entry, route: Route) -> MessageRouted:
    return MessageRouted(
        message_id=event.message_id,
        conversation_id=entry.after.conversation_id,
        contact_id=entry.after.contact_id,
        seq=entry.after.last_seq,
        outcome="routed" if route.insurer else "triage",
        insurer=route.insurer,
        desk=route.desk,
        policy_type=route.policy_type,
        policy_number=route.policy_number,
        tags=route.tags,
        priority=route.priority,
        agreement_version=route.agreement_version,
        rule=route.rule,
        reasons=route.reasons,
        sla=route.sla,
        masking=route.masking,
        sealed_identity=event.sealed_identity,
        business_number_id=event.business_number_id,
        content=_content(event.content, route.related),
        reply_to=event.reply_to,
        quoted=event.quoted if event.quoted in route.related else None,
        origin=event.origin,
        sent_at=event.sent_at,
        received_at=event.received_at,
    )


def _content(content: Content, related: Sequence[MessageId]) -> Content:
    """The content, without the id of a message that is not in this conversation."""
    if isinstance(content, ReactionContent | EditContent | RevokeContent) and content.of not in related:
        return content.model_copy(update={"of": None})
    return content
