"""The book of what was imported, as it stands in this process, and how it keeps up with the journal.

One process of the router writes a change into the journal, and every process reads on in it: so all of them see every
change, in one order, however many there are.
"""

import asyncio
import gc
from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

import structlog

from bowchat_contracts.ids import Ref, derived_id
from bowchat_contracts.policies import MOST_ROWS
from bowchat_registry.book import PolicyBook
from bowchat_router import metrics
from bowchat_router.policies.changes import Change, apply
from bowchat_router.policies.compaction import compacted, is_worth_it
from bowchat_router.policies.forgetting import scrubbed
from bowchat_router.policies.store import PolicyJournal
from bowchat_runtime.clock import Clock, system_clock
from bowchat_runtime.errors import DependencyDownError
from bowchat_runtime.moments import whole_milliseconds

log = structlog.get_logger()

_MANY = 50_000


class Imports(AbstractAsyncContextManager["Imports"]):
    """A resource of the service (reads the journal at the start) and a task beside its consumers (`run`)."""

    def __init__(self, journal: PolicyJournal, clock: Clock = system_clock, interval_s: float = 1.0) -> None:
        self._journal, self._clock, self._interval_s = journal, clock, interval_s
        self.book = PolicyBook()
        """What was imported; it changes in place."""
        self._seen, self._seq, self._settled = set[str](), 0, 0
        self._reading = asyncio.Lock()

    async def __aenter__(self) -> Self:
        changes, rows = await self._read()
        if is_worth_it(changes, rows, self._live):
            await compacted(self._journal, self._clock())
        self._settle()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    @property
    def seq(self) -> int:
        """The last change that the book has."""
        return self._seq

    @property
    def seen(self) -> Collection[str]:
        """The ids of all changes that are in the book."""
        return self._seen

    async def run(self) -> None:
        """Keep up for ever with what other processes append."""
        while True:
            await asyncio.sleep(self._interval_s)
            try:
                await self.follow()
            except DependencyDownError as error:
                log.warning("policies_not_followed", reason=str(error))

    async def follow(self) -> None:
        """Read on to the journal's end."""
        async with self._reading:
            while change := await self._journal.at(self._seq + 1):
                self._take(change)
            self._settle()

    async def append(self, changes: Sequence[Change]) -> None:
        """Keep these changes, which follow upon `seq`.

        Errors: `ConflictError` when another process has appended meanwhile: read on, and number them anew.
        """
        await self._journal.append(changes)
        async with self._reading:
            for each in changes:
                if each.seq == self._seq + 1:  # else the follower was quicker
                    self._take(each)
            self._settle()

    async def forget(self, refs: Collection[Ref], cause: str) -> None:
        """Take whoever is known by these refs out of the book and the journal. `cause` names the event that says so.

        First a change says what is no more, for the books of all processes; then every earlier change loses it.

        Errors: `ConflictError`: do it again.
        """
        await self.follow()
        contacts, policies = self.book.known_by(refs), self.book.held_by(refs)
        held = [each._replace(refs=(), contact_key=None) for each in policies]
        gone = [each.contact_key for each in contacts]
        now = whole_milliseconds(self._clock())
        for start in range(0, max(len(held), len(gone)), MOST_ROWS):
            part = slice(start, start + MOST_ROWS)
            subject = derived_id("pc", "forgotten", cause, str(start))
            change = Change(self._seq + 1, (subject,), now, tuple(held[part]), tuple(gone[part]))
            await self.append([change])
        await scrubbed(self._journal, frozenset(refs), frozenset(gone))

    def _settle(self) -> None:
        """What stays as long as the process is left out of every search for garbage: each would take a tenth of a second."""
        if self._live - self._settled > _MANY:
            self._settled = self._live
            gc.collect()
            gc.freeze()

    @property
    def _live(self) -> int:
        return len(self.book) + len(self.book.contacts)

    async def _read(self) -> tuple[int, int]:
        """The whole journal: how many changes and rows it has."""
        changes = rows = 0
        async for change in self._journal.everything():
            self._take(change)
            changes, rows = changes + 1, rows + change.rows
            await asyncio.sleep(0)
        log.info("policies_read", changes=changes, rows=rows, policies=len(self.book))
        return changes, rows

    def _take(self, change: Change) -> None:
        apply(change, self.book)
        self._seen.update(change.subjects)
        self._seq = change.seq
        metrics.POLICIES.set(len(self.book))
