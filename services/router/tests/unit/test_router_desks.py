"""Desks have places and lines: who waits is told, comes in turn, goes where the agreement says, and is never stuck."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bowchat_contracts.commands import Author, CommandDecided, CommandRequested, SlashCommand
from bowchat_contracts.conversations import ConversationChanged
from bowchat_contracts.desks import DeskChanged, DeskWorked
from bowchat_contracts.envelope import to_headers
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import PromptRequested
from bowchat_contracts.sla import ClockState, SlaChanged
from bowchat_contracts.topics import COMMANDS_REQUESTED, DESKS_WORKED, SLA_CHANGED
from bowchat_registry.agreements import Agreement
from bowchat_registry.registry import Registry
from bowchat_router.desk_store import MemoryDesks
from bowchat_router.domain.line import Book, Seat, Terms, worked
from bowchat_router.handlers.desks import DeskHandler
from bowchat_router.memory import MemoryRouter
from bowchat_router.remembered import Memory
from bowchat_router.testing import InUse, Worker
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.testing import record, run_batch

NOW = datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)
"""A Monday morning."""
NIGHT = datetime(2026, 3, 2, 20, 0, 0, tzinfo=UTC)
NINE = datetime(2026, 3, 3, 9, 0, 0, tzinfo=UTC)
WEEKDAYS = {"zone": "UTC", "weekly": {"mon-fri": ["09:00-17:00"]}}
PEOPLE = Author(role="aggregator", name="meera")
SERVICE = "acme/service"


def agreement(name: str = "acme", **service: object) -> Agreement:
    return Agreement.model_validate(
        {
            "id": name,
            "name": name,
            "policy_types": ["motor", "home"] if name == "acme" else ["health"],
            "desks": [{"name": "service", **service}, {"name": "experts"}, {"name": "claims"}],
            "default_desk": "service",
            "sla": {"first_response_seconds": 300},
            "endpoint": {"kind": "kafka"},
        }
    )


def of(outgoing: Sequence[Outgoing], kind: type) -> list[Any]:
    return [each.event for each in outgoing if isinstance(each.event, kind)]


class Street:
    """A router with these agreements, and people who write to it."""

    def __init__(self, registry: Registry, received: Callable[..., Record], *agreements: Agreement) -> None:
        self.registry = replace(
            registry, agreements={**registry.agreements, **{each.id: each for each in agreements}}
        )
        self.worker, self._received = Worker(self.registry), received
        self.now, self._offset = NOW, 0
        self.seen: list[Outgoing] = []
        self.conversations: dict[str, ConversationChanged] = {}
        self.of_writer: dict[str, str] = {}

    async def writes(self, who: str, text: str = "my car") -> list[Outgoing]:
        self._offset += 1
        name = f"{who}{self._offset}"
        after = int((self.now - NOW).total_seconds()) + 1
        given = self._received(name, text, who, offset=self._offset, after_s=after)
        out = self.took(await self.worker.messages(given, now=self.now))
        for each in of(out, MessageRouted):
            if each.message_id == derived_id("ms", name):
                self.of_writer[who] = each.conversation_id
        return out

    async def types(self, who: str, text: str) -> list[Outgoing]:
        self._offset += 1
        conversation = self.conversations[self.of_writer[who]]
        event = CommandRequested(
            command_id=derived_id("cm", f"{text}{self._offset}"),
            by=PEOPLE,
            command=SlashCommand(
                conversation_id=conversation.conversation_id,
                contact_id=conversation.contact_id,
                text=MessageText(text),
            ),
            requested_at=self.now,
        )
        given = record(event, topic=COMMANDS_REQUESTED, key=conversation.conversation_id, offset=self._offset)
        return self.took(await self.worker.commanded(given, now=self.now))

    async def clock(
        self, state: ClockState, desk: str = "service", at: datetime | None = None
    ) -> list[Outgoing]:
        self._offset += 1
        event = SlaChanged(
            clock_id=derived_id("ck", str(self._offset)),
            conversation_id=derived_id("cv", "any"),
            insurer="acme",
            desk=desk,
            kind="first_response",
            state=state,
            target_s=300,
            started_at=self.now,
            due_at=self.now,
            at=at or self.now,
            detected_at=self.now,
        )
        given = record(event, topic=SLA_CHANGED, key=event.conversation_id, offset=self._offset)
        return self.took(await self.worker.promised(given, now=self.now))

    async def looks(self, after: timedelta = timedelta()) -> list[Outgoing]:
        self.now += after
        return self.took(await self.worker.look(self.now))

    def took(self, outgoing: list[Outgoing]) -> list[Outgoing]:
        self.seen += outgoing
        for each in of(outgoing, ConversationChanged):
            self.conversations[each.conversation_id] = each
        return outgoing

    def state(self, who: str) -> str:
        return self.conversations[self.of_writer[who]].state

    async def book(self) -> Book:
        return (await self.worker.desks_kept.books([SERVICE])).get(SERVICE, Book(SERVICE))


Open = Callable[..., Street]


@pytest.fixture
def street(registry: Registry, received: Callable[..., Record]) -> Open:
    return lambda *agreements: Street(registry, received, *agreements)


def changes(outgoing: Sequence[Outgoing]) -> list[tuple[str, str]]:
    return [(each.change, each.state) for each in of(outgoing, ConversationChanged)]


def routed(outgoing: Sequence[Outgoing]) -> list[tuple[str, str | None, str | None, int]]:
    return [(each.outcome, each.insurer, each.desk, each.seq) for each in of(outgoing, MessageRouted)]


async def test_a_full_desk_keeps_who_comes_in_line_and_says_so_once(street: Open) -> None:
    """The inbox knows the position, the policyholder is told once however often they write, and nothing reaches the desk."""
    town = street(agreement(capacity=1))
    await town.writes("one")
    for position, who in enumerate(("two", "three"), 1):
        out = await town.writes(who)
        assert [each.queue_position for each in of(out, ConversationChanged) if each.queue_position] == [
            position
        ]
        (notice,) = of(out, PromptRequested)
        assert notice.kind == "notice"
        assert str(position) in notice.text.reveal()
        again = await town.writes(who, "are you there?")
        assert of(again, PromptRequested) == []
        assert {each.outcome for each in of([*out, *again], MessageRouted)} == {"queued"}


@pytest.mark.parametrize(
    "leaves", ["/resolve", "/handoff_to_experts", "/transfer bharat", "/block_insurer ads"]
)
async def test_whoever_leaves_lets_the_next_one_in(street: Open, leaves: str) -> None:
    """By the event itself, no clock needed; all that waited goes, in its order."""
    town = street(agreement(capacity=1), agreement("bharat"))
    await town.writes("one")
    await town.writes("two")
    await town.writes("two", "and my other car")
    out = await town.types("one", leaves)
    assert ("admitted", "waiting_insurer") in changes(out)
    mine = [each for each in of(out, MessageRouted) if each.conversation_id == town.of_writer["two"]]
    assert [(each.outcome, each.insurer, each.seq) for each in mine] == [
        ("routed", "acme", 1),
        ("routed", "acme", 2),
    ]
    assert [each.content.text.reveal() for each in mine] == ["my car", "and my other car"]


async def test_waiting_for_documents_takes_a_fifth_of_a_place(street: Open) -> None:
    """A desk whose conversations wait for papers takes others meanwhile; a message makes it a whole one again."""
    town = street(agreement(capacity=1.2))
    await town.writes("one")
    await town.writes("two")
    assert town.state("two") == "queued"
    assert ("admitted", "waiting_insurer") in changes(await town.types("one", "/request_docs papers"))
    assert (await town.book()).load == pytest.approx(1.2)
    await town.writes("one", "here they are")
    assert (await town.book()).load == pytest.approx(2.0)
    await town.writes("three")
    await town.types("two", "/resolve")
    assert town.state("three") == "queued", (
        "one place of 1.2 is taken, and there is none for another whole one"
    )


async def test_a_claim_takes_two_places(street: Open) -> None:
    """Two open conversations or one claim fill a desk of two."""
    town = street(agreement(capacity=2))
    await town.writes("one", "my car, a claim")
    assert (await town.book()).load == 2.0
    await town.writes("two")
    assert town.state("two") == "queued"


@given(waiting=st.integers(1, 60))
def test_sums_of_tenths_cost_no_place(waiting: int) -> None:
    """However many wait for documents at 0.2 of a place, who fits beside them by the rules of sums is let in."""
    seats = tuple(Seat(derived_id("cv", str(each)), 0.2) for each in range(waiting))
    capacity = (waiting + 4) // 5 + 1
    house = agreement(capacity=capacity)
    terms = Terms(house, house.desks[0], NOW)
    comes = DeskWorked(
        insurer="acme", desk="service", what="arrived", conversation_id=derived_id("cv", "new"),
        contact_id=derived_id("ct", "new"), weight=1.0, at=NOW,
    )  # fmt: skip
    _, decisions = worked(Book(SERVICE, seats=seats), comes, terms)
    assert [each.what for each in decisions] == ["admit"]


async def test_who_weighs_more_than_the_whole_desk_gets_it_alone(street: Open) -> None:
    """A claim at a desk of one place waits until it is empty, and not for ever."""
    town = street(agreement(capacity=1))
    await town.writes("one")
    await town.writes("two", "my car, a claim")
    assert town.state("two") == "queued"
    await town.types("one", "/resolve")
    assert town.state("two") == "waiting_insurer"


async def test_a_full_desks_backup_gets_what_comes(street: Open) -> None:
    """At once, at the other desk of the insurer, whoever holds a policy there as well."""
    town = street(agreement(capacity=1, when_full="backup", backup={"desk": "experts"}))
    await town.writes("one")
    for who in ("two", "motor"):
        out = await town.writes(who)
        assert ("overflowed", "waiting_insurer") in changes(out)
        assert routed(out)[-1] == ("routed", "acme", "experts", 1)


async def test_another_insurers_backup_gets_only_who_is_bound_to_none(street: Open) -> None:
    """A stranger's query goes there; who holds a policy with the busy insurer waits for people."""
    busy = agreement(capacity=1, when_full="backup", backup={"insurer": "bharat", "desk": "service"})
    town = street(busy, agreement("bharat"))
    await town.writes("one")
    assert routed(await town.writes("two"))[-1] == ("routed", "bharat", "service", 1)
    out = await town.writes("motor")
    assert {each.insurer for each in of(out, MessageRouted)} <= {"acme", None}
    assert town.state("motor") == "triage"


