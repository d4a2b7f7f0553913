"""The simulated insurers' own rules: replies that never double, offsets that never run ahead, the webhook's manners."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from bowchat_contracts.ids import derived_id
from bowchat_contracts.insurer import InsurerMessage, InsurerReply, InsurerWithheld
from bowchat_contracts.insurer_content import (
    InsurerAnswer,
    InsurerAnswers,
    InsurerChoice,
    InsurerContent,
    InsurerEdit,
    InsurerMedia,
    InsurerOther,
    InsurerRevoke,
    InsurerText,
)
from bowchat_testkit.insurers import Behaviour, WebhookInsurer, reply_to, replying, shown_text, silent
from bowchat_testkit.insurers.offsets import OpenOffsets
from bowchat_testkit.webhook_sink import WebhookSink

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AT = datetime(2026, 1, 1, tzinfo=UTC)


def message(n: int = 1, content: InsurerContent | None = None) -> InsurerMessage:
    return InsurerMessage(
        message_id=derived_id("im", str(n)),
        alias=derived_id("ph", "one"),
        thread_id=derived_id("th", "one"),
        seq=n,
        sent_at=AT,
        content=content or InsurerText(text=f"question {n}"),
    )


def test_a_reply_is_the_same_every_time() -> None:
    """The same message gives the same reply id and text, another insurer or message another id."""
    one = reply_to("acme", message(1), "Thanks")
    assert one == reply_to("acme", message(1), "Thanks")
    others = [reply_to("acme", message(2), "Thanks"), reply_to("birch", message(1), "Thanks")]
    assert len({one.reply_id, *(other.reply_id for other in others)}) == 3
    assert (one.alias, one.thread_id, one.in_reply_to) == (
        message().alias,
        message().thread_id,
        message().message_id,
    )


def test_policies_speak_of_the_message() -> None:
    """A template may quote the message; silence is a policy too."""
    assert replying("{seq}: {text}!")(message(3)) == "3: question 3!"
    assert silent(message()) is None
    assert shown_text(message(content=InsurerChoice(title="Renew"))) == "Renew"
    assert shown_text(message(content=InsurerOther(type="group"))) == "[group]"
    assert shown_text(message(content=InsurerEdit(text="Sunday"))) == "Sunday"
    assert shown_text(message(content=InsurerRevoke())) == "[revoke]"
    picture = InsurerMedia(media_id="md_" + "a" * 32, media_type="image", mime="image/png")
    assert shown_text(message(content=picture)) == "[image]"
    assert shown_text(message(content=picture.model_copy(update={"caption": "Dent"}))) == "Dent"
    form = InsurerAnswers(answers=(InsurerAnswer(label="city", value="Testford"),))
    assert shown_text(message(content=form)) == "city: Testford"


def test_offsets_wait_for_the_slowest() -> None:
    """What is committed is everything before the first record that is not done."""
    offsets: OpenOffsets[int] = OpenOffsets()
    for offset in (5, 6, 9):
        offsets.opened(0, offset)
    offsets.done(0, 6)
    assert offsets.to_commit() == {}
    offsets.done(0, 5)
    assert offsets.to_commit() == {0: 7}
    assert offsets.to_commit() == {}
    offsets.done(0, 9)
    assert offsets.to_commit() == {0: 10}


@given(st.permutations(range(30)), st.integers(0, 29))
def test_no_order_of_work_commits_what_is_open(order: list[int], finished: int) -> None:
    """In whatever order records are done, no commit ever passes one that is not."""
    offsets: OpenOffsets[int] = OpenOffsets()
    for offset in range(30):
        offsets.opened(0, offset)
    for offset in order[:finished]:
        offsets.done(0, offset)
    still_open = set(order[finished:])
    assert offsets.to_commit().get(0, 0) == min(still_open)


def test_reading_again_starts_anew() -> None:
    """A partition that is read again from an earlier record is counted from there."""
    offsets: OpenOffsets[int] = OpenOffsets()
    for offset in (0, 1, 2):
        offsets.opened(0, offset)
    offsets.opened(0, 1)
    offsets.done(0, 1)
    assert offsets.to_commit() == {0: 2}
    offsets.forget(0)
    assert offsets.to_commit() == {}


# The webhook.


@pytest.fixture
async def ingest() -> AsyncIterator[WebhookSink]:
    async with WebhookSink() as running:
        yield running


@pytest.fixture
async def caller() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        yield client


@pytest.fixture
async def insurer(ingest: WebhookSink) -> AsyncIterator[WebhookInsurer]:
    async with WebhookInsurer("acme", SECRET, ingest.url, replying("On it ({seq})")) as running:
        yield running


async def deliver(
    caller: httpx.AsyncClient,
    insurer: WebhookInsurer,
    event: InsurerMessage | InsurerWithheld,
    *,
    at: datetime | None = None,
    tamper: str = "",
) -> httpx.Response:
    at = at or datetime.now(UTC)
    body = json.dumps(
        {"type": event.type, "timestamp": AT.isoformat(), "data": event.model_dump(mode="json")}
    )
    headers = {
        "webhook-id": event.message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(event.message_id, at, body),
    }
    return await caller.post(insurer.url, content=body + tamper, headers=headers)


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


async def test_a_webhook_is_recorded_and_answered(
    caller: httpx.AsyncClient, insurer: WebhookInsurer, ingest: WebhookSink
) -> None:
    """A genuine call is recorded, and its reply posted to ingest, signed, under its reply id."""
    assert (await deliver(caller, insurer, message())).status_code == 200
    assert insurer.messages() == [message()]
    await until(lambda: insurer.replied == 1)
    (call,) = ingest.calls
    reply = InsurerReply.model_validate_json(call.body)
    assert reply == reply_to("acme", message(), "On it (1)")
    Webhook(SECRET).verify(call.body, call.headers)
    assert call.headers["webhook-id"] == reply.reply_id


async def test_a_duplicate_is_answered_once(
    caller: httpx.AsyncClient, insurer: WebhookInsurer, ingest: WebhookSink
) -> None:
    """The same webhook id again is 200 and has no second effect, yet shows in the records."""
    for _ in range(3):
        assert (await deliver(caller, insurer, message())).status_code == 200
    await until(lambda: insurer.replied == 1)
    await asyncio.sleep(0.05)
    assert (len(insurer.calls), len(insurer.messages()), len(ingest.calls)) == (3, 1, 1)


async def test_a_false_webhook_is_401(caller: httpx.AsyncClient, insurer: WebhookInsurer) -> None:
    """An altered body, a stale time, a missing or broken signature: refused, counted, not recorded."""
    old = datetime.now(UTC) - timedelta(minutes=6)
    assert (await deliver(caller, insurer, message(), tamper=" ")).status_code == 401
    assert (await deliver(caller, insurer, message(), at=old)).status_code == 401
    assert (await caller.post(insurer.url, content=b"{}")).status_code == 401
    broken = {"webhook-id": "a", "webhook-timestamp": str(int(time.time())), "webhook-signature": "nonsense"}
    assert (await caller.post(insurer.url, content=b"{}", headers=broken)).status_code == 400
    assert insurer.calls == []
    assert sum(insurer.rejected.values()) == 4


async def test_other_events_are_recorded_and_not_answered(
    caller: httpx.AsyncClient, insurer: WebhookInsurer, ingest: WebhookSink
) -> None:
    """A withheld message takes its place in the records; nobody answers it."""
    one = message()
    withheld = InsurerWithheld(
        message_id=one.message_id,
        alias=one.alias,
        thread_id=one.thread_id,
        seq=1,
        sent_at=AT,
        reason="under_review",
    )
    assert (await deliver(caller, insurer, withheld)).status_code == 200
    await asyncio.sleep(0.05)
    assert (len(insurer.calls), insurer.messages(), ingest.calls) == (1, [], [])


async def test_it_fails_as_often_as_told(caller: httpx.AsyncClient, insurer: WebhookInsurer) -> None:
    """Told to fail twice with 503, it takes the third call; control works from another process."""
    order = {"fail_status": 503, "failures": 2}
    assert (await caller.post(f"{insurer.server.url}/_sim/behaviour", json=order)).status_code == 200
    answers = [(await deliver(caller, insurer, message())).status_code for _ in range(3)]
    assert answers == [503, 503, 200]
    records: dict[str, Any] = (await caller.get(f"{insurer.server.url}/_sim/records")).json()
    assert [one["webhook_id"] for one in records["records"]] == [message().message_id]
    wrong = await caller.post(f"{insurer.server.url}/_sim/behaviour", json={"mood": "bad"})
    assert wrong.status_code == 400


async def test_it_can_be_slow(caller: httpx.AsyncClient, insurer: WebhookInsurer) -> None:
    """A slow endpoint answers late, and well."""
    insurer.behave(Behaviour(slow_s=0.15, reply_after_s=9.0))
    began = time.monotonic()
    assert (await deliver(caller, insurer, message())).status_code == 200
    assert time.monotonic() - began >= 0.15
    assert insurer.reply_after_s == 9.0


async def test_it_goes_away_and_returns(caller: httpx.AsyncClient, insurer: WebhookInsurer) -> None:
    """While away its port is closed; back, it has forgotten nothing."""
    await deliver(caller, insurer, message(1))
    await insurer.leave()
    with pytest.raises(httpx.TransportError):
        await deliver(caller, insurer, message(2))
    await insurer.come_back()
    await deliver(caller, insurer, message(2))
    assert insurer.messages() == [message(1), message(2)]


async def test_a_reply_is_repeated_until_taken(
    caller: httpx.AsyncClient, insurer: WebhookInsurer, ingest: WebhookSink
) -> None:
    """While ingest is away or says 503, the reply waits; it goes under the same id every time."""
    await ingest.stop()
    await deliver(caller, insurer, message())
    await asyncio.sleep(0.1)
    ingest.to_answer = [503, 429]
    await ingest.start()
    await until(lambda: insurer.replied == 1)
    assert len({call.headers["webhook-id"] for call in ingest.calls}) == 1
    assert insurer.answers == {503: 1, 429: 1, 200: 1}


async def test_a_refused_reply_is_not_repeated(
    caller: httpx.AsyncClient, insurer: WebhookInsurer, ingest: WebhookSink
) -> None:
    """401 or 422 is final: repeating would not help."""
    ingest.to_answer = [422]
    await deliver(caller, insurer, message())
    await until(lambda: insurer.answers == {422: 1})
    await asyncio.sleep(0.3)
    assert (insurer.replied, len(ingest.calls)) == (0, 1)
