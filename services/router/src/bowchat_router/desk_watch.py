"""Looks at the desks beside the work: which of them fail, and which have somebody in line who may be let in by now."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bowchat_contracts.desks import DeskWorked
from bowchat_contracts.envelope import Meta, traceparent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.topics import DESKS_WORKED
from bowchat_router.deeds import SOURCE
from bowchat_router.desk_store import DeskNews, DeskStore
from bowchat_runtime.clock import Clock
from bowchat_runtime.publisher import Publisher
from bowchat_runtime.records import Outgoing
from bowchat_runtime.repeating import repeat

_EVERY_S = 1.0
LOOK_EVERY = timedelta(seconds=5)
"""A desk opens, a breaker closes and patience ends by the clock alone: a line is looked at so often."""


class DeskWatch:
    """Several may run: a desk that is looked at twice does nothing twice."""

    def __init__(self, desks: DeskStore, publisher: Publisher, clock: Clock) -> None:
        self._desks, self._publisher, self._clock = desks, publisher, clock
        self._news = DeskNews()
        self._looked_at: datetime | None = None

    @property
    def failing(self) -> frozenset[str]:
        """The desks that break too many promises, as `insurer/desk`; known to the second."""
        return self._news.failing

    async def run(self) -> None:
        """Look until cancelled."""
        await repeat(self.look, every_s=_EVERY_S, task="desks")

    async def look(self) -> None:
        now = self._clock()
        self._news = await self._desks.news()
        if self._looked_at is not None and now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = now
        if due := self._news.waited_for | self._news.failing:
            await self._publisher.publish(list(looks(sorted(due), now)))


def looks(desks: Iterable[str], now: datetime) -> Iterable[Outgoing]:
    """Word to these desks, named `insurer/desk`, to look whom they can let in by now."""
    moment = now - timedelta(seconds=now.timestamp() % LOOK_EVERY.total_seconds())
    for name in desks:
        insurer, _, desk = name.partition("/")
        event = DeskWorked(insurer=insurer, desk=desk, what="looked_at", at=moment)
        seed = f"{name}/{int(moment.timestamp())}"
        meta = Meta(
            id=derived_id("ev", event.type, "looked_at", seed),
            type=event.type,
            source=f"/bowchat/{SOURCE}",
            time=moment,
            traceparent=traceparent(seed, "look"),
        )
        yield Outgoing(DESKS_WORKED, name, event, meta)
