"""What the dispatcher reads: deliveries to make, messages for insurers behind a webhook, statuses, and what speaks against
sending. They write the ledger only; sending is the sender's.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bowchat_contracts.conversations import ContactFrozen, ConversationChanged
from bowchat_contracts.deliveries import DeliveryRequested, StatusReceived
from bowchat_contracts.topics import insurer_of
from bowchat_dispatcher import metrics
from bowchat_dispatcher.announce import announcement, announcements
from bowchat_dispatcher.domain import Row, Stop, informed, opened
from bowchat_dispatcher.endpoints import Endpoints
from bowchat_dispatcher.phones import PhoneRows, Threads
from bowchat_dispatcher.requests import webhook_delivery_id, webhook_row, whatsapp_row
from bowchat_dispatcher.store import Ledger
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.records import Outgoing, Record

Wake = Callable[[Iterable[Row]], None]
"""Told what is new or has changed."""


@dataclass
class Batch:
    """The rows a batch is about, and what it did to them."""

    rows: dict[str, Row]
    by_provider: dict[str, str] = field(default_factory=dict)
    new: dict[str, Row] = field(default_factory=dict)
    changed: dict[str, Row] = field(default_factory=dict)


class DeliveriesHandler:
    """Opens a delivery for each accepted reply."""

    def __init__(self, ledger: Ledger, wake: Wake) -> None:
        self._ledger, self._wake = ledger, wake

    async def load(self, records: Sequence[Record]) -> Batch:
        return Batch(await self._ledger.find({self._delivery_id(record) for record in records}))

    def decide(self, record: Record, state: Batch, now: datetime) -> Sequence[Outgoing]:
        if not isinstance(record.event, DeliveryRequested):
            return ()
        return _open(state, whatsapp_row(record.event, record), record, now)

    async def save(self, state: Batch) -> None:
        await _insert(self._ledger, state, self._wake)

    def forget(self) -> None:
        """Nothing is cached."""

    def _delivery_id(self, record: Record) -> str:
        return str(getattr(record.event, "delivery_id", ""))


@dataclass
class ToInsurers:
    """Deliveries to insurers, and the tags of the threads that their phones are told of."""

    batch: Batch
    threads: Threads


class InsurersHandler:
    """Opens a delivery for each event of an insurer that listens behind a webhook, or reads in WhatsApp."""

    def __init__(self, ledger: Ledger, endpoints: Endpoints, phones: PhoneRows, wake: Wake) -> None:
        self._ledger, self._endpoints, self._phones, self._wake = ledger, endpoints, phones, wake

    def concerns(self, raw: Any) -> bool:
        """Most insurers read their topic themselves."""
        return self._way(raw) in ("webhook", "whatsapp")

    async def load(self, records: Sequence[Record]) -> ToInsurers:
        ours = {webhook_delivery_id(record) for record in records if self._way(record) == "webhook"}
        shown = [record for record in records if self._way(record) == "whatsapp"]
        threads = await self._phones.threads(shown)
        ours |= {row.delivery_id for record in shown for row in self._phones.rows(record, threads)}
        return ToInsurers(Batch(await self._ledger.find(ours) if ours else {}), threads)

    def decide(self, record: Record, state: ToInsurers, now: datetime) -> Sequence[Outgoing]:
        match self._way(record):
            case "webhook":
                return _open(state.batch, webhook_row(record), record, now)
            case "whatsapp":
                rows = self._phones.rows(record, state.threads)
                return [each for row in rows for each in _open(state.batch, row, record, now)]
        return ()

    async def save(self, state: ToInsurers) -> None:
        await self._phones.keep(state.threads)
        await _insert(self._ledger, state.batch, self._wake)

    def forget(self) -> None:
        """Nothing is cached."""

    def _way(self, record: Any) -> str | None:
        return self._endpoints.kind(insurer_of(record.topic))


class StatusesHandler:
    """Moves deliveries on by what the provider says of them."""

    def __init__(self, ledger: Ledger, wake: Wake) -> None:
        self._ledger, self._wake = ledger, wake

    async def load(self, records: Sequence[Record]) -> Batch:
        events = [record.event for record in records if isinstance(record.event, StatusReceived)]
        rows = await self._ledger.find({event.delivery_id for event in events if event.delivery_id})
        refs = {event.provider_ref for event in events if event.delivery_id not in rows}
        found = await self._ledger.find_by_provider(refs)
        rows |= {row.delivery_id: row for row in found.values()}
        return Batch(rows, {ref: row.delivery_id for ref, row in found.items()})

    def decide(self, record: Record, state: Batch, now: datetime) -> Sequence[Outgoing]:
        status = record.event
        if not isinstance(status, StatusReceived):
            return ()
        row = state.rows.get(status.delivery_id or "") or state.rows.get(
            state.by_provider.get(status.provider_ref, "")
        )
        if row is None:
            metrics.STATUSES.labels("unmatched").inc()
            return ()
        told = _told_before(row, record)
        if told:
            metrics.STATUSES.labels("repeated").inc()
            return told
        moved = informed(row, status, now, record.position)
        if moved is None:
            metrics.STATUSES.labels("stale").inc()
            return ()
        metrics.STATUSES.labels("applied").inc()
        outgoing = announcements(moved, moved.history[-1])
        state.rows[row.delivery_id] = state.changed[row.delivery_id] = moved
        return outgoing

    async def save(self, state: Batch) -> None:
        rows = list(state.changed.values())
        written = await self._ledger.write(rows) if rows else []
        self._wake(written)
        if len(written) < len(rows):
            raise ConflictError("a delivery was changed by the sender")

    def forget(self) -> None:
        """Nothing is cached."""


@dataclass
class StopsBatch:
    """What is known against sending to whom a batch speaks of."""

    stops: dict[str, Stop]
    changed: dict[str, Stop] = field(default_factory=dict)


class StopsHandler:
    """Learns whose number has changed and which conversations are closed, for the last look before a text leaves."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def load(self, records: Sequence[Record]) -> StopsBatch:
        said = [stop for record in records if (stop := _stop(record)) is not None]
        return StopsBatch(await self._ledger.stops({stop.subject for stop in said}))

    def decide(self, record: Record, state: StopsBatch, now: datetime) -> Sequence[Outgoing]:  # noqa: ARG002 - the loop's signature
        said = _stop(record)
        if said is None:
            return ()
        known = state.stops.get(said.subject)
        news = said.in_force if known is None else said.at > known.at
        if news:
            said = replace(said, version=known.version if known else 0)
            state.stops[said.subject] = state.changed[said.subject] = said
        return ()

    async def save(self, state: StopsBatch) -> None:
        if state.changed:
            await self._ledger.write_stops(list(state.changed.values()))

    def forget(self) -> None:
        """Nothing is cached."""


