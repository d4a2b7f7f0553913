"""Whoever stands in a desk's line gets out of it: to the insurer that is right then, to people, or away."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bowchat_contracts.commands import Author, CommandDecided, CommandRequested, SlashCommand
from bowchat_contracts.conversations import ConversationChanged
from bowchat_contracts.desks import DeskChanged
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.pii import MessageText
from bowchat_contracts.topics import COMMANDS_REQUESTED
from bowchat_registry.agreements import Agreement
from bowchat_registry.registry import Registry
from bowchat_router.testing import Worker
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.testing import record

NOW = datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)
"""A Monday."""
LATER = NOW + timedelta(minutes=10)
EVENING = datetime(2026, 3, 1, 22, 0, 0, tzinfo=UTC)
PEOPLE = Author(role="aggregator", name="meera")
Make = Callable[..., Record]
WEEKDAYS = {"zone": "UTC", "weekly": {"mon-fri": ["09:00-17:00"]}}


def of(outgoing: list[Outgoing], kind: type) -> list:  # type: ignore[type-arg]
    return [each.event for each in outgoing if isinstance(each.event, kind)]


def agreement(name: str, **service: object) -> Agreement:
    return Agreement.model_validate(
        {
            "id": name,
            "name": name,
            "policy_types": ["motor", "home"] if name == "acme" else ["health"],
            "desks": [{"name": "service", **service}, {"name": "experts"}],
            "default_desk": "service",
            "sla": {"first_response_seconds": 300},
            "endpoint": {"kind": "kafka"},
        }
    )


def with_agreements(registry: Registry, *agreements: Agreement) -> Registry:
    return replace(registry, agreements={**registry.agreements, **{each.id: each for each in agreements}})


async def typed(worker: Worker, about: MessageRouted, text: str, now: datetime) -> list[Outgoing]:
    event = CommandRequested(
        command_id=derived_id("cm", f"{text}{now}"),
        by=PEOPLE,
        command=SlashCommand(
            conversation_id=about.conversation_id, contact_id=about.contact_id, text=MessageText(text)
        ),
        requested_at=now,
    )
    out = await worker.commanded(record(event, topic=COMMANDS_REQUESTED, key=about.conversation_id), now=now)
    (said,) = of(out, CommandDecided)
    assert said.outcome == "accepted", said.detail
    return out


async def test_a_line_that_was_left_lets_nobody_in(registry: Registry, received: Make) -> None:
    """People moved a queued conversation into another insurer's line: the first insurer's desk never gets it."""
    full = with_agreements(registry, agreement("acme", capacity=1), agreement("bharat", capacity=1))
    worker = Worker(full)
    (seated,) = of(await worker.messages(received("a", "my car", "motor"), now=NOW), MessageRouted)[-1:]
    await worker.messages(received("b", "the hospital", "health", offset=1), now=NOW)
    (queued,) = of(await worker.messages(received("c", "my car", "nobody", offset=2), now=NOW), MessageRouted)
    assert (queued.insurer, queued.outcome) == ("acme", "queued")
    await typed(worker, queued, "/assign bharat service", NOW)
    out = await typed(worker, seated, "/resolve", LATER) + await worker.look(LATER)
    assert [each.insurer for each in of(out, MessageRouted)] == []


@pytest.mark.parametrize("command", ["/resolve", "/assign bharat experts", "/transfer bharat experts"])
async def test_who_leaves_a_line_takes_no_place(registry: Registry, received: Make, command: str) -> None:
    """A queued conversation that is done, or goes elsewhere, is in the line no more, and its place goes to who is next."""
    worker = Worker(with_agreements(registry, agreement("acme", capacity=1)))
    (seated,) = of(await worker.messages(received("a", "my car", "motor"), now=NOW), MessageRouted)[-1:]
    (second,) = of(await worker.messages(received("b", "my car", "x", offset=1), now=NOW), MessageRouted)
    (third,) = of(await worker.messages(received("c", "my car", "y", offset=2), now=NOW), MessageRouted)
    out = await typed(worker, second, command, NOW)
    assert of(out, DeskChanged)[-1].waiting == 1
    out = await typed(worker, seated, "/resolve", NOW + timedelta(seconds=5))
    admitted = [each for each in of(out, MessageRouted) if each.outcome == "routed"]
    assert [each.conversation_id for each in admitted] == [third.conversation_id]
    out = await typed(worker, third, "/resolve", NOW + timedelta(seconds=9))
    assert of(out, DeskChanged)[-1].load == 0


async def test_all_who_waited_for_the_morning_are_let_in(registry: Registry, received: Make) -> None:
    """A desk opens: however long its line is, everybody in it who may go in does, by one look at the desk."""
    worker = Worker(
        with_agreements(registry, agreement("acme", hours=WEEKDAYS, when_closed="queue", queue_limit_s=86400))
    )
    for number in range(9):
        await worker.messages(received(f"m{number}", "my car", f"who{number}", offset=number), now=EVENING)
    worker.memory.clear()
    out = await worker.look(NOW)
    assert len([each for each in of(out, MessageRouted) if each.outcome == "routed"]) == 9
    assert of(out, DeskChanged)[-1].load == 0, "a desk without a capacity counts no places"


async def test_an_agreement_that_ended_lets_nobody_in(registry: Registry, received: Make) -> None:
    """What waited overnight for an insurer whose agreement ended meanwhile goes to people, never to that insurer."""
    closed = agreement("acme", hours=WEEKDAYS, when_closed="queue", queue_limit_s=86400)
    worker = Worker(with_agreements(registry, closed))
    await worker.messages(received("a", "my car", "motor"), now=EVENING)
    worker.registries.current = with_agreements(
        registry, closed.model_copy(update={"valid_to": EVENING.date()})
    )
    out = await worker.look(NOW)
    assert of(out, MessageRouted) == []
    assert [each.state for each in of(out, ConversationChanged)] == ["triage"]


async def test_what_was_done_unseen_is_delivered_when_it_opens_again(
    registry: Registry, received: Make
) -> None:
    """A queued conversation is resolved and its policyholder writes again: the insurer gets every message, in order."""
    worker = Worker(with_agreements(registry, agreement("acme", capacity=1)))
    await worker.messages(received("a", "my car", "motor"), now=NOW)
    (queued,) = of(await worker.messages(received("b", "my car", "x", offset=1), now=NOW), MessageRouted)
    await typed(worker, queued, "/resolve", NOW)
    out = await worker.messages(received("c", "my car is still broken", "x", offset=2), now=LATER)
    assert [(each.seq, each.outcome) for each in of(out, MessageRouted)] == [(1, "routed"), (2, "routed")]


async def test_reopened_by_people_it_goes_to_its_insurer(registry: Registry, received: Make) -> None:
    """The same, opened again by a command: what the insurer never got leaves for it then."""
    worker = Worker(with_agreements(registry, agreement("acme", capacity=1)))
    await worker.messages(received("a", "my car", "motor"), now=NOW)
    (queued,) = of(await worker.messages(received("b", "my car", "x", offset=1), now=NOW), MessageRouted)
    await typed(worker, queued, "/resolve", NOW)
    out = await typed(worker, queued, "/reopen", LATER)
    assert [(each.seq, each.insurer, each.outcome) for each in of(out, MessageRouted)] == [
        (1, "acme", "routed")
    ]


async def test_a_contacts_policies_bind_what_overflows(registry: Registry, received: Make) -> None:
    """Who has several policies with an insurer may mean any of them: that insurer's backup elsewhere never gets it."""
    busy = agreement("acme", capacity=1, when_full="backup", backup={"insurer": "bharat", "desk": "service"})
    worker = Worker(with_agreements(registry, busy, agreement("bharat")))
    await worker.messages(received("a", "my car", "motor"), now=NOW)
    out = await worker.messages(received("b", "I need help with my policies", "both", offset=1), now=NOW)
    assert {each.insurer for each in of(out, MessageRouted) if each.insurer} <= {"acme"}