async def test_a_backup_that_is_full_as_well_sends_nobody_further(street: Open) -> None:
    """Two desks that are each other's backup do not play ball: who overflowed once waits there."""
    town = street(
        Agreement.model_validate(
            agreement().model_dump(exclude={"desks"}, exclude_unset=True)
            | {
                "desks": [
                    {"name": "service", "capacity": 1, "when_full": "backup", "backup": {"desk": "experts"}},
                    {"name": "experts", "capacity": 1, "when_full": "backup", "backup": {"desk": "service"}},
                ]
            }
        )
    )
    await town.writes("one")
    await town.writes("two")
    out = await town.writes("three")
    assert town.state("three") == "queued"
    assert changes(out).count(("overflowed", "queued")) == 1
    await town.types("two", "/resolve")
    assert town.state("three") == "waiting_insurer"


async def test_patience_ends_and_people_decide(street: Open) -> None:
    """After the queue's limit what waited goes to triage, not before, and the line is empty then."""
    town = street(agreement(capacity=1, queue_limit_s=600))
    await town.writes("one")
    await town.writes("two")
    await town.looks(timedelta(seconds=590))
    assert town.state("two") == "queued"
    assert ("overflowed", "triage") in changes(await town.looks(timedelta(seconds=11)))
    assert (await town.book()).line == ()
    out = await town.types("two", "/assign acme experts")
    assert routed(out) == [("routed", "acme", "experts", 1)]


