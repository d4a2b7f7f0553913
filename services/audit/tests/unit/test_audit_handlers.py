"""Appending through duplicates, crashes and other workers: every event once, no place left out, gaps stop everything."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_audit import domain
from bowchat_audit.domain import EMPTY, Entry, Gap, Read
from bowchat_audit.errors import LogBrokenError
from bowchat_audit.guard import check
from bowchat_audit.handlers import AuditHandler
from bowchat_audit.holes import Holes
from bowchat_audit.keys import LaneKeys, MemoryKeys
from bowchat_audit.memory import MemoryLog, NoHoles
from bowchat_contracts.envelope import Meta
from bowchat_runtime.errors import ConflictError, DependencyDownError
from bowchat_runtime.records import Record
from bowchat_runtime.testing import run_batch

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def raw(offset: int, event: int, *, topic: str = "t.one", partition: int = 0, value: bytes = b"{}") -> Record:
    meta = Meta(f"ev_{event}", "bowchat.x.v1", "/bowchat/x", NOW, "")
    return Record(topic, partition, offset, None, meta, None, value, 0)


class OneHole:
    """The broker says that nothing ever stood there."""

    def __init__(self, gap: Gap) -> None:
        self.gap = gap

    async def is_hole(self, gap: Gap) -> bool:
        return gap == self.gap


def handler_of(log: MemoryLog, holes: Holes) -> AuditHandler:
    return AuditHandler(log, LaneKeys(MemoryKeys()), holes)


async def worked(handler: AuditHandler, records: list[Record]) -> None:
    """One batch, as the loop runs it through conflicts."""
    while True:
        try:
            await run_batch(handler, records, NOW)
        except ConflictError:
            handler.forget()
        else:
            return


async def ids(log: MemoryLog) -> list[str]:
    return [entry["event_id"] for entry in await log.read(0, 10_000)]


async def test_a_batch_is_appended_in_order() -> None:
    """Places 1, 2, 3 … and a chain that holds."""
    log = MemoryLog()
    await worked(handler_of(log, NoHoles()), [raw(0, 1), raw(1, 2), raw(2, 3)])
    entries = await log.read(0, 10)
    assert [entry["_id"] for entry in entries] == [1, 2, 3]
    assert domain.first_break(EMPTY, entries) is None


async def test_duplicates_are_absorbed_in_one_batch_and_across_batches() -> None:
    """The same event at another position adds nothing, and its offset counts as seen."""
    log = MemoryLog()
    handler = handler_of(log, NoHoles())
    await worked(handler, [raw(0, 1), raw(1, 1), raw(2, 2)])
    await worked(handler, [raw(3, 2), raw(4, 3)])
    assert await ids(log) == ["ev_1", "ev_2", "ev_3"]
    assert await log.end(("t.one", 0)) == 4


async def test_absorbed_duplicates_at_the_end_are_no_gap_after_a_restart() -> None:
    """The log alone would say that 3 and 4 are missing; the notes of what was read say they are not."""
    log = MemoryLog()
    await worked(
        handler_of(log, NoHoles()),
        [raw(0, 1), raw(1, 2), raw(2, 3), raw(3, 1), raw(4, 2)],
    )
    await worked(handler_of(log, NoHoles()), [raw(5, 4)])
    assert await ids(log) == ["ev_1", "ev_2", "ev_3", "ev_4"]


async def test_a_jump_over_places_that_never_held_a_record_is_no_gap() -> None:
    """The mark of a transaction's end is passed over; a jump elsewhere in the same batch still stops the log."""
    log = MemoryLog()
    handler = handler_of(log, OneHole(Gap(("t.one", 0), 1, 1)))
    await worked(handler, [raw(0, 1), raw(2, 2)])
    assert await ids(log) == ["ev_1", "ev_2"]
    await worked(handler_of(log, NoHoles()), [raw(3, 3)])
    again = handler_of(log, OneHole(Gap(("t.one", 0), 4, 5)))
    with pytest.raises(DependencyDownError):
        await run_batch(again, [raw(6, 4), raw(8, 5)], NOW)
    assert await ids(log) == ["ev_1", "ev_2", "ev_3"]


async def test_a_jump_stops_the_log_and_says_what_to_do() -> None:
    """Nothing behind the gap is appended, the loop may commit nothing, and the process ends with the reason."""
    log = MemoryLog()
    handler = handler_of(log, NoHoles())
    await worked(handler, [raw(0, 1)])
    watch = asyncio.create_task(handler.watch())
    with pytest.raises(DependencyDownError):
        await run_batch(handler, [raw(2, 3)], NOW)
    with pytest.raises(LogBrokenError, match=r"records 1 to 1 of t\.one, partition 0.*accept-gap t\.one 0 1"):
        await watch
    assert await ids(log) == ["ev_1"]


