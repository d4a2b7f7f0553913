"""Messages and replies through the handlers: the same events again after a crash, none for a duplicate."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from bowchat_contracts.conversations import ConversationChanged
from bowchat_contracts.envelope import to_headers
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRouted
from bowchat_registry.registry import Registry
from bowchat_router.deeds import Deed
from bowchat_router.memory import MemoryRouter
from bowchat_router.testing import Worker as Process
from bowchat_runtime.errors import ConflictError, RejectError
from bowchat_runtime.parking import PARK_ID_HEADER
from bowchat_runtime.records import Outgoing, Record

NOW = datetime(2026, 3, 2, 9, 0, 1, 987654, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
Make = Callable[..., Record]


class Worker(Process):
    """One process of the router, now."""

    def __init__(self, store: MemoryRouter, registry: Registry) -> None:
        super().__init__(registry, store)

    async def messages(self, *records: Record, now: datetime = NOW) -> list[Outgoing]:
        return await super().messages(*records, now=now)

    async def answers(self, *records: Record, now: datetime = NOW) -> list[Outgoing]:
        return await super().answers(*records, now=now)


@pytest.fixture
def store() -> MemoryRouter:
    return MemoryRouter()


@pytest.fixture
def worker(store: MemoryRouter, registry: Registry) -> Worker:
    return Worker(store, registry)


def wire(outgoing: list[Outgoing]) -> list[tuple[object, ...]]:
    """What the broker would be given, to the byte."""
    return [(each.topic, each.key, to_headers(each.meta), each.event.model_dump_json()) for each in outgoing]


def routed(outgoing: list[Outgoing]) -> list[MessageRouted]:
    return [each.event for each in outgoing if isinstance(each.event, MessageRouted)]


def changed(outgoing: list[Outgoing]) -> list[ConversationChanged]:
    return [each.event for each in outgoing if isinstance(each.event, ConversationChanged)]


async def test_a_message_opens_a_conversation_and_is_routed(worker: Worker, received: Make) -> None:
    """Everything the masker needs is in the event, keyed by the conversation."""
    out = await worker.messages(received("one", "my car, a claim"))
    (opened,), (message,) = changed(out), routed(out)
    assert (opened.previous, opened.state, opened.version) == (None, "waiting_insurer", 1)
    assert (message.seq, message.insurer, message.desk, message.tags) == (1, "acme", "claims", ("claim",))
    assert message.content.text.reveal() == "my car, a claim"  # type: ignore[union-attr]
    assert {each.key for each in out} == {message.conversation_id}
    assert {each.topic for each in out} == {"conversations.changed", "inbound.routed"}


async def test_a_conversation_is_numbered_without_gaps_over_batches(worker: Worker, received: Make) -> None:
    """Within a batch and from batch to batch, each message has the next number."""
    first = await worker.messages(received("a", "my car"), received("b", None, offset=1))
    second = await worker.messages(received("c", "thanks", offset=2))
    assert [each.seq for each in routed(first + second)] == [1, 2, 3]
    assert len({each.conversation_id for each in routed(first + second)}) == 1


async def test_a_replay_gives_the_same_bytes(store: MemoryRouter, registry: Registry, received: Make) -> None:
    """A new process that reads the same records, a day later and in other batches, publishes exactly the same."""
    records = [received(str(number), "my car", offset=number) for number in range(5)]
    first = await Worker(store, registry).messages(*records)
    again = Worker(store, registry)
    replayed = await again.messages(*records[:2], now=LATER) + await again.messages(*records[2:], now=LATER)
    assert wire(first) == wire(replayed)


async def test_a_duplicate_gives_nothing(worker: Worker, received: Make) -> None:
    """The same message at another position is absorbed, in its own batch, in the next, and after a restart."""
    one = received("one", "my car")
    first = await worker.messages(one, received("one", "my car", offset=1))
    second = await worker.messages(received("one", "my car", offset=2))
    worker.inbound.forget()
    third = await worker.messages(received("one", "my car", offset=3))
    assert len(routed(first)) == 1
    assert second == third == []


async def test_a_released_record_is_told_again(worker: Worker, received: Make) -> None:
    """A record from the park may have been decided and never published: its copy gives the same events."""
    one = received("one", "my car")
    first = await worker.messages(one)
    copy = one._replace(offset=9, headers=(*one.headers, (PARK_ID_HEADER, b"pk")))
    assert wire(await worker.messages(copy, now=LATER)) == wire(first)


async def test_a_late_duplicate_is_refused_and_then_absorbed(worker: Worker, received: Make) -> None:
    """Nobody asks whether a message was decided before, and still one that was leaves nothing behind: neither an event nor
    a place in the conversation, of its own or of what came with it.
    """
    await worker.messages(received("one", "my car"))
    again, new = received("one", "my car", offset=1), received("two", "my car, please", offset=2)
    (only,) = routed(await worker.messages(new, again))
    assert (only.message_id, only.seq) == (new.event.message_id, 2)
    (last,) = routed(await worker.messages(received("three", "my car?", offset=3)))
    assert last.seq == 3


async def test_the_store_is_asked_only_where_it_may_know(
    worker: Worker, store: MemoryRouter, received: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a start it is asked which messages were decided; while all are new it is not."""
    asked: list[int] = []
    deeds = store.deeds

    async def counted(subjects: Sequence[str]) -> dict[str, Deed]:
        asked.append(len(subjects))
        return await deeds(subjects)

    monkeypatch.setattr(store, "deeds", counted)
    for offset, name in enumerate(["one", "two", "three"]):
        await worker.messages(received(name, "my car", offset=offset))
    worker.inbound.forget()
    await worker.messages(received("four", "my car", offset=3))
    assert asked == [1, 0, 0, 1]


