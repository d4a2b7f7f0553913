"""The loop that sends: claims what is due, lets it leave, writes down what became of it, and tells everybody.

One coroutine owns the ledger writes, so results are written in bulk; only the attempts themselves run side by side.
Whatever fails on the way to the store or the broker is kept here and tried again; whatever a crash takes is found again
from the ledger: a row left `sending` when its lease is over, a change not announced by the watermark.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bowchat_dispatcher import announce, metrics
from bowchat_dispatcher.backlog import Backlog
from bowchat_dispatcher.carriers import Carrier
from bowchat_dispatcher.domain import Kind, Row, Stop, Verdict, begun, finished, halted, overdue
from bowchat_dispatcher.lanes import Lanes
from bowchat_dispatcher.limits import Pauses
from bowchat_dispatcher.store import Ledger, Open
from bowchat_dispatcher.verdicts import NotSent
from bowchat_dispatcher.watch import Watch
from bowchat_runtime.clock import Clock
from bowchat_runtime.errors import DependencyDownError
from bowchat_runtime.publisher import Publisher
from bowchat_runtime.records import Outgoing

log = structlog.get_logger()

_OVERDUE_AT_MOST = 200
_BACK_OFF_S = 1.0
_STOP_WITHIN_S = 12.0
_LIMITS_REMEMBER = timedelta(minutes=10)
"""A burst of 45 to one recipient is owed for four and a half minutes."""


@dataclass(frozen=True, slots=True)
class Landing:
    """An attempt that is over."""

    row: Row
    verdict: Verdict
    at: datetime


class Sender:
    """See the module. `step` is one round; `run` makes rounds until cancelled."""

    def __init__(
        self,
        ledger: Ledger,
        publisher: Publisher,
        carriers: Mapping[Kind, Carrier],
        *,
        clock: Clock,
        instance: str,
        unknown_wait_s: float,
        poll_s: float = 0.2,
    ) -> None:
        self._ledger, self._publisher, self._carriers = ledger, publisher, carriers
        self._clock, self._unknown_wait_s, self._poll_s = clock, unknown_wait_s, poll_s
        self._lanes, self._pauses, self._backlog = Lanes(), Pauses(), Backlog(ledger, poll_s)
        self._watch = Watch(ledger, instance)
        self._claiming: list[Row] = []
        self._flights: dict[str, asyncio.Task[None]] = {}
        self._busy: Counter[str] = Counter()
        self._landed: dict[str, Landing] = {}
        self._unannounced: list[Outgoing] = []
        self._next_look = clock()
        self._recovered = False
        self._bell = asyncio.Event()

    def wake(self, rows: Iterable[Row]) -> None:
        """Look again: these are new, or have changed."""
        for row in rows:
            self._backlog.note(row)
            self._lanes.release([row.lane])
        self._bell.set()

    async def run(self) -> None:
        """Send until cancelled; then let what is under way land, and write it down."""
        try:
            while True:
                try:
                    if not self._recovered:
                        await self.recover()
                    if not await self.step():
                        await self._rest()
                except DependencyDownError as error:
                    log.warning("sender_waits", reason=str(error))
                    await asyncio.sleep(_BACK_OFF_S)
        finally:
            await self._stop()

    async def recover(self) -> None:
        """Announce again what a dead process may not have, and count what it sent against the limits."""
        now = self._clock()
        unfinished = await self._watch.unfinished(now, also_own=True)
        begun_before = await self._ledger.begun_since(now - _LIMITS_REMEMBER)
        self._unannounced += unfinished
        for lane, at in begun_before:
            for carrier in self._carriers.values():
                carrier.remember(lane, at)
        self._recovered = True

    async def step(self) -> bool:
        """One round. True when there may be more to do at once."""
        now = self._clock()
        await self._settle()
        if now >= self._next_look:
            await self._look(now)
            self._next_look = now + timedelta(seconds=self._poll_s)
        await self._announce(now)
        return await self._claim(now)

    async def landing(self) -> None:
        """Wait until nothing is under way."""
        while self._flights:
            await asyncio.gather(*self._flights.values(), return_exceptions=True)

    async def _rest(self) -> None:
        pause = self._pauses.shortest(self._clock().timestamp())
        try:
            async with asyncio.timeout(self._poll_s if pause is None else min(self._poll_s, pause)):
                await self._bell.wait()
        except TimeoutError:
            return
        finally:
            self._bell.clear()

    async def _claim(self, now: datetime) -> bool:
        if self._claiming:  # its answer was lost with the database: ask again
            await self._take_off()
        ready = self._with_room(await self._ready(now))
        if not ready:
            return False
        rows = await self._ledger.find([each.delivery_id for each in await self._backlog.confirmed(ready)])
        about = {each for row in rows.values() for each in (row.recipient_ref, row.conversation_id) if each}
        stops = await self._ledger.stops(about)
        for row in rows.values():
            if row.state == "pending" and row.due_at is not None and row.due_at <= now:
                self._admit(row, stops, now)
        await self._take_off()
        return True

    async def _ready(self, now: datetime) -> list[Open]:
        """The heads of lanes that may go now, the longest due first."""
        resting, held = self._pauses.active(now.timestamp()), self._lanes.held(now)
        return await self._backlog.ready(
            now,
            lambda head: head.channel not in resting and head.lane not in held,
            self._full() | resting,
        )

    def _with_room(self, ready: list[Open]) -> list[Open]:
        """As many as each channel has free places."""
        room: dict[str, int] = {}
        chosen = []
        for each in ready:
            limit = self._carriers[_kind(each.channel)].concurrency
            left = room.setdefault(each.channel, limit - self._busy[each.channel])
            if left > 0:
                room[each.channel] -= 1
                chosen.append(each)
        return chosen

    def _admit(self, row: Row, stops: Mapping[str, Stop], now: datetime) -> None:
        """Choose the row for sending, or let what hinders it rest; what may not leave any more is set before people."""
        carrier = self._carriers[row.kind]
        if (stopped := halted(row, stops, now)) is not None:
            self._claiming.append(stopped)
            return
        if self._busy[row.channel] >= carrier.concurrency:
            return
        if wait := carrier.channel_wait(row, now):
            self._pauses.rest(row.channel, now.timestamp() + wait)
        elif wait := carrier.lane_wait(row, now):
            self._lanes.hold(row.lane, now + timedelta(seconds=wait), now)
        elif (claimed := begun(row, now, carrier.lease_s)) is not None:
            carrier.take(row, now)
            self._busy[row.channel] += 1
            self._claiming.append(claimed)

    async def _take_off(self) -> None:
        if not self._claiming:
            return
        claimed = await self._ledger.write(self._claiming)
        won = {row.delivery_id for row in claimed}
        for row in self._claiming:
            if row.state == "sending" and row.delivery_id not in won:
                self._busy[row.channel] -= 1
        self._claiming = []
        for row in claimed:
            self._backlog.note(row)
            self._unannounced += announce.since(row, row.history[-1].number - 1)
            if row.state != "sending":
                log.warning("delivery_stopped", delivery_id=row.delivery_id, code=row.error_code)
                continue
            flight = asyncio.create_task(self._fly(row))
            flight.add_done_callback(_report)
            self._flights[row.delivery_id] = flight

    async def _fly(self, row: Row) -> None:
        carrier = self._carriers[row.kind]
        try:
            with metrics.ATTEMPT_SECONDS.labels(row.kind).time():
                now = self._clock()
                late = row.due_at is not None and now >= row.due_at
                # Past its lease others take the attempt for lost: to send now could be to send twice.
                answer = NotSent("sender_late") if late else await carrier.send(row, now)
            landed_at = self._clock()
            verdict = carrier.judge(row, answer, landed_at)
            self._landed[row.delivery_id] = Landing(row, verdict, landed_at)
            self._observe(row, verdict, landed_at)
        finally:
            self._busy[row.channel] -= 1
            del self._flights[row.delivery_id]
            self._bell.set()

    def _observe(self, row: Row, verdict: Verdict, now: datetime) -> None:
        metrics.ATTEMPTS.labels(row.kind, verdict.outcome).inc()
        if verdict.pause_s:
            self._pauses.rest(row.channel, now.timestamp() + verdict.pause_s)
        if verdict.outcome == "accepted":
            return
        metrics.FAILURES.labels(row.kind, verdict.code).inc()
        log.info(
            "attempt_failed",
            delivery_id=row.delivery_id,
            attempt=row.attempt,
            outcome=verdict.outcome,
            code=verdict.code,
        )
        if verdict.alert:
            metrics.REPAIRS_NEEDED.labels(row.channel, verdict.code).inc()

    async def _settle(self) -> None:
        """Write what landed. A row that was changed meanwhile is read and judged again."""
        rows = {key: landing.row for key, landing in self._landed.items()}
        while rows:
            moved = {key: after for key, row in rows.items() if (after := self._after(row)) is not None}
            stand = {row.delivery_id for row in await self._ledger.write(list(moved.values()))}
            for key, row in rows.items():
                if key in stand:
                    self._note(row, moved[key])
                if key in stand or key not in moved:
                    del self._landed[key]
            rows = await self._ledger.find([key for key in moved if key not in stand])

    def _after(self, row: Row) -> Row | None:
        landing = self._landed[row.delivery_id]
        return finished(row, landing.row.attempt, landing.verdict, landing.at, self._unknown_wait_s)

    def _note(self, before: Row, after: Row) -> None:
        self._backlog.note(after)
        self._unannounced += announce.since(after, before.history[-1].number)
        if after.due_at is not None:
            self._lanes.hold(after.lane, after.due_at, after.changed_at)
        else:
            self._lanes.release([after.lane])

    async def _look(self, now: datetime) -> None:
        """What time alone brings: leases and waits that ran out, instructions, colleagues that died."""
        late = {row.delivery_id: row for row in await self._ledger.overdue(now, _OVERDUE_AT_MOST)}
        moved = {key: after for key, row in late.items() if (after := self._overdue(row, now)) is not None}
        if moved:
            for row in await self._ledger.write(list(moved.values())):
                self._note(late[row.delivery_id], row)
        self._unannounced += await self._watch.unfinished(now)
        await self._watch.measure(now)
        metrics.PAUSED.set(len(self._pauses.active(now.timestamp())))

    def _overdue(self, row: Row, now: datetime) -> Row | None:
        return overdue(row, now, self._unknown_wait_s)

    async def _announce(self, now: datetime) -> None:
        metrics.UNANNOUNCED.set(len(self._unannounced))
        if self._unannounced:
            count = len(self._unannounced)
            await self._publisher.publish(self._unannounced[:count])
            del self._unannounced[:count]
            self._watch.touch()
        if not self._recovered:
            return
        # Whatever is still to be written keeps the watermark behind it.
        open_times = [landing.at for landing in self._landed.values()] + [
            row.changed_at for row in self._claiming
        ]
        await self._watch.mark(min([now, *open_times]), now)

    def _full(self) -> frozenset[str]:
        return frozenset(
            channel
            for channel, count in self._busy.items()
            if count >= self._carriers[_kind(channel)].concurrency
        )

    async def _stop(self) -> None:
        try:
            async with asyncio.timeout(_STOP_WITHIN_S):
                await self.landing()
                await self._settle()
                await self._announce(self._clock())
        except (TimeoutError, DependencyDownError):
            log.warning("sender_stopped_early", in_flight=len(self._flights), unwritten=len(self._landed))


def _kind(channel: str) -> Kind:
    return "whatsapp" if channel.startswith("whatsapp|") else "webhook"


def _report(flight: asyncio.Task[None]) -> None:
    """An attempt that broke for a reason of our own stays `sending` until its lease ends. The error's text may name
    anybody, so only its class is told.
    """
    error = None if flight.cancelled() else flight.exception()
    if error is not None:
        log.error("attempt_broke", error=type(error).__name__)
