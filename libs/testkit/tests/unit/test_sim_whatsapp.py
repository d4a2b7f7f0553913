"""The Cloud API simulator over real loopback HTTP: every limit, code and fault, statuses, absence."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from bowchat_testkit.webhook_sink import WebhookSink
from bowchat_testkit.whatsapp import (
    CloudApiSimulator,
    Fault,
    Retries,
    SimClient,
    SimulatorSettings,
    StatusPlan,
)
from bowchat_testkit.whatsapp_payloads import Policyholder, sign

ALEX = Policyholder("447700900101", "GB.10000000000000000101")
HIDDEN = Policyholder(bsuid="GB.10000000000000000103", name="Sam Example", username="@sam.example")
TOKEN = "token-of-a-test"
SECRET = "secret-of-a-test"
QUICK = SimulatorSettings(
    webhook_url="",
    app_secret=SECRET,
    access_token=TOKEN,
    time_scale=0.1,
    statuses=StatusPlan(sent_s=0.1, delivered_s=0.5, read_s=1.0, gather_s=0.005, disorder=0.0),
    retries=Retries(first_s=0.02, most_s=0.05),
)


@pytest.fixture
async def sink() -> AsyncIterator[WebhookSink]:
    async with WebhookSink() as running:
        yield running


@pytest.fixture
async def caller() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        trust_env=False, timeout=5, headers={"authorization": f"Bearer {TOKEN}"}
    ) as client:
        yield client


def simulator(sink: WebhookSink, **changes: Any) -> CloudApiSimulator:
    return CloudApiSimulator(replace(QUICK, webhook_url=f"{sink.url}/webhooks/whatsapp", **changes))


def body_of(words: str = "Hello", **changes: Any) -> dict[str, Any]:
    whole = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+447700900101",
        "type": "text",
        "text": {"body": words},
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


async def send(
    caller: httpx.AsyncClient, sim: CloudApiSimulator, words: str = "Hello", **changes: Any
) -> httpx.Response:
    return await caller.post(f"{sim.url}/v25.0/100000000000001/messages", json=body_of(words, **changes))


def code(answer: httpx.Response) -> int:
    return int(answer.json()["error"]["code"])


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


def statuses(sink: WebhookSink) -> list[dict[str, Any]]:
    changes = [change for body in sink.bodies() for entry in body["entry"] for change in entry["changes"]]
    return [row for change in changes for row in change["value"].get("statuses", [])]


async def test_a_text_reaches_the_inbox(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """A good send is answered as Meta does, and stands in the policyholder's inbox with its callback data."""
    async with simulator(sink) as sim:
        await sim.play(ALEX, "Hi")
        answer = await send(caller, sim, "Your claim is open.", biz_opaque_callback_data="dl_one")
        (kept,) = sim.inbox("+44 7700 900101")
        assert answer.status_code == 200
        assert answer.json() == {
            "messaging_product": "whatsapp",
            "contacts": [{"input": "+447700900101", "wa_id": "447700900101"}],
            "messages": [{"id": kept.wamid}],
        }
        assert (kept.text, kept.callback, kept.recipient) == ("Your claim is open.", "dl_one", "447700900101")
        assert b"447700900101" in base64.b64decode(kept.wamid.removeprefix("wamid."))


