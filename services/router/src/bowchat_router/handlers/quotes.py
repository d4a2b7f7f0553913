"""Remembers where messages of ours were sent, so that a policyholder may quote one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bowchat_contracts.deliveries import DeliveryUpdated
from bowchat_contracts.ids import ConversationId, ProviderRef
from bowchat_router.store import RouterStore
from bowchat_runtime.records import Outgoing, Record

_FIRST = frozenset({"accepted", "sent"})
"""With one of these states the provider's name of a message is told for the first time."""


@dataclass
class Sent:
    """What a batch says of messages of ours."""

    places: dict[ProviderRef, ConversationId] = field(default_factory=dict)


class QuoteHandler:
    """Reads `deliveries.updated`."""

    def __init__(self, store: RouterStore) -> None:
        self._store = store

    async def load(self, records: Sequence[Record]) -> Sent:  # noqa: ARG002 - the protocol's signature
        return Sent()

    def decide(self, record: Record, state: Sent, now: datetime) -> Sequence[Outgoing]:  # noqa: ARG002
        update: DeliveryUpdated = record.event
        if (
            update.state in _FIRST
            and update.recipient == "policyholder"
            and update.provider_ref
            and update.conversation_id
        ):
            state.places[update.provider_ref] = update.conversation_id
        return ()

    async def save(self, state: Sent) -> None:
        if state.places:
            await self._store.sent(state.places)

    def forget(self) -> None:
        """Nothing is cached."""
