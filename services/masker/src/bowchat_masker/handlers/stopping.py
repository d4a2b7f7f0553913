"""A policyholder says STOP or START to one insurer: the way is closed or opened, and both of them are told.

What is published follows from the message and the first STOP alone, so a message read again publishes the same, whatever
was said since. The message itself is carried like any other: it has its place in the thread.
"""

from datetime import datetime

import structlog

from bowchat_contracts.deliveries import DeliveryRequested
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.insurer import InsurerWayChanged
from bowchat_contracts.pii import MessageText
from bowchat_contracts.topics import DELIVERIES_REQUESTED
from bowchat_masker import metrics
from bowchat_masker.egress import Mint, leave, whole_second
from bowchat_masker.guard import clear_minted
from bowchat_masker.handlers.holding import Seals
from bowchat_masker.handlers.outcome import InboundState
from bowchat_masker.handlers.recipient import sealed_recipient
from bowchat_masker.model import alias_key
from bowchat_masker.stop_words import Wish, confirmation, wish_of
from bowchat_masker.vault import Vault, VaultBrokenError
from bowchat_masker.ways import switched
from bowchat_runtime.moments import whole_milliseconds
from bowchat_runtime.records import Outgoing, Record, follow

log = structlog.get_logger()

SOURCE = "masker"
_WORDS = frozenset({"stopped", "open"})


class Stopping:
    """Part of the way in: it needs the alias and the contact that a message has just made."""

    def __init__(self, vault: Vault, sealer: Seals, mint: Mint) -> None:
        self._vault, self._sealer, self._mint = vault, sealer, mint

    def apply(self, record: Record, insurer: str, state: InboundState, now: datetime) -> tuple[Outgoing, ...]:
        """What a STOP or START publishes, its way changed in the state; nothing for any other message."""
        message: MessageRouted = record.event
        wish = wish_of(message.content, insurer)
        if wish is None:
            return ()
        key = alias_key(insurer, message.contact_id)
        before, at = state.ways[key], whole_milliseconds(message.received_at)
        way = switched(before, stopped=wish.stops, at=at, seq=message.seq, by=message.message_id)
        if way is not before:
            state.change(way)
            metrics.SWITCHED.labels(insurer, "stopped" if wish.stops else "open").inc()
        if way.switch is None or way.switch.first > at:
            return ()
        return self._told(message, insurer, wish, state), *self._confirmed(record, insurer, wish, state, now)

    def _told(self, message: MessageRouted, insurer: str, wish: Wish, state: InboundState) -> Outgoing:
        event = InsurerWayChanged(
            alias=state.alias(insurer, message).alias,
            thread_id=self._mint.thread_id(insurer, message.conversation_id),
            state="stopped" if wish.stops else "open",
            at=whole_second(message.received_at),
        )
        draft = self._mint.draft(
            insurer, event.alias, event, subject_id=message.message_id, time=message.received_at
        )
        return leave(clear_minted(draft, words=_WORDS))

    def _confirmed(
        self, record: Record, insurer: str, wish: Wish, state: InboundState, now: datetime
    ) -> tuple[Outgoing, ...]:
        """The answer to the policyholder, where they can be reached for certain: STOP holds without it, too."""
        message: MessageRouted = record.event
        contact = state.contacts.get(message.contact_id)
        delivery_id = derived_id("dl", "notice", message.message_id)
        try:
            sealed = (
                sealed_recipient(self._vault, self._sealer, contact, delivery_id)
                if contact and not contact.frozen
                else None
            )
        except VaultBrokenError:
            sealed = None
        if sealed is None or contact is None:
            log.warning("stop_not_confirmed", message_id=message.message_id)
            return ()
        event = DeliveryRequested(
            delivery_id=delivery_id,
            recipient_ref=self._mint.recipient_ref(message.contact_id),
            sealed_recipient=sealed,
            conversation_id=message.conversation_id,
            reply_key=derived_id("rp", "notice", message.message_id),
            insurer=insurer,
            business_number_id=message.business_number_id,
            text=MessageText(confirmation(wish, insurer)),
            requested_at=now,
            contact_version=contact.version,
            notice=True,
        )
        meta = follow(record.meta, SOURCE, event, time=now)
        return (Outgoing(DELIVERIES_REQUESTED, event.recipient_ref, event, meta),)
