"""What becomes of an accepted message, told by status webhooks: a little later, gathered, sometimes out of order."""

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bowchat_testkit.due_queue import DueQueue
from bowchat_testkit.whatsapp.errors import ApiError
from bowchat_testkit.whatsapp.settings import StatusPlan
from bowchat_testkit.whatsapp_payloads import (
    BusinessNumber,
    Json,
    Policyholder,
    Status,
    change,
    contact,
    entry,
    envelope,
    status,
)


@dataclass(frozen=True)
class Accepted:
    """A message that the API has taken."""

    business: BusinessNumber
    person: Policyholder
    wamid: str
    callback: str | None
    at: datetime


@dataclass(frozen=True)
class _Due:
    message: Accepted
    state: Status
    at: datetime
    error: ApiError | None = None


class StatusBoard:
    """Statuses that are still to come."""

    def __init__(self, plan: StatusPlan, *, time_scale: float, seed: int) -> None:
        self._plan = plan
        self._scale = time_scale
        self._random = random.Random(seed)
        self._queue: DueQueue[_Due] = DueQueue()

    def __len__(self) -> int:
        return len(self._queue)

    def expect(self, message: Accepted, *, failure: ApiError | None = None) -> None:
        """All statuses of a message: sent, delivered, read as planned, or sent and failed."""
        steps = self._steps(failed=failure is not None)
        delays = [delay for _, delay in steps]
        if self._random.random() < self._plan.disorder:
            self._random.shuffle(delays)
        for (state, happened_s), delay in zip(steps, delays, strict=True):
            at = message.at + timedelta(seconds=happened_s)
            self._queue.add(delay, _Due(message, state, at, failure if state == "failed" else None))

    async def next_webhook(self) -> Json:
        """Wait for statuses that are due and return their webhook."""
        return _webhook(await self._queue.take(gather_s=self._plan.gather_s))

    def _steps(self, *, failed: bool) -> list[tuple[Status, float]]:
        plan = self._plan
        steps: list[tuple[Status, float | None]] = [("sent", plan.sent_s)]
        if failed:
            steps.append(("failed", plan.delivered_s))
        else:
            steps += [("delivered", plan.delivered_s), ("read", plan.read_s)]
        return [(state, delay * self._scale) for state, delay in steps if delay is not None]


def _webhook(due: list[_Due]) -> Json:
    by_number: dict[BusinessNumber, list[_Due]] = defaultdict(list)
    for one in due:
        by_number[one.message.business].append(one)
    return envelope(*(entry(business, _change(business, rows)) for business, rows in by_number.items()))


def _change(business: BusinessNumber, rows: list[_Due]) -> Json:
    # A failed status comes without contacts; a `sent` one shows no username.
    contacts = {
        one.message.person: contact(one.message.person, with_username=one.state != "sent")
        for one in rows
        if one.state != "failed"
    }
    statuses = [
        status(
            one.message.person,
            one.message.wamid,
            one.at.astimezone(UTC),
            one.state,
            callback=one.message.callback,
            priced=one.state == "sent",
            error=one.error.in_status() if one.error else None,
        )
        for one in rows
    ]
    return change(business, contacts=list(contacts.values()), statuses=statuses)
