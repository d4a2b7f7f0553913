"""Learns which conversations are closed, so that a reply to one can be refused."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bowchat_contracts.conversations import ConversationChanged
from bowchat_masker.domain import follow_conversation
from bowchat_masker.egress import Mint
from bowchat_masker.model import Changes, ConversationRow
from bowchat_masker.store import VaultStore
from bowchat_runtime.records import Outgoing, Record

_MOST_CACHED = 200_000


@dataclass(slots=True)
class FollowState:
    rows: dict[str, ConversationRow | None]
    stored: dict[str, int]
    """The version each row has in the store; a batch writes the one after it, however often the row changed."""
    changes: Changes = field(default_factory=Changes)
    threads: dict[str, datetime | None] = field(default_factory=dict)
    """Since when insurers' threads are closed; None: open again."""


class ConversationFollower:
    """Rows of the conversations whose partitions this worker owns are kept in memory, and only written. Notes pass by."""

    def __init__(self, store: VaultStore, mint: Mint) -> None:
        self._store, self._mint = store, mint
        self._rows: dict[str, ConversationRow | None] = {}

    async def load(self, records: Sequence[Record]) -> FollowState:
        wanted = {record.event.conversation_id for record in records}
        missing = sorted(wanted - self._rows.keys())
        found = await self._store.conversations(missing)
        self._rows |= {each: found.get(each) for each in missing}
        rows = {each: self._rows[each] for each in wanted}
        return FollowState(rows, {key: row.version if row else 0 for key, row in rows.items()})

    def decide(self, record: Record, state: FollowState, now: datetime) -> Sequence[Outgoing]:  # noqa: ARG002 - the loop's signature
        event = record.event
        if not isinstance(event, ConversationChanged):
            return ()
        key = event.conversation_id
        row = follow_conversation(state.rows[key], key, event.version, closed=event.state == "closed")
        if row is not None:
            row = ConversationRow(key, state.stored[key] + 1, row.at, row.closed)
            state.rows[key] = state.changes.conversations[key] = row
            if event.insurer is not None:
                thread_id = self._mint.thread_id(event.insurer, key)
                state.threads[thread_id] = event.at if row.closed else None
        return ()

    async def save(self, state: FollowState) -> None:
        await self._store.save(state.changes)
        await self._store.mark_threads(state.threads)
        if len(self._rows) > _MOST_CACHED:
            self._rows.clear()
        self._rows |= state.rows

    def forget(self) -> None:
        self._rows.clear()
