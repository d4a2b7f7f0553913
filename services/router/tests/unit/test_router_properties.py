"""Laws: whatever crashes, repeats or comes in other batches, every message is numbered once, without gaps."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bowchat_contracts.envelope import to_headers
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageReleased, MessageRouted
from bowchat_registry.registry import Registry
from bowchat_router.handlers.inbound import InboundHandler
from bowchat_router.memory import MemoryRouter
from bowchat_router.store import End
from bowchat_router.testing import Worker
from bowchat_runtime.clock import system_clock
from bowchat_runtime.errors import ConflictError, DependencyDownError
from bowchat_runtime.records import Outgoing, Record

TEXTS = ("hello", "my car", "BHS-2026-001", "hospital of bharat", "ACM-2026-001", "thanks")
MESSAGES = st.lists(
    st.tuples(st.integers(0, 12), st.sampled_from(TEXTS), st.sampled_from(["ann", "bob"])),
    min_size=1,
    max_size=25,
)
REFS = [derived_id("rf", each) for each in ("ann", "bob")]
# What ends a batch: all went well, or the process died before or after its events were published.
ENDS = st.sampled_from(["committed", "died after save", "died after publish", "store away in the middle"])
PLAN = st.lists(st.tuples(st.integers(1, 8), ENDS), min_size=1, max_size=25)


class FailingRouter(MemoryRouter):
    """A store that goes away after the first entry of a batch."""

    away = False

    async def save(self, refs: Sequence[object], deeds: Sequence[object]) -> None:
        if not self.away:
            await super().save(refs, deeds)  # type: ignore[arg-type]
            return
        self.away = False
        await super().save(refs, deeds[:1])  # type: ignore[arg-type]
        raise DependencyDownError("the database does not answer")


class Run:
    """A topic, read in batches by a process that dies as planned, until all of it is committed."""

    def __init__(self, registry: Registry, topic: list[Record]) -> None:
        self._registry, self._topic = registry, topic
        self._store = FailingRouter()
        self._handler = self._new()
        self._committed = 0
        self.published: list[Outgoing] = []

    def _new(self) -> InboundHandler:
        return Worker(self._registry, self._store).inbound

    async def all(self, plan: list[tuple[int, str]]) -> None:
        for size, end in [*plan, *[(8, "committed")] * 2 * len(self._topic)]:
            await self._batch(self._topic[self._committed : self._committed + size], end)

    async def waiting(self) -> list[str]:
        """The messages that wait for their writer to say what they are about."""
        contacts = {ref.contact_id for ref in (await self._store.refs(REFS)).values()}
        dossiers = await self._store.dossiers(sorted(contacts))
        questions = [each.question for each in dossiers.values() if each.question]
        return [place.message_id for question in questions for place in question.pending]

    async def _batch(self, records: list[Record], end: str) -> None:
        state = await self._handler.load(records)
        out = [each for one in records for each in self._handler.decide(one, state, system_clock())]
        self._store.away = end == "store away in the middle"
        try:
            await self._handler.save(state)
        except (ConflictError, DependencyDownError):
            self._handler.forget()
            return
        self._store.away = False
        if end != "died after save":
            self.published += out
        if end == "committed":
            self._committed += len(records)
        else:
            self._handler = self._new()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=MESSAGES, plan=PLAN)
def test_every_message_is_numbered_once_and_without_gaps(
    registry: Registry,
    received: Callable[..., Record],
    messages: list[tuple[int, str, str]],
    plan: list[tuple[int, str]],
) -> None:
    """Duplicates, deaths at any step and batches of any size: one number per message, numbers 1 to n per conversation,
    and all that is published twice is the same to the byte. What is in no conversation waits for
    the answer to a question.
    """
    topic = [
        received(f"{who}{number}", text, who, offset=place)
        for place, (number, text, who) in enumerate(messages)
    ]
    run = Run(registry, topic)
    asyncio.run(run.all(plan))
    by_id: dict[str, set[object]] = defaultdict(set)
    for each in run.published:
        by_id[each.meta.id].add((each.topic, each.key, to_headers(each.meta), each.event.model_dump_json()))
    assert all(len(versions) == 1 for versions in by_id.values())
    firsts = {
        each.meta.id: each.event
        for each in run.published
        if isinstance(each.event, MessageRouted | MessageReleased)
    }
    waiting = asyncio.run(run.waiting())
    assert sorted([*waiting, *(each.message_id for each in firsts.values())]) == sorted(
        {one.event.message_id for one in topic}
    )
    numbers: dict[str, list[int]] = defaultdict(list)
    for event in firsts.values():
        numbers[event.conversation_id].append(event.seq)
    assert all(sorted(seen) == list(range(1, len(seen) + 1)) for seen in numbers.values())


@given(st.integers(0, 100_000))
def test_the_last_version_is_found_in_few_reads(last: int) -> None:
    """Doubling, then halving: the end of up to 100,000 changes is found in at most 19 rounds."""
    end, rounds = End(), 0
    while probes := end.probes():
        end.learn([probe for probe in probes if probe <= last])
        rounds += 1
    assert end.low == last
    assert rounds <= 19
