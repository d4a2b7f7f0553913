"""Journeys are put together, and promises judged, from what was told and seen."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bowchat_contracts.content import TextContent
from bowchat_contracts.deliveries import DeliveryRequested
from bowchat_contracts.ids import random_id
from bowchat_contracts.inbound import InboundReceived, MessageRelayed, MessageRouted
from bowchat_contracts.insurer import InsurerMessage
from bowchat_contracts.insurer_content import InsurerText
from bowchat_contracts.pii import MessageText
from bowchat_contracts.replies import ReplyDecided, ReplyReceived
from bowchat_contracts.sla import SlaChanged
from bowchat_testkit.demo import promises, show
from bowchat_testkit.demo.by_hand import Feed
from bowchat_testkit.demo.cast import ANSWERS, OPENINGS, SILENT
from bowchat_testkit.demo.journeys import Journey, Sighting, journeys
from bowchat_testkit.demo.screen import WIDTH, Screen
from bowchat_testkit.demo.stage import Stage
from bowchat_testkit.demo.tape import Told
from bowchat_testkit.whatsapp import ReceivedMessage

LINE = OPENINGS[0]
START = datetime(2026, 11, 22, 20, 26, tzinfo=UTC)
MS, CV, CT, IM, PH, TH, RP, DL, CK = map(random_id, ("ms", "cv", "ct", "im", "ph", "th", "rp", "dl", "ck"))


def at(milliseconds: int) -> datetime:
    return START + timedelta(milliseconds=milliseconds)


def told(event: Any, milliseconds: int = 0) -> Told:
    return Told("a.topic", event, round(at(milliseconds).timestamp() * 1000), b"")


def inbound() -> list[Told]:
    """Received at 0, routed at 20 ms, relayed."""
    content = TextContent(text=MessageText(LINE.text))
    both = {
        "message_id": MS,
        "sealed_identity": "s",
        "business_number_id": "1",
        "content": content,
        "sent_at": START,
    }
    place = {"message_id": MS, "conversation_id": CV, "contact_id": CT, "seq": 1, "insurer": LINE.insurer}
    received = InboundReceived(
        **both,
        refs=(random_id("rf"),),
        channel="whatsapp_cloud",
        provider_ref=random_id("pr"),
        received_at=START,
    )
    routed = MessageRouted(**{**both, **place}, outcome="routed", rule="r", reasons=(), received_at=START)
    relayed = MessageRelayed(
        **place,
        desk=None,
        outcome="relayed",
        insurer_message_id=IM,
        alias=PH,
        sla=None,
        sent_at=START,
        relayed_at=START,
    )
    return [told(received), told(routed, 20), told(relayed, 30)]


def back() -> list[Told]:
    """The answer is received at 250 ms and decided at 300."""
    reply = {"reply_key": RP, "insurer": LINE.insurer, "received_at": at(250)}
    text = MessageText(ANSWERS[LINE.insurer][0])
    received = ReplyReceived(**reply, reply_id="1", alias=PH, in_reply_to=IM, text=text, via="kafka")
    decided = ReplyDecided(**reply, outcome="accepted", decided_at=at(300))
    requested = DeliveryRequested(
        delivery_id=DL, recipient_ref=random_id("rf"), sealed_recipient="s", conversation_id=CV, reply_key=RP,
        insurer=LINE.insurer, business_number_id="1", text=text, requested_at=at(300),
    )  # fmt: skip
    return [told(received), told(decided), told(requested)]


def sighting(seq: int = 1) -> Sighting:
    message = InsurerMessage(
        message_id=IM, alias=PH, thread_id=TH, seq=seq, sent_at=START, content=InsurerText(text="masked")
    )
    return Sighting(message, round(at(50).timestamp() * 1000), "kafka")


def phone(recipient: str | None = None, text: str = ANSWERS[LINE.insurer][0]) -> ReceivedMessage:
    return ReceivedMessage(
        recipient=recipient or LINE.person.number or "", text=text, at=at(400), callback=DL, wamid="w",
        business_number_id="1", quoted=None,
    )  # fmt: skip


def breach(insurer: str, late_ms: int) -> SlaChanged:
    return SlaChanged(
        clock_id=CK, conversation_id=CV, insurer=insurer, desk=None, kind="first_response", state="breached",
        target_s=5, started_at=START, due_at=at(5000), at=at(5000), detected_at=at(5000 + late_ms),
    )  # fmt: skip


def whole() -> Journey:
    (journey,) = journeys([*inbound(), *back()], [sighting()], [phone()])
    return journey


def test_a_journey_times_every_step() -> None:
    """From webhook to WhatsApp, each step since the one before, and all of them."""
    journey = whole()
    assert journey.there_and_back
    assert journey.wrote == LINE.text
    assert journey.hops_ms == (20, 30, 200, 50, 100, 400)


def test_a_journey_under_way_says_what_is_missing() -> None:
    """What has not happened has no time, in whatever order the topics were read; a duplicate changes nothing."""
    first = inbound()
    (journey,) = journeys([*reversed(first), first[0]], [], [])
    assert not journey.there_and_back
    assert not journey.stuck
    assert journey.hops_ms == (20, None, None, None, None, None)


def held() -> Journey:
    """A message that the masker doubts: the insurer has nothing."""
    (journey,) = journeys(inbound(), [], [])
    assert journey.relayed is not None
    return replace(journey, relayed=journey.relayed.model_copy(update={"outcome": "held"}))


def test_what_changed_is_shown_again() -> None:
    """A held message is shown once as it waits, and once more under its number when people let it go."""
    feed = Feed([])
    assert [number for number, _ in feed.due([held()], 0)] == ["5"]
    assert list(feed.due([held()], 100)) == []
    assert [number for number, _ in feed.due([whole()], 101)] == ["5, changed"]
    assert list(feed.due([whole()], 200)) == []


def test_what_waits_is_shown_after_a_while() -> None:
    """A message that nobody answers is shown, too; one that the demo played is not shown again as it was."""
    (open_,) = journeys(inbound(), [sighting()], [])
    feed = Feed([])
    assert list(feed.due([open_], 0)) == []
    assert [number for number, _ in feed.due([open_], 60)] == ["5"]
    assert list(Feed([open_]).due([open_], 0)) == []
    assert [number for number, _ in Feed([open_]).due([whole()], 0)] == ["1, changed"]


def test_ids_are_shown_whole(tmp_path: Path) -> None:
    """Message, alias and thread can be copied into commands; no line is too wide for them."""
    stream = io.StringIO()
    show.conversation(Screen(stream), Stage(tmp_path, lambda _, __: None), whole(), number="5")
    said = stream.getvalue()
    assert {MS, PH, TH} <= {word.strip(",") for word in said.split()}
    assert max(map(len, said.splitlines())) <= WIDTH


def test_the_way_is_the_one_it_took() -> None:
    """How the insurer got it, whatever its agreement says by now; an answer by another way is said."""
    journey = whole()
    assert show.ways(journey) == ["by its Kafka topic"]
    assert show.ways(replace(journey, way="webhook")) == ["by signed webhook", "answered by its Kafka topic"]
    assert journey.replied is not None
    by_https = replace(journey, replied=journey.replied.model_copy(update={"via": "https"}))
    assert show.ways(by_https) == ["by its Kafka topic", "answered by HTTPS"]
    assert show.ways(replace(by_https, way="webhook")) == ["by signed webhook"]
    assert show.ways(held()) == []


def test_a_message_at_another_insurer_breaks_the_promise() -> None:
    """The right insurer is the one in the script."""
    journey = whole()
    assert promises.right_insurer([LINE], [journey]).kept
    assert journey.relayed is not None
    astray = replace(journey, relayed=journey.relayed.model_copy(update={"insurer": "other"}))
    assert not promises.right_insurer([LINE], [astray]).kept
    assert not promises.right_insurer([LINE], [replace(journey, seen=None)]).kept


def test_a_gap_breaks_the_promise() -> None:
    """A thread begins with 1 and counts on."""
    assert promises.in_order([whole()]).kept
    assert not promises.in_order([replace(whole(), seen=sighting(2).message)]).kept
    assert not promises.in_order([]).kept


def test_an_answer_must_be_on_the_right_phone_once() -> None:
    """Missing, double, on a stranger's phone, with other words: each breaks the promise."""
    assert promises.answered([LINE], [phone()]).kept
    for phones in ([], [phone(), phone()], [phone("447700900199")], [phone(text="Something else")]):
        assert not promises.answered([LINE], phones).kept


