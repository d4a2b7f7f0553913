"""Meta's webhook: verified over the raw bytes, answered 200 only after Kafka acknowledged.

Meta takes nothing but 200 for success and retries for seven days; its retry is our spool. So one strange message never
costs the batch it came in its 200, and nothing is kept here that Kafka has not.
"""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bowchat_ingest import metrics, signatures
from bowchat_ingest.api.requests import Lane, RefusalError, read_body
from bowchat_ingest.channels.items import Message, Parsed, WrongFormError
from bowchat_ingest.channels.whatsapp_cloud import parse
from bowchat_ingest.domain import events_of
from bowchat_ingest.foreign_json import NotJsonError, loads
from bowchat_ingest.identity import Pseudonyms
from bowchat_ingest.insurer_phones import InsurerPhones
from bowchat_runtime.clock import Clock
from bowchat_runtime.records import Outgoing

log = structlog.get_logger()

LARGEST_BODY = 3 * 1024 * 1024
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,200}")
_PROVIDER = "whatsapp_cloud"
_AT_ONCE = 50
"""Items between two chances for other requests: sealing a large batch takes longer than a small one may wait."""
_LOGGED_IDS = 20


@dataclass(frozen=True)
class WhatsAppWebhook:
    lane: Lane
    pseudonyms: Pseudonyms
    app_secrets: Sequence[bytes]
    verify_tokens: Sequence[bytes]
    clock: Clock
    phones: InsurerPhones

    async def verify(self, request: Request) -> Response:
        """Meta asks once, when the address is entered, whether we know the token: the challenge is the answer."""
        asked = request.query_params
        challenge = asked.get("hub.challenge", "")
        known = signatures.same_token(asked.get("hub.verify_token", ""), self.verify_tokens)
        if not known or asked.get("hub.mode") != "subscribe" or not _CHALLENGE.fullmatch(challenge):
            return RefusalError(
                403, "this is not the verification we expect", "check the verify token in the app's settings"
            ).response()
        return PlainTextResponse(challenge)

    async def receive(self, request: Request) -> Response:
        started = time.perf_counter()
        try:
            with self.lane.place():
                response = await self._receive(request, started)
        except RefusalError as refusal:
            response = refusal.response()
            log.warning("webhook_refused", provider=_PROVIDER, code=refusal.code, reason=refusal.error)
        metrics.WEBHOOKS.labels(_PROVIDER, response.status_code).inc()
        metrics.WEBHOOK_SECONDS.labels(_PROVIDER).observe(time.perf_counter() - started)
        return response

    async def _receive(self, request: Request, started: float) -> Response:
        body = await read_body(request, LARGEST_BODY)
        now = self.clock()
        parsed = understood(
            body, request.headers.getlist("x-hub-signature-256"), self.app_secrets, received_at=now
        )
        outgoing = await self._events(parsed, now)
        await self.lane.publish(outgoing)
        _account_for(parsed, outgoing, time.perf_counter() - started)
        return Response(status_code=200)

    async def _events(self, parsed: Parsed, now: datetime) -> list[Outgoing]:
        self.phones.refresh()
        outgoing: list[Outgoing] = []
        for first in range(0, len(parsed.items), _AT_ONCE):
            if first:
                await asyncio.sleep(0)
            some = parsed.items[first : first + _AT_ONCE]
            outgoing += events_of(some, self.pseudonyms, now, self.phones.insurer_of)
        return outgoing


def understood(
    body: bytes, given: Sequence[str], app_secrets: Sequence[bytes], *, received_at: datetime
) -> Parsed:
    """The items of a genuine webhook.

    Errors: `RefusalError` 401 for a missing or wrong signature, 400 for what is no webhook of Meta's.
    """
    if not signatures.signed_by_meta(body, given, app_secrets):
        raise RefusalError(
            401,
            "the signature is missing or wrong",
            "sign the raw body with the app secret (X-Hub-Signature-256)",
        )
    try:
        return parse(loads(body), received_at)
    except (NotJsonError, WrongFormError) as error:
        raise RefusalError(400, str(error), "send a webhook as the WhatsApp Cloud API does") from None


def _account_for(parsed: Parsed, outgoing: Sequence[Outgoing], seconds: float) -> None:
    """One line and the counters: how much came in, and what became of it."""
    statuses = 0
    for item in parsed.items:
        if isinstance(item, Message):
            metrics.ITEMS.labels(_PROVIDER, item.content.kind).inc()
        else:
            statuses += 1
    if statuses:
        metrics.ITEMS.labels(_PROVIDER, "status").inc(statuses)
    for reason in parsed.ignored:
        metrics.IGNORED.labels(_PROVIDER, reason).inc()
    log.info(
        "webhook_received",
        messages=len(parsed.items) - statuses,
        statuses=statuses,
        ignored=sorted(set(parsed.ignored)),
        trace_ids=[each.meta.trace_id for each in outgoing[:_LOGGED_IDS]],
        seconds=round(seconds, 6),
    )
