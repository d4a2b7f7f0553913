"""What a decision on a reply publishes inside: made of its row and its record, so that a replay gives the same bytes."""

from functools import lru_cache

from bowchat_contracts.commands import Author, CommandRequested, Reply, SlashCommand, command_in_reply
from bowchat_contracts.conversations import GuardRaised
from bowchat_contracts.deliveries import DeliveryRequested
from bowchat_contracts.envelope import Event
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_contracts.pii import MessageText
from bowchat_contracts.replies import ReplyDecided, ReplyReceived
from bowchat_contracts.topics import COMMANDS_REQUESTED, DELIVERIES_REQUESTED, GUARD_RAISED, REPLIES_DECIDED
from bowchat_masker.egress import Mint
from bowchat_masker.model import ReplyRow
from bowchat_masker.reply_text import redacted
from bowchat_runtime.records import Outgoing, Record, follow

SOURCE = "masker"


@lru_cache(maxsize=256)
def policy_of(masking: str) -> MaskingPolicy:
    return MaskingPolicy.model_validate_json(masking) if masking else MaskingPolicy()


def _text(reply: ReplyReceived, row: ReplyRow) -> MessageText:
    """What the policyholder gets: the same, however often it is asked."""
    if not row.removed:
        return reply.text
    return MessageText(redacted(reply.text.reveal(), policy_of(row.masking)))


def delivery(record: Record, row: ReplyRow) -> Outgoing:
    event = DeliveryRequested.model_validate(
        {
            "delivery_id": row.delivery_id,
            "recipient_ref": row.recipient_ref,
            "sealed_recipient": row.sealed_recipient,
            "conversation_id": row.conversation_id,
            "reply_key": row.reply_key,
            "insurer": row.insurer,
            "business_number_id": row.business_number_id,
            "text": _text(record.event, row),
            "requested_at": row.decided_at,
            "contact_version": row.contact_version,
        }
    )
    return _internal(record, DELIVERIES_REQUESTED, event.recipient_ref, event, row)


def decided(record: Record, row: ReplyRow) -> Outgoing:
    event = ReplyDecided.model_validate(
        {
            "reply_key": row.reply_key,
            "insurer": row.insurer,
            "outcome": row.outcome,
            "reason": row.reason,
            "conversation_id": row.conversation_id,
            "contact_id": row.contact_id,
            "delivery_id": row.delivery_id,
            "received_at": record.event.received_at,
            "decided_at": row.decided_at,
        }
    )
    return _internal(record, REPLIES_DECIDED, row.conversation_id or row.reply_key, event, row)


def named(reply: ReplyReceived, row: ReplyRow, mint: Mint) -> Reply:
    """The reply as its insurer knows it."""
    thread_id = mint.thread_id(row.insurer, row.conversation_id) if row.conversation_id else None
    return Reply(alias=reply.alias, thread_id=thread_id, reply_id=reply.reply_id)


def commanded(record: Record, row: ReplyRow, mint: Mint) -> Outgoing:
    """What an insurer typed for the relay, for the router to read."""
    reply: ReplyReceived = record.event
    command = SlashCommand.model_validate(
        {
            "conversation_id": row.conversation_id,
            "contact_id": row.contact_id,
            "text": reply.text,
            "reply": named(reply, row, mint),
        }
    )
    event = CommandRequested(
        command_id=command_in_reply(row.reply_key),
        by=Author(role="insurer", name=row.insurer),
        command=command,
        requested_at=reply.received_at,
    )
    return _internal(record, COMMANDS_REQUESTED, command.conversation_id, event, row)


def alarm(record: Record, row: ReplyRow) -> tuple[Outgoing, ...]:
    """A hold that belongs to no conversation is told by the decision alone."""
    if row.conversation_id is None or row.raised is None:
        return ()
    event = GuardRaised(
        subject_id=row.reply_key,
        direction="to_policyholder",
        conversation_id=row.conversation_id,
        insurer=row.insurer,
        reason=row.raised,
        at=row.decided_at,
    )
    return (_internal(record, GUARD_RAISED, row.conversation_id, event, row),)


def _internal(record: Record, topic: str, key: str, event: Event, row: ReplyRow) -> Outgoing:
    return Outgoing(topic, key, event, follow(record.meta, SOURCE, event, time=row.decided_at))
