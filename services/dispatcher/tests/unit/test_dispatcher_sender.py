"""The sender, in memory and with time that stands still until it is moved."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bowchat_contracts.deliveries import StatusReceived
from bowchat_contracts.ids import derived_id
from bowchat_dispatcher.domain import Row
from bowchat_dispatcher.handlers import StatusesHandler
from bowchat_dispatcher.people import instruct, shown
from bowchat_dispatcher.verdicts import Declined, NotSent, Unclear
from bowchat_runtime.errors import DependencyDownError
from bowchat_runtime.testing import record, run_batch


def status(world: Any, name: str, what: str, *, ref: str | None = None, codes: tuple[int, ...] = ()) -> Any:
    delivery_id = derived_id("dl", name)
    return StatusReceived(
        provider_ref=ref or derived_id("pr", delivery_id),
        delivery_id=delivery_id,
        status=what,
        error_codes=codes,
        business_number_id=None,
        occurred_at=world.clock(),
        received_at=world.clock(),
    )


async def tell(world: Any, name: str, what: str, **more: Any) -> None:
    one = record(status(world, name, what, **more), topic="statuses.received", offset=next(world.offsets))
    await run_batch(StatusesHandler(world.ledger, world.sender.wake), [one], world.clock())


async def dies_while_sending(world: Any, row: Row) -> Callable[[], Awaitable[None]]:
    """A process dies with this row under way, and another takes its place. Returns what lets the dead one's answer come."""
    held = asyncio.Event()

    async def never(_: str) -> None:
        await held.wait()

    world.whatsapp.on_send = world.insurers.on_post = never
    await world.ledger.insert([row])
    await world.sender.step()
    await asyncio.sleep(0)
    dead = world.sender
    world.whatsapp.on_send = world.insurers.on_post = None
    world.new_sender()

    async def answered() -> None:
        held.set()
        await dead.landing()

    return answered


async def test_sends_and_announces(world: Any) -> None:
    """A pending text is sent once to the sealed number, and each of its states is told once, in order."""
    await world.ledger.insert([world.row("a", text="Your claim is approved")])
    await world.rounds()
    assert [text for _, _, text in world.whatsapp.sent] == ["Your claim is approved"]
    row = await world.stored("a")
    assert (row.state, row.provider_ref) == ("accepted", derived_id("pr", row.delivery_id))
    assert world.announced("a") == ["sending", "accepted"]


async def test_content_is_dropped(world: Any) -> None:
    """When the provider has the text, the ledger keeps neither it nor the recipient."""
    await world.ledger.insert([world.row("a")])
    await world.rounds()
    row = await world.stored("a")
    assert (row.content.reveal(), row.sealed_recipient) == ("", "")


async def test_a_recipient_gets_texts_in_order(world: Any) -> None:
    """One recipient's texts leave one after the other, as they were asked for, whatever order they are found in."""
    rows = [world.row(name) for name in "abcde"]
    await world.ledger.insert(rows[::-1])
    await world.rounds(12)
    assert world.whatsapp.ids == [row.delivery_id for row in rows]


async def test_a_retry_holds_its_lane_only(world: Any) -> None:
    """While a recipient's first text waits for its retry, the second waits too, and other recipients do not."""
    world.whatsapp.answers.append(Declined(400, 131056))
    await world.ledger.insert([world.row("a"), world.row("b"), world.row("c", person="ravi")])
    await world.rounds()
    a, b, c = (derived_id("dl", name) for name in "abc")
    assert set(world.whatsapp.ids) == {a, c}
    world.clock.forward(1.01)
    await world.rounds()
    assert world.whatsapp.ids == [*world.whatsapp.ids[:2], a, b]


async def test_written_before_bytes_leave(world: Any) -> None:
    """While a text is under way, the ledger says so."""
    seen = []

    async def look(_: str) -> None:
        seen.append((await world.stored("a")).state)

    world.whatsapp.on_send = look
    await world.ledger.insert([world.row("a")])
    await world.rounds()
    assert seen == ["sending"]


