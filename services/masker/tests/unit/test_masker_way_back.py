"""The way back, end to end in one masker: what is taken out, STOP and START, expiry, revocation, and what comes after."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bowchat_contracts.commands import (
    AliasRevoke,
    Author,
    CommandDecided,
    CommandRequested,
    HeldRelease,
    InsurerBlock,
)
from bowchat_contracts.content import TextContent
from bowchat_contracts.conversations import GuardRaised
from bowchat_contracts.deliveries import DeliveryRequested
from bowchat_contracts.ids import derived_id
from bowchat_contracts.insurer import InsurerMessage, InsurerReplyChanged, InsurerWayChanged, ReplyRefused
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_contracts.pii import MessageText
from bowchat_contracts.replies import ReplyDecided
from bowchat_contracts.topics import COMMANDS_REQUESTED
from bowchat_masker.handlers.alias_commands import AliasCommands
from bowchat_masker.stop_words import confirmation, wish_of
from bowchat_runtime.testing import run_batch

DAY = timedelta(days=1)
NUMBER = "+44 7700 900456"


def one(sent: list[Any], kind: Any) -> Any:
    (event,) = [each.event for each in sent if isinstance(each.event, kind)]
    return event


def outcome(sent: list[Any]) -> tuple[str, str | None]:
    decided = one(sent, ReplyDecided)
    return decided.outcome, decided.reason


def dumped(sent: list[Any]) -> list[tuple[str, str]]:
    """Without what is sealed: a seal differs each time, and what is delivered is told apart by its id."""
    return [
        (each.topic, each.event.model_dump_json(exclude={"sealed_recipient", "requested_at", "relayed_at"}))
        for each in sent
    ]


async def block(
    world: Any, now: datetime, *, insurer: str = "acme", name: str = "b1", role: Any = "aggregator"
) -> Any:
    command = InsurerBlock(insurer=insurer, contact_id=derived_id("ct", "asha"), why="harvesting")
    asked = CommandRequested(
        command_id=derived_id("cm", name),
        by=Author(role=role, name="meera"),
        command=command,
        requested_at=now,
    )
    sent = await run_batch(AliasCommands(world.store), [world.record(asked, COMMANDS_REQUESTED)], now)
    return one(sent, CommandDecided)


async def revoke(world: Any, alias: str, now: datetime, *, name: str = "c1", role: Any = "aggregator") -> Any:
    asked = CommandRequested(
        command_id=derived_id("cm", name),
        by=Author(role=role, name="meera"),
        command=AliasRevoke(alias=alias, why="the agreement has ended"),
        requested_at=now,
    )
    record = world.record(asked, COMMANDS_REQUESTED)
    return one(await run_batch(AliasCommands(world.store), [record], now), CommandDecided)


async def test_a_number_is_taken_out_and_everybody_is_told(world: Any, later: Any) -> None:
    """The policyholder gets the rest, the insurer learns what was removed, people see it counted; read again it is the
    same to the byte.
    """
    alias = await world.alias()
    reply = world.reply(alias, f"It is covered. Our line: {NUMBER}")
    sent = await world.answers(reply)
    assert one(sent, DeliveryRequested).text.reveal() == "It is covered. Our line: [phone number removed]"
    changed = one(sent, InsurerReplyChanged)
    assert (changed.reply_id, changed.alias, changed.removed) == ("r1", alias, ("phone",))
    raised = one(sent, GuardRaised)
    assert (raised.reason, raised.insurer, raised.direction) == ("contact_details", "acme", "to_policyholder")
    assert outcome(sent) == ("accepted", None)
    assert not world.store._held
    again = await world.answers(reply, now=later)
    assert [each.event for each in again] == [each.event for each in sent]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("hold", ("held", "guard")), ("refuse", ("refused", "solicitation")), ("allow", ("accepted", None))],
)
async def test_the_latest_agreement_decides_on_solicitation(
    world: Any, policy: Any, expected: object
) -> None:
    """The policy that came with the thread's last message counts, not that of its first."""
    alias = await world.alias()
    masking = MaskingPolicy(regions=("GB",), solicitation=policy)
    await world.takes(world.message(name="2", seq=2, masking=masking))
    sent = await world.answers(world.reply(alias, "Please call me"))
    assert outcome(sent) == expected
    held = [each.reason for each in world.store._held.values()]
    assert held == (["solicitation"] if policy == "hold" else [])
    assert not [each for each in sent if isinstance(each.event, DeliveryRequested)] or policy == "allow"


