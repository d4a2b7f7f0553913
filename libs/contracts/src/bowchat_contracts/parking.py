"""Records set aside because they failed for a reason of their own, and their return."""

from datetime import datetime
from typing import ClassVar

from bowchat_contracts.envelope import Event


class RecordParked(Event):
    """One record, set aside whole. Records of the same key that come after it follow it here, in order."""

    type: ClassVar[str] = "bowchat.parked.v1"

    park_id: str
    topic: str
    partition: int
    offset: int
    key: str | None
    headers: tuple[tuple[str, str], ...]
    """As received; values in base64."""
    value: str
    """As received; base64."""
    reason: str
    """The error's class and place, or `behind <park id>`. Never text from the record."""
    parked_at: datetime
    written_ms: int | None = None
    """Kafka's own time of the record, in milliseconds: a replayed copy has another, and what is owed runs from this one."""
    broker_time: bool = False
    """Whether the broker gave that time, and not the record's writer."""


class RecordReleased(Event):
    """A parked record was replayed and done."""

    type: ClassVar[str] = "bowchat.released.v1"

    park_id: str
    topic: str
    key: str | None
    offset: int
    """Where the replayed copy stood: a record of the same key before it is still out of order."""
    released_at: datetime