async def test_ambiguous_is_never_sent_again(world: Any) -> None:
    """A lost answer leaves the text unknown; after the wait it is unresolved, and it was sent once."""
    world.whatsapp.answers.append(Unclear("timeout"))
    await world.ledger.insert([world.row("a"), world.row("b")])
    await world.rounds()
    assert (await world.stored("a")).state == "unknown"
    world.clock.forward(119)
    await world.rounds()
    assert world.whatsapp.ids == [derived_id("dl", "a")]
    world.clock.forward(2)
    await world.rounds()
    assert (await world.stored("a")).state == "unresolved"
    assert world.whatsapp.ids == [derived_id("dl", "a"), derived_id("dl", "b")]


async def test_status_reconciles_unknown(world: Any) -> None:
    """A status that names the delivery proves that it left: no second send, and the lane goes on at once."""
    world.whatsapp.answers.append(Unclear("connection_lost"))
    await world.ledger.insert([world.row("a"), world.row("b")])
    await world.rounds()
    await tell(world, "a", "delivered")
    await world.rounds()
    assert (await world.stored("a")).state == "delivered"
    assert world.whatsapp.ids == [derived_id("dl", "a"), derived_id("dl", "b")]


async def test_status_before_answer(world: Any) -> None:
    """A status that is quicker than the provider's answer is not taken back by it."""

    async def quick(_: str) -> None:
        await tell(world, "a", "delivered")

    world.whatsapp.on_send = quick
    await world.ledger.insert([world.row("a")])
    await world.rounds()
    assert (await world.stored("a")).state == "delivered"


async def test_kill_between_write_and_send(world: Any) -> None:
    """A process that dies with a text under way leaves it unknown, then unresolved: the next one does not send it."""
    died = await dies_while_sending(world, world.row("a"))
    await world.sender.recover()
    world.clock.forward(31)
    await world.rounds()
    assert (await world.stored("a")).state == "unknown"
    world.clock.forward(121)
    await world.rounds()
    assert (await world.stored("a")).state == "unresolved"
    assert world.whatsapp.ids.count(derived_id("dl", "a")) == 1
    await died()


async def test_two_workers_send_once(world: Any) -> None:
    """Two senders on one ledger never send the same text."""
    one, two = world.sender, world.new_sender(instance="2")
    await world.ledger.insert([world.row(f"m{i}", person=f"p{i}") for i in range(40)])
    await asyncio.gather(one.step(), two.step(), one.step(), two.step())
    await one.landing()
    await two.landing()
    assert len(world.whatsapp.ids) == len(set(world.whatsapp.ids))


async def test_resend_by_a_person(world: Any) -> None:
    """Only a person's word sends an unresolved text again, and giving up ends it as failed."""
    world.whatsapp.answers += [Unclear("timeout"), Unclear("timeout")]
    await world.ledger.insert([world.row("a"), world.row("b", person="ravi")])
    await world.rounds()
    world.clock.forward(121)
    await world.rounds()
    assert {line["state"] for line in await shown(world.ledger)} == {"unresolved"}
    a, b = derived_id("dl", "a"), derived_id("dl", "b")
    assert await instruct(world.ledger, a, "resend", world.clock()) is None
    assert await instruct(world.ledger, b, "give_up", world.clock()) is None
    world.clock.forward(1)
    await world.rounds()
    assert (await world.stored("a")).state == "accepted"
    assert ((row := await world.stored("b")).state, row.error_code) == ("failed", "given_up")
    assert world.whatsapp.ids.count(a) == 2
    assert "nothing to decide" in str(await instruct(world.ledger, a, "resend", world.clock()))


async def test_away_for_30_s(world: Any) -> None:
    """While the provider cannot be reached, texts wait; when it is back, each is sent once."""
    world.whatsapp.answers = deque([NotSent("unreachable")] * 15)
    await world.ledger.insert([world.row(f"m{i}", person=f"p{i}") for i in range(10)])
    for _ in range(60):
        await world.rounds(2)
        world.clock.forward(1)
    states = [(await world.stored(f"m{i}")).state for i in range(10)]
    assert states == ["accepted"] * 10


