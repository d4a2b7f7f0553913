"""What the relay asks or tells a policyholder becomes a delivery to them, or is held or refused, which is told.

A prompt is kept as a reply is, in a row of its own key: it has one effect, however often it is asked for, and read again it
gives the same bytes.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from bowchat_contracts.prompts import PromptRequested
from bowchat_masker import metrics
from bowchat_masker.egress import Mint
from bowchat_masker.handlers.holding import hold_copy
from bowchat_masker.handlers.learning import Learning
from bowchat_masker.handlers.prompt_events import alarm, decided, delivery
from bowchat_masker.handlers.recipient import sealed_recipient
from bowchat_masker.handlers.reply_events import policy_of
from bowchat_masker.model import (
    AliasRow,
    Changes,
    Contact,
    ConversationRow,
    Erased,
    GuardReason,
    Held,
    ReplyRow,
    Thread,
    alias_key,
)
from bowchat_masker.prompts import (
    PromptView,
    delivery_id,
    looked_through,
    of_insurer,
    reply_key,
    text_refused,
    text_to_send,
    why_refused,
)
from bowchat_masker.quarantine import Destination
from bowchat_masker.reply_text import Read
from bowchat_masker.store import VaultStore
from bowchat_masker.vault import Vault
from bowchat_masker.ways import Way
from bowchat_runtime.moments import whole_milliseconds
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.seal import Opener

log = structlog.get_logger()


@dataclass(slots=True)
class PromptState:
    rows: dict[str, ReplyRow]
    contacts: dict[str, Contact]
    erased: dict[str, Erased]
    ways: dict[str, Way]
    threads: dict[str, Thread]
    aliases: dict[str, AliasRow]
    conversations: dict[str, ConversationRow]
    changes: Changes = field(default_factory=Changes)
    tally: list[ReplyRow] = field(default_factory=list)


async def prompt_state(store: VaultStore, mint: Mint, prompts: Sequence[PromptRequested]) -> PromptState:
    """All that is known of these prompts, and of whom they go to."""
    people = sorted({each.contact_id for each in prompts})
    in_name = [(each.insurer, each) for each in prompts if each.insurer is not None]
    placed = [
        (each.insurer, each.conversation_id) for each in prompts if each.insurer and each.conversation_id
    ]
    rows, contacts, erased, ways, threads, conversations = await asyncio.gather(
        store.replies(sorted({reply_key(each.prompt_id) for each in prompts})),
        store.contacts(people),
        store.erased(people),
        store.ways(sorted({alias_key(insurer, each.contact_id) for insurer, each in in_name})),
        store.threads(sorted({mint.thread_id(*place) for place in placed})),
        store.conversations(sorted({conversation for _, conversation in placed})),
    )
    aliases = await store.aliases_named(sorted({each.alias for each in threads.values()}))
    return PromptState(rows, contacts, erased, ways, threads, aliases, conversations)


def view_of(prompt: PromptRequested, state: PromptState, mint: Mint) -> PromptView:
    """What of that concerns this prompt."""
    insurer, conversation = prompt.insurer, prompt.conversation_id
    thread = state.threads.get(mint.thread_id(insurer, conversation)) if insurer and conversation else None
    return PromptView(
        contact=state.contacts.get(prompt.contact_id),
        erased=prompt.contact_id in state.erased,
        thread=thread,
        alias=state.aliases.get(thread.alias) if thread else None,
        way=state.ways.get(alias_key(insurer, prompt.contact_id)) if insurer else None,
        conversation=state.conversations.get(conversation) if conversation else None,
    )


class PromptMasker:
    """Reads `prompts.requested`."""

    def __init__(self, store: VaultStore, vault: Vault, opener: Opener, mint: Mint) -> None:
        self._store, self._vault, self._mint = store, vault, mint
        self._learning, self._sealer = Learning(vault, opener), opener.sealer()

    async def load(self, records: Sequence[Record]) -> PromptState:
        return await prompt_state(self._store, self._mint, [each.event for each in records])

    def decide(self, record: Record, state: PromptState, now: datetime) -> Sequence[Outgoing]:
        prompt: PromptRequested = record.event
        row = state.rows.get(reply_key(prompt.prompt_id))
        if row is not None:
            return _events(record, row) if row.position == record.position else ()
        self._learn(prompt, state)
        row = self._judge(record, view_of(prompt, state, self._mint), now)
        state.rows[row.reply_key] = state.changes.replies[row.reply_key] = row
        if row.outcome == "held":
            self._hold(record, row, state)
        state.tally.append(row)
        return _events(record, row)

    async def save(self, state: PromptState) -> None:
        await self._store.save(state.changes)
        for row in state.tally:
            metrics.PROMPTS.labels(row.outcome, row.reason or "").inc()
            if row.outcome != "accepted":
                log.warning("prompt_stopped", reply_key=row.reply_key, outcome=row.outcome, reason=row.reason)

    def forget(self) -> None:
        """Nothing is cached: whether a prompt may go out is read each time."""

    def _learn(self, prompt: PromptRequested, state: PromptState) -> None:
        """Who nobody has seen yet is learnt from the message that made the router ask."""
        sealed, message_id = prompt.sealed_identity, prompt.message_id
        unknown = prompt.contact_id not in state.contacts and prompt.contact_id not in state.erased
        if not unknown or sealed is None or message_id is None:
            return
        learned = self._learning.of(prompt.contact_id, None, sealed, message_id, prompt.requested_at)
        if learned.contact is None:
            log.warning("prompt_identity_unreadable", prompt_id=prompt.prompt_id, cause=learned.cause)
            return
        state.contacts[prompt.contact_id] = learned.contact
        state.changes.contacts[prompt.contact_id] = learned.contact

    def _judge(self, record: Record, view: PromptView, now: datetime) -> ReplyRow:
        prompt: PromptRequested = record.event
        kept = ReplyRow(
            reply_key=reply_key(prompt.prompt_id),
            position=record.position,
            insurer=prompt.insurer or "",
            outcome="refused",
            decided_at=whole_milliseconds(now),
            conversation_id=prompt.conversation_id,
            contact_id=prompt.contact_id,
        )
        looked = _looked_through(prompt, view.thread) if of_insurer(prompt) else Read("")
        reason = why_refused(prompt, view, now) or (text_refused(prompt.text) if of_insurer(prompt) else None)
        if reason is not None:
            return replace(kept, reason=reason)
        if looked.refused:
            return replace(kept, reason=looked.refused, raised="solicitation")
        if view.contact is not None and view.contact.frozen:
            return _stopped(kept, prompt, "number_changed")
        if looked.held:
            return _stopped(kept, prompt, looked.held)
        return self._accept(kept, prompt, view, looked)

    def _accept(self, kept: ReplyRow, prompt: PromptRequested, view: PromptView, looked: Read) -> ReplyRow:
        contact, sealed = view.contact, None
        try:
            if contact is not None:
                where = delivery_id(prompt.prompt_id)
                sealed = sealed_recipient(self._vault, self._sealer, contact, where)
        except Exception:  # noqa: BLE001 - any doubt ends in quarantine
            return _stopped(kept, prompt, "seal_unreadable")
        if sealed is None or contact is None:
            return replace(kept, reason="contact_unreachable")
        return replace(
            kept,
            outcome="accepted",
            delivery_id=delivery_id(prompt.prompt_id),
            recipient_ref=self._mint.recipient_ref(prompt.contact_id),
            business_number_id=prompt.business_number_id,
            sealed_recipient=sealed,
            contact_version=contact.version,
            raised="contact_details" if looked.removed else None,
            removed=looked.removed,
            masking=view.thread.masking if view.thread and looked.removed else "",
        )

    def _hold(self, record: Record, row: ReplyRow, state: PromptState) -> None:
        prompt: PromptRequested = record.event
        if row.raised is None or row.conversation_id is None:
            return
        copy = hold_copy(self._sealer, prompt.prompt_id, record.value)
        state.changes.held[prompt.prompt_id] = Held(
            prompt.prompt_id, "to_policyholder", row.conversation_id, row.insurer, row.raised, row.decided_at, copy
        )  # fmt: skip


def _events(record: Record, row: ReplyRow) -> tuple[Outgoing, ...]:
    prompt: PromptRequested = record.event
    sent = (_delivery(record, row),) if row.outcome == "accepted" else ()
    said = decided(
        record, prompt, row.outcome, row.decided_at, reason=row.reason, delivery_id=row.delivery_id
    )
    return (*sent, *alarm(record, prompt, row), said)


def _delivery(record: Record, row: ReplyRow) -> Outgoing:
    prompt: PromptRequested = record.event
    to = Destination(
        row.delivery_id or "",
        row.recipient_ref or "",
        row.business_number_id or "",
        row.sealed_recipient or "",
        row.contact_version,
    )
    text = text_to_send(prompt, row, policy_of(row.masking))
    return delivery(record, prompt, to, text, row.decided_at)


def _looked_through(prompt: PromptRequested, thread: Thread | None) -> Read:
    """Any doubt holds it."""
    try:
        return looked_through(prompt, policy_of(thread.masking if thread else ""))
    except Exception:  # noqa: BLE001 - any doubt ends in quarantine
        return Read("", held="masking_failed")


def _stopped(kept: ReplyRow, prompt: PromptRequested, why: GuardReason) -> ReplyRow:
    """An insurer's words wait for people. The relay's own are given up: nobody wrote them, and they may be asked anew."""
    if of_insurer(prompt):
        reason = "number_changed" if why == "number_changed" else "guard"
        return replace(kept, outcome="held", reason=reason, raised=why)
    return replace(kept, reason="number_changed" if why == "number_changed" else "contact_unreachable")
