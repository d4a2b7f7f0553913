"""Messages are read one beneath the other, both ways: what shows itself only so does not reach the reader whole."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Self

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bowchat_contracts.content import (
    Answer,
    ButtonContent,
    ChoiceContent,
    EditContent,
    FlowContent,
    MediaContent,
)
from bowchat_contracts.conversations import GuardRaised
from bowchat_contracts.deliveries import DeliveryRequested
from bowchat_contracts.inbound import Identity
from bowchat_contracts.insurer import InsurerMessage
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_contracts.pii import MessageText
from bowchat_masker.bubbles import across, cut_out, cuts
from bowchat_masker.guard.pieces import is_part
from bowchat_masker.reply_text import read, read_beside
from bowchat_masking import mask
from bowchat_runtime.errors import BROKER_AWAY, DependencyDownError

CORPORA = Path(__file__).parents[1] / "corpora"
LONGEST = 120
INDIA = MaskingPolicy(regions=("IN",))
SOMEBODY = Identity(number="15550100", bsuid="US.10000000000000000150")


class Away(dict[str, Any]):
    """Rows that can be read and not written."""

    def __ior__(self, other: Any) -> Self:  # type: ignore[override,misc]
        raise DependencyDownError(BROKER_AWAY)


def chats(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPORA / name).read_text("utf-8").splitlines()]


def shown(texts: list[str], policy: MaskingPolicy) -> list[tuple[str, bool]]:
    """Each text as its reader gets it, and whether it was cut because of those before."""
    said: list[str] = []
    result = []
    for text in texts:
        (alone,) = mask([text], policy)
        found = cuts([each for each in said if is_part(each)], [alone.text], policy, mask)
        (left,) = cut_out([alone.text], found)
        said.append(left)
        result.append((left, bool(found)))
    return result


@pytest.mark.parametrize(("kind", "least"), [("phone", 0.9), ("contact", 0.75)])
def test_what_is_split_over_bubbles_is_cut(kind: str, least: float) -> None:
    """Of the ways in which people split a number or an address over bubbles, nearly all are seen at the last bubble."""
    rows = [each for each in chats("bubbles_attacks.jsonl") if each["kind"] == kind]
    caught = sum(
        [text for text, _ in shown(each["texts"], MaskingPolicy(regions=(each["region"],)))] != each["texts"]
        for each in rows
    )
    assert caught / len(rows) >= least


def test_ordinary_bubbles_are_let_alone() -> None:
    """Policy numbers, amounts, dates, codes and ages, one bubble after another, in five languages: at most one message in
    two hundred loses anything because of those before it.
    """
    rows = chats("bubbles_ordinary.jsonl")
    told = [
        was_cut
        for each in rows
        for _, was_cut in shown(each["texts"], MaskingPolicy(regions=each["regions"]))
    ]
    assert sum(told) / len(told) <= 0.005


def test_lines_that_have_nothing_to_do_with_each_other_are_let_alone() -> None:
    """Lines of insurance chat that are hard for the detectors, shuffled: one beneath the other they are as they were."""
    path = Path(__file__).parents[4] / "libs" / "masking" / "tests" / "corpora" / "fresh_ordinary.jsonl"
    lines = [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
    chosen = [each for each in lines if len(each) < LONGEST]
    Random(5).shuffle(chosen)
    told = [was_cut for at in range(0, len(chosen), 5) for _, was_cut in shown(chosen[at : at + 5], INDIA)]
    assert sum(told) / len(told) <= 0.005


def test_replies_that_ask_over_bubbles_are_held_and_ordinary_ones_go() -> None:
    """An insurer's number or request in pieces waits for people; what it writes all day does not."""

    def verdicts(texts: list[str], policy: MaskingPolicy) -> list[tuple[bool, bool]]:
        """Whether each stops by itself, and whether it does because of those before."""
        before: list[str] = []
        found = []
        for text in texts:
            looked = read(text, policy)
            beside = None if looked.held else read_beside(before, looked.text, policy)
            if not looked.held and beside is None:
                before.append(looked.text)
            found.append((bool(looked.held or looked.removed), beside is not None))
        return found

    attacks = chats("bubbles_replies.jsonl")
    caught = [
        any(map(any, verdicts(each["texts"], MaskingPolicy(regions=each["regions"])))) for each in attacks
    ]
    assert sum(caught) / len(attacks) >= 0.9
    told = [
        beside
        for each in chats("bubbles_ordinary.jsonl")
        for _, beside in verdicts(each["texts"], MaskingPolicy(regions=each["regions"]))
    ]
    assert sum(told) / len(told) <= 0.005


