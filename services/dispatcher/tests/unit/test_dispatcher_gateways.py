"""What leaves over HTTP, and what its answers are taken for."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from bowchat_contracts.ids import keyed_id
from bowchat_contracts.inbound import Identity
from bowchat_contracts.pii import MessageText
from bowchat_dispatcher.domain import Choice
from bowchat_dispatcher.gateway import CloudApi, message
from bowchat_dispatcher.retry_after import retry_after_s
from bowchat_dispatcher.ssrf import ForbiddenAddressError
from bowchat_dispatcher.verdicts import Declined, NotSent, Taken, Unclear
from bowchat_dispatcher.webhook import SignedPost
from bowchat_runtime.errors import SettingsError

KEY = b"k" * 32
NUMBER = "447700900123"
SECRETS = (b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b"whsec_" + b"QUJD" * 8)
ERROR = {"error": {"message": f"(#131056) to {NUMBER}", "code": 131056, "is_transient": True}}

Handler = Callable[[httpx.Request], httpx.Response]


async def send(
    handler: Handler, *, identity: Identity | None = None, text: str = "Hi", token: Any = None
) -> Any:
    def mine() -> str:
        return "token"

    api = CloudApi(
        url="https://graph.example/v25.0",
        token=token or mine,
        message_key=KEY,
        timeout_s=1,
        transport=httpx.MockTransport(handler),
    )
    answer = await api.send(
        business_number_id="106540352242922",
        delivery_id="dl_x",
        recipient=identity or Identity(number=NUMBER),
        text=MessageText(text),
    )
    await api.aclose()
    return answer


def accepted(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"messages": [{"id": "wamid.ABC"}]})


def failing(error: type[Exception]) -> Handler:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error(f"to {NUMBER}")

    return answer


async def test_request() -> None:
    """A text goes to the number with its plus sign, carries the delivery's id, and shows no preview."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return accepted(request)

    result = await send(answer)
    assert str(seen[0].url) == "https://graph.example/v25.0/106540352242922/messages"
    assert seen[0].headers["authorization"] == "Bearer token"
    assert json.loads(seen[0].content) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": f"+{NUMBER}",
        "type": "text",
        "text": {"preview_url": False, "body": "Hi"},
        "biz_opaque_callback_data": "dl_x",
    }
    assert result == Taken(keyed_id("pr", KEY, "wamid.ABC"))


async def test_bsuid() -> None:
    """Who has a BSUID is written to by it, since a number may belong to somebody else by now; who has neither is not."""
    seen: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return accepted(request)

    await send(answer, identity=Identity(bsuid="GB.123456789", number=NUMBER))
    assert (seen[0]["recipient"], "to" in seen[0]) == ("GB.123456789", False)
    assert await send(answer, identity=Identity(name="Asha")) == NotSent("no_address", final=True)
    assert len(seen) == 1


def test_a_text_with_buttons_is_interactive() -> None:
    """What a tap brings back and what it reads stand in the request; a text too long for buttons is not sent at all."""
    buttons = (
        Choice("bt_yes", MessageText("Yes, share it")),
        Choice("bt_no", MessageText("No")),
    )
    body = message("dl_x", Identity(number=NUMBER), MessageText("May they?"), buttons)
    assert not isinstance(body, NotSent)
    assert "text" not in body
    assert body["type"] == "interactive"
    assert body["interactive"] == {
        "type": "button",
        "body": {"text": "May they?"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "bt_yes", "title": "Yes, share it"}},
                {"type": "reply", "reply": {"id": "bt_no", "title": "No"}},
            ]
        },
    }
    long = message("dl_x", Identity(number=NUMBER), MessageText("x" * 1025), buttons)
    assert long == NotSent("text_too_long", final=True)


def shown(*choices: Choice, text: str = "Which policy?", label: str | None = None) -> Any:
    """What a person would see to tap."""
    body = message("dl_x", Identity(number=NUMBER), MessageText(text), choices, label)
    return body if isinstance(body, NotSent) else body["interactive"]


def choice(title: str, about: str | None = None) -> Choice:
    return Choice(f"op_{title[:8]}", MessageText(title), None if about is None else MessageText(about))


def test_more_than_buttons_can_show_is_a_list() -> None:
    """Rows keep their order, ids, titles and descriptions; the label is what opens them."""
    policies = [choice(f"Policy {number}", "Motor, Acme") for number in range(10)]
    list_ = shown(*policies, label="Policies", text="x" * 4096)
    assert list_["type"] == "list"
    assert list_["action"]["button"] == "Policies"
    (section,) = list_["action"]["sections"]
    assert [each["title"] for each in section["rows"]] == [f"Policy {number}" for number in range(10)]
    assert section["rows"][0] == {"id": "op_Policy 0", "title": "Policy 0", "description": "Motor, Acme"}


@pytest.mark.parametrize(
    ("choices", "kind"),
    [
        ([choice("a"), choice("b"), choice("c")], "button"),
        ([choice("a"), choice("b"), choice("c"), choice("d")], "list"),
        ([choice("x" * 20)], "button"),
        ([choice("x" * 21)], "list"),
        ([choice("a", "about it")], "list"),
    ],
)
def test_buttons_where_they_fit(choices: list[Choice], kind: str) -> None:
    """Three short titles at most are buttons: they need one tap, a list two."""
    found = shown(*choices)
    assert found["type"] == kind
    assert kind == "button" or found["action"]["button"]


