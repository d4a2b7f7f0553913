"""Promises that were kept or broken count for the desk that gave them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bowchat_contracts.desks import DeskWorked
from bowchat_contracts.sla import ClockState, SlaChanged
from bowchat_contracts.topics import DESKS_WORKED
from bowchat_registry.registry import Registry
from bowchat_router.deeds import SOURCE
from bowchat_router.domain.line import desk_id
from bowchat_router.handlers.common import Registries
from bowchat_runtime.records import Outgoing, Record, follow

_COUNTS: Mapping[ClockState, Literal["kept", "breached"]] = {"met": "kept", "breached": "breached"}
"""A clock that was met late was breached before."""


@dataclass(frozen=True)
class InForce:
    registry: Registry


class PromiseHandler:
    """Reads `sla.changed`, and tells the desks that have a breaker."""

    def __init__(self, registries: Registries) -> None:
        self._registries = registries

    async def load(self, records: Sequence[Record]) -> InForce:  # noqa: ARG002 - the protocol's signature
        return InForce(self._registries.current)

    def decide(self, record: Record, state: InForce, now: datetime) -> Sequence[Outgoing]:  # noqa: ARG002
        clock: SlaChanged = record.event
        what = _COUNTS.get(clock.state)
        agreement = state.registry.agreements.get(clock.insurer)
        desk = agreement.desk(clock.desk) if agreement else None
        if what is None or desk is None or desk.breaker is None:
            return ()
        event = DeskWorked(insurer=clock.insurer, desk=desk.name, what=what, at=clock.at)
        meta = follow(record.meta, SOURCE, event, time=clock.detected_at)
        return (Outgoing(DESKS_WORKED, desk_id(clock.insurer, desk.name), event, meta),)

    async def save(self, state: InForce) -> None:
        """Nothing is kept here."""

    def forget(self) -> None:
        """Nothing is cached."""
