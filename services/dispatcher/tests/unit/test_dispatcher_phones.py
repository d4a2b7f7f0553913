"""Insurers that read in WhatsApp: what their phone shows, and how it gets there."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from bowchat_contracts.content import MediaType
from bowchat_contracts.deliveries import StatusReceived
from bowchat_contracts.erasure import InsurerContactErased
from bowchat_contracts.held import InsurerBlocked, InsurerReleased
from bowchat_contracts.ids import derived_id
from bowchat_contracts.insurer import (
    InsurerCommandAnswered,
    InsurerMessage,
    InsurerReplyChanged,
    InsurerThreadChanged,
    InsurerWayChanged,
    InsurerWithheld,
    RefusalReason,
    ReplyRefused,
    ThreadActor,
    ThreadState,
    WithheldReason,
)
from bowchat_contracts.insurer_phone import InsurerThreadAsked, ThreadOption, ThreadShown, is_tag, tags_of
from bowchat_contracts.media import InsurerMediaUpdate
from bowchat_contracts.reveals import InsurerIdentityRevealed, InsurerRevealChanged
from bowchat_contracts.topics import INSURER_MESSAGES, THREADS_SHOWN, TOPICS
from bowchat_dispatcher import phone_words
from bowchat_dispatcher.phone_words import Known, pages, shown
from bowchat_dispatcher.tags import TagRow, free_tag
from bowchat_dispatcher.verdicts import Declined, Unclear
from bowchat_runtime.testing import record, run_batch

AT = datetime(2026, 1, 1, 10, 42, tzinfo=UTC)
ALIAS, THREAD = derived_id("ph", "asha"), derived_id("th", "one")
LINK = "/v1/media/" + "a" * 64
KNOWN = Known("KPLMC", "motor")
PHONE = "447700900777"
WORDS = "zqfixedq"

BASE = {"message_id": derived_id("im", "1"), "alias": ALIAS, "thread_id": THREAD, "seq": 1, "sent_at": AT}


def message(content: dict[str, Any], **more: Any) -> InsurerMessage:
    return InsurerMessage.model_validate({**BASE, "policy_type": "motor", "content": content, **more})


CONTENTS: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({"text": "Is it covered?"}, "Is it covered?"),
    "choice": ({"title": "Yes", "description": "today"}, "Chose: Yes (today)"),
    "flow": ({"answers": [{"label": "city", "value": "Pune"}]}, "A form was filled in:\ncity: Pune"),
    "order": ({"items": [{"product": "p1", "quantity": 2, "price": "5.10", "currency": "EUR"}], "note": "soon"},
              "An order:\n2 x p1 at 5.10 EUR\nsoon"),
    "reaction": ({"emoji": "\U0001f44d"}, "Reacted with \U0001f44d"),
    "edit": ({"text": "now this"}, "A message was changed. It now says:\n\nnow this"),
    "revoke": ({}, "A message was deleted by who wrote it: use it no more."),
    "location": ({"near": {"latitude": 51.5, "longitude": -0.1}}, "A place was shared, near 51.5, -0.1."),
    "contacts": ({"withheld": 2}, "Contact cards were shared, 2 in all. They are withheld: ask the aggregator."),
    "media": ({"media_id": derived_id("md", "1"), "media_type": "image", "mime": "image/png", "caption": "see"},
              "A picture was sent. It is being looked at, and follows as a link.\n\nsee"),
    "other": ({"type": "call_permission"},
              "Something of another kind was sent (call permission). The aggregator has it."),
}  # fmt: skip

EVENTS: list[Any] = [
    *(message({"kind": kind, **fields}) for kind, (fields, _) in CONTENTS.items()),
    *(InsurerWithheld(**BASE, reason=each) for each in get_args(WithheldReason)),
    InsurerReleased.model_validate({**BASE, "content": {"kind": "text", "text": "later"}}),
    InsurerBlocked(**BASE, reason="not_passed_on"),
    *(InsurerMediaUpdate.model_validate({**BASE, "media_id": derived_id("md", "1"), "state": each, **more})
      for each, more in (("held", {}), ("blocked", {}), ("failed", {}),
                         ("ready", {"link": LINK, "kilobytes": 12, "expires_at": AT, "verified": False}))),
    *(ReplyRefused(reply_id="r1", alias=ALIAS, reason=each, detail="Do that.") for each in get_args(RefusalReason)),
    InsurerReplyChanged(reply_id="r1", alias=ALIAS, removed=("phone", "link"), detail="d"),
    *(InsurerWayChanged(alias=ALIAS, thread_id=THREAD, state=each, at=AT) for each in ("stopped", "open")),
    *(InsurerThreadChanged(alias=ALIAS, thread_id=THREAD, after_seq=2, state=each, desk="claims", by=by, at=AT)
      for each in get_args(ThreadState) for by in get_args(ThreadActor)),
    InsurerCommandAnswered(reply_id="r1", alias=ALIAS, command="/resolve", outcome="accepted", detail="Done.", at=AT),
    *(InsurerRevealChanged.model_validate({"reveal_id": derived_id("rv", "1"), "alias": ALIAS, "thread_id": THREAD,
                                           "state": each, "at": AT})
      for each in ("asked", "declined", "expired", "revoked", "refused")),
    InsurerIdentityRevealed(reveal_id=derived_id("rv", "1"), alias=ALIAS, thread_id=THREAD, until=AT,
                            sealed_identity="c2VhbGVk"),
    InsurerThreadAsked(
        reply_id="r1", options=(ThreadOption(option_id=derived_id("op", "1"), thread_id=THREAD, minutes_ago=5),),
        others=3, said_minutes_ago=0, minutes=15,
    ),
    InsurerContactErased(alias=ALIAS, erased_at=AT),
]  # fmt: skip


def said(event: Any) -> str:
    texts = shown(event, {THREAD: KNOWN}, KNOWN, AT, "https://relay.example").texts
    return "\n".join(each.reveal() for each in texts)


def test_every_event_of_an_insurers_topic_has_words() -> None:
    """None is silent, and none is left out here."""
    (topic,) = [each for each in TOPICS if each.name == INSURER_MESSAGES]
    assert {type(each) for each in EVENTS} == {*topic.events}
    assert all(said(each).strip() for each in EVENTS)


@pytest.mark.parametrize("kind", CONTENTS)
def test_each_kind_of_content_in_words(kind: str) -> None:
    """Headed by the tag and the policy type."""
    fields, words = CONTENTS[kind]
    assert said(message({"kind": kind, **fields})) == f"*#KPLMC* · motor\n\n{words}"


def test_every_kind_of_file_has_a_name() -> None:
    """A new one would be noticed here."""
    assert {*phone_words._FILES} == {*get_args(MediaType)}


def test_a_file_is_shown_with_its_link() -> None:
    """The whole address, how long it holds, and that nobody could read it all."""
    ready = next(each for each in EVENTS if isinstance(each, InsurerMediaUpdate) and each.link)
    assert f"https://relay.example{LINK}" in said(ready)
    assert "until 2026-01-01 10:42 UTC" in said(ready)
    assert "could not read all" in said(ready)


def test_what_became_of_a_thread_is_a_sentence() -> None:
    """The state, who brought it there, the desk, and how urgent it is where it is."""
    changed = InsurerThreadChanged(
        alias=ALIAS,
        thread_id=THREAD,
        after_seq=2,
        state="on_hold",
        desk="motor_claims",
        priority=4,
        by="you",
        at=AT,
    )
    assert said(changed) == (
        "*#KPLMC* · motor\n\nThis conversation is on hold, by you. Desk: motor claims. Priority: 4."
    )


def test_a_refusal_says_which_message_and_what_to_do() -> None:
    """The insurer reads when it wrote what was not passed on."""
    refused = ReplyRefused(reply_id="r1", alias="nobody", reason="thread_not_said", detail="d")
    assert said(refused).startswith("*#KPLMC*") is True
    alone = shown(refused, {}, None, AT, "").texts[0].reveal()
    assert alone.startswith("NOT PASSED ON: your message of 10:42 UTC. Nobody said in time")


def test_a_question_is_a_list() -> None:
    """Tag and policy type, and how long ago something of it was sent; what does not fit in is told."""
    asked = next(each for each in EVENTS if isinstance(each, InsurerThreadAsked))
    words = shown(asked, {THREAD: KNOWN}, None, AT, "")
    (choice,) = words.choices
    assert (choice.id, choice.title.reveal()) == (asked.options[0].option_id, "#KPLMC motor")
    assert choice.description is not None
    assert choice.description.reveal() == "last message 5 minutes ago"
    assert "3 more are not in the list" in words.texts[0].reveal()


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [found for each in value.values() for found in strings(each)]
    if isinstance(value, list):
        return [found for each in value for found in strings(each)]
    return [] if value is None else [str(value)]


@pytest.mark.parametrize("event", EVENTS, ids=lambda each: each.type.split(".")[2])
def test_nothing_but_the_event_and_fixed_words(event: Any) -> None:
    """Take the event's values, the tag and times away, and what is left is the same for another event of its shape: the
    relay's own words. No identifier of the event is shown.
    """
    text = said(event)
    assert not re.search(r"\b(?:ph|th|im|md|rv|op|rw)_[a-p]{32}", text)
    assert "c2VhbGVk" not in text
    source = "\n".join(
        [
            *strings(event.model_dump(mode="json")),
            "10:42",
            "2026-01-01",
            "KPLMC motor",
            "https://relay.example",
        ]
    )
    fixed = "\n".join(_fixed_words())
    for word in re.findall(r"[^\W_]+", text):
        assert word in source or word in fixed or word.replace(" ", "_") in source, word


def _fixed_words() -> list[str]:
    """Every text that stands in the module itself."""
    import ast
    from pathlib import Path

    tree = ast.parse(Path(phone_words.__file__).read_text())
    return [
        each.value
        for each in ast.walk(tree)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]


def test_a_long_text_comes_in_parts() -> None:
    """WhatsApp takes 4096 characters: none of them is lost, each part has the heading."""
    parts = pages("*#KPLMC*", "x" * 9_000)
    assert [each.splitlines()[0] for each in parts] == ["*#KPLMC* (1/3)", "*#KPLMC* (2/3)", "*#KPLMC* (3/3)"]
    assert sum(each.count("x") for each in parts) == 9_000
    assert all(len(each) <= 4_096 for each in parts)


async def test_a_tag_is_given_once(world: Any) -> None:
    """The next one is tried where the first is another thread's; in one batch as well."""
    first, second, *_ = tags_of(THREAD)
    await world.tags.insert([TagRow("coast", first, derived_id("th", "older"), ALIAS, None)])
    given: set[str] = set()
    assert await free_tag(world.tags, "coast", THREAD, given) == second
    assert await free_tag(world.tags, "coast", THREAD, given) not in (first, second)
    assert await free_tag(world.tags, "another", THREAD, set()) == first