@pytest.mark.parametrize(
    ("when_closed", "expected"),
    [
        ("deliver", ("routed", "acme", "service", 1)),
        ("queue", ("queued", "acme", "service", 1)),
        ("backup", ("routed", "acme", "experts", 1)),
    ],
)
async def test_a_desk_at_night_does_as_its_agreement_says(
    street: Open, when_closed: str, expected: tuple[str, str, str, int]
) -> None:
    """Delivered all the same, kept for the morning, or given to the backup."""
    given = agreement(
        hours=WEEKDAYS, when_closed=when_closed, backup={"desk": "experts"}, queue_limit_s=86_400
    )
    town = street(given)
    town.now = NIGHT
    assert routed(await town.writes("one"))[-1] == expected


async def test_at_night_people_may_decide(street: Open) -> None:
    """`triage`: it is nobody's until somebody takes it."""
    town = street(agreement(hours=WEEKDAYS, when_closed="triage"))
    town.now = NIGHT
    await town.writes("one")
    assert town.state("one") == "triage"


async def test_the_morning_lets_in_who_waited(street: Open) -> None:
    """A look before the desk opens changes nothing, the first one after lets all in, in order."""
    town = street(agreement(hours=WEEKDAYS, when_closed="queue", queue_limit_s=86_400))
    town.now = NIGHT
    for who in ("one", "two", "three"):
        await town.writes(who)
    town.now = NINE - timedelta(seconds=10)
    assert of(await town.looks(), ConversationChanged) == []
    out = await town.looks(timedelta(seconds=10))
    admitted = [each.conversation_id for each in of(out, ConversationChanged) if each.change == "admitted"]
    assert admitted == [town.of_writer[who] for who in ("one", "two", "three")]