def _stop(record: Record) -> Stop | None:
    event = record.event
    if isinstance(event, ContactFrozen):
        return Stop(event.recipient_ref, event.version, in_force=True)
    if isinstance(event, ConversationChanged):
        return Stop(event.conversation_id, event.version, in_force=event.state == "closed")
    return None


def _open(state: Batch, draft: Row, record: Record, now: datetime) -> Sequence[Outgoing]:
    known = state.rows.get(draft.delivery_id)
    if known is not None:
        told = _told_before(known, record)
        metrics.REQUESTS.labels(draft.kind, "repeated" if told else "duplicate").inc()
        return told
    row = opened(draft, now, record.position)
    metrics.REQUESTS.labels(row.kind, "new").inc()
    outgoing = [announcement(row, row.history[-1])]
    state.rows[row.delivery_id] = state.new[row.delivery_id] = row
    return outgoing


def _told_before(row: Row, record: Record) -> list[Outgoing]:
    """What this very record has caused already: a crash came between saving and publishing."""
    return [
        each
        for change in row.history
        if change.cause == record.position
        for each in announcements(row, change)
    ]


async def _insert(ledger: Ledger, state: Batch, wake: Wake) -> None:
    if state.new:
        await ledger.insert(list(state.new.values()))
        wake(state.new.values())