async def test_number_and_bsuid_are_one_inbox(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """Somebody known by both is one person; a send to the BSUID answers without `wa_id`."""
    async with simulator(sink) as sim:
        await sim.play(ALEX, "Hi")
        await send(caller, sim, "by number")
        answer = await send(caller, sim, "by BSUID", to=None, recipient=ALEX.bsuid)
        assert answer.json()["contacts"] == [{"input": ALEX.bsuid, "user_id": ALEX.bsuid}]
        assert [one.text for one in sim.inbox("447700900101")] == ["by number", "by BSUID"]
        assert sim.inbox(ALEX.bsuid or "") == sim.inbox("447700900101")


async def test_who_shows_the_bsuid_later_keeps_the_inbox(
    sink: WebhookSink, caller: httpx.AsyncClient
) -> None:
    """Messages to a number stay with the person when they first write, by number and BSUID, afterwards."""
    async with simulator(sink, window_s=None) as sim:
        await send(caller, sim, "before")
        await sim.play(ALEX, "Hi")
        await send(caller, sim, "after", to=None, recipient=ALEX.bsuid)
        assert [one.text for one in sim.inbox(ALEX.bsuid or "")] == ["before", "after"]


async def test_a_wrong_token_is_190(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """A send without the right token is refused with HTTP 401 and code 190."""
    async with simulator(sink) as sim:
        answer = await caller.post(
            f"{sim.url}/v25.0/100000000000001/messages",
            json=body_of(),
            headers={"authorization": "Bearer other"},
        )
        assert (answer.status_code, code(answer)) == (401, 190)


async def test_an_unknown_number_id_is_100(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """A business number that is not of this account is refused."""
    async with simulator(sink) as sim:
        assert code(await caller.post(f"{sim.url}/v25.0/999/messages", json=body_of())) == 100


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"messaging_product": None}, 100),
        ({"to": "447700900101"}, 131009),
        ({"to": "GB.10000000000000000101"}, 131009),
        ({"to": None}, 131008),
        ({"to": None, "recipient": "447700900101"}, 131009),
        ({"recipient_type": "group"}, 100),
        ({"type": "image"}, 131051),
        ({"text": None}, 131008),
        ({"text": {"body": ""}}, 131008),
        ({"text": {"body": "x" * 4097}}, 100),
        ({"biz_opaque_callback_data": "x" * 513}, 100),
        ({"biz_opaque_callback_data": 7}, 131008),
    ],
)
async def test_a_wrong_body_is_refused(
    sink: WebhookSink, caller: httpx.AsyncClient, change: dict[str, Any], expected: int
) -> None:
    """A body that Meta would refuse, or send to a stranger, is refused and reaches nobody."""
    async with simulator(sink, window_s=None) as sim:
        answer = await send(caller, sim, **change)
        assert (answer.status_code, code(answer)) == (400, expected)
        assert sim.received == []
        assert sim.state()["refused"] == {str(expected): 1}


