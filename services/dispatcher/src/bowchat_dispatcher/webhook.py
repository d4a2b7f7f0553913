"""Insurers' webhooks: signed by Standard Webhooks, the same bytes at every attempt, whatever the answer says discarded."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

import httpx
from standardwebhooks import Webhook

from bowchat_dispatcher.retry_after import retry_after_s
from bowchat_dispatcher.ssrf import ForbiddenAddressError
from bowchat_dispatcher.verdicts import Answer, Declined, NotSent, Taken, Unclear
from bowchat_runtime.errors import SettingsError

Secrets = Callable[[str], Sequence[bytes]]
"""The signing secrets of an insurer, in `whsec_` form. Errors: `SettingsError`."""


class WebhookGateway(Protocol):
    """Posts an event to an insurer."""

    async def post(self, *, insurer: str, url: str, webhook_id: str, body: str, now: datetime) -> Answer: ...


class SignedPost:
    """Posts over HTTP, through a transport that guards the address."""

    def __init__(self, *, secrets: Secrets, timeout_s: float, transport: httpx.AsyncBaseTransport) -> None:
        self._secrets, self._timeout = secrets, timeout_s
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout_s, connect=min(5.0, timeout_s)),
            transport=transport,
            follow_redirects=False,
            trust_env=False,
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def post(self, *, insurer: str, url: str, webhook_id: str, body: str, now: datetime) -> Answer:
        try:
            headers = signed(webhook_id, body, now, self._secrets(insurer))
        except (SettingsError, ValueError):
            return NotSent("no_signing_secret")
        try:
            async with asyncio.timeout(self._timeout):
                # Streamed and left unread: the answer's status is all that is wanted.
                async with self._client.stream(
                    "POST", url, content=body.encode(), headers=headers
                ) as response:
                    return _answer(response)
        except ForbiddenAddressError:
            return NotSent("address_forbidden")
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.InvalidURL):
            return NotSent("unreachable")
        except (httpx.TimeoutException, TimeoutError):
            return Unclear("timeout")
        except httpx.HTTPError:
            return Unclear("connection_lost")


def signed(webhook_id: str, body: str, now: datetime, secrets: Sequence[bytes]) -> dict[str, str]:
    """The headers, one signature per secret, so that a secret can be changed without a gap."""
    signatures = [Webhook(secret.decode()).sign(webhook_id, now.astimezone(UTC), body) for secret in secrets]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
        "content-type": "application/json",
        "user-agent": "bowchat",
    }


def _answer(response: httpx.Response) -> Answer:
    if response.is_success:
        return Taken()
    return Declined(response.status_code, retry_after_s=retry_after_s(response.headers.get("retry-after")))
