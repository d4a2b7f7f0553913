"""Ends what has come to its time: a question without an answer, a number that may not be used any more."""

import structlog

from bowchat_masker.egress import Mint
from bowchat_masker.handlers.reveal_events import events
from bowchat_masker.reveal_store import RevealStore
from bowchat_masker.reveals import ended
from bowchat_runtime.clock import Clock
from bowchat_runtime.publisher import Publisher
from bowchat_runtime.repeating import repeat

log = structlog.get_logger()

_EVERY_S = 30.0
_AT_ONCE = 200


class RevealTicker:
    """Publishes first and saves then: what is told again after a crash is the same to the byte: it is made of the row."""

    def __init__(self, store: RevealStore, publisher: Publisher, mint: Mint, clock: Clock) -> None:
        self._store, self._publisher, self._mint, self._clock = store, publisher, mint, clock

    async def run(self) -> None:
        """Until cancelled."""
        await repeat(self.tick, every_s=_EVERY_S, task="reveals")

    async def tick(self) -> int:
        """End all that is overdue now, and say how many."""
        due = await self._store.overdue(self._clock(), _AT_ONCE)
        over = [ended(each, "expired", cause="time", now=each.ends_at) for each in due]
        if over:
            await self._publisher.publish([one for each in over for one in events(each, self._mint)])
            await self._store.save(over)
        return len(over)
