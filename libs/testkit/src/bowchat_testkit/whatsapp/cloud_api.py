"""What the simulated Cloud API decides and remembers, and what it tells the relay."""

import asyncio
import secrets
import time
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import count
from typing import Self

from pydantic import BaseModel, ConfigDict

from bowchat_testkit.whatsapp.errors import ApiError
from bowchat_testkit.whatsapp.faults import Faults
from bowchat_testkit.whatsapp.limits import PairLimit, Throughput, Windows
from bowchat_testkit.whatsapp.media import MediaShelf
from bowchat_testkit.whatsapp.people import People, identity
from bowchat_testkit.whatsapp.sending import ListRow, TextSend
from bowchat_testkit.whatsapp.settings import SimulatorSettings
from bowchat_testkit.whatsapp.statuses import Accepted, StatusBoard
from bowchat_testkit.whatsapp.webhooks import Answer, WebhookPoster
from bowchat_testkit.whatsapp_payloads import (
    BusinessNumber,
    Json,
    Policyholder,
    message,
    message_webhook,
    wamid_for,
)


class ReceivedMessage(BaseModel):
    """A message as it stands in a policyholder's WhatsApp."""

    model_config = ConfigDict(frozen=True)

    recipient: str
    """The number, in digits alone, or the BSUID it was sent to."""
    text: str
    at: datetime
    callback: str | None
    wamid: str
    business_number_id: str
    quoted: str | None
    buttons: tuple[tuple[str, str], ...] = ()
    """Id and title of each button to tap."""
    rows: tuple[ListRow, ...] = ()
    """The list's rows."""
    list_label: str | None = None


def tapped(chosen: tuple[str, str] | ListRow) -> Json:
    """What WhatsApp says of a tap: on a button, given by id and title, or on a row."""
    if isinstance(chosen, ListRow):
        row = {"id": chosen.id, "title": chosen.title}
        return {
            "type": "list_reply",
            "list_reply": row | ({"description": chosen.description} if chosen.description else {}),
        }
    return {"type": "button_reply", "button_reply": {"id": chosen[0], "title": chosen[1]}}


class Played(BaseModel):
    """A message that a policyholder sent, and what the relay answered to the first attempt of its webhook."""

    model_config = ConfigDict(frozen=True)

    wamid: str
    status: int | None
    body: str