@pytest.mark.parametrize(
    ("before", "text", "left"),
    [
        (["my brother's mobile starts 98989"], "and goes on 00123", "and goes on [phone-1]"),
        (["call 98989", "i paid Rs 4,829"], "rest 00123", "rest [phone-1]"),
        (["mail me at ravi.k"], "at gmail dot com", "[email-1]"),
        (["my upi is asha.test"], "@okhdfcbank", "[upi-1]"),
        (["number: nine eight nine eight nine"], "then double zero 123 ok", "[phone-1] ok"),
        (["my insta is"], "asha_writes_77", "[handle-1]"),
        (["98450"], "12300", "12300"),
        (["4829", "12000"], "3500", "3500"),
        (["invoice 2291"], "2292", "2292"),
        (["88123"], "or 88132", "or 88132"),
        (["65", "172"], "130/85", "130/85"),
        ([], "00123", "00123"),
    ],
)
def test_what_shows_itself_beside_the_message_before_is_cut(before: list[str], text: str, left: str) -> None:
    """The new message loses what completes something, and nothing else; sums one after another stay."""
    found = cuts(before, [text], INDIA, mask)
    assert cut_out([text], found) == [left]


def test_a_text_is_cut_at_its_own_places() -> None:
    """Findings are told in the places of the new text, though they begin in the one before."""
    (found,) = across(["my number is 98989"], "aage 00123 hai", INDIA, mask)
    assert (found.start, found.end) == (5, 10)


@pytest.mark.parametrize(
    "content",
    [
        EditContent(text=MessageText("the rest is 00123")),
        ButtonContent(text=MessageText("the rest is 00123"), payload=MessageText("p")),
        ChoiceContent(
            choice="list_reply",
            choice_id=MessageText("c"),
            title=MessageText("the rest"),
            description=MessageText("00123"),
        ),
        FlowContent(answers=(Answer(label=MessageText("rest"), value=MessageText("00123")),)),
        MediaContent(
            media_type="image", mime="image/jpeg", sealed_media="s", caption=MessageText("the rest is 00123")
        ),
    ],
    ids=lambda each: each.kind,
)
async def test_every_kind_of_message_goes_on_from_the_one_before(
    world: Any, leaving: Any, content: Any
) -> None:
    """Edits, buttons, rows of lists, forms and captions are read beside the text before them."""
    await world.takes(world.message("my wife's mobile is 98989", name="1", identity=SOMEBODY, masking=INDIA))
    sent = leaving(
        await world.takes(world.message(content, name="2", seq=2, identity=SOMEBODY, masking=INDIA))
    )
    assert isinstance(sent[0].event, InsurerMessage)
    assert "00123" not in sent[0].event.model_dump_json()
    assert "[phone-1]" in sent[0].event.model_dump_json()


async def test_read_again_it_is_cut_again(world: Any, leaving: Any, now: Any) -> None:
    """After later messages, and after a restart, the same message gives the same bytes, cut or not."""
    texts = ("my name is", "Rajesh Khanna", "my wife's mobile is 98989", "00123", "thanks", "2 cars")
    messages = [
        world.message(
            text, name=str(at), seq=at + 1, identity=SOMEBODY, masking=INDIA,
            sent_at=now + timedelta(seconds=at), received_at=now + timedelta(seconds=at),
        )
        for at, text in enumerate(texts)
    ]  # fmt: skip
    once = [leaving(await world.takes(each))[0].value for each in messages]
    assert b"Khanna" not in once[1]
    assert b"00123" not in once[3]
    assert [each.value for each in leaving(await world.takes(*messages))] == once


