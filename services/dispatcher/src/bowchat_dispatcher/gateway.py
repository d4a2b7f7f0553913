"""The WhatsApp Cloud API, as far as the dispatcher needs it: send one text, and say plainly what became of it.

No error's own text leaves this file: an HTTP library puts addresses, and a provider puts numbers, into theirs.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import httpx

from bowchat_contracts.ids import keyed_id
from bowchat_contracts.inbound import Identity
from bowchat_contracts.pii import MessageText
from bowchat_dispatcher.domain import Choice
from bowchat_dispatcher.retry_after import retry_after_s
from bowchat_dispatcher.verdicts import Answer, Declined, NotSent, Taken, Unclear
from bowchat_runtime.errors import SettingsError

MOST_CHARACTERS = 4096
MOST_CHARACTERS_WITH_BUTTONS = 1024
_MOST_BUTTONS, _BUTTON_TITLE = 3, 20
_MOST_ROWS, _ROW_TITLE, _ROW_DESCRIPTION = 10, 24, 72
_CHOOSE = "Choose"
"""What opens a list whose maker did not say."""
_MOST_ANSWER_BYTES = 65_536
_KEEP_ALIVE_S = 4.0
"""Shorter than any server's, so that a connection is not used while the other side closes it."""


class WhatsAppGateway(Protocol):
    """Sends a text to a policyholder."""

    async def send(
        self,
        *,
        business_number_id: str,
        delivery_id: str,
        recipient: Identity,
        text: MessageText,
        buttons: Sequence[Choice] = (),
        list_label: str | None = None,
    ) -> Answer: ...


class CloudApi:
    """The Cloud API over HTTP."""

    def __init__(
        self,
        *,
        url: str,
        token: Callable[[], str],
        message_key: bytes,
        timeout_s: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._token, self._key, self._timeout = token, message_key, timeout_s
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=httpx.Timeout(timeout_s, connect=min(5.0, timeout_s)),
            transport=transport
            or httpx.AsyncHTTPTransport(
                trust_env=False, limits=httpx.Limits(max_connections=200, keepalive_expiry=_KEEP_ALIVE_S)
            ),
            follow_redirects=False,
            trust_env=False,
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def send(
        self,
        *,
        business_number_id: str,
        delivery_id: str,
        recipient: Identity,
        text: MessageText,
        buttons: Sequence[Choice] = (),
        list_label: str | None = None,
    ) -> Answer:
        body = message(delivery_id, recipient, text, buttons, list_label)
        if isinstance(body, NotSent):
            return body
        try:
            token = self._token()
        except SettingsError:
            return NotSent("no_token")
        try:
            async with asyncio.timeout(2 * self._timeout):
                response = await self._client.post(
                    f"/{business_number_id}/messages",
                    json=body,
                    headers={"Authorization": f"Bearer {token}"},
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return NotSent("unreachable")
        except (httpx.TimeoutException, TimeoutError):
            return Unclear("timeout")
        except httpx.HTTPError:
            return Unclear("connection_lost")
        return self._read(response)

    def _read(self, response: httpx.Response) -> Answer:
        body = _json(response.content)
        if response.is_success:
            wamid = _first_id(body)
            return Taken(keyed_id("pr", self._key, wamid)) if wamid else Unclear("answer_without_id")
        error = body.get("error")
        error = error if isinstance(error, dict) else {}
        code = error.get("code")
        return Declined(
            response.status_code,
            code if isinstance(code, int) else None,
            transient=error.get("is_transient") is True,
            retry_after_s=retry_after_s(response.headers.get("retry-after")),
        )


def message(
    delivery_id: str,
    recipient: Identity,
    text: MessageText,
    buttons: Sequence[Choice] = (),
    list_label: str | None = None,
) -> dict[str, Any] | NotSent:
    """The request's body.

    The BSUID comes first: it belongs to one person for good, while a number may have gone to somebody else since
    (`docs/adr/0009`). The plus sign matters: without it the business's own country code is put before the number.
    """
    if recipient.bsuid:
        address = {"recipient": recipient.bsuid}
    elif recipient.number:
        address = {"to": "+" + recipient.number.lstrip("+")}
    else:
        return NotSent("no_address", final=True)
    content = _content(text.reveal(), buttons, list_label)
    if isinstance(content, NotSent):
        return content
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **address,
        **content,
        "biz_opaque_callback_data": delivery_id,
    }


def _content(text: str, choices: Sequence[Choice], list_label: str | None) -> dict[str, Any] | NotSent:
    """A plain text, a text with buttons, or one with a list: a list where there is more to show than buttons can."""
    as_buttons = len(choices) <= _MOST_BUTTONS and all(map(_fits_a_button, choices))
    if len(text) > (MOST_CHARACTERS_WITH_BUTTONS if choices and as_buttons else MOST_CHARACTERS):
        return NotSent("text_too_long", final=True)
    if not choices:
        return {"type": "text", "text": {"preview_url": False, "body": text}}
    if len(choices) > _MOST_ROWS or not all(map(_fits_a_row, choices)):
        return NotSent("choices_too_long", final=True)
    action = _buttons(choices) if as_buttons else _list(choices, list_label or _CHOOSE)
    kind = "button" if as_buttons else "list"
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": text}, "action": action}}


def _fits_a_button(choice: Choice) -> bool:
    return len(choice.title.reveal()) <= _BUTTON_TITLE and not choice.description


def _fits_a_row(choice: Choice) -> bool:
    about = choice.description.reveal() if choice.description else ""
    return 1 <= len(choice.title.reveal()) <= _ROW_TITLE and len(about) <= _ROW_DESCRIPTION


def _buttons(choices: Sequence[Choice]) -> dict[str, Any]:
    titles = [{"id": each.id, "title": each.title.reveal()} for each in choices]
    return {"buttons": [{"type": "reply", "reply": each} for each in titles]}


def _list(choices: Sequence[Choice], label: str) -> dict[str, Any]:
    rows = [{"id": each.id, "title": each.title.reveal(), **_described(each)} for each in choices]
    return {"button": label, "sections": [{"rows": rows}]}


def _described(choice: Choice) -> dict[str, str]:
    return {"description": choice.description.reveal()} if choice.description else {}


def _json(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content[:_MOST_ANSWER_BYTES])
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _first_id(body: dict[str, Any]) -> str | None:
    match body.get("messages"):
        case [{"id": str(wamid)}, *_] if wamid:
            return wamid
    return None
