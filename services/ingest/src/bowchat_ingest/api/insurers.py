"""An insurer's replies over HTTPS, signed after Standard Webhooks 1.0.

An insurer exists here when it has a secret file; a new one, and a rotated secret, count from the next request on. Who
asks for an unknown insurer gets the same answer as who signs wrongly.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson
import structlog
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bowchat_contracts.insurer import InsurerReply
from bowchat_ingest import metrics, signatures
from bowchat_ingest.api.requests import Lane, RefusalError, read_body
from bowchat_ingest.domain import reply_received
from bowchat_ingest.foreign_json import NotJsonError, loads
from bowchat_runtime.clock import Clock

log = structlog.get_logger()

LARGEST_BODY = 256 * 1024
_INSURER = re.compile(r"[a-z][a-z0-9-]{1,39}")
# Checked in place of an unknown insurer's secret, so that it takes as long.
_NOBODY = (b"whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=",)
_WORDS = {
    "missing": "is missing",
    "string_type": "must be a text",
    "string_too_short": "is too short",
    "string_too_long": "has more than 100 characters",
    "string_pattern_mismatch": "may hold letters, digits and . _ : - only",
}

SecretsOf = Callable[[str], Sequence[bytes]]
"""The accepted secrets of an insurer; none for one that does not exist."""


@dataclass(frozen=True)
class InsurerReplies:
    lane: Lane
    secrets_of: SecretsOf
    clock: Clock

    async def receive(self, request: Request) -> Response:
        proven = ""
        try:
            with self.lane.place():
                body = await read_body(request, LARGEST_BODY)
                proven = self._proven(request, body)
                response = await self._pass_on(proven, body, request.headers["webhook-id"])
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


def reply_of(body: bytes, webhook_id: str) -> InsurerReply:
    """The reply in a body. Without a `reply_id` of its own, the webhook's id is its id.

    Errors: `RefusalError` 400 that names each wrong field.
    """
    try:
        given = loads(body)
    except NotJsonError as error:
        raise RefusalError(400, str(error), "send a JSON object in UTF-8") from None
    if not isinstance(given, dict):
        raise RefusalError(400, "the body is not a JSON object", "send the reply's fields in one object")
    if given.get("reply_id") is None:
        given = {**given, "reply_id": webhook_id}
    try:
        return InsurerReply.model_validate_json(orjson.dumps(given))
    except orjson.JSONEncodeError:
        raise RefusalError(400, "the body is not valid Unicode", "send whole characters in UTF-8") from None
    except ValidationError as error:
        raise RefusalError(
            400, "the reply has wrong fields", "correct the fields named in details", _in_words(error)
        ) from None


def _in_words(error: ValidationError) -> tuple[str, ...]:
    return tuple(f"{each['loc'][0]} {_WORDS.get(each['type'], 'is not valid')}" for each in error.errors())
