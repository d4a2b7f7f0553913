"""One contract for both stores of the router: memory and a real database keep the same promises."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import SlaTerms
from bowchat_contracts.masking_policy import MaskingPolicy, Shape
from bowchat_router.contacts import KnownRef
from bowchat_router.domain import Conversation, Route
from bowchat_router.journal import Entry
from bowchat_router.memory import MemoryRouter
from bowchat_router.store import MongoRouter, RouterStore
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.mongo import MongoDatabase

AT = datetime(2026, 3, 2, 9, 0, 0, 123000, tzinfo=UTC)
CONTACT, OTHER = derived_id("ct", "one"), derived_id("ct", "other")


@pytest.fixture
async def store(place: tuple[str, str] | None) -> AsyncIterator[RouterStore]:
    if place is None:
        yield MemoryRouter()
        return
    async with MongoDatabase(*place) as database:
        router = MongoRouter(database)
        await router.prepare()
        yield router


def entry(name: str, version: int, *, contact: str = CONTACT, state: str = "waiting_insurer") -> Entry:
    after = Conversation(
        conversation_id=derived_id("cv", name),
        contact_id=contact,
        version=version,
        last_seq=version,
        state=state,  # type: ignore[arg-type]
        insurer="acme",
        desk="claims",
        policy_type="motor",
        policy_number=None,
        agreement_version="av",
        business_number_id="1",
        opened_at=AT,
        last_message_at=AT + timedelta(seconds=version),
    )
    route = Route(
        rule="car",
        reasons=("one", "two"),
        conversation=None,
        insurer="acme",
        desk="claims",
        policy_type="motor",
        agreement_version="av",
        tags=("claim",),
        sla=SlaTerms(first_response_s=60, warn_ratio=0.5),
        masking=MaskingPolicy(regions=("GB", "IN"), shapes=(Shape(name="policy", pattern="AM-####"),)),
        related=(derived_id("ms", "before"),),
    )
    previous = None if version == 1 else "waiting_insurer"
    return Entry(derived_id("ms", f"{name}{version}"), f"t/0/{version}", AT, previous, after, route)  # type: ignore[arg-type]


def known(name: str, version: int = 1) -> KnownRef:
    return KnownRef(derived_id("rf", name), version, CONTACT, AT, weaker=(derived_id("rf", "weaker"),))


async def test_what_was_saved_is_read_back(store: RouterStore) -> None:
    """Entries, identities and the latest state come back as they were given, to the last field."""
    entries = [entry("a", 1), replace(entry("a", 2), route=None), entry("b", 1)]
    await store.save([known("x")], entries)
    assert await store.refs([derived_id("rf", "x"), derived_id("rf", "y")]) == {
        derived_id("rf", "x"): known("x")
    }
    found = await store.entries([each.subject for each in entries] + [derived_id("ms", "none")])
    assert found == {each.subject: each for each in entries}
    conversations = await store.conversations([CONTACT, OTHER])
    assert set(conversations) == {CONTACT}
    assert set(conversations[CONTACT]) == {entries[1].after, entries[2].after}


async def test_the_latest_of_many_changes_is_found(store: RouterStore) -> None:
    """However long a conversation is, its latest state is the one that counts."""
    for first in range(1, 301, 100):
        await store.save([], [entry("a", version) for version in range(first, first + 100)])
    await store.save([], [entry("b", 1, contact=OTHER)])
    found = await store.conversations([CONTACT, OTHER])
    assert [each.version for each in (*found[CONTACT], *found[OTHER])] == [300, 1]


async def test_closed_conversations_are_left_out(store: RouterStore) -> None:
    """Only what is open can be continued."""
    await store.save([], [entry("a", 1), entry("a", 2, state="closed")])
    assert await store.conversations([CONTACT]) == {}


async def test_a_version_is_taken_once(store: RouterStore) -> None:
    """The second to write a version is told; what it wrote before that stays, and nothing after it is written."""
    await store.save([], [entry("a", 1)])
    late = replace(entry("a", 1), subject=derived_id("ms", "late"))
    with pytest.raises(ConflictError):
        await store.save([], [entry("b", 1, contact=OTHER), late, replace(entry("a", 2))])
    found = await store.conversations([CONTACT, OTHER])
    assert [each.version for each in found[CONTACT]] == [1]
    assert OTHER in found


async def test_a_message_is_decided_once(store: RouterStore) -> None:
    """The same message in another conversation is refused: it has its place already."""
    await store.save([], [entry("a", 1)])
    twice = replace(entry("b", 1, contact=OTHER), subject=entry("a", 1).subject)
    with pytest.raises(ConflictError):
        await store.save([], [twice])
    assert (await store.entries([twice.subject]))[twice.subject].after.conversation_id == derived_id(
        "cv", "a"
    )
    assert OTHER not in await store.conversations([OTHER])


async def test_an_identity_is_compared_and_set(store: RouterStore) -> None:
    """Whoever read an older version of an identity cannot write over the newer one."""
    await store.save([known("x")], [])
    await store.save([known("x", 2)], [])
    for version in (1, 2):
        with pytest.raises(ConflictError):
            await store.save([known("x", version)], [])


async def test_nothing_is_asked_for_nothing(store: RouterStore) -> None:
    """An empty batch costs no call and gives nothing."""
    await store.save([], [])
    assert await store.refs([]) == {}
    assert await store.entries([]) == {}
    assert await store.conversations([]) == {}


async def test_a_contact_is_forgotten_by_every_name_and_no_other_is(store: RouterStore) -> None:
    """Its refs are gone, those of others stay, and so does the journal; forgetting again changes nothing."""
    mine, others = derived_id("rf", "mine"), derived_id("rf", "others")
    refs = [KnownRef(mine, 1, CONTACT, AT), KnownRef(others, 1, OTHER, AT)]
    await store.save(refs, [entry("one", 1)])
    names = await store.names_of(CONTACT)
    assert (names.refs, names.conversations) == ((mine,), (derived_id("cv", "one"),))
    for _ in range(2):
        await store.forget(CONTACT)
        assert (await store.names_of(CONTACT)).refs == ()
        assert (await store.refs([mine, others])).keys() == {others}
    assert (await store.names_of(CONTACT)).conversations == (derived_id("cv", "one"),)
