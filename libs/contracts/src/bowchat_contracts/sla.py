"""Response clocks: promised, warned, kept, broken."""

from datetime import datetime
from typing import ClassVar, Literal

from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import ClockId, ConversationId, InsurerId

ClockState = Literal["running", "warned", "breached", "met", "met_late", "cancelled"]


class SlaChanged(Event):
    """A clock started, warned, breached or stopped."""

    type: ClassVar[str] = "bowchat.sla.changed.v1"

    clock_id: ClockId
    conversation_id: ConversationId
    insurer: InsurerId
    desk: str | None
    kind: Literal["first_response"]
    state: ClockState
    target_s: int
    started_at: datetime
    due_at: datetime
    at: datetime
    """When it happened: the exact due time for a breach, the event's time otherwise."""
    detected_at: datetime
    """When it was noticed; later than `at` after an outage."""
