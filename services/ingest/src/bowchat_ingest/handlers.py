"""Replies, and requests for a number, from insurers' own topics."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bowchat_contracts.insurer import InsurerReply
from bowchat_contracts.reveals import InsurerRevealRequest
from bowchat_contracts.topics import insurer_of
from bowchat_ingest.domain import reply_received, reveal_requested
from bowchat_runtime.errors import RejectError
from bowchat_runtime.records import Outgoing, Record


class RepliesHandler:
    """Passes on what insurers say. Nothing is kept: a repetition has the same ids, and the masker absorbs it."""

    async def load(self, records: Sequence[Record]) -> None:  # noqa: ARG002 - the loop passes it
        return None

    def decide(
        self,
        record: Record,
        state: None,  # noqa: ARG002 - the loop passes it
        now: datetime,
    ) -> Sequence[Outgoing]:
        """The insurer is the topic's, which the broker guards; what the body says of it counts for nothing."""
        insurer = insurer_of(record.topic)
        if isinstance(record.event, InsurerRevealRequest):
            return (reveal_requested(record.event, insurer, _arrived(record, now)),)
        if not isinstance(record.event, InsurerReply):
            raise RejectError("an insurer's reply topic may hold replies and requests for a number only")
        return (reply_received(record.event, insurer, "kafka", _arrived(record, now)),)

    async def save(self, state: None) -> None:  # noqa: ARG002 - the loop passes it
        return None

    def forget(self) -> None:
        return None


def _arrived(record: Record, now: datetime) -> datetime:
    """When the broker took the reply, so that a clock is met by its arrival, and a replay says the same. A time that the
    insurer itself wrote counts for nothing.
    """
    return datetime.fromtimestamp(record.timestamp_ms / 1000, UTC) if record.broker_time else now
