"""Sending: what has to go out, what the provider says of it, and what became of it."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import (
    ConversationId,
    DeliveryId,
    InsurerId,
    PromptId,
    ProviderRef,
    Ref,
    ReplyKey,
    RevealId,
)
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
    title: MessageText
    """1 to 24 characters."""
    description: MessageText | None = None
    """At most 72 characters."""


class DeliveryRequested(Event):
    """An accepted reply, or a question or notice of ours, to be sent to a policyholder. Only the dispatcher can open the
    recipient.
    """

    type: ClassVar[str] = "bowchat.deliveries.requested.v1"

    delivery_id: DeliveryId
    recipient_ref: Ref
    sealed_recipient: str
    """`Identity`, locked for the dispatcher; the seal is bound to `delivery_id`."""
    conversation_id: ConversationId | None
    """None for a prompt that belongs to none yet."""
    reply_key: ReplyKey
    insurer: InsurerId | None
    """None for a prompt that is of none."""
    business_number_id: str
    text: MessageText
    requested_at: datetime
    contact_version: int = 0
    """The contact's version at the decision: when the contact is frozen at a later one, this is not sent."""
    buttons: tuple[Button, ...] = Field((), max_length=10)
    """Up to three with titles of 20 characters and no description are shown as buttons, anything else as a list."""
    list_label: str | None = Field(None, max_length=20)
    """What opens the list."""
    reveal_id: RevealId | None = None
    """Of a question whether a number may be revealed: `reply_key` is derived from it then, and names no reply."""
    notice: bool = False
    """Words of the relay's own (an answer to STOP, a prompt), which are sent though the conversation is closed: `reply_key`
    is derived from what they answer or from the prompt, and names no reply.
    """
    prompt_id: PromptId | None = None
    """Of a prompt: `reply_key` is derived from it then, also where the words are an insurer's."""
    expires_at: datetime | None = None
    """From then on it is too late to send it: it fails."""


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
    insurer: InsurerId | None
    """None for a prompt that is of none."""
    subject_id: str
    """What was sent: the reply key, or the insurer's message id."""
    conversation_id: ConversationId | None
    """None for a webhook to an insurer, whose topic does not name it, and for a prompt that belongs to none yet."""
    state: DeliveryState
    attempt: int
    error_code: str | None = None
    provider_ref: ProviderRef | None = None
    """What the provider calls it, once it has taken it: a policyholder may quote it."""
    at: datetime
