"""Several routers over one store: whom one of them forgets, all forget, whatever they hold in memory or have at hand."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bowchat_contracts.erasure import RefsForgotten
from bowchat_contracts.ids import ContactId, derived_id
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.topics import REFS_FORGOTTEN
from bowchat_registry.registry import Registry
from bowchat_router.erasure import ForgettingHandler, ForgettingWatch
from bowchat_router.policies import Imports
from bowchat_router.policies.store import MemoryPolicyJournal
from bowchat_router.store import RouterStore
from bowchat_router.testing import Worker
from bowchat_runtime.records import Record
from bowchat_runtime.testing import record, run_batch

NOW = datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)
Make = Callable[..., Record]


class Process(Worker):
    """A router that looks beside its work whether somebody was forgotten."""

    def __init__(self, registry: Registry, store: RouterStore) -> None:
        super().__init__(registry, store)
        self.watch = ForgettingWatch(store, self.memory)

    async def contact(self, message: Record) -> ContactId:
        """Whose message this is."""
        outgoing = await self.messages(message, now=NOW)
        return next(each.event.contact_id for each in outgoing if isinstance(each.event, MessageRouted))

    async def forgets(self, contact: ContactId, *names: str) -> None:
        lanes = tuple(derived_id("rf", each) for each in names)
        event = RefsForgotten(contact_id=contact, lanes=lanes, at=NOW)
        handler = ForgettingHandler(self.store, self.memory, Imports(MemoryPolicyJournal()))
        await run_batch(handler, [record(event, topic=REFS_FORGOTTEN, key=contact)], NOW)


@pytest.fixture
def two(registry: Registry, store: RouterStore) -> tuple[Process, Process]:
    return Process(registry, store), Process(registry, store)


async def test_who_was_erased_is_somebody_new_in_every_process(
    two: tuple[Process, Process], received: Make
) -> None:
    """Also where another process hears of it than the one that knows the person; others stay who they were."""
    one, other = two
    await other.watch.look()
    before = await other.contact(received("a", "my car", "motor"))
    neighbour = await other.contact(received("b", "the hospital", "health", offset=1))
    await one.forgets(before, "motor")
    await other.watch.look()
    after = await other.contact(received("c", "my car", "motor", offset=2))
    assert after != before
    assert await other.contact(received("d", "the hospital", "health", offset=3)) == neighbour
    age = other.memory.age
    await other.watch.look()
    assert other.memory.age == age, "nobody was forgotten since, and so nothing is"
    assert await other.contact(received("e", "my car", "motor", offset=4)) == after


async def test_an_identity_learnt_meanwhile_leads_nobody_back(
    two: tuple[Process, Process], received: Make
) -> None:
    """Erased by one process, the person writes by a number that the other did not know yet, before the other has looked: the
    number is not kept for the erased contact.
    """
    one, other = two
    before = await other.contact(received("a", "my car", "motor"))
    await one.forgets(before, "motor")
    after = await other.contact(received("b", "my car", "motor", "number", offset=1))
    assert after != before
    assert await other.contact(received("c", "my car", "number", offset=2)) == after


@pytest.mark.parametrize("hears", ["one", "other"])
async def test_what_is_at_hand_when_somebody_is_forgotten_is_not_remembered(
    two: tuple[Process, Process], received: Make, hears: str
) -> None:
    """A batch that was read before, and is saved after, does not put the identity back into the memory of its process."""
    one, other = two
    before = await other.contact(received("a", "my car", "motor"))
    under_way = received("b", "my car again", "motor", offset=1)
    state = await other.inbound.load([under_way])
    other.inbound.decide(under_way, state, NOW)
    await (one if hears == "one" else other).forgets(before, "motor")
    await other.watch.look()
    await other.inbound.save(state)
    assert await other.contact(received("c", "my car", "motor", offset=2)) != before