async def test_triage_is_joined_and_left(worker: Worker, received: Make) -> None:
    """Undecided messages share one triage conversation; the first that decides opens an insurer's."""
    out = routed(
        await worker.messages(
            received("a", "hello"), received("b", "anyone?", offset=1), received("c", "my car", offset=2),
            received("d", "thanks", offset=3),
        )
    )  # fmt: skip
    assert [(each.outcome, each.seq) for each in out] == [
        ("triage", 1),
        ("triage", 2),
        ("routed", 1),
        ("routed", 2),
    ]
    assert out[0].sla is None
    assert out[2].conversation_id == out[3].conversation_id != out[0].conversation_id


async def test_another_insurers_policy_opens_its_own_conversation(worker: Worker, received: Make) -> None:
    """What one insurer is asked never lands in another's thread."""
    out = routed(
        await worker.messages(received("a", "my car"), received("b", "BHS-2026-001 please", offset=1))
    )
    assert [each.insurer for each in out] == ["acme", "bharat"]
    assert out[0].conversation_id != out[1].conversation_id


async def test_a_reply_hands_the_turn_over_and_a_message_takes_it_back(
    worker: Worker, received: Make, replied: Make
) -> None:
    """The state follows who has to speak next; its version never goes back."""
    out = await worker.messages(received("a", "my car"))
    (message,) = routed(out)
    out += await worker.answers(replied("r", message.conversation_id, message.contact_id, offset=10))
    out += await worker.messages(received("b", "and?", offset=1, after_s=20))
    states = [(each.previous, each.state) for each in changed(out)]
    assert states == [
        (None, "waiting_insurer"),
        ("waiting_insurer", "waiting_policyholder"),
        ("waiting_policyholder", "waiting_insurer"),
    ]
    assert [each.version for each in changed(out)] == [1, 2, 3]
    assert [each.seq for each in routed(out)] == [1, 2]


async def test_a_replayed_reply_gives_the_same_bytes_and_a_late_one_nothing(
    store: MemoryRouter, registry: Registry, received: Make, replied: Make
) -> None:
    """A crash repeats the event; a reply older than the latest message does not answer it."""
    worker = Worker(store, registry)
    (message,) = routed(await worker.messages(received("a", "my car")))
    names = (message.conversation_id, message.contact_id)
    first = await worker.answers(replied("r", *names, offset=10))
    await worker.messages(received("b", "and?", offset=1, after_s=20))
    assert wire(await Worker(store, registry).answers(replied("r", *names, offset=10), now=LATER)) == wire(
        first
    )
    assert await worker.answers(replied("late", *names, offset=15)) == []
    assert await worker.answers(replied("r", *names, offset=30)) == []