async def test_a_desk_that_breaks_its_promises_gets_nothing_new_until_they_are_old(street: Open) -> None:
    """The breaker opens above its share of breaches, new work goes to the backup, and it closes when they are old."""
    failing = agreement(breaker={"ratio": 0.5, "window_s": 600, "least_cases": 4}, backup={"desk": "experts"})
    town = street(failing)
    for state in ("met", "met", "breached"):
        await town.clock(state)
    assert routed(await town.writes("one"))[-1][2] == "service", "three cases say nothing"
    for _ in range(3):
        (told, *_) = of(await town.clock("breached"), DeskChanged)
    assert told.failing
    await town.looks()
    assert routed(await town.writes("two"))[-1] == ("routed", "acme", "experts", 1)
    out = await town.looks(timedelta(seconds=606))
    assert [each.failing for each in of(out, DeskChanged)] == [False]
    await town.looks(timedelta(seconds=6))
    assert routed(await town.writes("three"))[-1] == ("routed", "acme", "service", 1)


@pytest.mark.parametrize("state", ["running", "warned", "met_late", "cancelled"])
async def test_only_kept_and_broken_promises_count(street: Open, state: ClockState) -> None:
    """A clock that is met late was broken before, and is not counted twice."""
    town = street(agreement(breaker={"ratio": 0.1, "window_s": 600, "least_cases": 1}))
    assert await town.clock(state) == []


async def test_a_failing_desk_without_backup_leaves_it_to_people(street: Open) -> None:
    """Nobody waits for a desk that does not answer."""
    town = street(agreement(breaker={"ratio": 0.1, "window_s": 600, "least_cases": 1}))
    await town.clock("breached")
    await town.looks()
    await town.writes("one")
    assert town.state("one") == "triage"


