"""Insurers that read in WhatsApp: an event as the texts that its phone is to show, and the way there."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import Identity
from bowchat_contracts.insurer_phone import InsurerThreadAsked
from bowchat_contracts.topics import insurer_of
from bowchat_dispatcher.carriers import WhatsAppCarrier
from bowchat_dispatcher.domain import Row, Verdict
from bowchat_dispatcher.gateway import WhatsAppGateway
from bowchat_dispatcher.phone_words import LIST_LABEL, Known, Shown, shown
from bowchat_dispatcher.requests import UNSENT, webhook_delivery_id, webhook_id, webhook_lane
from bowchat_dispatcher.tags import TagRow, Tags, free_tag
from bowchat_dispatcher.verdicts import Answer, NotSent
from bowchat_runtime.records import Record

NO_NUMBER = "no_insurer_number"
NO_BUSINESS_NUMBER = "no_business_number"
_LOOK_AGAIN_S = 15.0


@dataclass
class Threads:
    """The tags that a batch needs."""

    by_thread: dict[str, TagRow] = field(default_factory=dict)
    by_alias: dict[str, list[TagRow]] = field(default_factory=dict)
    """By alias, of one insurer each: aliases are nobody else's."""
    new: list[TagRow] = field(default_factory=list)


class PhoneRows:
    """Makes ledger rows of events."""

    def __init__(self, tags: Tags, business_number_id: str, public_url: str) -> None:
        self._tags, self._business, self._link = tags, business_number_id, public_url.rstrip("/")

    async def threads(self, records: Sequence[Record]) -> Threads:
        """The tags of the threads in these records; a thread that has none yet gets one with the next `keep`."""
        named = {thread: record for record in reversed(records) for thread in _threads(record.event)}
        found = Threads(await self._tags.of_threads(sorted(named)))
        given: set[str] = set()
        for thread_id, record in named.items():
            if thread_id not in found.by_thread:
                insurer, event = insurer_of(record.topic), record.event
                tag = await free_tag(self._tags, insurer, thread_id, given)
                row = TagRow(insurer, tag, thread_id, _alias(event), getattr(event, "policy_type", None))
                found.by_thread[thread_id] = row
                found.new.append(row)
        for insurer in sorted({insurer_of(record.topic) for record in records}):
            aliases = {_alias(each.event) for each in records if not _threads(each.event)} - {""}
            for row in await self._tags.of_aliases(insurer, sorted(aliases)):
                found.by_alias.setdefault(row.alias, []).append(row)
        return found

    async def keep(self, threads: Threads) -> None:
        """Errors: `ConflictError` when a tag was given to another thread meanwhile."""
        if threads.new:
            await self._tags.insert(threads.new)

    def rows(self, record: Record, threads: Threads) -> list[Row]:
        """The texts of one event, in order."""
        event: Event = record.event
        own = threads.by_alias.get(_alias(event), [])
        words = shown(
            event,
            {key: Known(each.tag, each.policy_type) for key, each in threads.by_thread.items()},
            Known(own[0].tag, own[0].policy_type) if len(own) == 1 else None,
            record.meta.time,
            self._link,
        )
        thread = threads.by_thread.get(str(getattr(event, "thread_id", ""))) or (
            own[0] if len(own) == 1 else None
        )
        return [self._row(record, words, number, thread) for number in range(len(words.texts))]

    def _row(self, record: Record, words: Shown, number: int, thread: TagRow | None) -> Row:
        insurer = insurer_of(record.topic)
        whole = webhook_delivery_id(record)
        return Row(
            delivery_id=derived_id("dl", whole, "phone", str(number)),
            kind="phone",
            # The business number's limits are one for policyholders and insurers.
            channel=f"whatsapp|{self._business}",
            lane=phone_lane(self._business, insurer, record.key or ""),
            order=record.offset * 1_000 + number,
            insurer=insurer,
            # The last text stands for the event: it leaves after the others.
            subject_id=webhook_id(record)
            if number + 1 == len(words.texts)
            else f"{webhook_id(record)}/{number}",
            conversation_id=None,
            business_number_id=self._business,
            sealed_recipient="",
            content=words.texts[number],
            webhook_id=None,
            traceparent=record.meta.traceparent,
            buttons=words.choices,
            list_label=LIST_LABEL if words.choices else None,
            expires_at=_expires(record.event, record.meta.time),
            thread_id=thread.thread_id if thread else "",
            alias=thread.alias if thread else "",
            tag=thread.tag if thread else "",
            policy_type=thread.policy_type if thread else None,
            **UNSENT,  # type: ignore[arg-type]
        )


def phone_lane(business_number_id: str, insurer: str, alias: str) -> str:
    """What keeps the order of one alias on one insurer's phone."""
    return f"{business_number_id}|{insurer}|{webhook_lane(insurer, alias)}"


def pair(lane: str) -> str | None:
    """The business number and the insurer of a lane, whose pace is limited as one; None for a lane of another kind."""
    parts = lane.split("|")
    return "|".join(parts[:2]) if len(parts) == 3 else None


class PhoneCarrier:
    """Texts to insurers. Their numbers are read when a text leaves; the ledger holds none. Limits are WhatsApp's own."""

    def __init__(
        self, whatsapp: WhatsAppCarrier, gateway: WhatsAppGateway, number_of: Callable[[str], str | None]
    ) -> None:
        self._whatsapp, self._gateway, self._number_of = whatsapp, gateway, number_of
        self.concurrency, self.lease_s = whatsapp.concurrency, whatsapp.lease_s

    def lane_wait(self, row: Row, now: datetime) -> float:
        return self._whatsapp.pair_wait(pair(row.lane) or row.lane, now)

    def channel_wait(self, row: Row, now: datetime) -> float:
        return self._whatsapp.channel_wait(row, now)

    def take(self, row: Row, now: datetime) -> None:
        self._whatsapp.take_pair(row.channel, pair(row.lane) or row.lane, now)

    def remember(self, lane: str, at: datetime) -> None:
        if (both := pair(lane)) is not None:
            self._whatsapp.remember(both, at)

    async def send(self, row: Row, _now: datetime) -> Answer:
        if not row.business_number_id:
            return NotSent(NO_BUSINESS_NUMBER, final=True)
        number = self._number_of(row.insurer)
        if number is None:
            return NotSent(NO_NUMBER)
        return await self._gateway.send(
            business_number_id=row.business_number_id,
            delivery_id=row.delivery_id,
            recipient=Identity(number=number.lstrip("+")),
            text=row.content,
            buttons=row.buttons,
            list_label=row.list_label,
        )

    def judge(self, row: Row, answer: Answer, now: datetime) -> Verdict:
        if isinstance(answer, NotSent) and answer.code == NO_NUMBER:
            # This insurer's own trouble: the business number goes on for everybody else.
            return Verdict("retry", NO_NUMBER, after_s=_LOOK_AGAIN_S, alert=True)
        return self._whatsapp.judge(row, answer, now)


def _threads(event: Event) -> Iterable[str]:
    if isinstance(event, InsurerThreadAsked):
        return [each.thread_id for each in event.options]
    thread_id = getattr(event, "thread_id", None)
    return [thread_id] if thread_id else []


def _alias(event: Event) -> str:
    return str(getattr(event, "alias", ""))


def _expires(event: Event, at: datetime) -> datetime | None:
    return at + timedelta(minutes=event.minutes) if isinstance(event, InsurerThreadAsked) else None
