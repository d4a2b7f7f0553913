"""One contract for both journals of policies: memory and a real database keep the same promises."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bowchat_contracts.ids import derived_id
from bowchat_registry.policies import Contact, Policy
from bowchat_router.policies import Imports
from bowchat_router.policies.changes import Change
from bowchat_router.policies.store import MemoryPolicyJournal, MongoPolicyJournal, PolicyJournal
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.mongo import MongoDatabase

AT = datetime(2026, 3, 2, 9, 0, 0, 123000, tzinfo=UTC)
REF = derived_id("rf", "asha")
POLICY = Policy("ACM-001122", "acme", "motor", (REF,), "crm-1", "KA01AB1234", ("CLM-000001", "CLM-000002"))


@pytest.fixture
async def journal(place: tuple[str, str] | None) -> AsyncIterator[PolicyJournal]:
    if place is None:
        yield MemoryPolicyJournal()
        return
    async with MongoDatabase(*place) as database:
        yield MongoPolicyJournal(database)


def change(seq: int) -> Change:
    return Change(
        seq,
        (derived_id("pc", str(seq)),),
        AT,
        (POLICY._replace(number=f"ACM-00112{seq}"), "ACM-009900"),
        (Contact("crm-1", (REF,), "hi", ("gold",)), "crm-2"),
    )


async def test_changes_come_back_as_they_were_in_order(journal: PolicyJournal) -> None:
    """Whatever was appended is read again, whole and in its order; where nothing stands, nothing is read."""
    await journal.append([change(seq) for seq in (1, 2, 3)])
    assert [each async for each in journal.everything()] == [change(1), change(2), change(3)]
    assert (await journal.at(2), await journal.at(4)) == (change(2), None)


async def test_a_place_is_taken_once(journal: PolicyJournal) -> None:
    """Who appends at a place that is taken is told so, and nothing behind it is kept."""
    await journal.append([change(1)])
    with pytest.raises(ConflictError):
        await journal.append([replace(change(1), subjects=("another",)), change(2)])
    assert [each async for each in journal.everything()] == [change(1)]


async def test_a_rewriting_and_a_deletion_know_their_version(journal: PolicyJournal) -> None:
    """What somebody else has rewritten meanwhile is neither rewritten nor deleted."""
    await journal.append([change(1), change(2)])
    shorter = replace(change(1), policies=(), version=2)
    await journal.rewrite(shorter)
    for stale in (journal.rewrite(shorter), journal.delete(change(1))):
        with pytest.raises(ConflictError):
            await stale
    assert await journal.at(1) == shorter
    await journal.delete(shorter)
    assert [each async for each in journal.everything()] == [change(2)]


async def test_what_stands_in_the_journal_is_known_after_a_restart(journal: PolicyJournal) -> None:
    """A process that starts knows every policy that was kept, and follows what comes."""
    await journal.append([change(1)])
    async with Imports(journal) as imports:
        assert len(imports.book.held_by([REF])) == 1
        await journal.append([change(2)])
        await imports.follow()
        assert len(imports.book.held_by([REF])) == 2
