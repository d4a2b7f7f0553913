"""One contract for both ledgers: memory and a real database keep the same promises."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from operator import attrgetter
from typing import Any

import pytest

from bowchat_contracts.ids import derived_id
from bowchat_contracts.pii import MessageText
from bowchat_dispatcher.domain import Choice, Stop, Verdict, begun, finished, instructed
from bowchat_dispatcher.memory import MemoryLedger
from bowchat_dispatcher.store import Ledger, MongoLedger, Watermark
from bowchat_runtime.errors import ConflictError
from bowchat_testkit.stores import either

CHOICES = (
    Choice("bt_a", MessageText("Yes")),
    Choice("op_b", MessageText("No"), MessageText("not at all ✗")),
)


@pytest.fixture
async def ledger(place: tuple[str, str] | None) -> AsyncIterator[Ledger]:
    async with either(place, MemoryLedger, MongoLedger) as one:
        yield one


async def test_round_trip(ledger: Ledger, world: Any) -> None:
    """A row comes back as it was put in, and a second insert of its id changes nothing."""
    row = replace(
        world.row("a", text="naïve ✓"),
        buttons=CHOICES,
        list_label="Choose",
        notice=True,
        expires_at=world.clock(),
    )
    await ledger.insert([row])
    await ledger.insert([replace(row, insurer="other"), world.row("b")])
    found = await ledger.find([row.delivery_id, derived_id("dl", "none")])
    assert found == {row.delivery_id: replace(row, version=1)}
    assert await ledger.find([]) == {}


async def test_compare_and_set(ledger: Ledger, world: Any) -> None:
    """Of two writers of one version, one stands; the other rows of its write stand all the same."""
    await ledger.insert([world.row("a"), world.row("b", person="ravi")])
    rows = await ledger.find([derived_id("dl", "a"), derived_id("dl", "b")])
    a, b = rows[derived_id("dl", "a")], rows[derived_id("dl", "b")]
    mine, yours = begun(a, world.clock(), 30), begun(a, world.clock() + timedelta(seconds=1), 30)
    other = begun(b, world.clock(), 30)
    assert mine is not None
    assert yours is not None
    assert other is not None
    assert await ledger.write([mine]) == [replace(mine, version=2)]
    assert [row.delivery_id for row in await ledger.write([yours, other])] == [b.delivery_id]
    assert (await ledger.find([a.delivery_id]))[a.delivery_id] == replace(mine, version=2)
    assert await ledger.write([]) == []


async def test_backlog(ledger: Ledger, world: Any) -> None:
    """What is not through, the longest due first, without the channels that rest."""
    early = replace(world.row("a"), due_at=world.clock() - timedelta(seconds=5))
    later = replace(world.row("c"), due_at=world.clock() + timedelta(seconds=5))
    await ledger.insert([early, later, world.webhook_row("w")])
    a, c, w = (derived_id("dl", name) for name in "acw")
    assert [each.delivery_id for each in await ledger.backlog(10, without_channels=())] == [a, w, c]
    assert [each.delivery_id for each in await ledger.backlog(1, without_channels=())] == [a]
    (resting,) = await ledger.backlog(10, without_channels={early.channel})
    assert (resting.delivery_id, resting.state, resting.due_at) == (w, "pending", world.clock())


async def test_heads(ledger: Ledger, world: Any) -> None:
    """A lane's head is its first delivery that is not through, whether it is pending, under way or unknown."""
    rows = [world.row("a"), world.row("b"), world.row("c", person="ravi")]
    await ledger.insert(rows[::-1])
    a, b, _ = (derived_id("dl", name) for name in "abc")
    lane = rows[0].lane
    assert await head_of(ledger, lane) == (a, "pending")
    stored = (await ledger.find([a]))[a]
    claimed = begun(stored, world.clock(), 30)
    assert claimed is not None
    [claimed] = await ledger.write([claimed])
    assert await head_of(ledger, lane) == (a, "sending")
    done = finished(claimed, 1, Verdict("accepted", provider_ref=derived_id("pr", "a")), world.clock(), 120)
    assert done is not None
    await ledger.write([done])
    assert await head_of(ledger, lane) == (b, "pending")
    assert set(await ledger.find_by_provider([derived_id("pr", "a"), derived_id("pr", "b")])) == {
        derived_id("pr", "a")
    }
    assert await ledger.behind_and_ahead({"none"}) == []


