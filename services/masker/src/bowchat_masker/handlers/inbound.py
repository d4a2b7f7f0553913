"""The way in: a routed message becomes the insurer's record, or is held. There is no third way."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Literal

import structlog

from bowchat_contracts.conversations import GuardRaised
from bowchat_contracts.ids import random_id
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.insurer import InsurerMessage, InsurerWithheld
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_contracts.topics import GUARD_RAISED, INBOUND_RELAYED
from bowchat_masker import metrics
from bowchat_masker.bubbles import cutting
from bowchat_masker.domain import insurer_message, says_number_changed, trusted_words, withheld
from bowchat_masker.egress import Mint, leave
from bowchat_masker.guard import Cleared, Draft, Inspect, clear, clear_minted, written_by_people
from bowchat_masker.handlers.forgotten import ERASED, bare, forget_again, names_before
from bowchat_masker.handlers.holding import hold_copy
from bowchat_masker.handlers.learning import Learning, frozen
from bowchat_masker.handlers.media_events import media_requested
from bowchat_masker.handlers.outcome import (
    Clear,
    Doubt,
    InboundState,
    Learned,
    Outcome,
    alias_name,
    ways_after,
)
from bowchat_masker.handlers.recall import Recall
from bowchat_masker.handlers.relaying import relayed
from bowchat_masker.handlers.stopping import Stopping
from bowchat_masker.model import AliasRow, Changes, Contact, Held, Thread, WindowRow, alias_key
from bowchat_masker.quarantine import withheld_reason
from bowchat_masker.seen import Mask, Minted, Seen, names_of, seen_by_insurer
from bowchat_masker.store import VaultStore
from bowchat_masker.vault import Vault
from bowchat_runtime.errors import RejectError
from bowchat_runtime.records import Outgoing, Record, follow
from bowchat_runtime.seal import Opener

log = structlog.get_logger()

SOURCE = "masker"
_MOST_CACHED = 200_000


class InboundMasker:
    """Reads `inbound.routed`. Stateless towards a message: the same message gives the same bytes, as often as it comes."""

    def __init__(
        self,
        store: VaultStore,
        vault: Vault,
        opener: Opener,
        mint: Mint,
        *,
        mask: Mask,
        inspect: Inspect,
    ) -> None:
        self._store, self._vault, self._mint = store, vault, mint
        self._learning = Learning(vault, opener)
        self._sealer = opener.sealer()
        self._recall = Recall(vault)
        self._stopping = Stopping(vault, self._sealer, mint)
        self._mask, self._inspect = mask, inspect
        self._aliases: dict[str, AliasRow] = {}
        self._threads: dict[str, Thread] = {}

    async def load(self, records: Sequence[Record]) -> InboundState:
        messages: list[MessageRouted] = [record.event for record in records]
        contact_ids = sorted({each.contact_id for each in messages})
        routed = [(each.insurer, each) for each in messages if each.insurer and each.outcome == "routed"]
        waiting = [(each.insurer, each) for each in messages if each.insurer and each.outcome == "queued"]
        pairs = sorted({(insurer, each.contact_id) for insurer, each in routed + waiting})
        threads = sorted({self._mint.thread_id(insurer, each.conversation_id) for insurer, each in routed})
        keys = [alias_key(*pair) for pair in pairs]
        contacts, ways, found, windows = await asyncio.gather(
            self._store.contacts(contact_ids),
            self._store.ways(keys),
            self._store.threads([each for each in threads if each not in self._threads]),
            self._store.windows(keys),
        )
        self._threads |= found
        gone = await self._store.erased([each for each in contact_ids if each not in contacts])
        written = ways_after(ways, routed)
        ways |= written
        wishing = [each for each in waiting if alias_key(each[0], each[1].contact_id) in ways]
        names = {alias_name(insurer, each, ways) for insurer, each in routed + wishing}
        known, fresh = await self._named(names)
        known |= names_before(gone, names)
        open_threads = {each: self._threads[each] for each in threads if each in self._threads}
        stored = {each.contact_id: each.version for each in contacts.values()}
        stored |= {each.thread_id: each.version for each in open_threads.values()}
        stored |= {each.key: each.version for each in windows.values()}
        changes = Changes(ways={key: each for key, each in written.items() if each.contact_id not in gone})
        return InboundState(
            contacts, stored, known, fresh, open_threads, windows, ways, changes, frozenset(gone)
        )

    async def _named(
        self, names: set[tuple[str, str, int]]
    ) -> tuple[dict[str, AliasRow], dict[str, AliasRow]]:
        """These aliases: those that there are, and new ones for the rest."""
        wanted = {alias_key(*name): name for name in sorted(names)}
        missing = [name for key, name in wanted.items() if key not in self._aliases]
        self._aliases |= await self._store.aliases(missing)
        known = {key: self._aliases[key] for key in wanted if key in self._aliases}
        return known, {
            key: AliasRow(insurer, contact_id, random_id("ph"), generation)
            for key, (insurer, contact_id, generation) in wanted.items()
            if key not in known
        }

    def decide(self, record: Record, state: InboundState, now: datetime) -> Sequence[Outgoing]:
        message: MessageRouted = record.event
        erased = message.contact_id in state.erased
        contact = state.contacts.get(message.contact_id)
        learned = Learned(None, None, cause=ERASED) if erased else self._learn(message, contact)
        if message.outcome in ("triage", "queued"):
            outcome = Outcome((), message.message_id, "learned", learned)
        elif message.insurer is None:
            raise RejectError("a routed message names no insurer")
        else:
            outcome = self._relay(record, message.insurer, learned, state, now)
        state.apply(outcome)
        wished = () if erased else self._wished(record, state, now)
        told = frozen(record, state.contacts.get(message.contact_id), self._mint, now)
        return (*outcome.outgoing, *told, *wished)

    def _wished(self, record: Record, state: InboundState, now: datetime) -> tuple[Outgoing, ...]:
        """STOP holds from the moment it was said, also in a line: where the insurer has a way to the policyholder yet."""
        message: MessageRouted = record.event
        if message.insurer is None or not state.has_way(message.insurer, message):
            return ()
        return self._stopping.apply(record, message.insurer, state, now)

    async def save(self, state: InboundState) -> None:
        await self._store.save(state.changes)
        whose = {each.conversation_id: each.contact_id for each in state.threads.values()}
        await forget_again(self._store, state.changes, whose, state.erased)
        for cache in (self._aliases, self._threads):
            if len(cache) > _MOST_CACHED:
                cache.clear()
        self._aliases |= state.changes.aliases
        self._threads |= state.changes.threads
        for outcome in state.outcomes:
            _account(outcome)

    def forget(self) -> None:
        self._aliases.clear()
        self._threads.clear()

    def _learn(self, message: MessageRouted, contact: Contact | None) -> Learned:
        return self._learning.of(
            message.contact_id,
            contact,
            message.sealed_identity,
            message.message_id,
            message.sent_at,
            says_changed=says_number_changed(message),
        )

    def _relay(
        self, record: Record, insurer: str, learned: Learned, state: InboundState, now: datetime
    ) -> Outcome:
        message: MessageRouted = record.event
        alias = state.alias(insurer, message)
        names = names_of(message, insurer, alias.alias, self._mint)
        thread = self._thread(message, alias, names, state)
        verdict, window = self._judge(message, insurer, learned, names, state)
        if isinstance(verdict, Clear):
            files = media_requested(record, message, insurer, names, at=now)
            answerable = not state.ways[alias.way].stopped_at(message.received_at)
            event = _relayed(record, insurer, names, None, now, answerable=answerable)
            outgoing = (verdict.outgoing, event, *files)
            return Outcome(
                outgoing, message.message_id, "relayed", learned, None, verdict.findings, alias, thread,
                window=window,
            )  # fmt: skip
        held, told = self._hold(record, insurer, names, verdict, now)
        if message.contact_id in state.erased:
            thread = None
        return Outcome(told, message.message_id, "held", learned, verdict, (), alias, thread, held, window)

    def _judge(
        self, message: MessageRouted, insurer: str, learned: Learned, names: Minted, state: InboundState
    ) -> tuple[Clear | Doubt, WindowRow | None]:
        if learned.watch is None:
            return Doubt("seal_unreadable", learned.cause), None
        trusted = trusted_words(message)
        try:
            seen, draft = self._seen(message, insurer, names, self._mask)
            verdict = clear(draft, learned.watch, trusted=trusted, inspect=self._inspect)
            if not isinstance(verdict, Cleared):
                return Doubt("known_identity", verdict), None
            contact = learned.contact or state.contacts[message.contact_id]
            said = written_by_people(draft, trusted)
            pieces = self._recall.judge(
                message, insurer, said, seen.texts, contact=contact, watch=learned.watch, windows=state.windows,
                mask=self._mask,
            )  # fmt: skip
            if pieces.cuts:
                seen, draft = self._seen(message, insurer, names, cutting(self._mask, pieces.cuts))
                verdict = clear(draft, learned.watch, trusted=trusted, inspect=self._inspect)
                if not isinstance(verdict, Cleared):
                    return Doubt("known_identity", verdict), pieces.window
        except Exception as error:  # noqa: BLE001 - any doubt ends in quarantine
            return Doubt("masking_failed", type(error).__name__), None
        if pieces.reason:
            return Doubt(pieces.reason, "pieces"), pieces.window
        return Clear(leave(verdict), seen.findings), pieces.window

    def _hold(
        self, record: Record, insurer: str, names: Minted, doubt: Doubt, now: datetime
    ) -> tuple[Held, tuple[Outgoing, ...]]:
        """The insurer's record at a held message's place is made of minted values alone, and is proved to be."""
        message: MessageRouted = record.event
        reason = withheld_reason(doubt.reason)
        draft = self._draft(message, insurer, withheld(message, names, reason))
        place = leave(clear_minted(draft, words=frozenset({reason})))
        raised = GuardRaised(
            subject_id=message.message_id,
            direction="to_insurer",
            conversation_id=message.conversation_id,
            insurer=insurer,
            reason=doubt.reason,
            at=now,
        )
        meta = follow(record.meta, SOURCE, raised, time=now)
        alarm = Outgoing(GUARD_RAISED, message.conversation_id, raised, meta)
        value = bare(message) if doubt.cause == ERASED else record.value
        held = Held(
            message.message_id, "to_insurer", message.conversation_id, insurer, doubt.reason, now,
            hold_copy(self._sealer, message.message_id, value),
        )  # fmt: skip
        return held, (place, alarm, _relayed(record, insurer, names, doubt.reason, now))

    def _seen(self, message: MessageRouted, insurer: str, names: Minted, mask: Mask) -> tuple[Seen, Draft]:
        seen = seen_by_insurer(message.content, names, message.masking, mask)
        return seen, self._draft(message, insurer, insurer_message(message, names, seen.content))

    def _draft(self, message: MessageRouted, insurer: str, event: InsurerMessage | InsurerWithheld) -> Draft:
        return self._mint.draft(
            insurer, event.alias, event, subject_id=message.message_id, time=message.sent_at
        )

    def _thread(
        self, message: MessageRouted, alias: AliasRow, names: Minted, state: InboundState
    ) -> Thread | None:
        """The thread as it has to be written; None when it is there already, or this message is of an alias before."""
        insurer, masking = alias.insurer, _as_json(message.masking)
        way = state.ways[alias_key(insurer, message.contact_id)]
        known = state.threads.get(names.thread_id)
        now_and_then = (message.business_number_id, names.alias, masking)
        if known and (
            alias.generation < way.generation
            or (known.business_number_id, known.alias, known.masking) == now_and_then
        ):
            return None
        return Thread(
            thread_id=names.thread_id,
            version=1,
            insurer=insurer,
            alias=names.alias,
            contact_id=message.contact_id,
            conversation_id=message.conversation_id,
            business_number_id=message.business_number_id,
            recipient_ref=self._mint.recipient_ref(message.contact_id),
            masking=masking,
        )


@lru_cache(maxsize=256)
def _as_json(policy: MaskingPolicy) -> str:
    return policy.model_dump_json()


def _relayed(
    record: Record,
    insurer: str,
    names: Minted,
    reason: str | None,
    now: datetime,
    *,
    answerable: bool = True,
) -> Outgoing:
    """Of stage 1: response clocks start when the insurer's record is acknowledged."""
    message: MessageRouted = record.event
    outcome: Literal["held", "relayed"] = "held" if reason else "relayed"
    event = relayed(message, insurer, names, outcome, reason=reason, at=now, answerable=answerable)
    meta = follow(record.meta, SOURCE, event, time=now)
    return Outgoing(INBOUND_RELAYED, message.conversation_id, event, meta, stage=1)


def _account(outcome: Outcome) -> None:
    metrics.MESSAGES.labels(outcome.label, outcome.doubt.reason if outcome.doubt else "").inc()
    for type_ in outcome.findings:
        metrics.FINDINGS.labels(type_).inc()
    if outcome.learned.froze:
        metrics.FROZEN.inc()
    if outcome.doubt:
        log.warning(
            "message_held",
            message_id=outcome.message_id,
            reason=outcome.doubt.reason,
            cause=outcome.doubt.cause,
        )