def records(world: Any, *events: Any, start: int = 0) -> list[Any]:
    return [
        record(each, topic="insurer.coast.messages", key=getattr(each, "alias", "nobody"), offset=start + index,
               time=world.clock())
        for index, each in enumerate(events)
    ]  # fmt: skip


async def test_an_event_goes_to_the_insurers_number_and_is_told_of(world: Any) -> None:
    """Through the same gateway and ledger; then which message is of which thread, under one key for the insurer."""
    event = message({"kind": "text", "text": "Is it covered?"})
    await run_batch(world.to_insurers(), records(world, event), world.clock())
    await world.rounds()
    ((_, number, text),) = world.whatsapp.sent
    tag = next(tags_of(THREAD))
    assert (number, text) == (PHONE, f"*#{tag}* · motor\n\nIs it covered?")
    told = [each for each in world.publisher.sent if isinstance(each.event, ThreadShown)]
    assert {(each.topic, each.key) for each in told} == {(THREADS_SHOWN, "coast")}
    assert (told[0].event.thread_id, told[0].event.alias, told[0].event.tag) == (THREAD, ALIAS, tag)
    row = (await world.ledger.find([told[0].event.delivery_id]))[told[0].event.delivery_id]
    assert (row.state, row.subject_id, row.provider_ref) == (
        "accepted",
        event.message_id,
        told[0].event.provider_ref,
    )


