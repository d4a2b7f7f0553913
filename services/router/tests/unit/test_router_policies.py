"""What the aggregator imports is known to the router: once, in order, after any crash, until somebody is forgotten."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bowchat_contracts.ids import derived_id
from bowchat_contracts.policies import KEY, ContactRow, PoliciesChanged, PolicyRow
from bowchat_contracts.topics import POLICIES_CHANGED
from bowchat_registry.book import ContactFacts, PolicyBook
from bowchat_registry.policies import Contact, Policy
from bowchat_registry.registry import Registry
from bowchat_router.policies import Imports, Policies, WithImports
from bowchat_router.policies.changes import Change, apply
from bowchat_router.policies.compaction import compacted, is_worth_it
from bowchat_router.policies.handler import PoliciesHandler
from bowchat_router.policies.store import MemoryPolicyJournal
from bowchat_runtime.errors import ConflictError, RejectError
from bowchat_runtime.records import Record
from bowchat_runtime.testing import record, run_batch

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ASHA, RAVI = derived_id("rf", "asha"), derived_id("rf", "ravi")


def row(number: str, *refs: str, **more: object) -> PolicyRow:
    return PolicyRow(policy_number=number, insurer="acme", policy_type="motor", refs=refs).model_copy(
        update=more
    )


def changed(name: str, *rows: PolicyRow | ContactRow, offset: int = 0) -> Record:
    event = PoliciesChanged(
        change_id=derived_id("pc", name),
        policies=tuple(each for each in rows if isinstance(each, PolicyRow)),
        contacts=tuple(each for each in rows if isinstance(each, ContactRow)),
        at=NOW,
    )
    return record(event, topic=POLICIES_CHANGED, key=KEY, offset=offset)


async def take(imports: Imports, *records: Record) -> None:
    assert await run_batch(PoliciesHandler(imports), records, NOW) == []


class TestTheBook:
    async def test_it_finds_by_number_vehicle_claim_and_holder(self) -> None:
        """Whatever names a policy in a text finds it, and says by what; a holder finds all of theirs, also those that name
        only the aggregator's own id of them.
        """
        imports = Imports(MemoryPolicyJournal())
        await take(
            imports,
            changed(
                "one",
                ContactRow(contact_key="crm-1", refs=(ASHA,), language="hi", tags=("gold", "family")),
                row(
                    "ACM-001122",
                    vehicle="KA 01 AB 1234",
                    claims=("CLM/77-1", "CLM/77-2"),
                    contact_key="crm-1",
                ),
                row("ACM-001133", ASHA),
            ),
        )
        by = [
            (each.policy.number, each.kind)
            for each in imports.book.matched_in("acm001133, clm 77 2 on ka-01-ab-1234")
        ]
        assert by == [("ACM-001133", "policy_number"), ("ACM-001122", "claim"), ("ACM-001122", "vehicle")]
        assert [each.number for each in imports.book.named_in("ka01ab1234 acm 001122")] == ["ACM-001122"]
        assert {each.number for each in imports.book.held_by([RAVI, ASHA])} == {"ACM-001122", "ACM-001133"}
        assert imports.book.contact([ASHA]) == ContactFacts("crm-1", "hi", ("gold", "family"))
        assert imports.book.contact([RAVI]) is None

    async def test_people_who_share_a_number_are_told_only_what_is_true_of_all(self) -> None:
        """Two contacts behind one ref: their policies both count, and nobody is taken for the other."""
        imports = Imports(MemoryPolicyJournal())
        await take(
            imports,
            changed(
                "one",
                ContactRow(contact_key="crm-1", refs=(ASHA,), language="hi", tags=("gold", "family")),
                ContactRow(contact_key="crm-2", refs=(ASHA,), language="en", tags=("family",)),
                row("ACM-001122", contact_key="crm-1"),
                row("ACM-001133", contact_key="crm-2"),
            ),
        )
        assert imports.book.contact([ASHA]) == ContactFacts(None, None, ("family",))
        assert len(imports.book.held_by([ASHA])) == 2

    def test_an_import_counts_before_the_registrys_file(self, registry: Registry) -> None:
        """A number in both is what the import says; all else of the file stays; the rules ask one book."""
        imported = PolicyBook([Policy("acm 2026 001", "coast", "life", (RAVI,), vehicle="KA01AB1234")])
        known = WithImports(_Fixed(registry), imported).current
        assert isinstance(known.policies, Policies)
        assert [each.insurer for each in known.policies.named_in("ACM-2026-001 and ACM-2026-002")] == [
            "coast",
            "acme",
        ]
        assert known.policies.held_by([derived_id("rf", "motor")]) == ()
        assert known.policies.held_by([derived_id("rf", "home")]) == registry.policies.held_by(
            [derived_id("rf", "home")]
        )
        assert known.policies.numbered("ACM2026001") == imported.numbered("ACM-2026-001")
        assert len(known.policies) == len(registry.policies) == len(list(known.policies.policies))

    def test_a_registry_that_changes_is_followed(self, registry: Registry) -> None:
        """Files that are read again count at once, with the imports over them."""
        files = _Fixed(registry)
        known = WithImports(files, PolicyBook([Policy("NEW-000001", "acme", "motor")]))
        before = known.current
        assert known.current is before
        files.current = replace(registry, version="rg2", policies=PolicyBook())
        assert (known.current.version, len(known.current.policies)) == ("rg2", 1)


class _Fixed:
    def __init__(self, registry: Registry) -> None:
        self.current = registry


class TestTheJournal:
    async def test_a_duplicate_has_no_second_effect(self) -> None:
        """The same change again, in one batch or after others, changes nothing."""
        imports = Imports(journal := MemoryPolicyJournal())
        one, two = changed("one", row("ACM-001122", ASHA)), changed("two", row("ACM-001122", RAVI))
        await take(imports, one, one, two)
        await take(imports, one._replace(offset=9))
        assert imports.book.held_by([ASHA]) == ()
        assert len(imports.book.held_by([RAVI])) == 1
        assert len([each async for each in journal.everything()]) == 2

    async def test_a_restart_knows_the_same(self) -> None:
        """A process that starts reads the journal, and what it had read already counts no second time."""
        journal = MemoryPolicyJournal()
        async with Imports(journal) as first:
            await take(
                first, changed("one", row("ACM-001122", ASHA)), changed("two", row("ACM-001122", RAVI))
            )
        async with Imports(journal) as second:
            assert contents(second.book) == contents(first.book)
            await take(second, changed("one", row("ACM-001122", ASHA)))
            assert contents(second.book) == contents(first.book)

    async def test_every_process_sees_every_change_in_one_order(self) -> None:
        """What one process appended, another reads; and who appends from a place that is taken is told so, reads on and
        appends behind it.
        """
        journal = MemoryPolicyJournal()
        one, two = Imports(journal), Imports(journal)
        slow = await PoliciesHandler(two).load([])
        PoliciesHandler(two).decide(changed("two", row("ACM-001122", RAVI)), slow, NOW)
        await take(one, changed("one", row("ACM-001122", ASHA)))
        with pytest.raises(ConflictError):
            await PoliciesHandler(two).save(slow)
        await take(two, changed("two", row("ACM-001122", RAVI)))
        await one.follow()
        assert contents(one.book) == contents(two.book)
        assert len(one.book.held_by([RAVI])) == 1

    async def test_a_policy_without_an_insurer_is_refused(self) -> None:
        """Nobody could say where its messages go: the record is parked, and nothing of it counts."""
        imports = Imports(MemoryPolicyJournal())
        with pytest.raises(RejectError, match="insurer and policy type"):
            await take(imports, changed("one", row("ACM-001122", insurer=None)))
        assert len(imports.book) == 0

    async def test_who_is_forgotten_leaves_book_and_journal(self) -> None:
        """No ref and no key of an erased person is left in what is kept; their policies stay and are held by nobody; others
        keep theirs. Other processes learn it, and so does one that starts.
        """
        journal = MemoryPolicyJournal()
        here, there = Imports(journal), Imports(journal)
        second = derived_id("rf", "asha's other number")
        await take(
            here,
            changed("old", row("ACM-001122", ASHA, claims=("CLM-000001",))),
            changed(
                "kin",
                ContactRow(contact_key="crm-1", refs=(ASHA, second)),
                ContactRow(contact_key="crm-2", refs=(RAVI,)),
            ),
            changed(
                "new",
                row("ACM-001122", ASHA),
                row("ACM-001133", contact_key="crm-1"),
                row("ACM-001144", RAVI),
            ),
        )
        await there.follow()
        await here.forget({ASHA}, "because")
        await there.follow()
        async with Imports(journal) as started:
            for each in (here, there, started):
                assert each.book.held_by([ASHA, second]) == ()
                assert each.book.contact([ASHA, second]) is None
                assert [one.number for one in each.book.held_by([RAVI])] == ["ACM-001144"]
                assert {one.number for one in each.book.policies} == {
                    "ACM-001122",
                    "ACM-001133",
                    "ACM-001144",
                }
        kept = repr([each async for each in journal.everything()])
        assert ASHA not in kept
        assert second not in kept
        assert RAVI in kept


def contents(book: PolicyBook) -> tuple[object, ...]:
    refs = [ASHA, RAVI]
    return (
        sorted(book.policies), sorted(book.contacts), [sorted(book.held_by([each])) for each in refs],
        [book.contact([each]) for each in refs], sorted(book.matched_in(" , ".join(NAMES))),
    )  # fmt: skip


NUMBERS, KEYS, CLAIMS = ("ACM-001", "BHS/002"), ("crm-1", "crm-2"), ("CLM-000001", "CLM-000002")
NAMES = (*NUMBERS, *CLAIMS, "KA01AB1234")
POLICIES = st.builds(
    Policy,
    st.sampled_from(NUMBERS),
    st.sampled_from(["acme", "coast"]),
    st.just("motor"),
    st.lists(st.sampled_from([ASHA, RAVI]), unique=True).map(tuple),
    st.none() | st.sampled_from(KEYS),
    st.none() | st.just("KA01AB1234"),
    st.lists(st.sampled_from(CLAIMS), unique=True).map(tuple),
)
CONTACTS = st.builds(
    Contact,
    st.sampled_from(KEYS),
    st.lists(st.sampled_from([ASHA, RAVI]), unique=True).map(tuple),
    st.none(),
    st.just(()),
)
CHANGES = st.lists(
    st.tuples(
        st.lists(POLICIES | st.sampled_from(NUMBERS), max_size=3).map(tuple),
        st.lists(CONTACTS | st.sampled_from(KEYS), max_size=2).map(tuple),
        st.sampled_from([False] * 5 + [True]),
    ),
    min_size=1,
    max_size=6,
)


class _CrashError(Exception):
    """The process ends here."""


class _Crashing(MemoryPolicyJournal):
    """Ends the process at its `last`-th write."""

    last = 10**9

    def _counted(self) -> None:
        self.last -= 1
        if self.last < 0:
            raise _CrashError

    async def rewrite(self, change: Change) -> None:
        self._counted()
        await super().rewrite(change)

    async def delete(self, change: Change) -> None:
        self._counted()
        await super().delete(change)


async def _journal(
    given_: Sequence[tuple[tuple[Policy | str, ...], tuple[Contact | str, ...], bool]],
) -> _Crashing:
    journal = _Crashing()
    young = False
    for seq, (policies, contacts, later) in enumerate(given_, 1):
        young = young or later
        at = NOW - timedelta(hours=1) if young else NOW - timedelta(days=2)
        await journal.append([Change(seq, (derived_id("pc", str(seq)),), at, policies, contacts)])
    return journal


@given(CHANGES)
@settings(max_examples=150, deadline=None)
async def test_compaction_keeps_the_book_whole_after_any_crash(
    changes: list[tuple[tuple[Policy | str, ...], tuple[Contact | str, ...], bool]],
) -> None:
    """Compaction is cut short after every one of its writes in turn: the journal gives the same book and forgets no id of a
    change that may come again; and a pass that gets through leaves one change of all that it may touch.
    """
    before = await _read(await _journal(changes))
    for writes in range(len(changes)):
        journal = await _journal(changes)
        for last in (writes, 10**9):
            journal.last = last
            with contextlib.suppress(_CrashError):
                await compacted(journal, NOW)
            after = await _read(journal)
            assert contents(after.book) == contents(before.book)
            assert set(after.seen) == set(before.seen)
            assert after.seq == before.seq
        every = [each async for each in journal.everything()]
        assert len([each for each in every[:-1] if NOW - each.at > timedelta(days=1)]) <= 1


async def _read(journal: MemoryPolicyJournal) -> Imports:
    async with Imports(journal) as imports:
        return imports


def test_a_book_that_changes_in_place_is_the_book_of_its_last_rows() -> None:
    """Putting, replacing and removing in any order leaves what a fresh book of the surviving rows has, in every index."""

    @given(CHANGES)
    def law(changes: list[tuple[tuple[Policy | str, ...], tuple[Contact | str, ...], bool]]) -> None:
        book = PolicyBook()
        for seq, (policies, contacts, _) in enumerate(changes, 1):
            apply(Change(seq, (), NOW, policies, contacts), book)
        fresh = PolicyBook(book.policies)
        for each in book.contacts:
            fresh.put_contact(each)
        assert contents(book) == contents(fresh)

    law()


def test_only_a_long_journal_is_compacted() -> None:
    """A journal about as long as what counts of it is left alone; one of many small changes is not."""
    assert not is_worth_it(changes=600, rows=300_000, live=300_000)
    assert is_worth_it(changes=1200, rows=700_000, live=300_000)
    assert is_worth_it(changes=100_000, rows=100_000, live=100_000)
