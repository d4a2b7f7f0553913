"""One contract for both stores of the router: memory and a real database keep the same promises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import Candidate, Explanation, SlaTerms
from bowchat_contracts.masking_policy import MaskingPolicy, Shape
from bowchat_router.contacts import KnownRef
from bowchat_router.deeds import Deed, Timer, Told
from bowchat_router.domain.model import Choice, Conversation, Dossier, Past, Place, Question, Route, Sent
from bowchat_router.store import RouterStore
from bowchat_runtime.errors import ConflictError

AT = datetime(2026, 3, 2, 9, 0, 0, 123000, tzinfo=UTC)
CONTACT, OTHER = derived_id("ct", "one"), derived_id("ct", "other")


def seat(name: str, seq: int) -> Place:
    return Place(derived_id("ms", f"{name}{seq}"), f"t/0/{seq}", AT, seq)


def conversation(
    name: str, version: int, *, contact: str = CONTACT, state: str = "waiting_insurer"
) -> Conversation:
    return Conversation(
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
        intent="claim",
        tags=("claim",),
        unanswered=(seat(name, version),),
        left_seq=version,
        weight=0.5,
    )


def deed(name: str, version: int, *, contact: str = CONTACT, state: str = "waiting_insurer") -> Deed:
    """A step of a contact with one conversation of this name."""
    after = conversation(name, version, contact=contact, state=state)
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
        explanation=Explanation(
            registry="rg", candidates=(Candidate(policy_type="motor", score=0.5, why="x"),)
        ),
    )
    question = Question(
        prompt_id=derived_id("pm", name),
        choices=(
            Choice(derived_id("op", name), "acme", "motor", "AM-1", after.conversation_id),
            Choice(derived_id("op", "else"), None),
        ),
        pending=(seat("waits", 1),),
        business_number_id="1",
        asked_at=AT,
        due_at=AT + timedelta(minutes=15),
        language="es",
        tags=("claim",),
    )
    past = Past(derived_id("cv", "past"), "acme", "motor", AT, AT)
    return Deed(
        subject=derived_id("ms", f"{name}{version}"),
        position=f"t/0/{version}",
        at=AT,
        after=Dossier(contact, version, (after,), question, (past,)),
        sent=(Sent(seat(name, version), after.conversation_id, "routed", route, at_once=True),),
        told=(Told("t", "k", "type", "part", '{"a": 1}'),),
        timers=(Timer("question", question.prompt_id, contact, AT + timedelta(minutes=version)),),
    )


def known(name: str, version: int = 1) -> KnownRef:
    return KnownRef(derived_id("rf", name), version, CONTACT, AT, weaker=(derived_id("rf", "weaker"),))


async def test_what_was_saved_is_read_back(store: RouterStore) -> None:
    """Deeds, identities and the latest dossier come back as they were given, to the last field."""
    deeds = [deed("a", 1), replace(deed("a", 2), sent=(), told=())]
    await store.save([known("x")], deeds)
    assert await store.refs([derived_id("rf", "x"), derived_id("rf", "y")]) == {
        derived_id("rf", "x"): known("x")
    }
    found = await store.deeds([each.subject for each in deeds] + [derived_id("ms", "none")])
    assert found == {each.subject: each for each in deeds}
    assert await store.dossiers([CONTACT, OTHER]) == {CONTACT: deeds[1].after}


async def test_the_latest_of_many_changes_is_found(store: RouterStore) -> None:
    """However long a contact is known, its latest dossier is the one that counts."""
    for first in range(1, 301, 100):
        await store.save([], [deed("a", version) for version in range(first, first + 100)])
    await store.save([], [deed("b", 1, contact=OTHER)])
    found = await store.dossiers([CONTACT, OTHER])
    assert [found[CONTACT].version, found[OTHER].version] == [300, 1]


async def test_what_others_have_changed_is_told(store: RouterStore) -> None:
    """Who knows a contact up to a version is told where there is a later one, and of nobody else."""
    await store.save([], [deed("a", 1), deed("a", 2)])
    await store.save([], [deed("b", 1, contact=OTHER)])
    assert await store.overtaken({CONTACT: 1, OTHER: 1}) == {CONTACT}
    assert await store.overtaken({CONTACT: 2, OTHER: 0}) == {OTHER}
    assert await store.overtaken({}) == set()


async def test_a_version_is_taken_once(store: RouterStore) -> None:
    """The second to write a version is told; what it wrote before that stays, and nothing after it is written."""
    await store.save([], [deed("a", 1)])
    late = replace(deed("a", 1), subject=derived_id("ms", "late"))
    with pytest.raises(ConflictError):
        await store.save([], [deed("b", 1, contact=OTHER), late, deed("a", 2)])
    found = await store.dossiers([CONTACT, OTHER])
    assert found[CONTACT].version == 1
    assert OTHER in found


async def test_a_message_is_decided_once(store: RouterStore) -> None:
    """The same message of another contact is refused: it has its place already."""
    await store.save([], [deed("a", 1)])
    twice = replace(deed("b", 1, contact=OTHER), subject=deed("a", 1).subject)
    with pytest.raises(ConflictError):
        await store.save([], [twice])
    assert (await store.deeds([twice.subject]))[twice.subject] == deed("a", 1)
    assert OTHER not in await store.dossiers([OTHER])


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
    await store.rest([])
    assert await store.refs([]) == {}
    assert await store.deeds([]) == {}
    assert await store.dossiers([]) == {}
    assert await store.quoted([]) == {}


async def test_timers_come_when_they_are_due_and_go_when_they_are_done(store: RouterStore) -> None:
    """The oldest first, none before its moment; one that is done with is gone, one that is put off comes later."""
    deeds = [deed("a", 1), deed("a", 2), deed("a", 3)]
    first, second, third = (timer for each in deeds for timer in each.timers)
    await store.save([], deeds)
    assert await store.due(AT, 10) == []
    assert await store.due(second.due_at, 10) == [first, second]
    assert await store.due(third.due_at, 1) == [first]
    later = replace(first, due_at=AT + timedelta(days=1))
    await store.rest([first.timer_id, second.timer_id], [later])
    assert await store.due(AT + timedelta(days=2), 10) == [third, later]


async def test_what_was_sent_is_known_by_what_the_provider_calls_it(store: RouterStore) -> None:
    """A quoted message of ours leads to its conversation; told twice, the first stands."""
    one, other = derived_id("pr", "one"), derived_id("pr", "other")
    await store.sent({one: derived_id("cv", "a")})
    await store.sent({one: derived_id("cv", "a"), other: derived_id("cv", "b")})
    assert await store.quoted([one, other, derived_id("pr", "none")]) == {
        one: derived_id("cv", "a"),
        other: derived_id("cv", "b"),
    }


async def test_a_contact_is_forgotten_by_every_name_and_no_other_is(store: RouterStore) -> None:
    """Its refs are gone, those of others stay, and so does the journal; forgetting again changes nothing."""
    mine, others = derived_id("rf", "mine"), derived_id("rf", "others")
    refs = [KnownRef(mine, 1, CONTACT, AT), KnownRef(others, 1, OTHER, AT)]
    await store.save(refs, [deed("one", 1)])
    names = await store.names_of(CONTACT)
    assert (names.refs, names.conversations) == ((mine,), (derived_id("cv", "one"),))
    for _ in range(2):
        await store.forget(CONTACT)
        assert (await store.names_of(CONTACT)).refs == ()
        assert (await store.refs([mine, others])).keys() == {others}
    assert (await store.names_of(CONTACT)).conversations == (derived_id("cv", "one"),)


async def test_it_is_seen_that_somebody_was_forgotten(store: RouterStore) -> None:
    """Whoever looks finds another number after each time, and the same one as long as nobody is."""
    assert await store.forgotten() == 0
    seen = []
    for each in (CONTACT, OTHER, OTHER):
        await store.forget(each)
        seen += [await store.forgotten(), await store.forgotten()]
    assert seen == [1, 1, 2, 2, 3, 3]


async def test_nobody_follows_who_was_forgotten(store: RouterStore) -> None:
    """A new identity that was learnt beside a known one is not kept where that one is gone."""
    known_one, follower = derived_id("rf", "known"), derived_id("rf", "follower")
    await store.save([KnownRef(known_one, 1, CONTACT, AT)], [])
    await store.forget(CONTACT)
    learnt = [
        KnownRef(follower, 1, CONTACT, AT, stronger=known_one),
        KnownRef(known_one, 2, CONTACT, AT, weaker=(follower,)),
    ]
    with pytest.raises(ConflictError):
        await store.save(learnt, [])
    assert await store.refs([known_one, follower]) == {}
