"""A message that speaks of another one follows it, and names it only where both are in the same conversation."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bowchat_contracts.content import EditContent, ReactionContent, RevokeContent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.pii import MessageText
from bowchat_registry.registry import Registry
from bowchat_router.memory import MemoryRouter
from bowchat_router.testing import Worker as Process
from bowchat_runtime.records import Outgoing, Record

NOW = datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)
Make = Callable[..., Record]
CAR, HEALTH = "ACM-2026-001", "BHS-2026-001"
OF_CAR = derived_id("ms", "car")


class Worker:
    """One process of the router on a store."""

    def __init__(self, registry: Registry, store: MemoryRouter | None = None) -> None:
        self.store = store or MemoryRouter()
        self._process = Process(registry, self.store)

    async def takes(self, *records: Record) -> list[MessageRouted]:
        sent: list[Outgoing] = await self._process.messages(*records, now=NOW)
        return [each.event for each in sent if isinstance(each.event, MessageRouted)]


@pytest.fixture
def worker(registry: Registry) -> Worker:
    return Worker(registry)


@pytest.mark.parametrize(
    "content",
    [
        ReactionContent(of=OF_CAR, emoji="\N{THUMBS UP SIGN}"),
        EditContent(of=OF_CAR, text=MessageText("at the hospital")),
        RevokeContent(of=OF_CAR),
    ],
)
@pytest.mark.parametrize("together", [True, False])
async def test_what_is_done_to_a_message_follows_it(
    worker: Worker, received: Make, content: ReactionContent | EditContent | RevokeContent, together: bool
) -> None:
    """It goes to the insurer that has the message, though another conversation is open and newer, in a batch or later."""
    first = [received("car", CAR), received("health", HEALTH, offset=1)]
    later = received("later", content, offset=2)
    if together:
        car, health, done = await worker.takes(*first, later)
    else:
        car, health = await worker.takes(*first)
        (done,) = await worker.takes(later)
    assert (car.insurer, health.insurer, done.insurer) == ("acme", "bharat", "acme")
    assert (done.conversation_id, done.rule) == (car.conversation_id, "other_message")
    assert done.content == content


async def test_a_quote_goes_where_the_quoted_message_went(worker: Worker, received: Make) -> None:
    """Unless the text names another insurer's policy: then the policyholder is asked, and nobody gets it meanwhile."""
    (car, _) = await worker.takes(received("car", CAR), received("health", HEALTH, offset=1))
    (follows,) = await worker.takes(received("a", "and this?", offset=2, quoted="car"))
    assert await worker.takes(received("b", f"and {HEALTH}?", offset=3, quoted="car")) == []
    assert (follows.conversation_id, follows.quoted) == (car.conversation_id, OF_CAR)


async def test_nobody_learns_of_another_persons_message(worker: Worker, received: Make) -> None:
    """An id that belongs to somebody else's message, or to none, is dropped and decides nothing."""
    await worker.takes(received("car", CAR, "ann"), received("other", HEALTH, "bob", offset=1))
    for number, target in enumerate((OF_CAR, derived_id("ms", "never seen")), 2):
        (done,) = await worker.takes(received(f"x{number}", RevokeContent(of=target), "bob", offset=number))
        assert (done.insurer, done.content) == ("bharat", RevokeContent())


async def test_a_replay_names_the_same_message(registry: Registry, received: Make) -> None:
    """What was decided is kept: another process that reads the same record publishes the same."""
    first = Worker(registry)
    records = [received("car", CAR), received("b", RevokeContent(of=OF_CAR), offset=1)]
    told = await first.takes(*records)
    assert await Worker(registry, first.store).takes(records[1]) == told[1:]
