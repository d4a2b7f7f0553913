"""What the relay itself asks a policyholder or tells them: which matter a message is about, how it went, what is missing."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from bowchat_contracts.commands import Author
from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import (
    ContactId,
    ConversationId,
    DeliveryId,
    InsurerId,
    MessageId,
    OptionId,
    PromptId,
)
from bowchat_contracts.parts import Part
from bowchat_contracts.pii import MessageText

PromptKind = Literal["which_matter", "csat", "documents", "notice"]


class Option(Part):
    """One answer to tap."""

    option_id: OptionId
    title: MessageText
    """At most 24 characters; 20 where three options or fewer become buttons."""
    description: MessageText | None = None
    """At most 72 characters."""


class PromptRequested(Event):
    """Ask a policyholder, or tell them something. The masker finds out how they are reached, and looks through the words of
    an insurer as it does through a reply.
    """

    type: ClassVar[str] = "bowchat.prompts.requested.v1"

    prompt_id: PromptId
    kind: PromptKind
    contact_id: ContactId
    conversation_id: ConversationId | None = None
    """None while it is not known which one."""
    insurer: InsurerId | None = None
    business_number_id: str
    text: MessageText
    options: tuple[Option, ...] = Field((), max_length=10)
    """Three or fewer become buttons, more a list."""
    list_label: str | None = Field(None, max_length=20)
    """What opens the list."""
    message_id: MessageId | None = None
    sealed_identity: str | None = None
    """Who is asked, sealed under `inbound:<message_id>`: of a message that nobody but the router has seen yet."""
    by: Author | None = None
    """Whose words they are, where they are not the relay's own."""
    requested_at: datetime
    expires_at: datetime
    """When it is too late to send it."""


PromptRefusal = Literal[
    "expired", "contact_unreachable", "contact_erased", "number_changed", "policyholder_stopped", "alias_expired",
    "alias_blocked", "no_open_matter", "unknown_thread", "conversation_closed", "text_empty", "text_too_long",
    "solicitation",
]  # fmt: skip
"""Why a prompt is not sent."""


class PromptDecided(Event):
    """May this prompt go out? Words of an insurer may be `held`, as a reply is, until people accept or block them."""

    type: ClassVar[str] = "bowchat.prompts.decided.v1"

    prompt_id: PromptId
    kind: PromptKind
    contact_id: ContactId
    conversation_id: ConversationId | None = None
    insurer: InsurerId | None = None
    outcome: Literal["accepted", "held", "refused", "blocked"]
    reason: PromptRefusal | Literal["guard"] | None = None
    delivery_id: DeliveryId | None = None
    decided_at: datetime


class PromptAnswered(Event):
    """A prompt has come to its end: with a tap or words that decide it, or without. A message that answers a prompt is
    carried no further.
    """

    type: ClassVar[str] = "bowchat.prompts.answered.v1"

    prompt_id: PromptId
    kind: PromptKind
    contact_id: ContactId
    conversation_id: ConversationId | None = None
    outcome: Literal["answered", "expired", "overtaken"]
    """`overtaken`: something else decided first."""
    message_id: MessageId | None = None
    """The message that was the answer, where it was nothing else."""
    option_id: OptionId | None = None
    at: datetime


class CsatReceived(Event):
    """How content a policyholder was with one cycle of a conversation, from 1 (not at all) to 5."""

    type: ClassVar[str] = "bowchat.csat.received.v1"

    conversation_id: ConversationId
    contact_id: ContactId
    insurer: InsurerId
    desk: str | None
    cycle: int = Field(ge=1)
    score: int = Field(ge=1, le=5)
    asked_which_matter: bool
    """What the relay itself had a part in: it asked which matter this is about,"""
    waited_in_line: bool
    """it let the policyholder wait for a place at the desk,"""
    handed_on: bool
    """and people moved the conversation to another desk or insurer."""
    at: datetime