async def head_of(ledger: Ledger, lane: str) -> tuple[str, str]:
    every = [each for each in await ledger.backlog(10, without_channels=()) if each.lane == lane]
    head = min(await ledger.behind_and_ahead({lane}), key=attrgetter("order"))
    assert head == min(every, key=attrgetter("order"))
    return head.delivery_id, head.state


async def test_overdue(ledger: Ledger, world: Any) -> None:
    """Rows whose lease or wait ran out, and those with a person's instruction; never one that is through."""
    now = world.clock()
    rows = [
        replace(world.row("a"), state="sending", due_at=now - timedelta(seconds=1)),
        replace(world.row("b"), state="unknown", due_at=now + timedelta(seconds=1)),
        replace(world.row("c"), state="unresolved", due_at=None),
        replace(world.row("d"), state="failed", due_at=None),
        replace(world.row("e"), state="accepted", due_at=None),
        world.row("f"),
    ]
    await ledger.insert(rows)
    assert [row.delivery_id for row in await ledger.overdue(now, 10)] == [derived_id("dl", "a")]
    stored = (await ledger.find([derived_id("dl", "c")]))[derived_id("dl", "c")]
    await ledger.write([instructed(stored, "resend", now)])
    assert {row.delivery_id for row in await ledger.overdue(now, 10)} == {
        derived_id("dl", name) for name in "ac"
    }
    assert [row.delivery_id for row in await ledger.in_state("unresolved", 10)] == [derived_id("dl", "c")]
    assert [await ledger.count(state) for state in ("pending", "sending", "read")] == [1, 1, 0]


async def test_since(ledger: Ledger, world: Any) -> None:
    """What was sent, and what changed, since a moment."""
    world.clock.forward(100)
    await ledger.insert([replace(world.row("a"), began_at=world.clock()), world.row("b", person="ravi")])
    lane = world.row("a").lane
    assert await ledger.begun_since(world.clock()) == [(lane, world.clock())]
    assert await ledger.begun_since(world.clock() + timedelta(seconds=1)) == []
    assert len(await ledger.changed_since(world.clock())) == 2
    assert await ledger.changed_since(world.clock() + timedelta(seconds=1)) == []


async def test_watermarks(ledger: Ledger, world: Any) -> None:
    """Each sender keeps one watermark; it can be moved and dropped."""
    now = world.clock()
    for instance, seconds in (("1", 0), ("2", 0), ("1", 5)):
        await ledger.set_watermark(Watermark(instance, now + timedelta(seconds=seconds), now))
    assert {(each.instance, each.announced_until) for each in await ledger.watermarks()} == {
        ("1", now + timedelta(seconds=5)),
        ("2", now),
    }
    await ledger.drop_watermark("1")
    assert [each.instance for each in await ledger.watermarks()] == ["2"]


async def test_stops(ledger: Ledger) -> None:
    """What is known against sending is found by its subject, and changed only by who has read it last."""
    ref, conversation = derived_id("rf", "asha"), derived_id("cv", "asha")
    assert await ledger.stops(set()) == {}
    await ledger.write_stops([Stop(ref, 2, in_force=True)])
    assert await ledger.stops({ref, conversation}) == {ref: Stop(ref, 2, in_force=True, version=1)}
    await ledger.write_stops([Stop(ref, 5, in_force=False, version=1)])
    for outdated in (0, 1):
        with pytest.raises(ConflictError):
            await ledger.write_stops(
                [
                    Stop(ref, 9, in_force=True, version=outdated),
                    Stop(f"{conversation}{outdated}", 1, in_force=True),
                ]
            )
    found = await ledger.stops({ref, f"{conversation}0", f"{conversation}1"})
    assert {key: stop.at for key, stop in found.items()} == {
        ref: 5,
        f"{conversation}0": 1,
        f"{conversation}1": 1,
    }


async def test_what_a_person_s_lanes_carry(ledger: Ledger, world: Any) -> None:
    """By recipient or by lane; what carries nothing any more, and what goes to others, is left out."""
    mine = replace(world.row("a"), recipient_ref="rf_mine")
    bare = replace(world.row("b"), recipient_ref="rf_mine", content=MessageText(""))
    other = replace(world.row("c"), recipient_ref="rf_other")
    hooked = replace(world.webhook_row("w"), lane="ln_mine")
    await ledger.insert([mine, bare, other, hooked])
    found = {row.delivery_id for row in await ledger.of_lanes(["rf_mine"], ["ln_mine"])}
    assert found == {mine.delivery_id, hooked.delivery_id}
    assert await ledger.of_lanes([], []) == []
