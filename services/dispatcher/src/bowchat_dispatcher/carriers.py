"""The ways a delivery goes out, each with its limits (insurers' phones: `phones`). The sender knows them by one shape."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import ValidationError

from bowchat_contracts.inbound import Identity
from bowchat_dispatcher.domain import Row, Verdict
from bowchat_dispatcher.endpoints import Endpoints
from bowchat_dispatcher.gateway import WhatsAppGateway
from bowchat_dispatcher.limits import Gcra
from bowchat_dispatcher.verdicts import Answer, NotSent, judge_webhook, judge_whatsapp
from bowchat_dispatcher.webhook import WebhookGateway
from bowchat_runtime.seal import Opener, SealBrokenError

_NO_ENDPOINT_WAIT_S = 5.0
_RATE_REST_S = 0.05
_RANDOM = secrets.SystemRandom()


class Carrier(Protocol):
    """One way out."""

    concurrency: int
    """How many may be under way at once in one channel."""
    lease_s: float
    """After so long an attempt is over, whatever happened to who made it."""

    def lane_wait(self, row: Row, now: datetime, /) -> float:
        """Seconds until the row's lane may send."""
        ...

    def channel_wait(self, row: Row, now: datetime, /) -> float:
        """Seconds until the row's whole channel may send."""
        ...

    def take(self, row: Row, now: datetime, /) -> None:
        """Count the row against the limits: it is about to leave."""
        ...

    def remember(self, lane: str, at: datetime, /) -> None:
        """Count what was sent before this process began."""
        ...

    async def send(self, row: Row, now: datetime, /) -> Answer: ...

    def judge(self, row: Row, answer: Answer, now: datetime, /) -> Verdict: ...


class WhatsAppCarrier:
    """Texts to policyholders. The only place that opens a recipient's seal."""

    def __init__(
        self,
        gateway: WhatsAppGateway,
        opener: Opener,
        *,
        concurrency: int,
        timeout_s: float,
        rate_per_s: float,
        pair_interval_s: float,
        pair_burst: int,
    ) -> None:
        self._gateway, self._opener = gateway, opener
        self.concurrency = concurrency
        self.lease_s = 2 * timeout_s + 10.0
        # Nine tenths steadily and one tenth at once: never more than the rate in any second.
        self._rate = Gcra(1 / (0.9 * rate_per_s), max(int(0.1 * rate_per_s), 1))
        self._pairs = Gcra(pair_interval_s, pair_burst)
        self._swept_at = 0.0

    def lane_wait(self, row: Row, now: datetime) -> float:
        return self.pair_wait(row.lane, now)

    def pair_wait(self, pair: str, now: datetime) -> float:
        """Seconds until this pair of a business number and a recipient may send."""
        return self._pairs.wait(pair, now.timestamp())

    def channel_wait(self, row: Row, now: datetime) -> float:
        wait = self._rate.wait(row.channel, now.timestamp())
        return max(wait, _RATE_REST_S) if wait else 0.0

    def take(self, row: Row, now: datetime) -> None:
        self.take_pair(row.channel, row.lane, now)

    def take_pair(self, channel: str, pair: str, now: datetime) -> None:
        """Count one text against the limits of its business number and of its pair."""
        at = now.timestamp()
        self._rate.take(channel, at)
        self._pairs.take(pair, at)
        if at > self._swept_at + 60.0:
            self._pairs.sweep(at)
            self._swept_at = at

    def remember(self, lane: str, at: datetime) -> None:
        self._pairs.take(lane, at.timestamp())

    async def send(self, row: Row, _now: datetime) -> Answer:
        try:
            opened = self._opener.open(row.sealed_recipient, f"delivery:{row.delivery_id}")
            recipient = Identity.model_validate_json(opened)
        except (SealBrokenError, ValidationError):
            return NotSent("seal_unreadable", final=True)
        return await self._gateway.send(
            business_number_id=row.business_number_id or "",
            delivery_id=row.delivery_id,
            recipient=recipient,
            text=row.content,
            buttons=row.buttons,
            list_label=row.list_label,
        )

    def judge(self, row: Row, answer: Answer, now: datetime) -> Verdict:
        return judge_whatsapp(row, answer, now)


class WebhookCarrier:
    """Events to insurers that listen behind a webhook."""

    def __init__(
        self,
        gateway: WebhookGateway,
        endpoints: Endpoints,
        *,
        concurrency: int,
        timeout_s: float,
        schedule_s: Sequence[float],
    ) -> None:
        self._gateway, self._endpoints, self._schedule = gateway, endpoints, tuple(schedule_s)
        self.concurrency = concurrency
        self.lease_s = timeout_s + 10.0
        self._gone: dict[str, tuple[str, datetime]] = {}
        """Insurers whose endpoint said 410: which address, and when to ask it again."""

    def lane_wait(self, _row: Row, _now: datetime) -> float:
        return 0.0

    def channel_wait(self, row: Row, now: datetime) -> float:
        url = self._endpoints.url(row.insurer)
        if url is None:
            return _NO_ENDPOINT_WAIT_S
        gone, until = self._gone.get(row.insurer, ("", now))
        return _NO_ENDPOINT_WAIT_S if gone == url and until > now else 0.0

    def take(self, _row: Row, _now: datetime) -> None:
        """An insurer has no rate, only so many at once."""

    def remember(self, _lane: str, _at: datetime) -> None:
        """An insurer has no rate."""

    async def send(self, row: Row, now: datetime) -> Answer:
        url = self._endpoints.url(row.insurer)
        if url is None:
            return NotSent("no_endpoint")
        return await self._gateway.post(
            insurer=row.insurer, url=url, webhook_id=row.webhook_id or "", body=row.content.reveal(), now=now
        )

    def judge(self, row: Row, answer: Answer, now: datetime) -> Verdict:
        verdict = judge_webhook(row, answer, self._schedule, _RANDOM.random())
        url = self._endpoints.url(row.insurer)
        if verdict.disable and url is not None:
            self._gone[row.insurer] = (url, now + timedelta(seconds=verdict.after_s))
            return replace(verdict, after_s=0.0)
        return verdict