async def test_blocked_account_keeps_the_queue(world: Any) -> None:
    """An expired token stops the whole number, loses nothing, and is tried again after a while."""
    world.whatsapp.answers = deque([Declined(401, 190)])
    await world.ledger.insert([world.row("a")])
    await world.rounds()
    await world.ledger.insert([world.row("b", person="ravi")])
    await world.rounds()
    assert world.whatsapp.ids == [derived_id("dl", "a")]
    world.clock.forward(301)
    await world.rounds()
    assert [(await world.stored(name)).state for name in "ab"] == ["accepted", "accepted"]


async def test_pair_limit(world: Any) -> None:
    """One recipient gets 45 texts at once, and then one every six seconds."""
    await world.ledger.insert([world.row(f"m{i}") for i in range(50)])
    for _ in range(80):
        await world.rounds(1)
        world.clock.forward(0.02)
    assert len(world.whatsapp.ids) == 45
    world.clock.forward(6)
    await world.rounds()
    assert len(world.whatsapp.ids) == 46


async def test_pair_limit_survives_a_restart(world: Any) -> None:
    """After a restart the limit still knows what the dead process sent."""
    await world.ledger.insert([world.row(f"m{i}") for i in range(50)])
    for _ in range(60):
        await world.rounds(1)
        world.clock.forward(0.02)
    world.new_sender()
    await world.sender.recover()
    await world.rounds()
    assert len(world.whatsapp.ids) == 45


async def test_throughput(world: Any) -> None:
    """A business number never sends more than its rate in any one second."""
    world.new_sender(rate_per_s=20)
    await world.ledger.insert([world.row(f"m{i}", person=f"p{i}") for i in range(100)])
    counts = []
    for _ in range(60):
        before = len(world.whatsapp.ids)
        await world.rounds(1)
        counts.append(len(world.whatsapp.ids) - before)
        world.clock.forward(0.05)
    assert max(sum(counts[i : i + 20]) for i in range(40)) <= 20
    assert sum(counts) >= 45


async def test_a_slow_insurer_slows_only_itself(world: Any) -> None:
    """An insurer that does not answer fills its own places; others and WhatsApp go on."""
    gate = asyncio.Event()

    async def stall(insurer: str) -> None:
        if insurer == "slow":
            await gate.wait()

    world.insurers.on_post = stall
    await world.ledger.insert(
        [world.webhook_row(f"s{i}", insurer="slow", alias=f"x{i}") for i in range(300)]
        + [world.webhook_row("q"), world.row("w")]
    )
    for _ in range(6):
        await world.sender.step()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert [(await world.stored(name)).state for name in "qw"] == ["accepted", "accepted"]
    assert sum(insurer == "slow" for insurer, *_ in world.insurers.posts) == 2
    gate.set()
    await world.sender.landing()


async def test_webhook_schedule(world: Any) -> None:
    """A failing webhook is tried by the schedule with the same id and body, then has failed and is shown."""
    world.insurers.answers["acme"] = deque([Declined(500), Unclear("timeout"), Declined(500)])
    await world.ledger.insert([world.webhook_row("a")])
    for seconds in (0, 6, 331):
        world.clock.forward(seconds)
        await world.rounds()
    assert len(world.insurers.posts) == 3
    assert len({(name, body) for _, name, body, _ in world.insurers.posts}) == 1
    row = await world.stored("a")
    assert (row.state, row.error_code) == ("failed", "http_500")
    assert [line["delivery_id"] for line in await shown(world.ledger)] == [row.delivery_id]


async def test_gone_endpoint_waits_for_a_new_address(world: Any) -> None:
    """After 410 nothing goes to that address; when the registry names another, the waiting events go there."""
    world.insurers.answers["acme"] = deque([Declined(410)])
    await world.ledger.insert([world.webhook_row("a")])
    for _ in range(10):
        await world.rounds(2)
        world.clock.forward(6)
    assert len(world.insurers.posts) == 1
    world.endpoints.urls["acme"] = "https://new.example/hook"
    world.clock.forward(6)
    await world.rounds()
    assert (await world.stored("a")).state == "accepted"


