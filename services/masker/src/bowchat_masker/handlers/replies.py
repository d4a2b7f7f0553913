"""The way back: an insurer's reply to an alias becomes a delivery to the one person of that thread, or is refused."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import get_args

import structlog

from bowchat_contracts.commands import command_in_reply
from bowchat_contracts.ids import derived_id
from bowchat_contracts.insurer import InsurerReplyChanged, RemovedPart, ReplyRefused
from bowchat_contracts.replies import ReplyReceived
from bowchat_contracts.slashes import is_command
from bowchat_masker import metrics
from bowchat_masker.domain import (
    DETAILS,
    ReplyView,
    command,
    find_thread,
    held_reply,
    refuse_text,
    refused,
    why_closed,
)
from bowchat_masker.egress import Mint, leave
from bowchat_masker.guard import NOBODY, Cleared, Draft, Inspect, clear
from bowchat_masker.handlers.command_answers import PLAIN_WORDS, told
from bowchat_masker.handlers.forgotten import forget_again
from bowchat_masker.handlers.holding import hold_copy
from bowchat_masker.handlers.recall import ReplyRecall
from bowchat_masker.handlers.recipient import sealed_recipient
from bowchat_masker.handlers.reply_events import alarm, commanded, decided, delivery, named, policy_of
from bowchat_masker.handlers.reply_state import ReplyState
from bowchat_masker.model import (
    Contact,
    GuardReason,
    Held,
    ReplyRow,
    Thread,
)
from bowchat_masker.reply_text import CHANGED, Read, read
from bowchat_masker.store import VaultStore
from bowchat_masker.vault import Vault
from bowchat_runtime.moments import whole_milliseconds
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.seal import Opener

log = structlog.get_logger()

_ALIAS = re.compile(r"ph_[a-p]{32}")
_NO_ALIAS = "refused"


class ReplyMasker:
    """Reads `replies.received`. A reply has one effect, however often the insurer sends it."""

    def __init__(
        self, store: VaultStore, vault: Vault, opener: Opener, mint: Mint, *, inspect: Inspect
    ) -> None:
        self._store, self._vault, self._mint, self._inspect = store, vault, mint, inspect
        self._sealer = opener.sealer()
        self._recall = ReplyRecall(vault)

    async def load(self, records: Sequence[Record]) -> ReplyState:
        events: list[ReplyReceived] = [record.event for record in records]
        replies, aliases = await asyncio.gather(
            self._store.replies(sorted({each.reply_key for each in events})),
            self._store.aliases_named(
                sorted({each.alias for each in events if _ALIAS.fullmatch(each.alias)})
            ),
        )
        keys = {self._recall.key(each.insurer, each.contact_id) for each in aliases.values()}
        contacts, found, ways, windows = await asyncio.gather(
            self._store.contacts(sorted({each.contact_id for each in aliases.values()})),
            self._store.threads_of(sorted(aliases)),
            self._store.ways(sorted({each.way for each in aliases.values()})),
            self._store.windows(sorted(keys)),
        )
        conversations = await self._store.conversations(sorted({each.conversation_id for each in found}))
        threads: dict[str, list[Thread]] = {}
        for thread in sorted(found, key=lambda each: each.thread_id):
            threads.setdefault(thread.alias, []).append(thread)
        return ReplyState(replies, aliases, threads, contacts, conversations, ways, windows)

    def decide(self, record: Record, state: ReplyState, now: datetime) -> Sequence[Outgoing]:
        reply: ReplyReceived = record.event
        row = state.replies.get(reply.reply_key)
        if row is not None:
            return self._again(record, row, state)
        row = replace(self._judge(record, state, whole_milliseconds(now)), content=self._content(reply))
        outgoing = self._events(record, row, state)
        held = self._held(record, row)
        state.replies[row.reply_key] = state.changes.replies[row.reply_key] = row
        state.changes.held |= held
        state.tally.append((row.reply_key, row.outcome, row.reason or ""))
        return outgoing

    async def save(self, state: ReplyState) -> None:
        await self._store.save(state.changes)
        written = state.changes.replies.values()
        whose = {each.conversation_id: each.contact_id for each in written if each.conversation_id}
        await forget_again(self._store, state.changes, whose)
        for insurer, what, outcome in state.noticed:
            metrics.REPLY_FINDINGS.labels(insurer, what, outcome).inc()
        for reply_key, outcome, reason in state.tally:
            metrics.REPLIES.labels(outcome, reason).inc()
            if outcome in ("held", "refused"):
                log.warning("reply_stopped", reply_key=reply_key, outcome=outcome, reason=reason)

    def forget(self) -> None:
        """Nothing is cached: whether a reply may go out is read each time."""

    def _again(self, record: Record, row: ReplyRow, state: ReplyState) -> Sequence[Outgoing]:
        """A reply id that was decided on before: read again after a crash, sent again, or used for something else."""
        key = record.event.reply_key
        if row.position == record.position:
            state.tally.append((key, "repeated", ""))
            return self._events(record, row, state)
        if row.content in ("", self._content(record.event)):
            state.tally.append((key, "absorbed", ""))
            return ()
        told = self._reused(record, state)
        state.tally.append((key, "refused" if told else "absorbed", "reply_id_reused"))
        return told

    def _reused(self, record: Record, state: ReplyState) -> Sequence[Outgoing]:
        """Told to the insurer alone: inside, the reply of this id is the one that was decided on."""
        subject_id = f"{record.event.reply_key}/{record.position}"
        return self._told(
            self._refused_draft(record, "reply_id_reused", subject_id=subject_id), record, state
        )

    def _content(self, reply: ReplyReceived) -> str:
        return self._mint.content(
            reply.alias, reply.thread_id or "", reply.in_reply_to or "", reply.text.reveal()
        )

    def _judge(self, record: Record, state: ReplyState, now: datetime) -> ReplyRow:
        reply: ReplyReceived = record.event
        alias = state.aliases.get(reply.alias)
        view = ReplyView(alias, state.threads.get(reply.alias, ()), state.conversations, self._mint.thread_id)
        thread = find_thread(reply, view)
        closed = why_closed(alias, state.ways, reply.insurer, now)
        if closed or not isinstance(thread, Thread):
            known = thread if isinstance(thread, Thread) else None
            said = closed or (thread if not isinstance(thread, Thread) else "unknown_thread")
            row = refused(reply, record.position, said, known, now)
            return self._refusal(record, row, state.writer(reply))
        return self._judge_text(record, thread, state, now)

    def _judge_text(self, record: Record, thread: Thread, state: ReplyState, now: datetime) -> ReplyRow:
        reply: ReplyReceived = record.event
        contact = state.contacts.get(thread.contact_id)
        reason = refuse_text(reply.text.reveal())
        if reason is None and contact is not None and is_command(reply.text.reveal()):
            return self._command(record, thread, contact, now)
        looked = Read("") if reason else _looked_through(reply, thread)
        reason = reason or looked.refused
        if reason or contact is None:
            row = refused(reply, record.position, reason or "contact_unreachable", thread, now)
            row = self._refusal(record, row, contact)
        elif contact.frozen:
            row = held_reply(reply, record.position, thread, "number_changed", now)
        elif looked.held:
            row = held_reply(reply, record.position, thread, looked.held, now)
        else:
            row = self._beside(record, thread, contact, looked, state=state, now=now)
        state.noticed += [(reply.insurer, each, row.outcome) for each in looked.noticed]
        return row

    def _beside(
        self,
        record: Record,
        thread: Thread,
        contact: Contact,
        looked: Read,
        *,
        state: ReplyState,
        now: datetime,
    ) -> ReplyRow:
        """Accepted, unless it leads around the relay together with those before it."""
        reply: ReplyReceived = record.event
        key, policy = self._recall.key(reply.insurer, contact.contact_id), policy_of(thread.masking)
        try:
            reason, window = self._recall.judge(
                reply, looked.text, policy, contact=contact, row=state.window(key)
            )
        except Exception:  # noqa: BLE001 - any doubt ends in quarantine
            reason, window = "masking_failed", None
        if reason:
            return held_reply(reply, record.position, thread, reason, now)
        row = self._accept(record, thread, contact, looked, now)
        if window and row.outcome == "accepted":
            state.remember(window)
        return row

    def _command(self, record: Record, thread: Thread, contact: Contact, now: datetime) -> ReplyRow:
        """For the router, unless its answer, which gives the insurer's reply id back, would spell the person's number."""
        row = command(record.event, record.position, thread, now)
        known, command_id = named(record.event, row, self._mint), command_in_reply(row.reply_key)
        event = told(known, "refused", now)
        answer = self._mint.draft(row.insurer, known.alias, event, subject_id=command_id, time=now)
        return row if self._cleared(answer, contact) else _silenced(row)

    def _accept(
        self, record: Record, thread: Thread, contact: Contact, looked: Read, now: datetime
    ) -> ReplyRow:
        reply: ReplyReceived = record.event
        delivery_id = derived_id("dl", reply.reply_key)
        try:
            sealed = sealed_recipient(self._vault, self._sealer, contact, delivery_id)
            if sealed is None:
                row = refused(reply, record.position, "contact_unreachable", thread, now)
                return self._refusal(record, row, contact)
        except Exception:  # noqa: BLE001 - any doubt ends in quarantine
            return held_reply(reply, record.position, thread, "seal_unreadable", now)
        return ReplyRow(
            reply_key=reply.reply_key,
            position=record.position,
            insurer=reply.insurer,
            outcome="accepted",
            decided_at=now,
            conversation_id=thread.conversation_id,
            contact_id=thread.contact_id,
            delivery_id=delivery_id,
            recipient_ref=thread.recipient_ref,
            business_number_id=thread.business_number_id,
            sealed_recipient=sealed,
            contact_version=contact.version,
            raised="contact_details" if looked.removed else None,
            removed=looked.removed,
            masking=thread.masking if looked.removed else "",
        )

    def _refusal(self, record: Record, row: ReplyRow, contact: Contact | None) -> ReplyRow:
        """The refusal, unless the insurer's own reply id or alias, given back, would spell the person's number."""
        draft = self._refused_draft(record, row.reason, subject_id=row.reply_key)
        return row if self._cleared(draft, contact) else _silenced(row)

    def _cleared(self, draft: Draft, contact: Contact | None) -> Cleared | None:
        try:
            watch = self._vault.open(contact).watch if contact else NOBODY
            trusted = frozenset({*DETAILS.values(), *get_args(RemovedPart), CHANGED, *PLAIN_WORDS})
            verdict = clear(draft, watch, trusted=trusted, inspect=self._inspect)
        except Exception:  # noqa: BLE001 - any doubt ends in quarantine
            return None
        return verdict if isinstance(verdict, Cleared) else None

    def _told(self, draft: Draft, record: Record, state: ReplyState) -> tuple[Outgoing, ...]:
        """What an insurer is told, or nothing where the guard finds the policyholder in it."""
        cleared = self._cleared(draft, state.writer(record.event))
        return (leave(cleared),) if cleared else ()

    def _events(self, record: Record, row: ReplyRow, state: ReplyState) -> tuple[Outgoing, ...]:
        """What a decision publishes: made of the row and the reply alone, so that a replay gives the same bytes."""
        own: dict[str, Callable[[], tuple[Outgoing, ...]]] = {
            "accepted": lambda: (delivery(record, row), *self._changed(record, row, state)),
            "refused": lambda: self._told(
                self._refused_draft(record, row.reason, subject_id=row.reply_key), record, state
            ),
            "held": lambda: alarm(record, row),
            "command": lambda: (commanded(record, row, self._mint),),
        }
        return (*own[row.outcome](), decided(record, row))

    def _changed(self, record: Record, row: ReplyRow, state: ReplyState) -> tuple[Outgoing, ...]:
        """A reply that is carried without some of its parts: its insurer is told, and so are people."""
        if not row.removed:
            return ()
        reply: ReplyReceived = record.event
        event = InsurerReplyChanged.model_validate(
            {"reply_id": reply.reply_id, "alias": reply.alias, "removed": row.removed, "detail": CHANGED}
        )
        draft = self._mint.draft(
            reply.insurer, reply.alias, event, subject_id=row.reply_key, time=reply.received_at
        )
        return (*self._told(draft, record, state), *alarm(record, row))

    def _refused_draft(self, record: Record, said: str | None, *, subject_id: str) -> Draft:
        reply: ReplyReceived = record.event
        reason = next(each for each in DETAILS if each == said)
        event = ReplyRefused(
            reply_id=reply.reply_id, alias=reply.alias, reason=reason, detail=DETAILS[reason]
        )
        key = reply.alias if _ALIAS.fullmatch(reply.alias) else _NO_ALIAS
        return self._mint.draft(reply.insurer, key, event, subject_id=subject_id, time=reply.received_at)

    def _held(self, record: Record, row: ReplyRow) -> dict[str, Held]:
        if row.outcome != "held" or row.raised is None or row.conversation_id is None:
            return {}
        copy = hold_copy(self._sealer, row.reply_key, record.value)
        held = Held(
            row.reply_key,
            "to_policyholder",
            row.conversation_id,
            row.insurer,
            row.raised,
            row.decided_at,
            copy,
        )
        return {held.subject_id: held}


def _looked_through(reply: ReplyReceived, thread: Thread) -> Read:
    """Any doubt holds it."""
    try:
        return read(reply.text.reveal(), policy_of(thread.masking))
    except Exception:  # noqa: BLE001 - any doubt ends in quarantine
        return Read("", held="masking_failed")


def _silenced(row: ReplyRow) -> ReplyRow:
    raised: GuardReason = "known_identity"
    return ReplyRow(
        reply_key=row.reply_key,
        position=row.position,
        insurer=row.insurer,
        outcome="held",
        decided_at=row.decided_at,
        reason="guard",
        raised=raised,
        conversation_id=row.conversation_id,
        contact_id=row.contact_id,
    )