def test_one_leak_breaks_the_promise(tmp_path: Path) -> None:
    """One record or one log line is enough; to have looked at nothing is no proof."""
    assert promises.nothing_told([b"[phone-1]"], [], []).kept
    assert not promises.nothing_told([b"[phone-1]", b"+44 7700 900101"], [], []).kept
    assert not promises.nothing_told([b"wamid.X1"], [], ["wamid.X1"]).kept
    assert not promises.nothing_told([], [], []).kept
    (tmp_path / "a.log").write_text('{"event":"ready"}')
    assert promises.nothing_logged(tmp_path, []).kept
    (tmp_path / "b.log").write_text("Robin Mockup")
    assert not promises.nothing_logged(tmp_path, []).kept


def test_only_the_silent_insurer_may_breach_and_in_time() -> None:
    """No breach, somebody else's, and one noticed late each break the promise."""
    journey = whole()
    assert promises.breached([replace(journey, clock=(breach(SILENT, 20),))]).kept
    assert not promises.breached([journey]).kept
    assert not promises.breached([replace(journey, clock=(breach("acme-motor", 20),))]).kept
    assert not promises.breached([replace(journey, clock=(breach(SILENT, 2000),))]).kept


def test_log_and_accounts_are_judged() -> None:
    """Each record once, and accounts that the command calls balanced, in a log that it calls whole."""
    assert promises.audited(92, 92).kept
    assert not promises.audited(91, 92).kept
    assert promises.balanced(0).kept
    assert not promises.balanced(1).kept
    assert promises.verified(0).kept
    assert not promises.verified(1).kept
    assert list(promises.broken([promises.balanced(0), promises.balanced(1)])) == [promises.balanced(1)]
