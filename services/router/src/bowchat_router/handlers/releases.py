"""A message that waited goes on: its words are read where they were received, and it is routed like any other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bowchat_contracts.inbound import InboundReceived, MessageReleased
from bowchat_contracts.topics import INBOUND_ROUTED
from bowchat_router.deeds import SOURCE, routed_again
from bowchat_runtime.errors import RejectError
from bowchat_runtime.records import Outgoing, Record, follow
from bowchat_runtime.rereading import Rereader


@dataclass(frozen=True)
class Found:
    """The records of a batch's messages, by their positions."""

    records: Mapping[str, Record]


class ReleaseHandler:
    """Reads `inbound.released`. Nothing is decided here, so nothing is kept."""

    def __init__(self, rereader: Rereader) -> None:
        self._rereader = rereader

    async def load(self, records: Sequence[Record]) -> Found:
        return Found(await self._rereader.at(sorted({each.event.position for each in records})))

    def decide(self, record: Record, state: Found, now: datetime) -> Sequence[Outgoing]:  # noqa: ARG002 - the loop's signature
        released: MessageReleased = record.event
        original = state.records.get(released.position)
        if original is None or original.event.message_id != released.message_id:
            raise RejectError(
                "the message's words are no longer where they were received: topics keep them for a week"
            )
        event: InboundReceived = original.event
        routed = routed_again(released, event)
        meta = follow(record.meta, SOURCE, routed, time=record.meta.time)
        return (Outgoing(INBOUND_ROUTED, released.conversation_id, routed, meta),)

    async def save(self, state: Found) -> None:
        """Nothing is kept."""

    def forget(self) -> None:
        """Nothing is cached."""
