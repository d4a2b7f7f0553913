"""Forgetting an erased person: the ledger keeps what became of each delivery, and nothing that it carried."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bowchat_contracts.erasure import SubjectErased
from bowchat_dispatcher.announce import announcement
from bowchat_dispatcher.domain import Row, emptied
from bowchat_dispatcher.phones import phone_lane
from bowchat_dispatcher.requests import webhook_lane
from bowchat_dispatcher.store import Ledger
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.records import Outgoing, Record


@dataclass
class Emptying:
    """Rows by the contact that they are about."""

    rows: dict[str, list[Row]]
    emptied: list[Row] = field(default_factory=list)


class ErasureHandler:
    """Reads `subjects.erased`."""

    def __init__(self, ledger: Ledger, business_number_id: str = "") -> None:
        """`business_number_id`: the number that texts to insurers' phones come from."""
        self._ledger, self._business = ledger, business_number_id

    async def load(self, records: Sequence[Record]) -> Emptying:
        erased: list[SubjectErased] = [record.event for record in records]
        return Emptying({each.contact_id: await self._rows(each) for each in erased})

    async def _rows(self, erased: SubjectErased) -> list[Row]:
        lanes = [webhook_lane(each.insurer, each.alias) for each in erased.aliases]
        lanes += [phone_lane(self._business, each.insurer, each.alias) for each in erased.aliases]
        return await self._ledger.of_lanes(erased.lanes, lanes)

    def decide(self, record: Record, state: Emptying, now: datetime) -> Sequence[Outgoing]:
        erased: SubjectErased = record.event
        outgoing: list[Outgoing] = []
        for row in state.rows.pop(erased.contact_id, []):
            bare = emptied(row, now, record.position)
            if bare is None:
                continue
            state.emptied.append(bare)
            if bare.state != row.state:
                outgoing.append(announcement(bare, bare.history[-1]))
        return outgoing

    async def save(self, state: Emptying) -> None:
        written = await self._ledger.write(state.emptied) if state.emptied else []
        if len(written) < len(state.emptied):
            raise ConflictError("a delivery was changed by the sender")

    def forget(self) -> None:
        """Nothing is cached."""
