"""Insurers that answer from a phone: finds the thread that each reply is for, or asks and holds the reply meanwhile.

All that an insurer's phone sends stands under one key, so one worker decides it in order. A reply whose thread is known
goes on as `ReplyReceived` on a topic of its own, and is judged there as every reply is.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from bowchat_contracts.insurer_phone import ReplyUnaddressed
from bowchat_masker import metrics
from bowchat_masker.egress import Mint
from bowchat_masker.handlers.holding import hold_copy
from bowchat_masker.handlers.phone_events import PhoneTeller
from bowchat_masker.insurer_threads import (
    STILL_IN_MIND,
    Answers,
    Named,
    PhoneReply,
    Refused,
    Verdict,
    View,
    asked,
    verdict,
)
from bowchat_masker.model import Thread
from bowchat_masker.phone_store import PhoneChanges, PhoneStore, Quote, TaggedThread
from bowchat_masker.store import VaultStore
from bowchat_runtime.errors import RejectError
from bowchat_runtime.moments import whole_milliseconds
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.seal import Opener

log = structlog.get_logger()


@dataclass(slots=True)
class PhoneState:
    rows: dict[str, PhoneReply]
    """Every reply that the batch is about, waits, or was asked about, as it stands now."""
    quotes: dict[str, Quote]
    tagged: dict[tuple[str, str], TaggedThread]
    threads: dict[str, Thread]
    """Those named, and all that may be meant."""
    candidates: dict[str, list[Thread]]
    """By insurer: the threads that are open, or were when the earliest of the batch was written."""
    shown_at: dict[str, datetime]
    erased_lately: frozenset[str]
    """Insurers who may mean somebody who was erased."""
    offered: dict[str, str]
    """Which reply an option belongs to."""
    changes: PhoneChanges = field(default_factory=PhoneChanges)
    tally: list[tuple[str, str]] = field(default_factory=list)

    def put(self, row: PhoneReply) -> None:
        """Note a change of a row: with those before it in the batch it is one write."""
        stored = self.rows.get(row.reply_key)
        written = row.reply_key in self.changes.replies
        version = stored.version if stored and written else (stored.version + 1 if stored else 1)
        row = replace(row, version=version)
        self.rows[row.reply_key] = self.changes.replies[row.reply_key] = row

    def waiting(self, insurer: str) -> list[PhoneReply]:
        found = [each for each in self.rows.values() if each.insurer == insurer]
        return sorted(
            (each for each in found if each.state in ("waiting", "expiring")), key=lambda each: each.place
        )


class InsurerThreads:
    """Reads `replies.unaddressed`."""

    def __init__(self, vault: VaultStore, phones: PhoneStore, opener: Opener, mint: Mint) -> None:
        self._vault, self._phones, self._mint = vault, phones, mint
        self._sealer = opener.sealer()
        self._teller = PhoneTeller(opener, mint)

    async def load(self, records: Sequence[Record]) -> PhoneState:
        said: list[ReplyUnaddressed] = [each.event for each in records]
        insurers = sorted({each.insurer for each in said})
        earliest = {
            insurer: min(each.sent_at for each in said if each.insurer == insurer) - STILL_IN_MIND
            for insurer in insurers
        }
        own, waiting, offering, quotes, tagged = await asyncio.gather(
            self._phones.replies(sorted({each.reply_key for each in said})),
            self._phones.waiting(insurers),
            self._phones.offering(sorted({each.option_id for each in said if each.option_id})),
            self._phones.quotes(sorted({each.quoted for each in said if each.quoted})),
            self._phones.tagged(sorted({(each.insurer, tag) for each in said for tag in each.tags})),
        )
        again = [each.position for each in records if each.event.reply_key in own]
        rows = {each.reply_key: each for each in await self._phones.caused_by(again)}
        rows |= own | {each.reply_key: each for each in (*waiting, *offering.values())}
        candidates = {each: await self._vault.threads_since(each, earliest[each]) for each in insurers}
        named = {each.thread_id for each in quotes.values()} | {each.thread_id for each in tagged.values()}
        named |= {offer.thread_id for row in rows.values() for offer in row.offers}
        threads = await self._vault.threads(sorted(named))
        threads |= {each.thread_id: each for found in candidates.values() for each in found}
        shown = await self._phones.tagged_threads(sorted(threads))
        erased = [each for each in insurers if await self._vault.erased_since(each, earliest[each])]
        return PhoneState(
            rows, quotes, tagged, threads, candidates,
            {key: each.shown_at for key, each in shown.items()},
            frozenset(erased),
            {option: row.reply_key for option, row in offering.items()},
        )  # fmt: skip

    def decide(self, record: Record, state: PhoneState, now: datetime) -> Sequence[Outgoing]:
        reply: ReplyUnaddressed = record.event
        known = state.rows.get(reply.reply_key)
        if known is not None:
            state.tally.append((reply.insurer, "repeated"))
            return self._caused(record, state) if known.position == record.position else ()
        now = whole_milliseconds(now)
        row = self._row(record, now)
        view = _view(reply, state)
        said = verdict(reply, view)
        if isinstance(said, Answers):
            self._answered(row, said, state, now)
        elif isinstance(said, Named | Refused):
            state.put(_ended(row, said, state, record.position))
        else:
            self._wait(row, said.only, view, state, now)
        state.tally.append((reply.insurer, state.rows[reply.reply_key].state))
        if said_by := state.rows[reply.reply_key].thread_id:
            _quotable(reply, said_by, state)
        return self._caused(record, state)

    async def save(self, state: PhoneState) -> None:
        await self._phones.save(state.changes)
        for insurer, outcome in state.tally:
            metrics.PHONE_REPLIES.labels(insurer, outcome).inc()

    def forget(self) -> None:
        """Nothing is cached: which thread is meant is found anew each time."""

    def _caused(self, record: Record, state: PhoneState) -> list[Outgoing]:
        rows = sorted(state.rows.values(), key=lambda each: each.place)
        return list(self._teller.caused(record.position, rows))

    def _row(self, record: Record, now: datetime) -> PhoneReply:
        """The reply as it came. It is kept sealed, and not taken where it cannot be."""
        reply: ReplyUnaddressed = record.event
        sealed = hold_copy(self._sealer, reply.reply_key, record.value)
        if sealed is None:
            raise RejectError("an insurer's reply cannot be sealed")
        return PhoneReply(
            reply_key=reply.reply_key,
            version=1,
            insurer=reply.insurer,
            position=record.position,
            place=record.offset,
            reply_id=reply.reply_id,
            state="waiting",
            received_at=reply.received_at,
            decided_at=now,
            sealed=sealed,
        )

    def _wait(
        self, row: PhoneReply, only: tuple[str, ...], view: View, state: PhoneState, now: datetime
    ) -> None:
        row = replace(row, only=only)
        ahead = [each for each in view.waiting if each.state == "waiting"]
        state.put(row if ahead else self._asked(row, view.candidates, row.position, state, now))

    def _answered(self, row: PhoneReply, said: Answers, state: PhoneState, now: datetime) -> None:
        """The reply that waited goes on; then the next one is asked about."""
        position = row.position
        state.put(replace(row, state="answered", ended_by=position))
        waited = replace(state.rows[said.reply_key], decided_at=now)
        state.put(_ended(waited, Named(said.thread_id), state, position))
        behind = [each for each in state.waiting(row.insurer) if each.state == "waiting"]
        if behind and behind[0].asked_at is None:
            candidates = frozenset(each.thread_id for each in state.candidates[row.insurer])
            after = self._asked(behind[0], candidates, position, state, now)
            nothing = replace(behind[0], decided_at=now)
            state.put(after if after.offers else _ended(nothing, Refused("no_open_thread"), state, position))

    def _asked(
        self, row: PhoneReply, candidates: frozenset[str], by: str, state: PhoneState, now: datetime
    ) -> PhoneReply:
        return asked(row, candidates, state.shown_at, self._mint.option_id, by=by, now=now)


def _view(reply: ReplyUnaddressed, state: PhoneState) -> View:
    quote = state.quotes.get(reply.quoted or "")
    tagged = [state.tagged.get((reply.insurer, tag)) for tag in reply.tags]
    since = reply.sent_at - STILL_IN_MIND
    candidates = [
        each.thread_id
        for each in state.candidates[reply.insurer]
        if each.closed_at is None or each.closed_at > since
    ]
    return View(
        quoted=quote.thread_id if quote and quote.insurer == reply.insurer else None,
        tagged=tuple(each.thread_id if each else None for each in tagged),
        candidates=frozenset(candidates),
        erased_lately=reply.insurer in state.erased_lately,
        waiting=state.waiting(reply.insurer),
        offered=state.rows.get(state.offered.get(reply.option_id or "", "")),
    )


def _ended(row: PhoneReply, said: Verdict, state: PhoneState, position: str) -> PhoneReply:
    """The row, addressed or refused. A thread that is not here any more, or another insurer's, is none."""
    if isinstance(said, Refused):
        return replace(row, state="refused", reason=said.reason, ended_by=position)
    thread = state.threads.get(said.thread_id) if isinstance(said, Named) else None
    if thread is None or thread.insurer != row.insurer:
        return replace(row, state="refused", reason="unknown_thread", ended_by=position)
    return replace(row, state="addressed", thread_id=thread.thread_id, alias=thread.alias, ended_by=position)


def _quotable(reply: ReplyUnaddressed, thread_id: str, state: PhoneState) -> None:
    """An insurer may quote what it wrote itself."""
    thread = state.threads[thread_id]
    state.changes.quotes[reply.provider_ref] = state.quotes[reply.provider_ref] = Quote(
        reply.provider_ref, reply.insurer, thread_id, thread.alias
    )
