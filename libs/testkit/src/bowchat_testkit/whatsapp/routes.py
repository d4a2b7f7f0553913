"""The HTTP interface: `/messages` as in the Graph API, and `/_sim/…` to drive the simulator from another process."""

import asyncio
import contextlib
import re
import secrets
from dataclasses import asdict
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bowchat_runtime.decoding import in_words
from bowchat_testkit.http_server import away_endpoint, reset, until_gone
from bowchat_testkit.whatsapp.cloud_api import CloudApi
from bowchat_testkit.whatsapp.errors import ApiError
from bowchat_testkit.whatsapp.faults import Fault
from bowchat_testkit.whatsapp.media import MediaEndpoints
from bowchat_testkit.whatsapp.people import identity
from bowchat_testkit.whatsapp.sending import ReadReceipt, TextSend, parse
from bowchat_testkit.whatsapp_payloads import NOBODY, BusinessNumber, Json, Policyholder

Order = TypeVar("Order", bound=BaseModel)
_HELLO = '{"number": "+44 7700 900199", "text": "Hello"}'
_NUMBER = re.compile(r"[0-9]{7,15}")


class PlayOrder(BaseModel):
    """The body of `POST /_sim/inbound`: who writes, and what."""

    model_config = ConfigDict(extra="forbid")

    number: str | None = None
    bsuid: str | None = None
    name: str = "Alex Testperson"
    username: str | None = None
    parent_bsuid: str | None = None
    phone_number_id: str | None = None
    text: str = ""
    kind: str = "text"
    body: Json | None = None
    """The part under the type's own name, for kinds other than text."""
    context: Json | None = None

    def wrong(self) -> str | None:
        """What a person who wrote it by hand has forgotten or mistyped."""
        if not (self.number or self.bsuid):
            return NOBODY
        if self.number and not _NUMBER.fullmatch(identity(self.number)):
            return "number: is no number"
        return "text: is missing" if self.kind == "text" and not self.text else None

    def policyholder(self) -> Policyholder:
        """Errors: `ValueError` without number and BSUID."""
        number = identity(self.number) if self.number else None
        return Policyholder(number, self.bsuid, self.name, self.username, self.parent_bsuid)


def build_app(api: CloudApi) -> Starlette:
    media = MediaEndpoints(api.media, api.settings.access_token)
    return Starlette(
        routes=[
            Route("/{version}/{phone_number_id}/messages", _Messages(api).answer, methods=["POST"]),
            Route("/_media/{address}", media.download),
            Route("/_sim/messages", _Control(api).messages),
            Route("/_sim/state", _Control(api).state),
            Route("/_sim/inbound", _Control(api).inbound, methods=["POST"]),
            Route("/_sim/webhook", _Control(api).webhook, methods=["POST"]),
            Route("/_sim/faults", _Control(api).add_fault, methods=["POST"]),
            Route("/_sim/faults", _Control(api).clear_faults, methods=["DELETE"]),
            Route("/_sim/away", away_endpoint, methods=["POST"]),
            Route("/{version}/{media_id}", media.describe),
        ],
        exception_handlers={
            ApiError: _refusal(api),
            ValueError: _misunderstood,
        },
    )


class _Messages:
    def __init__(self, api: CloudApi) -> None:
        self._api = api

    async def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self._api.settings.access_token}":
            raise ApiError(190, "The access token is missing or not valid; check WhatsApp's token setting.")
        business = self._api.number(request.path_params["phone_number_id"])
        asked = parse(await request.body())
        if isinstance(asked, ReadReceipt):
            return JSONResponse({"success": True})
        fault = self._api.faults.take(identity(asked.recipient))
        if fault is None:
            return JSONResponse(self._api.accept(business, asked))
        return await self._suffer(request, fault, business, asked)

    async def _suffer(
        self, request: Request, fault: Fault, business: BusinessNumber, asked: TextSend
    ) -> Response:
        match fault.kind:
            case "error":
                raise ApiError(fault.code or 0)
            case "http":
                return PlainTextResponse("upstream connect error", fault.status)
            case "fail_later":
                return JSONResponse(self._api.accept(business, asked, failure=ApiError(fault.code or 0)))
            case "delay":
                await asyncio.sleep(fault.seconds or 0)
                return JSONResponse(self._api.accept(business, asked))
        if fault.accepted:
            with contextlib.suppress(ApiError):
                self._api.accept(business, asked)
        if fault.kind == "reset":
            await reset(request)
        else:
            await until_gone(request, fault.seconds)
        return PlainTextResponse("Gateway Timeout", 504)


class _Control:
    def __init__(self, api: CloudApi) -> None:
        self._api = api

    async def messages(self, request: Request) -> Response:
        """`?to=` one person; all without."""
        to = request.query_params.get("to")
        found = self._api.received if to is None else self._api.inbox(to)
        return JSONResponse({"messages": [one.model_dump(mode="json") for one in found]})

    async def state(self, _: Request) -> Response:
        return JSONResponse(self._api.state())

    async def inbound(self, request: Request) -> Response:
        order = _order(PlayOrder, await request.body(), _HELLO)
        if wrong := order.wrong():
            raise ValueError(f"{wrong}; send for example {_HELLO}")
        business = self._api.number(order.phone_number_id) if order.phone_number_id else None
        played = await self._api.play(
            order.policyholder(),
            order.text,
            kind=order.kind,
            body=order.body,
            context=order.context,
            business=business,
        )
        return JSONResponse(played.model_dump(mode="json"))

    async def webhook(self, request: Request) -> Response:
        """The body's bytes, signed and posted once, just as they are."""
        return JSONResponse(asdict(await self._api.post(await request.body())))

    async def add_fault(self, request: Request) -> Response:
        self._api.faults.add(_order(Fault, await request.body(), '{"kind": "error", "code": 131000}'))
        return JSONResponse({"ok": True})

    async def clear_faults(self, _: Request) -> Response:
        self._api.faults.clear()
        return JSONResponse({"ok": True})


def _order(model: type[Order], body: bytes, example: str) -> Order:
    """Errors: `ValueError` that says what is wrong with it, and shows one that is right."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        is_json = all(each["type"] != "json_invalid" for each in error.errors())
        said = in_words(error) if is_json else "the body is not JSON"
        raise ValueError(f"{said}; send for example {example}") from None


def _refusal(api: CloudApi) -> Any:
    async def refuse(_: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        api.refusals[error.code] += 1
        return JSONResponse(error.envelope(secrets.token_urlsafe(8)), error.status)

    return refuse


async def _misunderstood(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)
