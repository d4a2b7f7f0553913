"""An insurer's replies, and requests for a number, over HTTPS, signed after Standard Webhooks 1.0.

An insurer exists here when it has a secret file; a new one, and a rotated secret, count from the next request on. Who
asks for an unknown insurer gets the same answer as who signs wrongly.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import orjson
import structlog
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bowchat_contracts.insurer import InsurerReply
from bowchat_contracts.reveals import InsurerRevealRequest
from bowchat_ingest import metrics, signatures
from bowchat_ingest.api.requests import Lane, RefusalError, read_body
from bowchat_ingest.domain import reply_received, reveal_requested
from bowchat_ingest.foreign_json import NotJsonError, loads
from bowchat_runtime.clock import Clock
from bowchat_runtime.decoding import wrong_fields

log = structlog.get_logger()

LARGEST_BODY = 256 * 1024
_INSURER = re.compile(r"[a-z][a-z0-9-]{1,39}")
# Checked in place of an unknown insurer's secret, so that it takes as long.
_NOBODY = (b"whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=",)

PassOn = Callable[[str, bytes, str], Awaitable[Response]]
"""Insurer, body and webhook id in; the answer out."""
Said = TypeVar("Said", InsurerReply, InsurerRevealRequest)

SecretsOf = Callable[[str], Sequence[bytes]]
"""The accepted secrets of an insurer; none for one that does not exist."""


@dataclass(frozen=True)
class InsurerReplies:
    lane: Lane
    secrets_of: SecretsOf
    clock: Clock

    async def receive(self, request: Request) -> Response:
        """A reply."""
        return await self._take(request, self._pass_on)

    async def receive_reveal_request(self, request: Request) -> Response:
        """A request for the number behind an alias."""
        return await self._take(request, self._ask)

    async def _take(self, request: Request, pass_on: PassOn) -> Response:
        proven = ""
        try:
            with self.lane.place():
                body = await read_body(request, LARGEST_BODY)
                proven = self._proven(request, body)
                response = await pass_on(proven, body, request.headers["webhook-id"])
        except RefusalError as refusal:
            response = refusal.response()
            log.warning("reply_refused", insurer=proven, code=refusal.code, reason=refusal.error)
        metrics.REPLIES.labels(proven, response.status_code).inc()
        return response

    def _proven(self, request: Request, body: bytes) -> str:
        """The insurer that signed. Before that, the name in the path could be anything that anyone wrote."""
        insurer = str(request.path_params["insurer"])
        known = self.secrets_of(insurer) if _INSURER.fullmatch(insurer) else ()
        if not signatures.signed_by_insurer(body, request.headers, known or _NOBODY) or not known:
            raise RefusalError(
                401,
                "the signature is missing, wrong or older than five minutes",
                "sign with this insurer's secret (Standard Webhooks), and check your clock",
            )
        return insurer

    async def _pass_on(self, insurer: str, body: bytes, webhook_id: str) -> Response:
        reply = reply_of(body, webhook_id)
        outgoing = reply_received(reply, insurer, "https", self.clock())
        await self.lane.publish((outgoing,))
        log.info("reply_received", insurer=insurer, trace_ids=[outgoing.meta.trace_id])
        return JSONResponse({"status": "accepted", "reply_id": reply.reply_id}, 202)

    async def _ask(self, insurer: str, body: bytes, webhook_id: str) -> Response:
        request = reveal_request_of(body, webhook_id)
        outgoing = reveal_requested(request, insurer, self.clock())
        await self.lane.publish((outgoing,))
        log.info("reveal_requested", insurer=insurer, trace_ids=[outgoing.meta.trace_id])
        return JSONResponse({"status": "accepted", "request_id": request.request_id}, 202)


def reply_of(body: bytes, webhook_id: str) -> InsurerReply:
    """The reply in a body. Without a `reply_id` of its own, the webhook's id is its id.

    Errors: `RefusalError` 400 that names each wrong field.
    """
    return _read(InsurerReply, "reply_id", body, webhook_id)


def reveal_request_of(body: bytes, webhook_id: str) -> InsurerRevealRequest:
    """The request in a body. Without a `request_id` of its own, the webhook's id is its id.

    Errors: `RefusalError` 400 that names each wrong field.
    """
    return _read(InsurerRevealRequest, "request_id", body, webhook_id)


def _read(model: type[Said], id_field: str, body: bytes, webhook_id: str) -> Said:
    try:
        given = loads(body)
    except NotJsonError as error:
        raise RefusalError(400, str(error), "send a JSON object in UTF-8") from None
    if not isinstance(given, dict):
        raise RefusalError(400, "the body is not a JSON object", "send the fields in one object")
    if given.get(id_field) is None:
        given = {**given, id_field: webhook_id}
    try:
        return model.model_validate_json(orjson.dumps(given))
    except orjson.JSONEncodeError:
        raise RefusalError(400, "the body is not valid Unicode", "send whole characters in UTF-8") from None
    except ValidationError as error:
        raise RefusalError(
            400, "the body has wrong fields", "correct the fields named in details", wrong_fields(error)
        ) from None
