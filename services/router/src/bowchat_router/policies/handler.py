"""What the router does with changes of policies: it keeps them, and knows them from then on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bowchat_contracts.policies import PoliciesChanged
from bowchat_router import metrics
from bowchat_router.policies.changes import Change, change_of
from bowchat_router.policies.imports import Imports
from bowchat_runtime.records import Outgoing, Record

AT_ONCE = 2
"""Changes per batch: messages wait while the book takes one, which may have 500 rows."""


@dataclass
class Appending:
    """What a batch adds to the journal."""

    seq: int
    """The journal's end before it."""
    changes: list[Change] = field(default_factory=list)
    duplicates: int = 0


class PoliciesHandler:
    """Reads `policies.changed`, in one order: all changes have one key. One that was kept already has no second effect."""

    def __init__(self, imports: Imports) -> None:
        self._imports = imports

    async def load(self, records: Sequence[Record]) -> Appending:  # noqa: ARG002 - the protocol's signature
        await self._imports.follow()
        return Appending(self._imports.seq)

    def decide(self, record: Record, state: Appending, now: datetime) -> Sequence[Outgoing]:  # noqa: ARG002
        event: PoliciesChanged = record.event
        known = event.change_id in self._imports.seen
        if known or any(event.change_id in each.subjects for each in state.changes):
            state.duplicates += 1
        else:
            state.changes.append(change_of(event, state.seq + len(state.changes) + 1))
        return ()

    async def save(self, state: Appending) -> None:
        if state.changes:
            await self._imports.append(state.changes)
        metrics.DUPLICATES.inc(state.duplicates)
        for kind in ("policies", "contacts"):
            metrics.IMPORTED.labels(kind).inc(sum(len(getattr(each, kind)) for each in state.changes))

    def forget(self) -> None:
        """Nothing: the book is the journal's, whoever owns the partition."""
