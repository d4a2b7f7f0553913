"""Sending: what has to go out, what the provider says of it, and what became of it."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import ConversationId, DeliveryId, InsurerId, ProviderRef, Ref, ReplyKey, RevealId
from bowchat_contracts.parts import Part
from bowchat_contracts.pii import MessageText

DeliveryState = Literal[
    "pending", "sending", "unknown", "accepted", "sent", "delivered", "read", "failed", "unresolved"
]
"""`unknown`: it may or may not have left. `unresolved`: no status came in time, or its recipient changed or its conversation
closed before it left; people decide."""


class Button(Part):
    """One thing to tap."""

    id: str = Field(max_length=256)
    """Comes back with the tap. Minted; says nothing to who reads it."""
    title: str = Field(min_length=1, max_length=20)


class DeliveryRequested(Event):
    """An accepted reply, or a question of ours, to be sent to a policyholder. Only the dispatcher can open the recipient."""

    type: ClassVar[str] = "bowchat.deliveries.requested.v1"

    delivery_id: DeliveryId
    recipient_ref: Ref
    sealed_recipient: str
    """`Identity`, locked for the dispatcher; the seal is bound to `delivery_id`."""
    conversation_id: ConversationId
    reply_key: ReplyKey
    insurer: InsurerId
    business_number_id: str
    text: MessageText
    requested_at: datetime
    contact_version: int = 0
    """The contact's version at the decision: when the contact is frozen at a later one, this is not sent."""
    buttons: tuple[Button, ...] = Field((), max_length=3)
    reveal_id: RevealId | None = None
    """Of a question whether a number may be revealed: `reply_key` is derived from it then, and names no reply."""
    notice: bool = False
    """Words of the relay's own (an answer to STOP): `reply_key` is derived from what it answers, and names no reply."""


class StatusReceived(Event):
    """What the provider says became of a message of ours."""

    type: ClassVar[str] = "bowchat.statuses.received.v1"

    provider_ref: ProviderRef
    delivery_id: DeliveryId | None = None
    """From `biz_opaque_callback_data`, where it is one of ours."""
    status: Literal["sent", "delivered", "read", "played", "failed", "unknown"]
    error_codes: tuple[int, ...] = ()
    business_number_id: str | None
    occurred_at: datetime
    received_at: datetime


class DeliveryUpdated(Event):
    """A delivery's state, as the ledger has it. Never goes backwards."""

    type: ClassVar[str] = "bowchat.deliveries.updated.v1"

    delivery_id: DeliveryId
    recipient: Literal["policyholder", "insurer"]
    insurer: InsurerId
    subject_id: str
    """What was sent: the reply key, or the insurer's message id."""
    conversation_id: ConversationId | None
    """None for a webhook to an insurer: the insurer's topic does not name it."""
    state: DeliveryState
    attempt: int
    error_code: str | None = None
    at: datetime