@pytest.mark.parametrize("outcome", ["held", "refused"])
async def test_only_accepted_replies_count(
    worker: Worker, received: Make, replied: Make, outcome: str
) -> None:
    """What did not go out does not change whose turn it is."""
    (message,) = routed(await worker.messages(received("a", "my car")))
    answer = replied("r", message.conversation_id, message.contact_id, offset=10, outcome=outcome)
    assert await worker.answers(answer) == []


async def test_an_accepted_reply_without_a_conversation_is_rejected(worker: Worker, replied: Make) -> None:
    """It can never be processed, so it is set aside for people."""
    answer = replied("r", derived_id("cv", "x"), derived_id("ct", "x"), offset=1)
    nameless = answer._replace(event=answer.event.model_copy(update={"conversation_id": None}))
    with pytest.raises(RejectError, match="must name its conversation"):
        await worker.answers(nameless)


async def test_two_workers_on_one_conversation_lose_nothing(
    store: MemoryRouter, registry: Registry, received: Make
) -> None:
    """Both read version 1 and decide version 2: the second is refused, reads again, and gets 3."""
    one, two = Worker(store, registry), Worker(store, registry)
    await one.messages(received("a", "my car"))
    mine, theirs = [received("b", "b", offset=1)], [received("c", "c", offset=1, partition=1)]
    slow = await one.inbound.load(mine)
    one.inbound.decide(mine[0], slow, NOW)
    fast = routed(await two.messages(*theirs))
    with pytest.raises(ConflictError):
        await one.inbound.save(slow)
    one.inbound.forget()
    assert [each.seq for each in fast + routed(await one.messages(*mine))] == [2, 3]


async def test_a_new_contact_of_two_workers_is_one(
    store: MemoryRouter, registry: Registry, received: Make
) -> None:
    """Two processes that meet a stranger at once end with one contact."""
    one, two = Worker(store, registry), Worker(store, registry)
    mine, theirs = [received("a", "my car")], [received("b", "car", offset=1, partition=1)]
    slow = await one.inbound.load(mine)
    one.inbound.decide(mine[0], slow, NOW)
    fast = routed(await two.messages(*theirs))
    with pytest.raises(ConflictError):
        await one.inbound.save(slow)
    one.inbound.forget()
    both = fast + routed(await one.messages(*mine))
    assert len({each.contact_id for each in both}) == len({each.conversation_id for each in both}) == 1


async def test_a_reply_between_load_and_save_of_a_message_is_kept(
    worker: Worker, received: Make, replied: Make
) -> None:
    """The two handlers of one process share a memory, and neither overwrites what the other saved."""
    (message,) = routed(await worker.messages(received("a", "my car")))
    late = [received("b", "and?", offset=1, after_s=20)]
    slow = await worker.inbound.load(late)
    await worker.answers(replied("r", message.conversation_id, message.contact_id, offset=10))
    worker.inbound.decide(late[0], slow, NOW)
    with pytest.raises(ConflictError):
        await worker.inbound.save(slow)
    worker.inbound.forget()
    (back,) = changed(await worker.messages(*late))
    assert (back.previous, back.state, back.version) == ("waiting_policyholder", "waiting_insurer", 3)


async def test_a_linked_identity_brings_its_policies(worker: Worker, received: Make) -> None:
    """Once the number is known to be the user's, the user id alone finds the number's policies."""
    (first,) = routed(await worker.messages(received("a", "hello", "user", "motor")))
    assert (first.rule, first.insurer) == ("contact_policy", "acme")
    worker.inbound.forget()
    (second,) = routed(await worker.messages(received("b", "hello", "user", offset=1)))
    assert second.contact_id == first.contact_id
    assert second.conversation_id == first.conversation_id