async def test_the_line_of_a_desk_that_is_gone_goes_to_people(street: Open) -> None:
    """A new agreement without the desk: whoever stands in its line is decided by people at the next look."""
    town = street(agreement(capacity=1))
    for who in ("one", "two", "three"):
        await town.writes(who)
    without = agreement().model_dump(exclude={"desks"}, exclude_unset=True)
    gone = Agreement.model_validate({**without, "desks": [{"name": "experts"}], "default_desk": "experts"})
    town.worker.registries.current = replace(
        town.registry, agreements={**town.registry.agreements, "acme": gone}
    )
    await town.looks(timedelta(seconds=10))
    assert (town.state("two"), town.state("three")) == ("triage", "triage")
    assert (await town.book()).line == ()


async def test_the_more_urgent_go_first_and_nobody_overtakes_his_equals(street: Open) -> None:
    """A higher priority stands before a lower one; within one it is who came first, though a lighter one would fit."""
    town = street(agreement(capacity=2))
    await town.writes("full", "my car, a claim")
    await town.writes("heavy", "my car, a claim")
    await town.writes("light")
    await town.writes("boss", "bharat car")
    line = (await town.book()).line
    assert [each.conversation_id for each in line] == [town.of_writer[who] for who in ("heavy", "light")]
    await town.types("full", "/request_docs papers")
    assert town.state("light") == "queued", "1.8 places are free, the claim before it needs two"
    await town.types("full", "/resolve")
    assert (town.state("heavy"), town.state("light")) == ("waiting_insurer", "queued")


async def test_who_becomes_more_urgent_or_heavier_in_line_counts_so(street: Open) -> None:
    """Escalated by people they stand further in front; a query that turns out to be a claim needs a claim's places."""
    town = street(agreement(capacity=1.5))
    for who in ("one", "two", "three"):
        await town.writes(who)
    await town.writes("two", "it is a claim")
    await town.types("three", "/escalate")
    line = [(each.conversation_id, each.weight) for each in (await town.book()).line]
    assert line == [(town.of_writer["three"], 1.0), (town.of_writer["two"], 2.0)]


def test_a_line_is_in_the_order_of_priority_then_of_time() -> None:
    """Whatever the order in which they come."""
    book = Book(SERVICE)
    terms = Terms(agreement(capacity=1), agreement(capacity=1).desks[0], NOW)
    for number, priority in enumerate((0, 0, 5, 9, 5)):
        work = arrival(number, priority=priority)
        book, _ = worked(book, work, terms)
    assert [each.conversation_id for each in book.line] == [
        derived_id("cv", str(each)) for each in (3, 2, 4, 1)
    ]


def arrival(number: int, **given: object) -> DeskWorked:
    return DeskWorked.model_validate(
        {
            "insurer": "acme",
            "desk": "service",
            "what": "arrived",
            "conversation_id": derived_id("cv", str(number)),
            "contact_id": derived_id("ct", str(number)),
            "weight": 1.0,
            "at": NOW + timedelta(seconds=number),
        }
        | given
    )


@pytest.mark.parametrize("saved", ["nothing", "book", "all"])
async def test_a_crash_at_any_step_gives_the_same_in_the_end(
    registry: Registry, received: Callable[..., Record], saved: str
) -> None:
    """Nothing kept, the book alone, or all kept and nothing published: read again, the same is told, and once done."""
    town = Street(registry, received, agreement(capacity=1))
    await town.writes("one")
    await town.writes("two")
    store, desks = town.worker.store, town.worker.desks_kept
    assert isinstance(store, MemoryRouter)
    assert isinstance(desks, MemoryDesks)
    left = DeskWorked(
        insurer="acme",
        desk="service",
        what="left",
        conversation_id=town.of_writer["one"],
        contact_id=town.conversations[town.of_writer["one"]].contact_id,
        at=town.now,
    )
    work = record(left, topic=DESKS_WORKED, key=SERVICE, offset=99)
    first = None
    if saved == "all":
        first = await run_batch(fresh(town), [work], town.now)
    elif saved == "book":
        handler = fresh(town)
        state = await handler.load([work])
        handler.decide(work, state, town.now)
        await desks.save(
            [replace(each, version=state.stored.get(name, 0) + 1) for name, each in state.books.items()]
        )
    again = await run_batch(fresh(town), [work], town.now + timedelta(hours=1 if saved == "all" else 0))
    assert [each.change for each in of(again, ConversationChanged)] == ["admitted"]
    assert first is None or wire(first) == wire(again)
    assert wire(await run_batch(fresh(town), [work], town.now + timedelta(hours=2))) == wire(again)
    seats = [each.conversation_id for each in (await town.book()).seats]
    assert seats == [town.of_writer["two"]]


