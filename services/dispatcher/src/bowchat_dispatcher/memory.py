"""The delivery ledger in memory: for tests, and for runs that may forget. Keeps the same contract as MongoDB's."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bowchat_contracts.deliveries import DeliveryState
from bowchat_dispatcher.domain import BLOCKING, Row, Stop
from bowchat_dispatcher.store import WAITED_FOR, Open, Watermark, open_of
from bowchat_runtime.errors import ConflictError

_LAST = datetime.max.replace(tzinfo=UTC)


class MemoryLedger:
    """Rows by id, and beside them what is looked for often."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._states: dict[str, dict[str, None]] = defaultdict(dict)
        self._lanes: dict[str, set[str]] = defaultdict(set)
        self._providers: dict[str, str] = {}
        self._watermarks: dict[str, Watermark] = {}
        self._stops: dict[str, Stop] = {}

    async def find(self, delivery_ids: Collection[str]) -> dict[str, Row]:
        return {key: self._rows[key] for key in delivery_ids if key in self._rows}

    async def find_by_provider(self, refs: Collection[str]) -> dict[str, Row]:
        return {ref: self._rows[self._providers[ref]] for ref in refs if ref in self._providers}

    async def insert(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if row.delivery_id not in self._rows:
                self._put(replace(row, version=1))

    async def write(self, rows: Sequence[Row]) -> list[Row]:
        stand = [row for row in rows if self._rows[row.delivery_id].version == row.version]
        written = [replace(row, version=row.version + 1) for row in stand]
        for row in written:
            self._put(row)
        return written

    async def backlog(
        self, limit: int, *, without_channels: Collection[str], without_lanes: Collection[str] = ()
    ) -> list[Open]:
        every = [
            open_of(self._rows[key])
            for lane, keys in self._lanes.items()
            if lane not in without_lanes
            for key in keys
        ]
        chosen = [each for each in every if each.channel not in without_channels]
        return sorted(chosen, key=lambda each: each.due_at or _LAST)[:limit]

    async def behind_and_ahead(self, lanes: Collection[str]) -> list[Open]:
        return [open_of(self._rows[key]) for lane in lanes for key in self._lanes.get(lane, ())]

    async def overdue(self, now: datetime, limit: int) -> list[Row]:
        found = [self._rows[key] for state in WAITED_FOR for key in self._states[state]]
        late = [(row.due_at, row) for row in found if row.due_at is not None and row.due_at <= now]
        return [row for _, row in sorted(late, key=lambda pair: pair[0])][:limit]

    async def begun_since(self, moment: datetime) -> list[tuple[str, datetime]]:
        found = [(row.lane, row.began_at) for row in self._rows.values() if row.began_at is not None]
        return sorted(((lane, at) for lane, at in found if at >= moment), key=lambda pair: pair[1])

    async def changed_since(self, moment: datetime) -> list[Row]:
        found = [row for row in self._rows.values() if row.changed_at >= moment]
        return sorted(found, key=lambda row: row.changed_at)

    async def in_state(self, state: DeliveryState, limit: int) -> list[Row]:
        return [self._rows[key] for key in self._states[state]][: limit or None]

    async def count(self, state: DeliveryState) -> int:
        return len(self._states[state])

    async def of_lanes(self, refs: Collection[str], lanes: Collection[str]) -> list[Row]:
        rows = [row for row in self._rows.values() if row.recipient_ref in refs or row.lane in lanes]
        return sorted((row for row in rows if row.content), key=lambda row: row.delivery_id)

    async def watermarks(self) -> list[Watermark]:
        return list(self._watermarks.values())

    async def set_watermark(self, mark: Watermark) -> None:
        self._watermarks[mark.instance] = mark

    async def drop_watermark(self, instance: str) -> None:
        self._watermarks.pop(instance, None)

    async def stops(self, subjects: Collection[str]) -> dict[str, Stop]:
        return {key: self._stops[key] for key in subjects if key in self._stops}

    async def write_stops(self, stops: Sequence[Stop]) -> None:
        fit = [each for each in stops if each.version == self._stop_version(each.subject)]
        self._stops |= {each.subject: replace(each, version=each.version + 1) for each in fit}
        if len(fit) != len(stops):
            raise ConflictError("a stop was changed by somebody else")

    def _stop_version(self, subject: str) -> int:
        return self._stops[subject].version if subject in self._stops else 0

    def _put(self, row: Row) -> None:
        key, before = row.delivery_id, self._rows.get(row.delivery_id)
        if before is not None:
            del self._states[before.state][key]
        self._rows[key] = row
        self._states[row.state][key] = None
        if row.state in BLOCKING:
            self._lanes[row.lane].add(key)
        elif row.lane in self._lanes:
            self._lanes[row.lane].discard(key)
            if not self._lanes[row.lane]:
                del self._lanes[row.lane]
        if row.provider_ref is not None:
            self._providers[row.provider_ref] = key
