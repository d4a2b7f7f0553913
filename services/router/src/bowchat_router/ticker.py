"""Tells the router of the moments that have come. They live in the database, so a killed router forgets none."""

from datetime import datetime, timedelta

from bowchat_contracts.envelope import Meta, traceparent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.timers import TimerDue
from bowchat_contracts.topics import TIMERS_DUE
from bowchat_router.deeds import SOURCE, Timer
from bowchat_router.store import RouterStore
from bowchat_runtime.clock import Clock
from bowchat_runtime.publisher import Publisher
from bowchat_runtime.records import Outgoing
from bowchat_runtime.repeating import repeat

_EVERY_S = 0.5
_AT_ONCE = 500
_AGAIN = timedelta(seconds=30)
"""What nobody has acted on by then is told again; acting twice changes nothing."""


class Ticker:
    """Several may run: a moment that is told twice has one effect."""

    def __init__(self, store: RouterStore, publisher: Publisher, clock: Clock) -> None:
        self._store, self._publisher, self._clock = store, publisher, clock
        self._told: dict[str, datetime] = {}

    async def run(self) -> None:
        """Tick until cancelled."""
        await repeat(self.tick, every_s=_EVERY_S, task="ticker")

    async def tick(self) -> int:
        """Tell all that is due now, and say how many moments that were."""
        now = self._clock()
        self._told = {each: at for each, at in self._told.items() if at > now - _AGAIN}
        due = [each for each in await self._store.due(now, _AT_ONCE) if each.timer_id not in self._told]
        if due:
            await self._publisher.publish([told(each) for each in due])
            self._told |= {each.timer_id: now for each in due}
        return len(due)


def told(timer: Timer) -> Outgoing:
    """The event that this moment has come."""
    event = TimerDue(
        timer_id=timer.timer_id,
        what=timer.what,
        contact_id=timer.contact_id,
        subject_id=timer.subject_id,
        due_at=timer.due_at,
    )
    meta = Meta(
        id=derived_id("ev", event.type, timer.timer_id),
        type=event.type,
        source=f"/bowchat/{SOURCE}",
        time=timer.due_at,
        traceparent=traceparent(timer.timer_id, "due"),
    )
    return Outgoing(TIMERS_DUE, timer.contact_id, event, meta)
