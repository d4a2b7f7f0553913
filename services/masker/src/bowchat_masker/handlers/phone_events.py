"""What a decision on a reply from an insurer's phone publishes: made of its row, so that a replay gives the same bytes."""

from collections.abc import Iterator, Sequence

from bowchat_contracts.envelope import Event, Meta, traceparent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.insurer import ReplyRefused
from bowchat_contracts.insurer_phone import (
    ANSWER_WITHIN,
    InsurerThreadAsked,
    ReplyUnaddressed,
    ThreadOption,
)
from bowchat_contracts.replies import ReplyDecided, ReplyReceived
from bowchat_contracts.topics import REPLIES_ADDRESSED, REPLIES_DECIDED
from bowchat_masker.domain import DETAILS
from bowchat_masker.egress import Mint, leave
from bowchat_masker.guard import clear_minted
from bowchat_masker.handlers.holding import kept_copy_of
from bowchat_masker.insurer_threads import PhoneReply, minutes_since
from bowchat_runtime.errors import RejectError
from bowchat_runtime.records import Outgoing
from bowchat_runtime.seal import Opener

_NOBODY = "nobody"
"""The alias of a reply that is for none, and the key it is told under."""


class PhoneTeller:
    """Knows how to say everything that is said of such a reply."""

    def __init__(self, opener: Opener, mint: Mint) -> None:
        self._opener, self._mint = opener, mint

    def caused(self, position: str, rows: Sequence[PhoneReply]) -> Iterator[Outgoing]:
        """What the record at this position has caused, of these rows."""
        for row in rows:
            if row.ended_by == position:
                yield from self.ended(row)
        for row in rows:
            if row.asked_by == position:
                yield self.question(row)

    def ended(self, row: PhoneReply) -> Iterator[Outgoing]:
        """Of a reply that has come to its end here."""
        if row.state == "addressed":
            yield self._addressed(row)
        elif row.state == "answered":
            yield _decided(row, "answered")
        else:
            yield self._refusal(row)
            yield _decided(row, "refused")

    def _addressed(self, row: PhoneReply) -> Outgoing:
        """The reply, now that its thread is known. From here on it goes the way of every reply."""
        said = self.said(row)
        event = ReplyReceived(
            reply_key=row.reply_key,
            insurer=row.insurer,
            reply_id=row.reply_id,
            alias=row.alias or "",
            thread_id=row.thread_id,
            text=said.text,
            via="whatsapp",
            received_at=row.received_at,
        )
        return Outgoing(REPLIES_ADDRESSED, event.alias, event, _meta(row, event))

    def said(self, row: PhoneReply) -> ReplyUnaddressed:
        """What the insurer wrote.

        Errors: `RejectError` where it does not open any more.
        """
        value = kept_copy_of(self._opener, row.reply_key, row.sealed)
        if value is None:
            raise RejectError("a reply that waited for its thread cannot be opened any more")
        return ReplyUnaddressed.model_validate_json(value)

    def _refusal(self, row: PhoneReply) -> Outgoing:
        """Nothing but our own words stands in it: nobody's identity could."""
        reason = next(each for each in DETAILS if each == row.reason)
        event = ReplyRefused(reply_id=row.reply_id, alias=_NOBODY, reason=reason, detail=DETAILS[reason])
        words = frozenset({_NOBODY, reason, DETAILS[reason]})
        draft = self._mint.draft(row.insurer, _NOBODY, event, subject_id=row.reply_key, time=row.received_at)
        return leave(clear_minted(draft, words=words))

    def question(self, row: PhoneReply) -> Outgoing:
        """Whom a reply is for: ids of ours and counts, and nothing else."""
        asked_at = row.asked_at or row.decided_at
        event = InsurerThreadAsked(
            reply_id=row.reply_id,
            options=tuple(
                ThreadOption(option_id=each.option_id, thread_id=each.thread_id, minutes_ago=each.minutes_ago)
                for each in row.offers
            ),
            others=row.others,
            said_minutes_ago=minutes_since(row.received_at, asked_at) or 0,
            minutes=int(ANSWER_WITHIN.total_seconds() // 60),
        )
        draft = self._mint.draft(row.insurer, _NOBODY, event, subject_id=row.reply_key, time=asked_at)
        return leave(clear_minted(draft, words=frozenset({_NOBODY})))


def _decided(row: PhoneReply, outcome: str) -> Outgoing:
    event = ReplyDecided.model_validate(
        {
            "reply_key": row.reply_key,
            "insurer": row.insurer,
            "outcome": outcome,
            "reason": row.reason,
            "received_at": row.received_at,
            "decided_at": row.decided_at,
        }
    )
    return Outgoing(REPLIES_DECIDED, row.reply_key, event, _meta(row, event))


def _meta(row: PhoneReply, event: Event) -> Meta:
    return Meta(
        id=derived_id("ev", row.reply_key, event.type, row.state),
        type=event.type,
        source="/bowchat/masker",
        time=row.decided_at,
        traceparent=traceparent(row.reply_key, f"masker/{event.type}"),
    )