async def test_the_ledger_holds_no_number(world: Any) -> None:
    """An insurer's number is read when a text leaves."""
    await run_batch(
        world.to_insurers(), records(world, message({"kind": "text", "text": "x"})), world.clock()
    )
    rows = await world.ledger.in_state("pending", 9)
    assert PHONE not in repr(rows) + str([vars(each) if hasattr(each, "__dict__") else each for each in rows])


async def test_read_again_it_is_one_delivery(world: Any) -> None:
    """The same record gives the same texts under the same ids and tag."""
    one = records(world, message({"kind": "text", "text": "y" * 5_000}))
    first = await run_batch(world.to_insurers(), one, world.clock())
    again = await run_batch(world.to_insurers(), one, world.clock())
    assert [each.body for each in first] == [each.body for each in again]
    assert len(first) == 2
    await world.rounds()
    assert len(world.whatsapp.sent) == 2
    assert [text.splitlines()[0].split()[-1] for _, _, text in world.whatsapp.sent] == ["(1/2)", "(2/2)"]


async def test_a_status_quicker_than_the_answer_tells_of_it_as_well(world: Any) -> None:
    """However the ledger learns of the provider's id, the masker does."""
    await run_batch(
        world.to_insurers(), records(world, message({"kind": "text", "text": "x"})), world.clock()
    )
    world.whatsapp.answers.append(Unclear("timeout"))
    await world.rounds()
    from bowchat_dispatcher.handlers import StatusesHandler

    (row,) = await world.ledger.in_state("unknown", 9)
    status = StatusReceived(
        provider_ref=derived_id("pr", "late"), delivery_id=row.delivery_id, status="delivered",
        business_number_id=None, occurred_at=world.clock(), received_at=world.clock(),
    )  # fmt: skip
    told = await run_batch(
        StatusesHandler(world.ledger, world.sender.wake),
        [record(status, topic="statuses.received", offset=1)],
        world.clock(),
    )
    assert [each.event.provider_ref for each in told if isinstance(each.event, ThreadShown)] == [
        status.provider_ref
    ]