async def test_lost_process_sends_a_webhook_again(world: Any) -> None:
    """A webhook under way when its process died is sent again: its id makes that harmless."""
    died = await dies_while_sending(world, world.webhook_row("a"))
    world.clock.forward(26)
    await world.rounds()
    assert (await world.stored("a")).state == "accepted"
    await died()


async def test_broker_away(world: Any) -> None:
    """While nobody can be told, nothing new is sent; when the broker is back, everything is told once."""
    await world.ledger.insert([world.row("a")])
    await world.sender.step()
    await world.sender.landing()
    world.publisher.fail_next(2)
    for _ in range(2):
        with pytest.raises(DependencyDownError):
            await world.sender.step()
    later = world.row("b", person="ravi")
    await world.ledger.insert([later])
    world.sender.wake([later])
    await world.rounds()
    assert world.announced("a") == ["sending", "accepted"]
    assert world.announced("b") == ["sending", "accepted"]


async def test_announced_after_a_crash(world: Any) -> None:
    """Changes written but not told by a process that died are told by the next, with the same ids."""
    await world.sender.recover()
    await world.ledger.insert([world.row("a")])
    await world.rounds(1)
    world.publisher.fail_next(99)
    with pytest.raises(DependencyDownError):
        await world.sender.step()
    world.publisher.fail_next(0)
    world.new_sender()
    await world.sender.recover()
    await world.rounds()
    assert world.announced("a")[-2:] == ["sending", "accepted"]


async def test_a_colleague_announces_for_the_dead(world: Any) -> None:
    """A sender that never comes back is noticed after a minute, and its changes are told by another."""
    await world.sender.recover()
    await world.ledger.insert([world.row("a")])
    await world.rounds(1)
    world.publisher.fail_next(99)
    with pytest.raises(DependencyDownError):
        await world.sender.step()
    world.publisher.fail_next(0)
    world.new_sender(instance="2")
    await world.sender.recover()
    world.clock.forward(61)
    await world.rounds()
    assert "accepted" in world.announced("a")
    assert [mark.instance for mark in await world.ledger.watermarks()] == ["2"]


async def test_late_sender_does_not_send(world: Any) -> None:
    """A process that stood still past its lease does not send what it had claimed: others have taken it for lost."""
    await world.ledger.insert([world.row("a")])
    await world.sender.step()
    world.clock.forward(60)
    await world.sender.landing()
    assert world.whatsapp.ids == []


async def test_run_lands_before_it_ends(world: Any) -> None:
    """Stopped while a text is under way, the sender waits for its answer and writes it down."""
    under_way, gate = asyncio.Event(), asyncio.Event()

    async def wait(_: str) -> None:
        under_way.set()
        await gate.wait()

    world.whatsapp.on_send = wait
    await world.ledger.insert([world.row("a")])
    task = asyncio.create_task(world.sender.run())
    await under_way.wait()
    task.cancel()
    await asyncio.sleep(0.01)
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await world.stored("a")).state == "accepted"
    assert world.announced("a") == ["sending", "accepted"]


async def test_unreadable_seal_fails(world: Any) -> None:
    """A recipient that cannot be opened ends the delivery, with nothing sent."""
    await world.ledger.insert([replace(world.row("a"), sealed_recipient=world.row("b").sealed_recipient)])
    await world.rounds()
    row = await world.stored("a")
    assert (row.state, row.error_code, world.whatsapp.ids) == ("failed", "seal_unreadable", [])


async def test_old_texts_expire(world: Any) -> None:
    """A text that could not be sent for a day has failed: WhatsApp would refuse it now."""
    world.whatsapp.answers = deque([NotSent("unreachable")])
    await world.ledger.insert([world.row("a")])
    world.clock.now += timedelta(hours=25)
    await world.rounds()
    assert ((row := await world.stored("a")).state, row.error_code) == ("failed", "expired")