SAID = (
    "my name is", "Rajesh Khanna", "my wife's mobile is 98989", "00123", "thanks", "2 cars", "mail me at ravi.k",
    "at gmail dot com", "my insta is", "asha_writes_77", "ok then", "98450", "12300", "double zero 123",
)  # fmt: skip


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wherever_it_is_taken_up_again_the_same_message_gives_the_same_bytes(
    world: Any, leaving: Any, now: Any, data: st.DataObject
) -> None:
    """Whatever batches messages come in, in whichever order they were sent, to whichever insurer: after a crash that any
    number of them is read again from, what was published is published again to the byte.
    """
    world, crashes = type(world)(), data.draw(st.lists(st.integers(0, 9), max_size=3))
    drawn = st.tuples(st.sampled_from(SAID), st.integers(-20, 20), st.sampled_from(["acme", "acme", "other"]))
    messages = [
        world.message(
            text, name=str(at), seq=at + 1, identity=SOMEBODY, masking=INDIA, insurer=insurer,
            sent_at=now + timedelta(seconds=3 * at + late),
        )
        for at, (text, late, insurer) in enumerate(data.draw(st.lists(drawn, min_size=2, max_size=10)))
    ]  # fmt: skip
    published: dict[str, bytes] = {}

    async def all_is_read() -> None:
        at = 0
        while at < len(messages):
            end = data.draw(st.integers(at + 1, len(messages)))
            sent = leaving(await world.takes(*messages[at:end]))
            for each in sent:
                assert published.setdefault(each.event.message_id, each.value) == each.value
            at = min(crashes.pop(), end) if crashes else end

    asyncio.run(all_is_read())
    assert len(published) == len(messages)


async def test_many_messages_of_one_batch_are_read_again_as_they_were(
    world: Any, leaving: Any, now: Any
) -> None:
    """Somebody who sends more in one batch than is remembered for long gets the same bytes after a crash."""
    messages = [
        world.message(text, name=str(at), seq=at + 1, identity=SOMEBODY, masking=INDIA, sent_at=now)
        for at, text in enumerate(["00123", *["policy 4567"] * 80, "my wife's mobile is 98989"])
    ]
    once = [each.value for each in leaving(await world.takes(*messages))]
    assert [each.value for each in leaving(await world.takes(*messages))] == once


async def test_a_reply_that_was_kept_is_remembered(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash, or somebody quicker, between the writes of a batch: the second half is held all the same, and a reply that
    is read again is not held because of itself.
    """
    alias = await world.alias(masking=INDIA)
    first, second = world.reply(alias, "dial 98989", name="r1"), world.reply(alias, "00123", name="r2")
    for rows in ("_windows", "_replies"):
        with monkeypatch.context() as patched:
            patched.setattr(world.store, rows, Away(getattr(world.store, rows)))
            with pytest.raises(DependencyDownError):
                await world.answers(first)
    assert [each.event.type for each in await world.answers(first)] == [
        each.event.type for each in await world.answers(first)
    ]
    held = [each.event for each in await world.answers(second) if isinstance(each.event, GuardRaised)]
    assert [each.reason for each in held] == ["contact_details"]


async def test_a_reply_in_pieces_is_held_and_an_old_one_is_forgotten(world: Any, now: Any) -> None:
    """The second half of an insurer's number waits for people, told as contact details; a quarter of an hour later it is
    no half any more. Sent again, the reply has no second effect.
    """
    alias = await world.alias(masking=INDIA)

    async def outcome(text: str, name: str, after_s: int) -> list[Any]:
        at = now + timedelta(seconds=after_s)
        sent = await world.answers(world.reply(alias, text, name=name, received_at=at), now=at)
        return [each.event for each in sent if isinstance(each.event, DeliveryRequested | GuardRaised)]

    (first,) = await outcome("please dial 98989", "r1", 0)
    (second,) = await outcome("and then 00123", "r2", 20)
    (again,) = await outcome("and then 00123", "r3", 40)
    (late,) = await outcome("and then 00123", "r4", 1_000)
    assert [type(each) for each in (first, second, again, late)] == [
        DeliveryRequested, GuardRaised, GuardRaised, DeliveryRequested
    ]  # fmt: skip
    assert second.reason == "contact_details"
    (asked,) = await outcome("you can call", "r5", 2_000)
    (me,) = await outcome("me directly", "r6", 2_010)
    assert isinstance(asked, DeliveryRequested)
    assert me.reason == "solicitation"


async def test_replies_of_one_batch_are_read_together_and_kept_once(world: Any, now: Any) -> None:
    """Two halves in one batch are seen together; the memory is written once a batch, sealed, and goes with the person."""
    alias = await world.alias(masking=INDIA)
    sent = await world.answers(
        world.reply(alias, "dial 98989", name="r1"), world.reply(alias, "00123", name="r2")
    )
    assert [each.event.reason for each in sent if isinstance(each.event, GuardRaised)] == ["contact_details"]
    await world.answers(
        world.reply(alias, "We have it.", name="r3"), world.reply(alias, "Thanks.", name="r4")
    )
    (row,) = (each for key, each in world.store._windows.items() if key.endswith("|replies"))
    assert row.version == 2
    assert b"98989" not in row.sealed
    assert (await world.store.contacts([row.contact_id])).keys() == {row.contact_id}