async def test_an_insurer_has_one_pace(world: Any) -> None:
    """Its threads share the pair limit, also after a restart; policyholders' texts do not wait for it."""
    events = [
        message(
            {"kind": "text", "text": "x"}, alias=derived_id("ph", each), thread_id=derived_id("th", each),
            message_id=derived_id("im", each),
        )
        for each in map(str, range(50))
    ]  # fmt: skip
    await run_batch(world.to_insurers(), records(world, *events), world.clock())
    for _ in range(8):
        world.clock.forward(0.1)
        await world.rounds(20)
    assert len(world.whatsapp.sent) == 45
    world.new_sender()
    await world.sender.recover()
    await world.ledger.insert([world.row("a")])
    await world.rounds()
    assert len(world.whatsapp.sent) == 46
    world.clock.forward(6)
    await world.rounds()
    assert len(world.whatsapp.sent) == 47


async def test_a_missing_number_stops_nobody_else(world: Any) -> None:
    """It waits and is alarmed about; the business number goes on."""
    world.endpoints.phones["coast"] = ""
    await run_batch(
        world.to_insurers(), records(world, message({"kind": "text", "text": "x"})), world.clock()
    )
    await world.ledger.insert([world.row("a")])
    world.endpoints.phones["coast"] = None
    await world.rounds()
    assert [number for _, number, _ in world.whatsapp.sent] != [PHONE]
    assert len(world.whatsapp.sent) == 1
    world.endpoints.phones["coast"] = "+" + PHONE
    world.clock.forward(16)
    await world.rounds()
    assert [number for _, number, _ in world.whatsapp.sent][-1] == PHONE


async def test_a_question_that_is_over_is_not_sent(world: Any) -> None:
    """After a quarter of an hour nobody could answer it any more."""
    asked = next(each for each in EVENTS if isinstance(each, InsurerThreadAsked))
    await run_batch(world.to_insurers(), records(world, asked), world.clock())
    world.clock.forward(timedelta(minutes=16).total_seconds())
    await world.rounds()
    assert world.whatsapp.sent == []


async def test_the_question_offers_the_tags_of_its_threads(world: Any) -> None:
    """The same that headed their messages; a thread that had none gets one."""
    asked = next(each for each in EVENTS if isinstance(each, InsurerThreadAsked))
    await run_batch(world.to_insurers(), records(world, asked), world.clock())
    await world.rounds()
    ((choices, label),) = world.whatsapp.shown
    assert label == "Choose"
    assert is_tag(choices[0].title.reveal().removeprefix("#"))


async def test_the_closed_window_is_a_failure_that_people_may_undo(world: Any) -> None:
    """131047: the phone has not written for a day. The text is kept, and can be sent again."""
    await run_batch(
        world.to_insurers(), records(world, message({"kind": "text", "text": "x"})), world.clock()
    )
    world.whatsapp.answers.append(Declined(400, 131047))
    await world.rounds()
    (row,) = await world.ledger.in_state("failed", 9)
    from bowchat_dispatcher.people import instruct

    assert await instruct(world.ledger, row.delivery_id, "resend", world.clock()) is None
    world.clock.forward(1)
    await world.rounds()
    assert (await world.ledger.find([row.delivery_id]))[row.delivery_id].state == "accepted"
