"""What outlives a sender: up to when it has announced its changes. Who comes after it announces the rest."""

from datetime import datetime, timedelta

from bowchat_contracts.deliveries import DeliveryState
from bowchat_dispatcher import announce, metrics
from bowchat_dispatcher.domain import Row
from bowchat_dispatcher.store import Ledger, Watermark
from bowchat_runtime.records import Outgoing

_MARK_EVERY = timedelta(seconds=1)
_BEAT_EVERY = timedelta(seconds=10)
_DEAD_AFTER = timedelta(seconds=60)
_LOOK_EVERY = timedelta(seconds=10)
_CLOCKS_DIFFER = timedelta(seconds=2)
_COUNTED: tuple[DeliveryState, ...] = ("pending", "sending", "unknown", "unresolved")


class Watch:
    """The watermarks of all senders."""

    def __init__(self, ledger: Ledger, instance: str) -> None:
        self._ledger, self._instance = ledger, instance
        self._touched = False
        self._adopted: list[str] = []
        self._marked_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._counted_at: datetime | None = None

    def touch(self) -> None:
        """Something was announced: the watermark is worth writing."""
        self._touched = True

    async def mark(self, until: datetime, now: datetime) -> None:
        """Keep the watermark, now and then. Everything this sender did before `until` has been announced."""
        while self._adopted:
            await self._ledger.drop_watermark(self._adopted[-1])
            self._adopted.pop()
        every = _MARK_EVERY if self._touched else _BEAT_EVERY
        if self._marked_at is not None and now - self._marked_at < every:
            return
        await self._ledger.set_watermark(Watermark(self._instance, until, now))
        self._touched, self._marked_at = False, now

    async def unfinished(self, now: datetime, *, also_own: bool = False) -> list[Outgoing]:
        """Changes that a dead sender may not have announced; with `also_own`, those of this one's last life as well.

        A dead sender's watermark goes with the next `mark`, when these have been announced.
        """
        if not also_own and self._looked_at is not None and now - self._looked_at < _LOOK_EVERY:
            return []
        self._looked_at = now
        dead = [
            mark for mark in await self._ledger.watermarks() if self._is_dead(mark, now, also_own=also_own)
        ]
        if not dead:
            return []
        since = min(mark.announced_until for mark in dead) - _CLOCKS_DIFFER
        outgoing = [
            each for row in await self._ledger.changed_since(since) for each in _own_changes(row, since)
        ]
        self._adopted += [mark.instance for mark in dead if mark.instance != self._instance]
        return outgoing

    async def measure(self, now: datetime) -> None:
        """Count, now and then, what is not at its end."""
        if self._counted_at is not None and now - self._counted_at < _LOOK_EVERY:
            return
        self._counted_at = now
        for state in _COUNTED:
            metrics.DELIVERIES.labels(state).set(await self._ledger.count(state))

    def _is_dead(self, mark: Watermark, now: datetime, *, also_own: bool) -> bool:
        if mark.instance == self._instance:
            return also_own
        return now - mark.seen_at > _DEAD_AFTER


def _own_changes(row: Row, since: datetime) -> list[Outgoing]:
    """The changes that no record caused: a record's own are announced when it is read again."""
    late = [change for change in row.history if change.cause is None and change.at >= since]
    return [each for change in late for each in announce.announcements(row, change)]
