"""How much a desk has to do, who waits for it, and whether it still keeps its promises."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import ContactId, ConversationId, InsurerId


class DeskWorked(Event):
    """Something that counts for a desk: a conversation came, changed its weight or left; a clock was kept or broken; the
    desk opened. One desk's events are in order.
    """

    type: ClassVar[str] = "bowchat.desks.worked.v1"

    insurer: InsurerId
    desk: str
    what: Literal["arrived", "weighed", "left", "kept", "breached", "looked_at"]
    """`looked_at`: a timer says that something may have changed: the desk opened, somebody waits too long."""
    conversation_id: ConversationId | None = None
    contact_id: ContactId | None = None
    weight: float = Field(0.0, ge=0)
    """The places that the conversation takes: 1 while it is open, less while documents are waited for, more for a claim."""
    priority: int = 0
    may_overflow: bool = True
    """Whether the desk's backup may get it: false where it comes from another desk already."""
    at: datetime


class DeskChanged(Event):
    """How a desk stands: for the inbox, analytics and alerts."""

    type: ClassVar[str] = "bowchat.desks.changed.v1"

    insurer: InsurerId
    desk: str
    load: float
    capacity: float | None
    waiting: int
    """Conversations in line."""
    failing: bool
    """Whether it breaches too often, so that others get its new work where the agreement names them."""
    at: datetime