async def test_what_is_not_json_is_refused(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """Bytes that are no JSON are code 100, in Meta's envelope."""
    async with simulator(sink) as sim:
        answer = await caller.post(f"{sim.url}/v25.0/100000000000001/messages", content=b"{")
        error = answer.json()["error"]
        assert (error["code"], error["type"]) == (100, "OAuthException")
        assert error["error_data"]["details"] == "The body must be JSON."
        assert error["fbtrace_id"]


async def test_the_longest_text_goes(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """4096 characters and 512 of callback data are allowed."""
    async with simulator(sink, window_s=None) as sim:
        answer = await send(caller, sim, "ä" * 4096, biz_opaque_callback_data="x" * 512)
        assert answer.status_code == 200


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {"id": f"row-{number}", "title": f"Policy {number}", "description": "motor", **changes}


def list_of(*rows: Any, words: str = "Which policy?", label: str = "Choose") -> dict[str, Any]:
    action = {"button": label, "sections": [{"rows": list(rows)}]}
    return {
        "type": "interactive",
        "text": None,
        "interactive": {"type": "list", "body": {"text": words}, "action": action},
    }


async def test_a_list_is_shown_and_a_row_is_tapped(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """A person reads up to ten rows; a tap comes back as the webhook of a list's answer, with that row's id."""
    async with simulator(sink) as sim, SimClient(sim.url) as client:
        await client.play(ALEX, "Hello")
        rows = [row(number) for number in range(1, 11)]
        assert (await send(caller, sim, **list_of(*rows, words="x" * 4096))).status_code == 200
        (shown,) = await client.inbox("447700900101")
        assert [each.id for each in shown.rows] == [each["id"] for each in rows]
        assert shown.list_label == "Choose"
        await client.tap(ALEX, shown.rows[3])
        told = [body["entry"][0]["changes"][0]["value"] for body in sink.bodies()]
        _, message = [one for value in told for one in value.get("messages", ())]
        assert message["interactive"] == {"type": "list_reply", "list_reply": rows[3]}


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (list_of(), 131009),
        (list_of(*(row(number) for number in range(11))), 131009),
        (list_of(row(1), row(1)), 131009),
        (list_of(row(1, title="x" * 25)), 100),
        (list_of(row(1, description="x" * 73)), 100),
        (list_of(row(1, id="x" * 201)), 100),
        (list_of(row(1, title="")), 131008),
        (list_of(row(1), label="x" * 21), 100),
        (list_of(row(1), label=""), 131008),
        (list_of(row(1), words="x" * 4097), 100),
    ],
)
async def test_a_list_beyond_the_limits_is_refused(
    sink: WebhookSink, caller: httpx.AsyncClient, asked: dict[str, Any], wanted: int
) -> None:
    """What the real API refuses of a list, the simulator refuses, with its code."""
    async with simulator(sink) as sim:
        await sim.play(ALEX, "Hello")
        assert code(await send(caller, sim, **asked)) == wanted


async def test_a_read_receipt_is_taken(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """Marking a message as read succeeds and sends nothing."""
    async with simulator(sink) as sim:
        receipt = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.x"}
        answer = await caller.post(f"{sim.url}/v25.0/100000000000001/messages", json=receipt)
        assert answer.json() == {"success": True}
        assert sim.received == []


async def test_pair_limit_refuses_and_recovers(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """After the burst a person's next message is 131056, until the scaled interval is over; others are free."""
    async with simulator(sink, window_s=None, pair_burst=3, time_scale=0.15) as sim:
        answers = [await send(caller, sim, str(n)) for n in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 200, 400]
        assert code(answers[3]) == 131056
        assert (await send(caller, sim, to="+447700900102")).status_code == 200
        await asyncio.sleep(0.95)
        assert (await send(caller, sim)).status_code == 200


async def test_pair_limit_follows_the_person(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """Writing to the BSUID does not get around the limit of the number."""
    async with simulator(sink, pair_burst=1) as sim:
        await sim.play(ALEX, "Hi")
        await send(caller, sim)
        assert code(await send(caller, sim, to=None, recipient=ALEX.bsuid)) == 131056


async def test_throughput_refuses(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """More than the number's messages in one second are 130429."""
    async with simulator(sink, window_s=None, messages_per_second=5) as sim:
        answers = [await send(caller, sim, to=f"+4477009001{n:02}") for n in range(6)]
        assert [one.status_code for one in answers] == [200] * 5 + [400]
        assert code(answers[5]) == 130429


async def test_the_window_opens_and_closes(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """Nobody is written to who has not written within the window: 131047."""
    async with simulator(sink, window_s=10.0, time_scale=0.1) as sim:
        assert code(await send(caller, sim)) == 131047
        await sim.play(ALEX, "Hi")
        assert (await send(caller, sim)).status_code == 200
        assert code(await send(caller, sim, to="+447700900102")) == 131047
        await asyncio.sleep(1.05)
        assert code(await send(caller, sim)) == 131047


async def test_statuses_echo_the_callback(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """Sent, delivered and read follow, signed, with the callback data and the message's id."""
    async with simulator(sink) as sim:
        await sim.play(ALEX, "Hi")
        wamid = (await send(caller, sim, biz_opaque_callback_data="dl_one")).json()["messages"][0]["id"]
        await until(lambda: len(statuses(sink)) == 3)
        assert [row["status"] for row in statuses(sink)] == ["sent", "delivered", "read"]
        assert {(row["id"], row["biz_opaque_callback_data"]) for row in statuses(sink)} == {(wamid, "dl_one")}
        assert {row["recipient_id"] for row in statuses(sink)} == {"447700900101"}
        for call in sink.calls:
            assert call.headers["x-hub-signature-256"] == sign(call.body, SECRET)


async def test_statuses_of_the_hidden_show_no_number(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """Who hides the number is named by BSUID in every status."""
    async with simulator(sink) as sim:
        await sim.play(HIDDEN, "Hi")
        await send(caller, sim, to=None, recipient=HIDDEN.bsuid)
        await until(lambda: len(statuses(sink)) == 3)
        assert {row["recipient_user_id"] for row in statuses(sink)} == {HIDDEN.bsuid}
        assert not any("recipient_id" in row for row in statuses(sink))


async def test_statuses_are_gathered(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """Statuses that are due together share a webhook."""
    plan = StatusPlan(sent_s=0.5, delivered_s=None, read_s=None, gather_s=0.5, disorder=0.0)
    async with simulator(sink, window_s=None, statuses=plan) as sim:
        for n in range(4):
            await send(caller, sim, to=f"+4477009001{n:02}")
        await until(lambda: len(statuses(sink)) == 4)
        assert len(sink.calls) == 1


async def test_statuses_may_come_out_of_order(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """With disorder, statuses overtake each other; their times still tell what happened first."""
    plan = replace(QUICK.statuses, disorder=1.0)
    async with simulator(sink, window_s=None, statuses=plan, seed=3) as sim:
        for n in range(6):
            await send(caller, sim, to=f"+4477009001{n:02}")
        await until(lambda: len(statuses(sink)) == 18)
        by_message: dict[str, list[str]] = {}
        for row in statuses(sink):
            by_message.setdefault(row["id"], []).append(row["status"])
        assert any(order != ["sent", "delivered", "read"] for order in by_message.values())
        assert all(sorted(order) == ["delivered", "read", "sent"] for order in by_message.values())


@pytest.mark.parametrize("wanted", [131026, 131049, 190, 2])
async def test_an_ordered_error_comes(sink: WebhookSink, caller: httpx.AsyncClient, wanted: int) -> None:
    """The next two sends to one person answer the ordered code; others, and the third, go through."""
    async with simulator(sink, window_s=None) as sim:
        sim.faults.add(Fault(kind="error", to="+447700900101", count=2, code=wanted))
        assert (await send(caller, sim, to="+447700900102")).status_code == 200
        assert [code(await send(caller, sim)) for _ in range(2)] == [wanted, wanted]
        assert (await send(caller, sim)).status_code == 200


async def test_an_ordered_http_error_is_no_json(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """HTTP 500 comes as a proxy gives it: without Meta's envelope, and nothing was taken."""
    async with simulator(sink, window_s=None) as sim:
        sim.faults.add(Fault(kind="http", status=500))
        answer = await send(caller, sim)
        assert answer.status_code == 500
        with pytest.raises(json.JSONDecodeError):
            answer.json()
        assert sim.received == []


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_reset_leaves_the_caller_in_doubt(
    sink: WebhookSink, caller: httpx.AsyncClient, accepted: bool
) -> None:
    """The connection breaks without an answer; whether the message was taken shows in the inbox and the statuses."""
    async with simulator(sink, window_s=None) as sim:
        sim.faults.add(Fault(kind="reset", accepted=accepted))
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await send(caller, sim, biz_opaque_callback_data="dl_one")
        assert len(sim.received) == accepted
        if accepted:
            await until(lambda: len(statuses(sink)) == 3)
        assert (await send(caller, sim)).status_code == 200


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_hang_lasts_until_the_caller_gives_up(
    sink: WebhookSink, caller: httpx.AsyncClient, accepted: bool
) -> None:
    """No answer comes within the caller's time; the message may have been taken."""
    async with simulator(sink, window_s=None) as sim:
        sim.faults.add(Fault(kind="hang", accepted=accepted))
        with pytest.raises(httpx.ReadTimeout):
            await caller.post(f"{sim.url}/v25.0/100000000000001/messages", json=body_of(), timeout=0.2)
        assert len(sim.received) == accepted


async def test_a_delayed_answer_comes(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """A slow send is answered in the end."""
    async with simulator(sink, window_s=None) as sim:
        sim.faults.add(Fault(kind="delay", seconds=0.15))
        began = time.monotonic()
        assert (await send(caller, sim)).status_code == 200
        assert time.monotonic() - began >= 0.15


async def test_a_later_failure_is_a_status(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """A message may be accepted and fail afterwards: the status has the code, and no contacts."""
    async with simulator(sink, window_s=None) as sim:
        sim.faults.add(Fault(kind="fail_later", code=131026))
        assert (await send(caller, sim, biz_opaque_callback_data="dl_one")).status_code == 200
        await until(lambda: len(statuses(sink)) == 2)
        failed = statuses(sink)[-1]
        assert (failed["status"], failed["errors"][0]["code"]) == ("failed", 131026)
        assert failed["biz_opaque_callback_data"] == "dl_one"
        assert "contacts" not in sink.bodies()[-1]["entry"][0]["changes"][0]["value"]
        assert sim.received == []
        assert (sim.state()["accepted"], sim.state()["received"]) == (1, 0)


async def test_away_refuses_connections_and_returns(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """While away the port is closed, connections that were open are cut; back at the same address, nothing is forgotten."""
    async with simulator(sink, window_s=None) as sim:
        await send(caller, sim, "before")
        await sim.leave()
        for _ in range(2):
            with pytest.raises(httpx.TransportError):
                await send(caller, sim, "meanwhile")
        await sim.come_back()
        assert (await send(caller, sim, "after")).status_code == 200
        assert [one.text for one in sim.inbox("447700900101")] == ["before", "after"]


async def test_away_with_503_keeps_control(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """In mode 503 sends fail, and the simulator can still be called back."""
    async with simulator(sink, window_s=None) as sim, SimClient(sim.url) as client:
        await client.leave("503")
        await asyncio.sleep(0.1)
        assert (await send(caller, sim)).status_code == 503
        await client.come_back()
        assert (await send(caller, sim)).status_code == 200


async def test_a_planned_absence_ends(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """Ordered over HTTP, the closed port opens again after its seconds; without seconds it is not closed."""
    async with simulator(sink, window_s=None) as sim, SimClient(sim.url) as client:
        with pytest.raises(httpx.HTTPStatusError, match="400"):
            await client.leave("refuse")
        await client.leave("refuse", seconds=1.0)
        await asyncio.sleep(0.5)
        with pytest.raises(httpx.TransportError):
            await send(caller, sim)
        await asyncio.sleep(1.0)
        assert (await send(caller, sim)).status_code == 200


async def test_everything_can_be_driven_over_http(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """Another process plays messages, orders faults, and reads inboxes and counts."""
    async with simulator(sink) as sim, SimClient(sim.url) as client:
        played = await client.play(ALEX, "Hello from Alex")
        assert (played.status, sink.bodies()[0]["entry"][0]["changes"][0]["value"]["messages"][0]["id"]) == (
            200,
            played.wamid,
        )
        await client.add_fault(Fault(kind="error", code=131000))
        assert code(await send(caller, sim)) == 131000
        await client.add_fault(Fault(kind="error", code=131000, count=9))
        await client.clear_faults()
        await send(caller, sim, "Hello from us")
        assert [one.text for one in await client.inbox("+447700900101")] == ["Hello from us"]
        assert await client.received() == sim.received
        state = await client.state()
        assert (state["accepted"], state["refused"]) == (1, {"131000": 1})


async def test_a_wrong_order_says_what_is_wrong(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """A control call that makes no sense is 400 with words, not a traceback."""
    async with simulator(sink) as sim:
        for path, order in (
            ("faults", {"kind": "error"}),
            ("faults", {"kind": "flood"}),
            ("inbound", {"text": "no sender"}),
            ("away", {"mode": "lunch"}),
        ):
            answer = await caller.post(f"{sim.url}/_sim/{path}", json=order)
            assert answer.status_code == 400
            assert answer.json()["error"]


async def test_an_order_that_is_no_json_is_shown_one(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """Whoever tries it by hand learns what to send, and reads no name of a library of ours."""
    async with simulator(sink) as sim:
        for body in (b"hello", b'{"number": 7}'):
            answer = await caller.post(f"{sim.url}/_sim/inbound", content=body)
            said = answer.json()["error"]
            assert (answer.status_code, said.count("send for example")) == (400, 1)
            assert json.loads(said.split("send for example ")[1])["text"] == "Hello"
            assert "http" not in said


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"number": "+44 7700 900199"}, "text: is missing"),
        ({"number": "+44 7700 900199", "text": ""}, "text: is missing"),
        ({"number": "abc", "text": "Hello"}, "number: is no number"),
        ({"numbr": "+44 7700 900199", "text": "Hello"}, "numbr: there is no such field"),
        ({"text": "Hello"}, "a policyholder needs a number, a BSUID, or both"),
    ],
)
async def test_an_order_that_says_too_little_is_told_what_is_missing(
    sink: WebhookSink, caller: httpx.AsyncClient, order: dict[str, str], said: str
) -> None:
    """A slip is told of at once, rather than going as a message that nobody wrote."""
    async with simulator(sink) as sim:
        answer = await caller.post(f"{sim.url}/_sim/inbound", json=order)
        assert answer.status_code == 400
        assert answer.json()["error"].startswith(f"{said}; send for example ")
    assert not sink.calls


async def test_other_kinds_can_be_played(sink: WebhookSink) -> None:
    """Any message type goes, with its own body, and is signed over the escaped bytes."""
    async with simulator(sink) as sim, SimClient(sim.url) as client:
        place = {"latitude": 51.5, "longitude": -0.12, "name": "Café / Bar"}
        await client.play(ALEX, kind="location", body=place)
        (row,) = sink.bodies()[0]["entry"][0]["changes"][0]["value"]["messages"]
        assert (row["type"], row["location"]) == ("location", place)
        assert rb"Caf\u00e9 \/ Bar" in sink.calls[0].body


async def test_bytes_are_posted_as_they_are(sink: WebhookSink) -> None:
    """A sample is signed and posted byte for byte, once, and the answer comes back."""
    async with simulator(sink) as sim, SimClient(sim.url) as client:
        sink.to_answer = [413]
        answer = await client.post(b'{"object": "page"}')
        assert (answer.status, len(sink.calls)) == (413, 1)
        assert sink.calls[0].body == b'{"object": "page"}'
        assert sink.calls[0].headers["x-hub-signature-256"] == sign(b'{"object": "page"}', SECRET)


async def test_a_webhook_is_repeated_until_200(sink: WebhookSink) -> None:
    """Anything but 200, 204 included, is tried again with the same bytes; the first answer is the one reported."""
    async with simulator(sink) as sim:
        sink.to_answer = [503, 204, 500]
        played = await sim.play(ALEX, "Hi")
        assert played.status == 503
        await until(lambda: sim.state()["webhooks"]["under_way"] == 0)
        assert len({call.body for call in sink.calls}) == 1
        assert sim.state()["webhooks"] == {
            "posted": 1,
            "attempts": 4,
            "taken": 1,
            "given_up": 0,
            "under_way": 0,
        }


async def test_an_absent_relay_loses_no_webhook(sink: WebhookSink, caller: httpx.AsyncClient) -> None:
    """Messages and statuses of the time when the relay is away arrive when it is back."""
    async with simulator(sink) as sim:
        await sink.stop()
        played = await sim.play(ALEX, "Hi")
        assert played.status is None
        await send(caller, sim)
        await asyncio.sleep(0.2)
        await sink.start()
        await until(lambda: len(statuses(sink)) == 3 and sim.state()["webhooks"]["under_way"] == 0)
        assert sim.state()["webhooks"]["given_up"] == 0


async def test_attempts_are_bounded_and_counted(sink: WebhookSink) -> None:
    """A webhook that is never taken is given up after its attempts, visibly."""
    async with simulator(sink, retries=Retries(first_s=0.001, most_s=0.001, attempts=3)) as sim:
        sink.to_answer = [500] * 3
        await sim.play(ALEX, "Hi")
        await until(lambda: sim.state()["webhooks"]["given_up"] == 1)
        assert len(sink.calls) == 3


async def test_stopping_leaves_no_webhook_under_way(sink: WebhookSink) -> None:
    """The simulator ends at once, even while the relay refuses everything."""
    sink.to_answer = [500] * 10_000
    began = time.monotonic()
    async with simulator(sink) as sim:
        await asyncio.gather(*(sim.play(ALEX, str(n)) for n in range(10)))
    assert time.monotonic() - began < 3
