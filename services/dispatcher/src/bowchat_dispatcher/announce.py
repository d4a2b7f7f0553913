"""A ledger change, told to everybody. Ids derive from the delivery and the change's number, so telling twice is harmless."""

from bowchat_contracts.deliveries import DeliveryUpdated
from bowchat_contracts.envelope import Meta, traceparent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.insurer_phone import ThreadShown
from bowchat_contracts.topics import DELIVERIES_UPDATED, THREADS_SHOWN
from bowchat_dispatcher.domain import ARRIVED, Change, Row
from bowchat_runtime.records import Outgoing

_TAKEN = frozenset({"accepted", "sent", "delivered", "read"})


def announcement(row: Row, change: Change) -> Outgoing:
    """The event of one change."""
    event = DeliveryUpdated(
        delivery_id=row.delivery_id,
        recipient="policyholder" if row.kind == "whatsapp" else "insurer",
        insurer=row.insurer or None,
        subject_id=row.subject_id,
        conversation_id=row.conversation_id,
        state=change.state,
        attempt=change.attempt,
        error_code=change.error_code,
        # Earlier changes may be told again when it is known, and say the same as before.
        provider_ref=row.provider_ref if change.state in _TAKEN else None,
        at=change.at,
    )
    number = str(change.number)
    meta = Meta(
        id=derived_id("ev", row.delivery_id, event.type, number),
        type=event.type,
        source="/bowchat/dispatcher",
        time=change.at,
        traceparent=traceparent(row.delivery_id, f"dispatcher/{number}", parent=row.traceparent),
    )
    return Outgoing(DELIVERIES_UPDATED, row.conversation_id or row.delivery_id, event, meta)


def announcements(row: Row, change: Change) -> list[Outgoing]:
    """What one change has told: itself, and what of which thread an insurer's phone shows by now."""
    told = [announcement(row, change)]
    if row.thread_id and row.provider_ref and change.state in ARRIVED:
        told.append(_shown(row, row.provider_ref, change))
    return told


def _shown(row: Row, provider_ref: str, change: Change) -> Outgoing:
    event = ThreadShown(
        delivery_id=row.delivery_id,
        insurer=row.insurer,
        thread_id=row.thread_id,
        alias=row.alias,
        tag=row.tag,
        policy_type=row.policy_type,
        provider_ref=provider_ref,
        at=change.at,
    )
    meta = Meta(
        id=derived_id("ev", row.delivery_id, event.type, str(change.number)),
        type=event.type,
        source="/bowchat/dispatcher",
        time=change.at,
        traceparent=traceparent(row.delivery_id, f"dispatcher/shown/{change.number}", parent=row.traceparent),
    )
    return Outgoing(THREADS_SHOWN, row.insurer, event, meta)


def since(row: Row, number: int) -> list[Outgoing]:
    """The events of all changes after this one."""
    return [each for change in row.history if change.number > number for each in announcements(row, change)]