class CloudApi:
    """The account behind the HTTP interface, at work from `async with` until its end.

    Everything it took is kept: `inbox` by person, `received` in order.
    """

    def __init__(self, settings: SimulatorSettings) -> None:
        scale = settings.time_scale
        self.settings = settings
        self.faults = Faults()
        self.media = MediaShelf()
        self.received: list[ReceivedMessage] = []
        self.accepted = 0
        self.refusals: Counter[int] = Counter()
        self._numbers = {one.phone_number_id: one for one in settings.numbers}
        self._pairs = PairLimit(interval_s=settings.pair_interval_s * scale, burst=settings.pair_burst)
        self._throughput = Throughput(settings.messages_per_second)
        self._windows = Windows(None if settings.window_s is None else settings.window_s * scale)
        self._people = People()
        # A random start keeps the ids of one run apart from those of the next.
        self._serial = count(secrets.randbits(48))
        self._statuses = StatusBoard(settings.statuses, time_scale=scale, seed=settings.seed)
        self._poster = WebhookPoster(settings.webhook_url, settings.app_secret, settings.retries)
        self._teller: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._teller = asyncio.create_task(self._tell_statuses())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._teller is not None:
            self._teller.cancel()
            await asyncio.gather(self._teller, return_exceptions=True)
        await self._poster.close()

    # What policyholders do and see.

    def inbox(self, number_or_bsuid: str) -> list[ReceivedMessage]:
        """What this person was sent, by whichever identity, in order."""
        # By today's knowledge of who is who: a number written to yesterday may show its BSUID only now.
        who = self._people.key_of(number_or_bsuid)
        return [one for one in self.received if self._people.key_of(one.recipient) == who]

    async def play(
        self,
        person: Policyholder,
        text: str = "",
        *,
        kind: str = "text",
        body: Json | None = None,
        context: Json | None = None,
        business: BusinessNumber | None = None,
    ) -> Played:
        """Let a policyholder write: opens the window and posts the webhook. `body` replaces the text for other kinds."""
        business = business or self.settings.numbers[0]
        now = time.monotonic()
        self._windows.open((business.phone_number_id, self._people.meet(person)), now)
        self._throughput.count(business.phone_number_id, now)
        wamid = wamid_for(person.number, next(self._serial))
        written = message(person, wamid, datetime.now(UTC), kind, body or {"body": text}, context=context)
        answer = await self._poster.post(message_webhook(business, person, written))
        return Played(wamid=wamid, status=answer.status, body=answer.body)

    async def tap(self, person: Policyholder, chosen: tuple[str, str] | ListRow) -> Played:
        """Let a policyholder tap a button of a message they got, or a row of its list."""
        return await self.play(person, kind="interactive", body=tapped(chosen))

    async def post(self, body: bytes) -> Answer:
        """Sign these bytes and post them as a webhook, once."""
        return await self._poster.post_once(body)

    # What the relay asks for.

    def number(self, phone_number_id: str) -> BusinessNumber:
        """Errors: `ApiError` 100 when the number is none of this account's."""
        try:
            return self._numbers[phone_number_id]
        except KeyError:
            raise ApiError(100, "Object with this ID does not exist; name a phone number id.") from None

    def accept(self, business: BusinessNumber, asked: TextSend, *, failure: ApiError | None = None) -> Json:
        """Take a message, or refuse it for a limit. `failure` comes later, as a status.

        Errors: `ApiError` 130429, 131047 or 131056.
        """
        now = time.monotonic()
        person = self._people.find(asked.recipient)
        pair = (business.phone_number_id, self._people.key_of(asked.recipient))
        if not self._windows.is_open(pair, now):
            raise ApiError(
                131047, "More than 24 hours have passed since the recipient last replied; use a template."
            )
        if not self._throughput.take(business.phone_number_id, now):
            raise ApiError(130429, "Cloud API message throughput has been reached; slow down.")
        if not self._pairs.take(pair, now):
            raise ApiError(
                131056, "Too many messages from this number to the same recipient; wait and retry."
            )
        wamid = wamid_for(person.number, next(self._serial), outbound=True)
        taken = Accepted(business, person, wamid, asked.callback, datetime.now(UTC))
        self.accepted += 1
        if failure is None:
            self._keep(taken, asked)
        self._statuses.expect(taken, failure=failure)
        return _acceptance(asked, person, wamid)

    def _keep(self, taken: Accepted, asked: TextSend) -> None:
        kept = ReceivedMessage(
            recipient=identity(asked.recipient),
            text=asked.text,
            at=taken.at,
            callback=asked.callback,
            wamid=taken.wamid,
            business_number_id=taken.business.phone_number_id,
            quoted=asked.quoted,
            buttons=asked.buttons,
            rows=asked.rows,
            list_label=asked.list_label,
        )
        self.received.append(kept)

    # What the simulator tells of itself.

    def state(self) -> Json:
        """Counts: sends accepted and refused, messages received by people (less those that fail later), webhooks."""
        counts = self._poster.counts
        return {
            "accepted": self.accepted,
            "received": len(self.received),
            "refused": {str(code): many for code, many in sorted(self.refusals.items())},
            "statuses_to_come": len(self._statuses),
            "webhooks": {**asdict(counts), "under_way": counts.posted - counts.taken - counts.given_up},
        }

    async def _tell_statuses(self) -> None:
        while True:
            self._poster.post(await self._statuses.next_webhook())


def _acceptance(asked: TextSend, person: Policyholder, wamid: str) -> Json:
    by_number = asked.recipient.startswith("+")
    known = {"wa_id": identity(asked.recipient)} if by_number else {"user_id": person.bsuid}
    return {
        "messaging_product": "whatsapp",
        "contacts": [{"input": asked.recipient, **known}],
        "messages": [{"id": wamid}],
    }
