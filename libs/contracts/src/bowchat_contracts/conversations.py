"""The life of a conversation, and doubts raised about what passes through it."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from bowchat_contracts.commands import Author
from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import ContactId, ConversationId, InsurerId, Ref
from bowchat_contracts.pii import MessageText

ConversationState = Literal[
    "triage", "queued", "waiting_insurer", "waiting_policyholder", "waiting_documents", "on_hold", "handed_off",
    "resolved", "closed",
]  # fmt: skip
"""`triage`: no insurer yet, people decide. `queued`: a desk is decided and has no place yet; its messages wait here.
`handed_off`: another desk of the same insurer has it, and has not answered yet. `resolved`: done, and a message reopens it.
`closed`: for good."""

ConversationChange = Literal[
    "opened", "assigned", "queued", "admitted", "overflowed", "message", "answered", "documents_requested", "handed_off",
    "escalated", "put_on_hold", "resumed", "no_reply_needed", "resolved", "reopened", "transferred", "closed",
]  # fmt: skip
"""What happened. `transferred`: closed here, and goes on as another conversation with another insurer."""


class ConversationChanged(Event):
    """A conversation was opened or has moved to another state, desk or place."""

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
    change: ConversationChange | None = None
    cycle: int = Field(1, ge=1)
    """Counts how often it was opened: one more each time a resolved conversation is reopened."""
    left_seq: int = Field(0, ge=0)
    """The place of its latest message that had gone on to the insurer; 0: none had, and the insurer does not know of it."""
    intent: str | None = None
    priority: int = 0
    queue_position: int | None = None
    """While it is queued: its place in the desk's line, from 1."""
    successor: ConversationId | None = None
    """Where it goes on after a transfer."""
    by: Author | None = None
    """Who wanted it, where a person did."""


class ConversationNoted(Event):
    """Somebody wrote a note on a conversation: for the aggregator's people, never for a policyholder or an insurer."""

    type: ClassVar[str] = "bowchat.conversations.noted.v1"

    conversation_id: ConversationId
    contact_id: ContactId
    by: Author
    text: MessageText
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
    """The message id, reply key or prompt id that was held."""
    direction: Literal["to_insurer", "to_policyholder"]
    conversation_id: ConversationId
    insurer: InsurerId
    reason: Literal[
        "known_identity", "known_identity_in_pieces", "number_in_pieces", "masking_failed", "number_changed",
        "seal_unreadable", "unreadable_media", "media_doubt", "contact_details", "solicitation",
    ]  # fmt: skip
    at: datetime
