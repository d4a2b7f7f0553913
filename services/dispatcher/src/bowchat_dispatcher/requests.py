"""A record that asks for a delivery, as a ledger row."""

import json
from datetime import UTC, datetime

from bowchat_contracts.deliveries import DeliveryRequested
from bowchat_contracts.envelope import rfc3339
from bowchat_contracts.ids import derived_id
from bowchat_contracts.insurer import InsurerMessage
from bowchat_contracts.pii import MessageText
from bowchat_contracts.topics import insurer_of
from bowchat_dispatcher.domain import Choice, Row
from bowchat_runtime.records import Record

_NEVER = datetime.fromtimestamp(0, UTC)


def whatsapp_row(event: DeliveryRequested, record: Record) -> Row:
    """A text to a policyholder. One recipient's texts keep the order they have in the topic."""
    return Row(
        delivery_id=event.delivery_id,
        kind="whatsapp",
        channel=f"whatsapp|{event.business_number_id}",
        lane=f"{event.business_number_id}|{event.recipient_ref}",
        order=record.offset,
        insurer=event.insurer or "",
        subject_id=event.reply_key,
        conversation_id=event.conversation_id,
        business_number_id=event.business_number_id,
        sealed_recipient=event.sealed_recipient,
        content=event.text,
        webhook_id=None,
        traceparent=record.meta.traceparent,
        recipient_ref=event.recipient_ref,
        contact_version=event.contact_version,
        buttons=tuple(Choice(each.id, each.title, each.description) for each in event.buttons),
        list_label=event.list_label,
        notice=event.notice,
        expires_at=event.expires_at,
        **UNSENT,  # type: ignore[arg-type]
    )


def webhook_row(record: Record) -> Row:
    """An event to an insurer's webhook. One alias's events keep the order they have in the topic."""
    insurer, name = insurer_of(record.topic), webhook_id(record)
    return Row(
        delivery_id=webhook_delivery_id(record),
        kind="webhook",
        channel=f"webhook|{insurer}",
        lane=webhook_lane(insurer, record.key or ""),
        order=record.offset,
        insurer=insurer,
        subject_id=name,
        conversation_id=None,
        business_number_id=None,
        sealed_recipient="",
        content=MessageText(webhook_body(record)),
        webhook_id=name,
        traceparent=record.meta.traceparent,
        **UNSENT,  # type: ignore[arg-type]
    )


def webhook_lane(insurer: str, alias: str) -> str:
    """What keeps the order of one alias of one insurer."""
    return derived_id("ln", insurer, alias)


def webhook_delivery_id(record: Record) -> str:
    return derived_id("dl", insurer_of(record.topic), record.meta.type, webhook_id(record))


def webhook_id(record: Record) -> str:
    """What the insurer tells repetitions by: a message's own id, else the event's. A message that is withheld first and
    released later has one message id, so only the message itself is named by it.
    """
    if isinstance(record.event, InsurerMessage):
        return record.event.message_id
    return record.meta.id


def webhook_body(record: Record) -> str:
    """The body, with the record's own bytes as its data: the same at every attempt."""
    head = json.dumps(
        {"type": record.meta.type, "timestamp": rfc3339(record.meta.time)}, separators=(",", ":")
    )
    return f'{head[:-1]},"data":{record.value.decode()}}}'


UNSENT = {
    "created_at": _NEVER,
    "state": "pending",
    "attempt": 0,
    "failures": 0,
    "last_failure": None,
    "error_code": None,
    "due_at": None,
    "began_at": None,
    "provider_ref": None,
    "instruction": None,
    "changed_at": _NEVER,
    "history": (),
}
