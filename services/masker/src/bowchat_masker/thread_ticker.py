"""Ends what an insurer was asked and did not answer: the reply, and those that waited behind it, are refused."""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bowchat_contracts.insurer_phone import ANSWER_WITHIN
from bowchat_masker import metrics
from bowchat_masker.egress import Mint
from bowchat_masker.handlers.erasure import Kept
from bowchat_masker.handlers.phone_events import PhoneTeller
from bowchat_masker.insurer_threads import STILL_IN_MIND, PhoneReply, asked
from bowchat_masker.phone_store import PhoneChanges
from bowchat_runtime.clock import Clock
from bowchat_runtime.moments import whole_milliseconds
from bowchat_runtime.publisher import Publisher
from bowchat_runtime.repeating import repeat
from bowchat_runtime.seal import Opener

log = structlog.get_logger()

_EVERY_S = 10.0
_AT_ONCE = 200
_KEPT = timedelta(days=8)
"""Longer than the provider repeats a webhook: a reply that comes again is known again."""


class ThreadTicker:
    """Claims, publishes, then notes that it was told. What was claimed can be answered no more, so that nobody is told
    that a reply was refused which went out; and what a crash left claimed is told again.
    """

    def __init__(
        self, stores: Kept, publisher: Publisher, opener: Opener, mint: Mint, *, clock: Clock
    ) -> None:
        self._vault, self._phones, self._publisher = stores.vault, stores.phones, publisher
        self._mint, self._clock = mint, clock
        self._teller = PhoneTeller(opener, mint)
        self._swept: datetime | None = None

    async def run(self) -> None:
        """Until cancelled."""
        await repeat(self.tick, every_s=_EVERY_S, task="insurer_questions")

    async def tick(self) -> int:
        """End all that is overdue now, and say how many."""
        now = whole_milliseconds(self._clock())
        late = await self._phones.overdue(now - ANSWER_WITHIN, _AT_ONCE)
        for insurer in sorted({each.insurer for each in late}):
            await self._end(insurer, now)
        if self._swept is None or now - self._swept > timedelta(hours=1):
            await self._phones.sweep(now - _KEPT)
            self._swept = now
        return len(late)

    async def _end(self, insurer: str, now: datetime) -> None:
        """What was asked about, and what waits behind it for as long; the first that is left is asked about now."""
        waiting = await self._phones.waiting([insurer])
        over = [each for each in waiting if each.state == "expiring" or _since(each) <= now - ANSWER_WITHIN]
        claimed = [_claimed(each, now) for each in over]
        await self._save([one for one, was in zip(claimed, over, strict=True) if one is not was])
        ended = [replace(each, state="expired", version=each.version + 1) for each in claimed]
        await self._publisher.publish([one for each in ended for one in self._teller.ended(each)])
        await self._save(ended)
        for each in ended:
            metrics.PHONE_REPLIES.labels(each.insurer, "expired").inc()
        left = [each for each in waiting if each.reply_key not in {one.reply_key for one in over}]
        if left and left[0].asked_at is None:
            await self._ask(left[0], now)

    async def _ask(self, row: PhoneReply, now: datetime) -> None:
        """Saved first: a question that a crash keeps from being asked is over in its time as well."""
        threads = await self._vault.threads_since(row.insurer, now - STILL_IN_MIND)
        found = frozenset(each.thread_id for each in threads)
        shown = await self._phones.tagged_threads(sorted(found | set(row.only)))
        shown_at = {key: each.shown_at for key, each in shown.items()}
        row = asked(row, found, shown_at, self._mint.option_id, by="time", now=now)
        row = replace(row, version=row.version + 1)
        if not row.offers:
            await self._save(
                [replace(row, state="expiring", reason="no_open_thread", decided_at=now, ended_by="time")]
            )
            return
        await self._save([row])
        await self._publisher.publish([self._teller.question(row)])

    async def _save(self, rows: list[PhoneReply]) -> None:
        await self._phones.save(PhoneChanges(replies={each.reply_key: each for each in rows}))


def _since(row: PhoneReply) -> datetime:
    """Since when an answer is waited for. What nobody was asked about yet waits since it came."""
    return row.asked_at or row.received_at


def _claimed(row: PhoneReply, now: datetime) -> PhoneReply:
    """Taken out of reach of an answer. One that is, because its end was being told when a process died, stays as it is."""
    if row.state == "expiring":
        return row
    return replace(
        row,
        state="expiring",
        version=row.version + 1,
        reason="thread_not_said",
        decided_at=now,
        ended_by="time",
    )
