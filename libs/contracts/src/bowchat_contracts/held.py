"""What becomes of a held message or reply: for the inbox and the log, and for the insurer whose place it is."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from bowchat_contracts.commands import Author, Words
from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import Alias, CommandId, ConversationId, InsurerId, InsurerMessageId, ThreadId
from bowchat_contracts.insurer import InsurerMessage

HeldEnd = Literal["released", "rewritten", "blocked"]
"""How a hold ends: each of them once, and for good."""

BlockedReason = Literal["contact_details", "could_not_be_checked", "not_passed_on"]
"""Why a message will not come. Says something of the message, nothing of its writer."""


class HeldChanged(Event):
    """A person has decided on something that was held. That it was held is told by `bowchat.guard.raised.v1`."""

    type: ClassVar[str] = "bowchat.held.changed.v1"

    subject_id: str
    """The message, reply or medium that was held, as in `bowchat.guard.raised.v1`."""
    direction: Literal["to_insurer", "to_policyholder"]
    conversation_id: ConversationId
    insurer: InsurerId
    state: HeldEnd
    command_id: CommandId
    by: Author
    why: Words
    at: datetime


class InsurerReleased(InsurerMessage):
    """A message that was withheld, after all: it takes the place with the same `message_id` and `seq`. Later places of
    the thread may have come before it.
    """

    type: ClassVar[str] = "bowchat.insurer.released.v1"


class InsurerBlocked(Event):
    """The message that was withheld at this place will not come."""

    type: ClassVar[str] = "bowchat.insurer.blocked.v1"

    message_id: InsurerMessageId
    alias: Alias
    thread_id: ThreadId
    seq: int = Field(ge=1)
    sent_at: datetime
    reason: BlockedReason