async def test_a_jump_is_seen_across_a_restart() -> None:
    """What was lost while the service was down is missed by the next start."""
    log = MemoryLog()
    await worked(handler_of(log, NoHoles()), [raw(0, 1)])
    with pytest.raises(DependencyDownError):
        await run_batch(handler_of(log, NoHoles()), [raw(5, 6)], NOW)


async def test_a_partition_that_was_elsewhere_for_a_while_is_no_gap() -> None:
    """The store says how far the other worker came, even to one that was never told of the move."""
    log = MemoryLog()
    one, other = (
        handler_of(log, NoHoles()),
        handler_of(log, NoHoles()),
    )
    await worked(one, [raw(0, 1)])
    await worked(other, [raw(1, 2), raw(2, 3)])
    await worked(one, [raw(3, 4)])
    assert await ids(log) == ["ev_1", "ev_2", "ev_3", "ev_4"]


class Faulty(MemoryLog):
    """A log whose appends break off where the test says: after some entries, or after all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.break_after: int | None = None

    async def append(self, entries: Sequence[Entry]) -> None:
        cut, self.break_after = self.break_after, None
        await super().append(entries if cut is None else entries[:cut])
        if cut is not None:
            raise DependencyDownError("the database does not answer")

    async def note(self, reads: Sequence[Read]) -> None:
        cut, self.break_after = self.break_after, None
        await super().note(reads)
        if cut is not None:
            raise DependencyDownError("the database does not answer")


crashes = st.sampled_from(["none", "none", "append", "after"])
steps = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 6), crashes, st.integers(0, 6)), max_size=30)


@given(events=st.lists(st.integers(0, 12), min_size=1, max_size=40), steps=steps)
def test_every_event_once_without_a_gap_whatever_happens(
    events: list[int], steps: list[tuple[int, int, str, int]]
) -> None:
    """Two workers, each with a partition; batches of any size; duplicates anywhere; an append may break off after some
    entries, a process may die before it commits. At the end each event is there once, in places 1 to n, chained.
    """
    asyncio.run(_survives(events, steps))


async def _survives(events: list[int], steps: list[tuple[int, int, str, int]]) -> None:
    log = Faulty()
    queues = [events[::2], events[1::2]]
    workers, committed = (
        [
            handler_of(log, NoHoles()),
            handler_of(log, NoHoles()),
        ],
        [0, 0],
    )
    drain = [(worker, 50, "none", 0) for worker in (0, 1)]
    for worker, size, crash, cut in [*steps, *drain]:
        start = committed[worker]
        batch = [
            raw(start + index, event, partition=worker)
            for index, event in enumerate(queues[worker][start : start + size])
        ]
        if not batch:
            continue
        if crash != "none":
            log.break_after = cut if crash == "append" else len(batch)
            await _broken_off(workers[worker], batch)
            log.break_after = None
            workers[worker] = handler_of(log, NoHoles())
            continue
        await worked(workers[worker], batch)
        committed[worker] += len(batch)
    entries = await log.read(0, 10_000)
    assert sorted(entry["event_id"] for entry in entries) == sorted({f"ev_{event}" for event in events})
    assert [entry["_id"] for entry in entries] == list(range(1, len(entries) + 1))
    assert domain.first_break(EMPTY, entries) is None


async def _broken_off(handler: AuditHandler, batch: list[Record]) -> None:
    try:
        await run_batch(handler, batch, NOW)
    except (ConflictError, DependencyDownError):
        return


async def test_a_place_lost_to_another_worker_is_taken_behind_it() -> None:
    """Two workers decide on the same tail; both batches end up in the log, one behind the other."""
    log = MemoryLog()
    one, other = (
        handler_of(log, NoHoles()),
        handler_of(log, NoHoles()),
    )
    first, second = [raw(0, 1), raw(1, 2)], [raw(0, 3, partition=1), raw(1, 1, partition=1)]
    state = await one.load(first)
    for record in first:
        one.decide(record, state, NOW)
    await worked(other, second)
    with pytest.raises(ConflictError):
        await one.save(state)
    one.forget()
    await worked(one, first)
    assert await ids(log) == ["ev_3", "ev_1", "ev_2"]


async def test_a_log_that_was_cut_or_edited_does_not_open() -> None:
    """The start counts the entries and follows the chain of the last thousand."""
    log = MemoryLog()
    await worked(handler_of(log, NoHoles()), [raw(n, n) for n in range(1200)])
    await check(log)
    log._entries[900] = {**log._entries[900], "payload": "edited"}
    with pytest.raises(LogBrokenError, match="entry 901 "):
        await check(log)
    del log._entries[900]
    with pytest.raises(LogBrokenError, match="it has 1199"):
        await check(log)
