"""An insurer behind a webhook: verifies, records, answers over HTTPS. Standard Webhooks 1.0 in both directions."""

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Self

import httpx
import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bowchat_contracts.insurer import InsurerMessage, InsurerReply
from bowchat_runtime.clock import Clock, system_clock
from bowchat_testkit.due_queue import DueQueue
from bowchat_testkit.http_server import LoopbackServer, away_endpoint
from bowchat_testkit.insurers.replying import MESSAGES, ReplyPolicy, reply_to
from bowchat_testkit.whatsapp_payloads import Json

log = structlog.get_logger()

_RETRY_FIRST_S = 0.2
_RETRY_MOST_S = 5.0


@dataclass(frozen=True)
class SeenCall:
    """One genuine webhook call; the same `webhook_id` may have come before."""

    webhook_id: str
    type: str
    body: bytes
    headers: dict[str, str]
    seen_ms: int

    def message(self) -> InsurerMessage | None:
        """The message in it, released or not, or None for other events. Errors: `ValidationError`."""
        return InsurerMessage.model_validate(json.loads(self.body)["data"]) if self.type in MESSAGES else None

    def as_json(self) -> Json:
        return {
            "webhook_id": self.webhook_id,
            "type": self.type,
            "value": self.body.decode(),
            "headers": self.headers,
            "seen_ms": self.seen_ms,
        }


class Behaviour(BaseModel):
    """How the endpoint behaves; the body of `POST /_sim/behaviour`. A call that fails is neither recorded nor answered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slow_s: float = Field(default=0.0, ge=0)
    fail_status: int | None = None
    """Answer this status instead of 200."""
    failures: int | None = None
    """To so many calls; None: until told otherwise."""
    reply_after_s: float | None = None
    """None: leave it as it is."""


class WebhookInsurer:
    """Takes webhooks at `url`, answers at ingest. From `async with` until its end."""

    def __init__(
        self,
        insurer: str,
        secret: str,
        ingest_url: str,
        policy: ReplyPolicy,
        *,
        port: int = 0,
        reply_after_s: float = 0.0,
        clock: Clock = system_clock,
    ) -> None:
        self.insurer = insurer
        self.calls: list[SeenCall] = []
        self.rejected: Counter[str] = Counter()
        self.answers: Counter[int] = Counter()
        self.replied = 0
        self.policy = policy
        self.reply_after_s = reply_after_s
        self.behaviour = Behaviour()
        self._failed = 0
        self._webhook = Webhook(secret)
        self._reply_url = f"{ingest_url.rstrip('/')}/v1/insurers/{insurer}/replies"
        self._clock = clock
        self._known: set[str] = set()
        self._answering: DueQueue[InsurerReply] = DueQueue()
        self._tasks: set[asyncio.Task[None]] = set()
        self.server = LoopbackServer(self._app(), port=port)

    @property
    def url(self) -> str:
        """Where webhooks go."""
        return f"{self.server.url}/webhooks"

    def messages(self) -> list[InsurerMessage]:
        """Every message in the order it came, each once."""
        found = [message for call in self.calls if (message := call.message()) is not None]
        return list({message.message_id: message for message in found}.values())

    def behave(self, behaviour: Behaviour) -> None:
        """From now on behave like this."""
        self.behaviour = behaviour
        self._failed = 0
        if behaviour.reply_after_s is not None:
            self.reply_after_s = behaviour.reply_after_s

    async def leave(self) -> None:
        """Close the port until `come_back`. Replies go on."""
        await self.server.leave("refuse")

    async def come_back(self) -> None:
        await self.server.come_back()

    async def __aenter__(self) -> Self:
        self._client = httpx.AsyncClient(trust_env=False, timeout=20)
        self._start(self._answer())
        await self.server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.close()
        running = list(self._tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._client.aclose()

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/webhooks", self._receive, methods=["POST"]),
                Route("/_sim/records", self._records),
                Route("/_sim/behaviour", self._behave, methods=["POST"]),
                Route("/_sim/away", away_endpoint, methods=["POST"]),
            ],
            exception_handlers={ValidationError: _misunderstood},
        )

    async def _receive(self, request: Request) -> Response:
        body = await request.body()
        headers = dict(request.headers)
        behaviour = self.behaviour
        await asyncio.sleep(behaviour.slow_s)
        if behaviour.fail_status is not None and (
            behaviour.failures is None or self._failed < behaviour.failures
        ):
            self._failed += 1
            return JSONResponse({"error": "told to fail"}, behaviour.fail_status)
        try:
            self._webhook.verify(body, headers, json_parse=False)
            kind = json.loads(body)["type"]
        except WebhookVerificationError as wrong:
            return self._reject(str(wrong), 401)
        except (ValueError, KeyError, TypeError):
            return self._reject("malformed", 400)
        seen_ms = int(self._clock().timestamp() * 1000)
        self._take(SeenCall(headers["webhook-id"], kind, body, headers, seen_ms))
        return JSONResponse({"ok": True})

    def _reject(self, why: str, status: int) -> Response:
        self.rejected[why] += 1
        return JSONResponse({"error": why}, status)

    def _take(self, call: SeenCall) -> None:
        self.calls.append(call)
        if call.webhook_id in self._known:
            return
        self._known.add(call.webhook_id)
        message = call.message()
        text = self.policy(message) if message is not None else None
        if message is not None and text is not None:
            self._answering.add(self.reply_after_s, reply_to(self.insurer, message, text))

    async def _answer(self) -> None:
        while True:
            for reply in await self._answering.take():
                self._start(self._reply_until_taken(reply))

    async def _reply_until_taken(self, reply: InsurerReply) -> None:
        """Post a reply until ingest has taken it, or said that it never will."""
        body = reply.model_dump_json(exclude_none=True)
        pause = _RETRY_FIRST_S
        while (status := await self._post(reply.reply_id, body)) is None or status == 429 or status >= 500:
            await asyncio.sleep(pause)
            pause = min(_RETRY_MOST_S, pause * 2)
        if 200 <= status < 300:
            self.replied += 1
        else:
            log.warning("insurer_reply_refused", insurer=self.insurer, reply_id=reply.reply_id, status=status)

    async def _post(self, reply_id: str, body: str) -> int | None:
        now = self._clock()
        headers = {
            "content-type": "application/json",
            "webhook-id": reply_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(reply_id, now, body),
        }
        try:
            answer = await self._client.post(self._reply_url, content=body, headers=headers)
        except httpx.HTTPError:
            return None
        self.answers[answer.status_code] += 1
        return answer.status_code

    async def _records(self, _: Request) -> Response:
        records = [call.as_json() for call in self.calls]
        return JSONResponse({"records": records, "replied": self.replied, "rejected": dict(self.rejected)})

    async def _behave(self, request: Request) -> Response:
        self.behave(Behaviour.model_validate_json(await request.body()))
        return JSONResponse({"ok": True})

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _misunderstood(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)
