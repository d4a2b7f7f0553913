"""What is not through: as the ledger had it at the last look, and as this process has changed it since.

A round that read all of it would take the longer the more there is, and slow the sending down when there is most to send.
What others changed meanwhile is found at the next look, and in any case before anything leaves: the lanes that are to go are
read once more, and each row is claimed by its version.
"""

import time
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from operator import attrgetter

from bowchat_dispatcher.domain import BLOCKING, Row
from bowchat_dispatcher.store import Ledger, Open, open_of

_AT_MOST = 5000
_LANES_AT_MOST = 256
_PAUSE = 10
"""How many times as long as a look takes the next one is put off."""
_PAUSE_AT_MOST_S = 2.0


class Backlog:
    """The heads of lanes, without asking the ledger for all of it every time.

    Args:
        every_s: How often to look for what others have changed, where a look takes next to nothing.
    """

    def __init__(self, ledger: Ledger, every_s: float) -> None:
        self._ledger, self._every_s = ledger, every_s
        self._lanes: dict[str, dict[str, Open]] = {}
        self._noted: list[Row] = []
        self._partial = False
        self._next_look: datetime | None = None

    def note(self, row: Row) -> None:
        """Take this for how the row stands: so it was just read or written here."""
        self._noted.append(row)
        self._put(row)

    def _put(self, row: Row) -> None:
        lane = self._lanes.setdefault(row.lane, {})
        if row.state in BLOCKING:
            lane[row.delivery_id] = open_of(row)
        else:
            lane.pop(row.delivery_id, None)
        if not lane:
            del self._lanes[row.lane]

    def _again(self, noted: Iterable[Row]) -> None:
        """What was noted while the ledger was being read may be newer than what it said."""
        for row in noted:
            self._put(row)

    async def confirmed(self, heads: Collection[Open]) -> list[Open]:
        """Those of them that are the heads of their lanes in the ledger too, and pending there."""
        if not heads:
            return []
        noted = len(self._noted)
        found = _by_lane(await self._ledger.behind_and_ahead({each.lane for each in heads}))
        for each in heads:
            self._lanes.pop(each.lane, None)
        self._lanes |= found
        self._again(self._noted[noted:])
        now = {lane: _head(rows) for lane, rows in found.items()}
        return [now[each.lane] for each in heads if _is_still(each, now.get(each.lane))]

    async def ready(self, now: datetime, may: Callable[[Open], bool], full: frozenset[str]) -> list[Open]:
        """The heads of lanes that are due and may go, the longest due first.

        Where there is more than is read at once, lanes that may not go and those of full channels are read last.
        """
        looked = self._next_look is None or now >= self._next_look
        if looked:
            await self._look(now, may, full)
        due = self._due(now)
        if not due and self._partial and not looked:
            await self._look(now, may, full)
            due = self._due(now)
        return [head for head in due if may(head)]

    def _due(self, now: datetime) -> list[Open]:
        due = [head for head in map(_head, self._lanes.values()) if _is_due(head, now)]
        return sorted(due, key=attrgetter("due_at", "order"))

    async def _look(self, now: datetime, may: Callable[[Open], bool], full: frozenset[str]) -> None:
        began = time.perf_counter()
        self._noted = []
        found = await self._ledger.backlog(_AT_MOST, without_channels=())
        self._partial = len(found) == _AT_MOST
        self._lanes = await self._urgent(found, now, may, full) if self._partial else _by_lane(found)
        self._partial &= bool(self._lanes)  # else nothing can go, and there is nothing more to find
        self._again(self._noted)
        pause = min(_PAUSE * (time.perf_counter() - began), _PAUSE_AT_MOST_S)
        self._next_look = now + timedelta(seconds=max(self._every_s, pause))

    async def _urgent(
        self, first: list[Open], now: datetime, may: Callable[[Open], bool], full: frozenset[str]
    ) -> dict[str, dict[str, Open]]:
        """Lanes that may go, whole, until one can: neither a channel that takes nothing nor heads that wait for hours may
        hide the others. `first`: what was read of all channels.
        """
        seen: set[str] = set()
        urgent = await self._ledger.backlog(_AT_MOST, without_channels=full) if full else first
        while True:
            lanes = list(dict.fromkeys(each.lane for each in urgent if may(each)))[:_LANES_AT_MOST]
            # What stands outside of what was read may be ahead in the same lane.
            found = _by_lane(await self._ledger.behind_and_ahead(lanes))
            if any(_is_due(_head(lane), now) for lane in found.values()) or not urgent:
                return found
            seen.update(lanes, (each.lane for each in urgent if not may(each)))
            urgent = await self._ledger.backlog(_AT_MOST, without_channels=full, without_lanes=seen)


def _is_due(head: Open, now: datetime) -> bool:
    return head.state == "pending" and head.due_at is not None and head.due_at <= now


def _by_lane(found: Iterable[Open]) -> dict[str, dict[str, Open]]:
    lanes: dict[str, dict[str, Open]] = {}
    for each in found:
        lanes.setdefault(each.lane, {})[each.delivery_id] = each
    return lanes


def _is_still(head: Open, now: Open | None) -> bool:
    return now is not None and (now.delivery_id, now.state) == (head.delivery_id, "pending")


def _head(lane: dict[str, Open]) -> Open:
    return min(lane.values(), key=attrgetter("order"))