def fresh(town: Street) -> DeskHandler:
    """As another process has it: it remembers nothing."""
    return DeskHandler(town.worker.store, InUse(town.registry), Memory(), town.worker.desks_kept)


def wire(outgoing: Sequence[Outgoing]) -> list[object]:
    return [(each.topic, each.key, to_headers(each.meta), each.event.model_dump_json()) for each in outgoing]


WHO = ("ann", "bob", "cid", "dee", "eve")
DEEDS = (
    "writes", "writes", "writes", "claims", "/resolve", "/resolve", "/request_docs papers", "/handoff_to_experts",
    "/escalate", "/reopen", "looks", "later", "breached", "met",
)  # fmt: skip


SCRIPTS = st.lists(st.tuples(st.sampled_from(DEEDS), st.sampled_from(WHO)), max_size=25)


def test_nobody_is_let_in_over_the_places_and_nobody_is_stuck(street: Open) -> None:
    """Whatever happens, who is let in fits, or has the desk alone; the inbox and the book agree on who waits; and once all
    others have left, nobody waits any more.
    """

    @settings(max_examples=150, deadline=None)
    @given(SCRIPTS, st.sampled_from((1.0, 1.5, 2.0, 3.0)), st.sampled_from(("queue", "backup", "triage")))
    def law(script: list[tuple[str, str]], capacity: float, when_full: str) -> None:
        terms = agreement(
            capacity=capacity,
            when_full=when_full,
            backup={"desk": "experts"},
            queue_limit_s=3600,
            breaker={"ratio": 0.5, "window_s": 600, "least_cases": 3},
        )
        asyncio.run(goes_through(street(terms), script, capacity))

    law()


async def goes_through(town: Street, script: list[tuple[str, str]], capacity: float) -> None:
    for deed, who in script:
        await does(town, deed, who, capacity)
        waiting = {each.conversation_id for each in (await town.book()).line}
        said = {each.conversation_id for each in town.conversations.values() if each.state == "queued"}
        assert waiting == said
    town.now += timedelta(seconds=700)  # the breaker has closed
    for _ in range(len(WHO) + 1):
        for who in town.of_writer:
            if town.state(who) not in ("queued", "resolved", "closed"):
                await town.types(who, "/resolve")
        await town.looks(timedelta(seconds=6))
    assert "queued" not in {each.state for each in town.conversations.values()}
    assert (await town.book()).line == ()
    assert (await town.book()).load == 0


async def does(town: Street, deed: str, who: str, capacity: float) -> None:
    before = (await town.book()).seats
    town.now += timedelta(seconds=10)
    if deed in ("writes", "claims") or who not in town.of_writer:
        out = await town.writes(who, "my car, a claim" if deed == "claims" else "my car")
    elif deed == "looks":
        out = await town.looks()
    elif deed == "later":
        out = await town.looks(timedelta(minutes=20))
    elif deed in ("breached", "met"):
        out = await town.clock(deed)  # type: ignore[arg-type]
    else:
        out = await town.types(who, deed)
        assert len(of(out, CommandDecided)) == 1
    if any(each.change == "admitted" for each in of(out, ConversationChanged)):
        after = (await town.book()).seats
        assert sum(each.weight for each in after) <= max(capacity, *(each.weight for each in after)) or (
            len(after) <= len(before)
        )
