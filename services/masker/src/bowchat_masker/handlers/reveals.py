"""An insurer asks for a number, and people may end what was agreed: commands in, a question to the policyholder out."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bowchat_contracts.commands import (
    AliasRevoke,
    CommandRequested,
    InsurerBlock,
    RevealRequest,
    RevealRevoke,
)
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_contracts.reveals import InsurerRevealChanged, RevealRefusal
from bowchat_masker.domain import ReplyView, find_thread
from bowchat_masker.egress import Mint, whole_second
from bowchat_masker.handlers.answers import answer
from bowchat_masker.handlers.recipient import sealed_recipient
from bowchat_masker.handlers.reveal_events import delivery_id, events, refusal
from bowchat_masker.insurer_keys import InsurerKeys
from bowchat_masker.model import AliasRow, Contact, ConversationRow, Thread
from bowchat_masker.quarantine import Refusal
from bowchat_masker.quarantine_store import QuarantineStore
from bowchat_masker.reply_text import contact_details
from bowchat_masker.reveal_store import RevealStore
from bowchat_masker.reveals import ASK_LASTS, Reveal, as_written, ended
from bowchat_masker.seen import Mask
from bowchat_masker.store import VaultStore
from bowchat_masker.vault import Vault, VaultBrokenError
from bowchat_masker.ways import Way, closed
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.seal import Opener

RevealCommand = RevealRequest | RevealRevoke
_ABOUT_AN_ALIAS = RevealCommand | AliasRevoke


@dataclass(slots=True)
class RevealState:
    aliases: dict[str, AliasRow]
    threads: list[Thread]
    conversations: dict[str, ConversationRow]
    contacts: dict[str, Contact]
    reveals: dict[str, Reveal]
    refusals: dict[str, Refusal]
    ways: dict[str, Way]
    changed: dict[str, Reveal] = field(default_factory=dict)
    refused: dict[str, Refusal] = field(default_factory=dict)
    stored: dict[str, int] = field(init=False)
    """Versions in the store; a batch writes the one after."""

    def __post_init__(self) -> None:
        self.stored = {key: each.version for key, each in self.reveals.items()}

    def keep(self, reveal: Reveal) -> None:
        reveal = as_written(reveal, self.stored)
        self.reveals[reveal.reveal_id] = self.changed[reveal.reveal_id] = reveal

    def open_reveal(self, insurer: str, contact_id: str) -> Reveal | None:
        found = [
            each for each in self.reveals.values() if (each.insurer, each.contact_id) == (insurer, contact_id)
        ]
        return next((each for each in found if each.is_open), None)


@dataclass(frozen=True, slots=True)
class RevealTools:
    vault: Vault
    opener: Opener = field(repr=False)
    mint: Mint
    mask: Mask
    keys: InsurerKeys


class RevealCommands:
    """Reads `commands.requested`; other commands pass by."""

    def __init__(
        self, vault: VaultStore, store: RevealStore, refusals: QuarantineStore, tools: RevealTools
    ) -> None:
        self._vault, self._store, self._refusals, self._tools = vault, store, refusals, tools
        self._sealer = tools.opener.sealer()

    async def load(self, records: Sequence[Record]) -> RevealState:
        asked: list[CommandRequested] = [each.event for each in records]
        named = sorted({each.command.alias for each in asked if isinstance(each.command, _ABOUT_AN_ALIAS)})
        aliases, threads, refusals = await asyncio.gather(
            self._vault.aliases_named(named),
            self._vault.threads_of(named),
            self._refusals.refusals(sorted({each.command_id for each in asked})),
        )
        blocked = {each.command.contact_id for each in asked if isinstance(each.command, InsurerBlock)}
        people = sorted({each.contact_id for each in aliases.values()} | blocked)
        conversations, contacts, reveals, ways = await asyncio.gather(
            self._vault.conversations(sorted({each.conversation_id for each in threads})),
            self._vault.contacts(people),
            self._store.of_contacts(people),
            self._vault.ways(sorted({each.way for each in aliases.values()})),
        )
        known = {each.reveal_id: each for each in reveals}
        return RevealState(aliases, threads, conversations, contacts, known, refusals, ways)

    def decide(self, record: Record, state: RevealState, now: datetime) -> Sequence[Outgoing]:
        asked: CommandRequested = record.event
        repeated = state.refusals.get(asked.command_id)
        if isinstance(asked.command, AliasRevoke | InsurerBlock):
            return self._without_alias(record, asked.command, state, whole_second(now))
        if not isinstance(asked.command, RevealCommand):
            return ()
        if repeated is not None:
            return self._refused(record, repeated) if repeated.position == record.position else ()
        now = whole_second(now)
        done = (
            self._request(record, asked.command, state, now)
            if isinstance(asked.command, RevealRequest)
            else self._revoke(record, asked.command, state, now)
        )
        if done is None:
            return ()
        if isinstance(done, Reveal):
            if done.reveal_id not in state.reveals or state.reveals[done.reveal_id] != done:
                state.keep(done)
            words = (
                "the policyholder is asked"
                if done.state == "asked"
                else "the insurer is told that it has ended"
            )
            return (*events(done, self._tools.mint), answer(record, "accepted", words, done.at))
        refused = Refusal(asked.command_id, record.position, done, now)
        state.refusals[asked.command_id] = state.refused[asked.command_id] = refused
        return self._refused(record, refused)

    async def save(self, state: RevealState) -> None:
        await self._store.save(list(state.changed.values()))
        await self._refusals.save({}, state.refused)

    def forget(self) -> None:
        """Nothing is cached."""

    def _request(
        self, record: Record, command: RevealRequest, state: RevealState, now: datetime
    ) -> Reveal | RevealRefusal | None:
        """The reveal, why there is none, or None where the request is a repetition."""
        reveal_id = self._tools.mint.reveal_id(command.insurer, record.event.command_id)
        known = state.reveals.get(reveal_id)
        if known is not None:
            return known if known.cause == record.position else None
        thread = self._thread(command, state, now)
        if not isinstance(thread, Thread):
            return thread
        if state.open_reveal(command.insurer, thread.contact_id):
            return "already_asked"
        if not self._is_plain(command.purpose):
            return "purpose_not_plain"
        if self._tools.keys.of(command.insurer) is None:
            return "no_keyset"
        return self._asked(record, command, thread, state.contacts.get(thread.contact_id), now)

    def _thread(self, command: RevealRequest, state: RevealState, now: datetime) -> Thread | RevealRefusal:
        """The thread in which the policyholder may be asked: a question of ours is a way of the insurer, too."""
        alias = state.aliases.get(command.alias)
        if alias and alias.insurer == command.insurer:
            why = closed(state.ways.get(alias.way), alias.generation, now)
            if why is not None:
                return why
        threads = [each for each in state.threads if each.alias == command.alias]
        view = ReplyView(alias, threads, state.conversations, self._tools.mint.thread_id)
        thread = find_thread(command, view)
        return thread if isinstance(thread, Thread) else _as_refusal(thread)

    def _is_plain(self, purpose: str) -> bool:
        """The policyholder reads it under our name: no link, contact detail or name stands in it."""
        policy = MaskingPolicy()
        found = any(each.findings for each in self._tools.mask([purpose], policy))
        return not found and not contact_details(purpose, policy)

    def _asked(
        self, record: Record, command: RevealRequest, thread: Thread, contact: Contact | None, now: datetime
    ) -> Reveal | RevealRefusal:
        reveal_id = self._tools.mint.reveal_id(command.insurer, record.event.command_id)
        try:
            sealed = (
                sealed_recipient(self._tools.vault, self._sealer, contact, delivery_id(reveal_id))
                if contact and not contact.frozen
                else None
            )
        except VaultBrokenError:
            sealed = None
        if sealed is None or contact is None:
            return "contact_unreachable"
        return Reveal(
            reveal_id=reveal_id,
            version=1,
            insurer=command.insurer,
            alias=thread.alias,
            thread_id=thread.thread_id,
            contact_id=thread.contact_id,
            contact_version=contact.version,
            conversation_id=thread.conversation_id,
            business_number_id=thread.business_number_id,
            recipient_ref=thread.recipient_ref,
            purpose=command.purpose,
            days=command.days,
            state="asked",
            cause=record.position,
            at=now,
            ends_at=now + ASK_LASTS,
            sealed=sealed,
        )

    def _revoke(
        self, record: Record, command: RevealRevoke, state: RevealState, now: datetime
    ) -> Reveal | str | None:
        again = [each for each in state.reveals.values() if each.cause == record.position]
        if again:
            return again[0]
        alias = state.aliases.get(command.alias)
        known = state.open_reveal(command.insurer, alias.contact_id) if alias else None
        if known is None or known.alias != command.alias:
            return "no reveal is asked for or agreed under this alias"
        return ended(known, "revoked", cause=record.position, now=now)

    def _without_alias(
        self, record: Record, command: AliasRevoke | InsurerBlock, state: RevealState, now: datetime
    ) -> tuple[Outgoing, ...]:
        """What was agreed under an alias ends with it. The command is answered by who ends the alias."""
        if record.event.by.role != "aggregator":
            return ()
        again = [each for each in state.reveals.values() if each.cause == record.position]
        over = [
            ended(each, "revoked", cause=record.position, now=now)
            for each in state.reveals.values()
            if each.is_open and _is_of(each, command)
        ]
        for each in over:
            state.keep(each)
        return tuple(one for each in (*again, *over) for one in events(each, self._tools.mint))

    def _refused(self, record: Record, refused: Refusal) -> tuple[Outgoing, ...]:
        command = record.event.command
        said = answer(record, "refused", refused.detail.replace("_", " "), refused.decided_at)
        if not isinstance(command, RevealRequest):
            return (said,)
        event = InsurerRevealChanged.model_validate(
            {
                "reveal_id": self._tools.mint.reveal_id(command.insurer, record.event.command_id),
                "alias": command.alias,
                "thread_id": None,
                "state": "refused",
                "reason": refused.detail,
                "at": whole_second(refused.decided_at),
            }
        )
        return refusal(event, command.insurer, self._tools.mint), said


def _is_of(reveal: Reveal, command: AliasRevoke | InsurerBlock) -> bool:
    if isinstance(command, AliasRevoke):
        return reveal.alias == command.alias
    return (reveal.insurer, reveal.contact_id) == (command.insurer, command.contact_id)


def _as_refusal(reason: str) -> RevealRefusal:
    if reason == "unknown_alias":
        return "unknown_alias"
    if reason == "unknown_thread":
        return "unknown_thread"
    return "ambiguous_thread" if reason == "ambiguous_thread" else "conversation_closed"
