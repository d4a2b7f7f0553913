"""Posting signed webhooks, again and again until they are answered with 200."""

import asyncio
from dataclasses import dataclass

import httpx

from bowchat_testkit.whatsapp.settings import Retries
from bowchat_testkit.whatsapp_payloads import Json, encode, sign


@dataclass(frozen=True)
class Answer:
    """What the relay said to one attempt. No status: it could not be reached; `body` says why."""

    status: int | None
    body: str


@dataclass
class WebhookCounts:
    """Webhooks since the start: `posted` = `taken` + `given_up` + those still under way."""

    posted: int = 0
    attempts: int = 0
    taken: int = 0
    given_up: int = 0


class WebhookPoster:
    """Sends webhooks side by side. Nothing is dropped before its attempts are spent, and that is counted."""

    def __init__(self, url: str, secret: str, retries: Retries) -> None:
        self._url = url
        self._secret = secret
        self._retries = retries
        self._slots = asyncio.Semaphore(retries.parallel)
        self._under_way: set[asyncio.Task[None]] = set()
        self._client = httpx.AsyncClient(timeout=retries.timeout_s, trust_env=False)
        self.counts = WebhookCounts()

    async def close(self) -> None:
        """Stop sending, whatever is under way."""
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._client.aclose()

    def post(self, payload: Json) -> "asyncio.Future[Answer]":
        """Start sending. The future is the answer to the first attempt; if it is not 200, others follow by themselves."""
        first: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._send_until_taken(encode(payload), first))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        self.counts.posted += 1
        return first

    async def post_once(self, body: bytes) -> Answer:
        """One attempt with these very bytes, signed; no other follows."""
        async with self._slots:
            return await self._attempt(body)

    async def _send_until_taken(self, body: bytes, first: "asyncio.Future[Answer]") -> None:
        try:
            for attempt in range(self._retries.attempts):
                answer = await self.post_once(body)
                if not first.done():
                    first.set_result(answer)
                if answer.status == 200:
                    self.counts.taken += 1
                    return
                await asyncio.sleep(_pause(self._retries, attempt))
            self.counts.given_up += 1
        finally:
            first.cancel()

    async def _attempt(self, body: bytes) -> Answer:
        self.counts.attempts += 1
        headers = {"content-type": "application/json", "x-hub-signature-256": sign(body, self._secret)}
        try:
            answer = await self._client.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as broken:
            return Answer(None, type(broken).__name__)
        return Answer(answer.status_code, answer.text[:2000])


def _pause(retries: Retries, attempt: int) -> float:
    """Seconds before the attempt after this one; the first again follows at once."""
    if attempt == 0:
        return 0.0
    return min(retries.most_s, retries.first_s * 2.0 ** min(attempt - 1, 30))
