"""Forgetting a person."""

from collections.abc import Callable
from datetime import UTC, datetime

from bowchat_contracts.commands import Author
from bowchat_contracts.erasure import RefsForgotten, SubjectErased
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.topics import REFS_FORGOTTEN, SUBJECTS_ERASED
from bowchat_registry.registry import Registry
from bowchat_router.erasure import ErasureHandler, ForgettingHandler
from bowchat_router.memory import MemoryRouter
from bowchat_router.policies import Imports
from bowchat_router.policies.store import MemoryPolicyJournal
from bowchat_router.testing import Worker
from bowchat_runtime.records import Record
from bowchat_runtime.testing import record, run_batch

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def erased(contact: str) -> Record:
    event = SubjectErased(
        command_id=derived_id("cm", contact),
        contact_id=contact,
        aliases=(),
        lanes=(),
        by=Author(role="aggregator", name="meera"),
        why="asked for it",
        at=NOW,
    )
    return record(event, topic=SUBJECTS_ERASED, key=contact)


async def test_who_was_erased_writes_again_as_somebody_new(
    registry: Registry, received: Callable[..., Record]
) -> None:
    """Every ref and conversation is named to the log before it is forgotten; the next message is of a new contact, in a new
    conversation, and others stay who they were.
    """
    store = MemoryRouter()
    worker = Worker(registry, store)

    async def routed(name: str, writer: str) -> MessageRouted:
        outgoing = await run_batch(worker.inbound, [received(name, "my car", writer)], NOW)
        return next(each.event for each in outgoing if isinstance(each.event, MessageRouted))

    before, other = await routed("one", "motor"), await routed("two", "health")
    told = await run_batch(ErasureHandler(store), [erased(before.contact_id)], NOW)
    event = told[0].event
    assert isinstance(event, RefsForgotten)
    assert set(event.lanes) == {derived_id("rf", "motor"), before.conversation_id}
    assert (await run_batch(ErasureHandler(store), [erased(before.contact_id)], NOW))[0].event == event
    await run_batch(
        ForgettingHandler(store, worker.memory, Imports(MemoryPolicyJournal())),
        [record(event, topic=REFS_FORGOTTEN, key=before.contact_id)],
        NOW,
    )
    after, same = await routed("three", "motor"), await routed("four", "health")
    assert after.contact_id != before.contact_id
    assert after.conversation_id != before.conversation_id
    assert same.contact_id == other.contact_id
