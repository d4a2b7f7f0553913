"""The life of a conversation, and doubts raised about what passes through it."""

from datetime import datetime
from typing import ClassVar, Literal

from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import ContactId, ConversationId, InsurerId, Ref

ConversationState = Literal["triage", "waiting_insurer", "waiting_policyholder", "closed"]


class ConversationChanged(Event):
    """A conversation was opened or has moved to another state."""

    type: ClassVar[str] = "bowchat.conversations.changed.v1"

    conversation_id: ConversationId
    contact_id: ContactId
    insurer: InsurerId | None
    desk: str | None
    policy_type: str | None
    previous: ConversationState | None
    state: ConversationState
    version: int
    """The conversation's version after this change; never goes back."""
    at: datetime


class ContactFrozen(Event):
    """A contact's number has changed: what was to be sent to it may not leave, since somebody else may have it."""

    type: ClassVar[str] = "bowchat.contacts.frozen.v1"

    contact_id: ContactId
    recipient_ref: Ref
    """As in what is requested to be delivered to them."""
    version: int
    """What was decided at an earlier version of the contact did not know of the change."""
    at: datetime


class GuardRaised(Event):
    """The masker doubted: something was held, and people should look."""

    type: ClassVar[str] = "bowchat.guard.raised.v1"

    subject_id: str
    """The message id or reply key that was held."""
    direction: Literal["to_insurer", "to_policyholder"]
    conversation_id: ConversationId
    insurer: InsurerId
    reason: Literal[
        "known_identity", "known_identity_in_pieces", "number_in_pieces", "masking_failed", "number_changed",
        "seal_unreadable", "unreadable_media", "media_doubt", "contact_details", "solicitation",
    ]  # fmt: skip
    at: datetime
