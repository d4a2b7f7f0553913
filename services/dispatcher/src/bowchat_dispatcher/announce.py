"""A ledger change, told to everybody. Ids derive from the delivery and the change's number, so telling twice is harmless."""

from bowchat_contracts.deliveries import DeliveryUpdated
from bowchat_contracts.envelope import Meta, traceparent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.topics import DELIVERIES_UPDATED
from bowchat_dispatcher.domain import Change, Row
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


def since(row: Row, number: int) -> list[Outgoing]:
    """The events of all changes after this one."""
    return [announcement(row, change) for change in row.history if change.number > number]