async def test_a_masking_error_holds_the_reply(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be looked through does not pass."""
    alias = await world.alias()
    monkeypatch.setattr("bowchat_masker.handlers.replies.read", lambda *_: 1 / 0)
    sent = await world.answers(world.reply(alias))
    assert outcome(sent) == ("held", "guard")
    assert one(sent, GuardRaised).reason == "masking_failed"


async def test_stop_ends_one_insurers_way(world: Any, later: Any) -> None:
    """Replies of that insurer are refused, both sides are told once, the message itself is carried and starts no clock; the
    other insurer writes as before; START opens the way again.
    """
    alias = await world.alias()
    other = await world.alias(name="z", conversation="c9", insurer="zenith")
    sent = await world.takes(world.message("STOP", name="2", seq=2))
    told = one(sent, InsurerWayChanged)
    assert (told.alias, told.state) == (alias, "stopped")
    assert one(sent, InsurerMessage).seq == 2
    notice = one(sent, DeliveryRequested)
    assert notice.notice
    assert "START" in notice.text.reveal()
    opened = world.opener.open(notice.sealed_recipient, f"delivery:{notice.delivery_id}")
    assert b"447700900123" in opened
    assert [each.event.sla for each in sent if each.topic == "inbound.relayed"] == [None]
    assert outcome(await world.answers(world.reply(alias))) == ("refused", "policyholder_stopped")
    sent = await world.answers(world.reply(other, name="z1", insurer="zenith"))
    assert outcome(sent) == ("accepted", None)
    asked = await world.takes(world.message("and the tyres?", name="3", seq=3, received_at=later), now=later)
    assert [each.event.sla for each in asked if each.topic == "inbound.relayed"] == [None]
    assert outcome(await world.answers(world.reply(alias, name="r2")))[1] == "policyholder_stopped"
    sent = await world.takes(world.message("start", name="4", seq=4, received_at=later), now=later)
    assert one(sent, InsurerWayChanged).state == "open"
    assert outcome(await world.answers(world.reply(alias, name="r3"))) == ("accepted", None)


async def test_stop_holds_from_the_moment_it_was_said_in_a_line(world: Any) -> None:
    """It does not wait for a place at the desk. When the message comes again, both sides are told the same again."""
    alias = await world.alias()
    waiting = await world.takes(world.message("STOP", name="2", conversation="c2", outcome="queued"))
    assert one(waiting, InsurerWayChanged).alias == alias
    assert outcome(await world.answers(world.reply(alias))) == ("refused", "policyholder_stopped")
    placed = await world.takes(world.message("STOP", name="2", conversation="c2"))
    assert one(placed, InsurerWayChanged) == one(waiting, InsurerWayChanged)
    assert one(placed, DeliveryRequested).delivery_id == one(waiting, DeliveryRequested).delivery_id


async def test_stop_in_a_line_means_nothing_to_who_never_heard_of_them(world: Any) -> None:
    """An insurer that has no way to the policyholder yet is told nothing; the way is closed when the message gets there."""
    assert await world.takes(world.message("STOP", outcome="queued")) == []
    sent = await world.takes(world.message("STOP"))
    assert one(sent, InsurerWayChanged).state == "stopped"


async def test_stop_read_again_changes_nothing(world: Any, later: Any) -> None:
    """Not its effect, though START came since, and not what it publishes."""
    await world.alias()
    stop = world.message("STOP", name="2", seq=2)
    first = await world.takes(stop)
    start = world.message("START", name="3", seq=3, received_at=later)
    opened = await world.takes(start)
    ways = dict(world.store._ways)
    assert dumped(await world.takes(stop)) == dumped(first)
    assert dumped(await world.takes(start)) == dumped(opened)
    assert world.store._ways == ways
    both = world.__class__()
    await both.alias()
    await both.takes(stop_of(both), start_of(both, later))
    assert not next(iter(both.store._ways.values())).switch.stopped


def stop_of(world: Any) -> Any:
    return world.message("STOP", name="2", seq=2)


def start_of(world: Any, later: Any) -> Any:
    return world.message("START", name="3", seq=3, received_at=later)


async def test_start_without_stop_is_a_word_like_any(world: Any) -> None:
    """Nobody is told of a way that was open."""
    sent = await world.takes(world.message("Start"))
    assert not [each for each in sent if isinstance(each.event, InsurerWayChanged | DeliveryRequested)]


async def test_stop_holds_although_it_cannot_be_confirmed(world: Any) -> None:
    """A message that is held for its unreadable seal stops all the same."""
    alias = await world.alias()
    sent = await world.takes(world.message("stop", name="2", seq=2, sealed_identity="broken"))
    assert one(sent, InsurerWayChanged).state == "stopped"
    assert outcome(await world.answers(world.reply(alias))) == ("refused", "policyholder_stopped")


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("STOP", (True, "en")),
        ("Stop Acme!", (True, "en")),
        ("🛑 STOP ✋🏽", (True, "en")),
        ("बंद करो 🙏", (True, "hi")),
        ("acme motor stop", (True, "en")),
        ("&#83;top", (True, "en")),
        ("%73top", (True, "en")),
        (r"st\u006fp", (True, "en")),
        ("stop acme-motor", (True, "en")),
        ("band karo", (True, "hi-Latn")),
        ("बंद करो।", (True, "hi")),
        ("PARAR", (True, "es")),
        ("start", (False, "en")),
        ("शुरू करो", (False, "hi")),
        ("stop zenith", None),
        ("stop the claim", None),
        ("Please stop calling it a minor damage", None),
        ("acme", None),
        ("", None),
        ("stop " * 30, None),
    ],
)
def test_stop_is_a_whole_message(said: str, wish: object) -> None:
    """Alone or with this insurer's name; in four languages, whose word is answered in kind."""
    found = wish_of(TextContent(text=MessageText(said)), "acme-motor")
    assert found == wish
    if found:
        assert "acme-motor" in confirmation(found, "acme-motor")


@given(
    said=st.lists(
        st.sampled_from(["stop", "START", "acme", "motor", "please", "&#32;", "%73top"]), max_size=4
    ),
    signs=st.lists(
        st.sampled_from([" ", "  ", "!", "^`"]) | st.characters(max_codepoint=127), min_size=5, max_size=5
    ),
)
def test_plain_text_says_what_it_says_beside_an_emoji(said: list[str], signs: list[str]) -> None:
    """A text of ASCII is read fast, and as one with an emoji is, whatever signs and spaces stand in it."""
    text = signs[-1] + "".join(word + sign for word, sign in zip(said, signs, strict=False))
    plain, beside = (
        wish_of(TextContent(text=MessageText(each)), "acme-motor") for each in (text, f"{text} 🙏")
    )
    assert plain == beside


async def test_an_expired_alias_is_refused_and_never_given_again(world: Any, now: Any) -> None:
    """After its days the reply is refused; the next message comes under another alias in the same thread, and the old one
    stays refused.
    """
    masking = MaskingPolicy(regions=("GB",), alias_days=7)
    old = await world.alias(masking=masking)
    assert outcome(await world.answers(world.reply(old), now=now + 7 * DAY)) == ("accepted", None)
    sent = await world.answers(world.reply(old, name="r2"), now=now + 9 * DAY)
    assert outcome(sent) == ("refused", "alias_expired")
    assert "new alias" in one(sent, ReplyRefused).detail
    message = world.message(name="2", seq=2, masking=masking, received_at=now + 10 * DAY)
    shown = one(await world.takes(message), InsurerMessage)
    assert shown.alias != old
    assert shown.thread_id == world.mint.thread_id("acme", derived_id("cv", "c1"))
    assert one(await world.takes(message), InsurerMessage) == shown
    late = world.message(name="1", masking=masking)
    assert one(await world.takes(late), InsurerMessage).alias == old
    sent = await world.answers(world.reply(shown.alias, name="r3"), now=now + 10 * DAY)
    assert outcome(sent) == ("accepted", None)
    sent = await world.answers(world.reply(old, name="r4"), now=now + 10 * DAY)
    assert outcome(sent) == ("refused", "alias_expired")


async def test_a_revoked_alias_is_refused_and_never_given_again(world: Any, now: Any) -> None:
    """A person ends it by command, once; asked again it is the same answer, and another's command comes too late."""
    old = await world.alias()
    done = await revoke(world, old, now + DAY)
    assert done.outcome == "accepted"
    assert await revoke(world, old, now + DAY) == done
    assert (await revoke(world, old, now + 2 * DAY, name="c2")).outcome == "refused"
    assert outcome(await world.answers(world.reply(old), now=now + DAY)) == ("refused", "alias_blocked")
    fresh = one(await world.takes(world.message(name="2", seq=2, received_at=now + 2 * DAY)), InsurerMessage)
    assert fresh.alias != old
    sent = await world.answers(world.reply(old, name="r2"), now=now + 2 * DAY)
    assert outcome(sent) == ("refused", "alias_blocked")
    sent = await world.answers(world.reply(fresh.alias, name="r3"), now=now + 2 * DAY)
    assert outcome(sent) == ("accepted", None)


async def test_who_may_not_end_an_alias(world: Any, now: Any) -> None:
    """An insurer cannot, an unknown alias cannot be, and other commands pass by."""
    alias = await world.alias()
    assert (await revoke(world, alias, now, role="insurer")).outcome == "refused"
    assert (await revoke(world, derived_id("ph", "x"), now)).outcome == "refused"
    assert outcome(await world.answers(world.reply(alias))) == ("accepted", None)
    asked = CommandRequested(
        command_id=derived_id("cm", "h"),
        by=Author(role="aggregator", name="meera"),
        command=HeldRelease(subject_id="ms_a", why="looked at it"),
        requested_at=now,
    )
    assert not await run_batch(AliasCommands(world.store), [world.record(asked, COMMANDS_REQUESTED)], now)


async def test_an_insurer_is_blocked_by_contact(world: Any, now: Any, later: Any) -> None:
    """Where the alias is not known: the one that answers ends as by its revocation, once; another insurer's stays; the next
    message goes under a new one.
    """
    alias = await world.alias()
    other = await world.alias(name="z", conversation="c9", insurer="zenith")
    first = await block(world, now)
    assert (first.outcome, first.command) == ("accepted", "insurer.block")
    assert outcome(await world.answers(world.reply(alias))) == ("refused", "alias_blocked")
    sent = await world.answers(world.reply(other, name="rz", insurer="zenith"))
    assert outcome(sent) == ("accepted", None)
    assert await block(world, later) == first
    assert (await block(world, later, name="b2")).outcome == "refused"
    fresh = await world.alias(name="2", seq=2, received_at=later)
    assert fresh != alias
    assert (await block(world, later, name="b3")).outcome == "accepted"
    assert outcome(await world.answers(world.reply(fresh, name="r3"))) == ("refused", "alias_blocked")


async def test_who_has_no_way_cannot_be_blocked(world: Any, now: Any) -> None:
    """A stranger to the contact, or an insurer that asks for it: refused, and nothing ends."""
    alias = await world.alias()
    assert "no way" in (await block(world, now, insurer="zenith")).detail
    assert (await block(world, now, role="insurer", name="b2")).outcome == "refused"
    assert outcome(await world.answers(world.reply(alias))) == ("accepted", None)


async def test_nobody_writes_long_after_the_matter(world: Any, now: Any) -> None:
    """Thirty quiet days close the way; the policyholder's next message opens it, under the same alias."""
    alias = await world.alias()
    sent = await world.answers(world.reply(alias), now=now + 31 * DAY)
    assert outcome(sent) == ("refused", "no_open_matter")
    await world.takes(world.message(name="2", seq=2, received_at=now + 40 * DAY))
    sent = await world.answers(world.reply(alias, name="r2"), now=now + 41 * DAY)
    assert outcome(sent) == ("accepted", None)


ACTS = st.lists(
    st.sampled_from(["write", "stop", "start", "revoke", "reply", "old", "rest", "crash"]), max_size=14
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
async def test_no_reply_passes_a_closed_way(world: Any, now: datetime, acts: list[str]) -> None:
    """Whatever is said, revoked, waited for and read again, in any order: a reply passes under the newest alias alone, and
    only while the last word was not STOP, nobody has revoked it, and it is not expired.
    """
    world, masking = world.__class__(), MaskingPolicy(regions=("GB",), alias_days=3)
    seen: list[str] = [await world.alias(masking=masking)]
    stopped, ended, last, sent = False, False, now, []
    for index, act in enumerate(acts, 2):
        now += timedelta(hours=1)
        if act in ("write", "stop", "start"):
            said = "and this?" if act == "write" else act
            message = world.message(said, name=str(index), seq=index, masking=masking, received_at=now)
            sent.append(message)
            shown = one(await world.takes(message, now=now), InsurerMessage)
            if shown.alias not in seen:
                seen.append(shown.alias)
                ended = False
            stopped, last = (act == "stop" if act != "write" else stopped), now
            assert shown.alias == seen[-1]
        elif act == "revoke":
            await revoke(world, seen[-1], now, name=str(index))
            ended = True
        elif act == "rest":
            now += 2 * DAY
        elif act == "crash":
            await world.takes(*sent, now=now)
        else:
            alias = seen[-1] if act == "reply" else seen[0]
            decided = outcome(await world.answers(world.reply(alias, name=str(index)), now=now))[0]
            expires = last.replace(hour=0, minute=0, second=0, microsecond=0) + 4 * DAY
            open_ = alias == seen[-1] and not (stopped or ended) and now < expires
            assert decided == ("accepted" if open_ else "refused")