@pytest.mark.parametrize(
    "choices",
    [
        [choice("x" * 25)],
        [choice("a", "x" * 73)],
        [choice(""), choice("b", "about it")],
        [choice(str(number)) for number in range(11)],
    ],
)
def test_what_whatsapp_would_refuse_is_not_sent(choices: list[Choice]) -> None:
    """It fails for good, with a reason of its own, and costs no call."""
    assert shown(*choices) == NotSent("choices_too_long", final=True)


async def test_text_length() -> None:
    """4,096 characters leave, one more never does."""
    assert isinstance(await send(accepted, text="x" * 4096), Taken)
    assert await send(accepted, text="x" * 4097) == NotSent("text_too_long", final=True)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.ConnectError, NotSent("unreachable")),
        (httpx.ConnectTimeout, NotSent("unreachable")),
        (httpx.PoolTimeout, NotSent("unreachable")),
        (httpx.ReadTimeout, Unclear("timeout")),
        (httpx.WriteTimeout, Unclear("timeout")),
        (httpx.ReadError, Unclear("connection_lost")),
        (httpx.WriteError, Unclear("connection_lost")),
        (httpx.RemoteProtocolError, Unclear("connection_lost")),
    ],
)
async def test_broken_connections(error: type[Exception], expected: Any) -> None:
    """Only what certainly happened before the first byte counts as not sent; no error's text survives."""
    assert await send(failing(error)) == expected


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (httpx.Response(400, json=ERROR), Declined(400, 131056, transient=True)),
        (httpx.Response(429, headers={"retry-after": "7"}), Declined(429, retry_after_s=7)),
        (httpx.Response(503, text="upstream"), Declined(503)),
        (httpx.Response(500, json=["odd"]), Declined(500)),
        (httpx.Response(302, headers={"location": "https://elsewhere.example"}), Declined(302)),
        (httpx.Response(200, json={"messages": []}), Unclear("answer_without_id")),
        (httpx.Response(200, text="<html>"), Unclear("answer_without_id")),
    ],
)
async def test_answers(response: httpx.Response, expected: Any) -> None:
    """The provider's code is read where there is one; nothing else of the answer is kept."""
    assert await send(lambda _: response) == expected


async def test_no_token() -> None:
    """A token file that went missing sends nothing and keeps the message."""

    def missing() -> str:
        raise SettingsError("the secret file is missing")

    assert await send(accepted, token=missing) == NotSent("no_token")


def poster(handler: Handler, secrets: Any = SECRETS) -> SignedPost:
    return SignedPost(secrets=lambda _: secrets, timeout_s=1, transport=httpx.MockTransport(handler))


async def test_signature(world: Any) -> None:
    """Each secret's owner can verify the exact bytes, and the timestamp is the attempt's own."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    now = datetime.now(UTC)
    gateway = poster(answer)
    body = '{"type":"x","timestamp":"t","data":{"text":"naïve ✓"}}'
    answered = await gateway.post(
        insurer="acme", url="https://a.example/h", webhook_id="im_a", body=body, now=now
    )
    assert answered == Taken()
    assert seen[0].content == body.encode()
    for secret in SECRETS:
        Webhook(secret.decode()).verify(seen[0].content, dict(seen[0].headers))
    assert seen[0].headers["webhook-id"] == "im_a"
    assert seen[0].headers["webhook-timestamp"] == str(int(now.timestamp()))
    await gateway.aclose()


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (lambda _: httpx.Response(302, headers={"location": "http://169.254.169.254/"}), Declined(302)),
        (lambda _: httpx.Response(410), Declined(410)),
        (lambda _: httpx.Response(429, headers={"retry-after": "30"}), Declined(429, retry_after_s=30)),
        (failing(httpx.ConnectError), NotSent("unreachable")),
        (failing(ForbiddenAddressError), NotSent("address_forbidden")),
        (failing(httpx.ReadTimeout), Unclear("timeout")),
        (failing(httpx.ReadError), Unclear("connection_lost")),
    ],
)
async def test_webhook_answers(world: Any, handler: Handler, expected: Any) -> None:
    """No redirect is followed, and each kind of failure is told apart."""
    gateway = poster(handler)
    given = {
        "insurer": "acme",
        "url": "https://a.example/h",
        "webhook_id": "im_a",
        "body": "{}",
        "now": world.clock(),
    }
    assert await gateway.post(**given) == expected
    await gateway.aclose()


async def test_missing_secret(world: Any) -> None:
    """Nothing leaves unsigned."""

    def missing(_: str) -> Any:
        raise SettingsError("the secret file is missing")

    gateway = SignedPost(secrets=missing, timeout_s=1, transport=httpx.MockTransport(accepted))
    given = {
        "insurer": "acme",
        "url": "https://a.example/h",
        "webhook_id": "im_a",
        "body": "{}",
        "now": world.clock(),
    }
    assert await gateway.post(**given) == NotSent("no_signing_secret")
    await gateway.aclose()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), (" 8 ", 8), ("0", 0), ("", None), (None, None), ("-1", None), ("Wed, 21 Oct 2015 07:28:00 GMT", None),
     ("9" * 30, None), ("1.5", None)],
)  # fmt: skip
def test_retry_after(value: str | None, seconds: float | None) -> None:
    """Whole seconds are read, anything else is left."""
    assert retry_after_s(value) == seconds
