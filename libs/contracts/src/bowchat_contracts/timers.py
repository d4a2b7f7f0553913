"""Moments that the router has to act on."""

from datetime import datetime
from typing import ClassVar, Literal

from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import ContactId


class TimerDue(Event):
    """A moment has come. Told again until somebody acted on it; acting twice changes nothing."""

    type: ClassVar[str] = "bowchat.timers.due.v1"

    timer_id: str
    what: Literal["question", "conversation"]
    """A question that nobody answered, or a conversation that has rested long enough."""
    contact_id: ContactId
    subject_id: str
    """The prompt or conversation."""
    due_at: datetime
