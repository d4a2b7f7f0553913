"""A held message of a policyholder goes on to its insurer, masked and guarded as any other, or never."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from bowchat_contracts.commands import CommandRequested, HeldRewrite
from bowchat_contracts.content import TextContent
from bowchat_contracts.held import InsurerBlocked, InsurerReleased
from bowchat_contracts.inbound import Identity, MessageRouted
from bowchat_contracts.topics import INBOUND_RELAYED
from bowchat_masker.domain import insurer_message, trusted_words
from bowchat_masker.egress import Mint, leave, whole_second
from bowchat_masker.guard import Cleared, Draft, Inspect, Watch, clear, clear_minted, watch_for
from bowchat_masker.handlers.forgotten import names_before
from bowchat_masker.handlers.held_commands import CannotGoError, Subject
from bowchat_masker.handlers.holding import kept_copy
from bowchat_masker.handlers.media_events import media_requested
from bowchat_masker.handlers.outcome import alias_name
from bowchat_masker.handlers.relaying import relayed
from bowchat_masker.identity import learn
from bowchat_masker.model import AliasRow, Contact, Held, alias_key
from bowchat_masker.quarantine import HeldCommand, Ruling, blocked_reason
from bowchat_masker.seen import Mask, Minted, names_of, seen_by_insurer
from bowchat_masker.store import VaultStore
from bowchat_masker.vault import Vault
from bowchat_runtime.records import Outgoing, Record, follow
from bowchat_runtime.seal import Opener

SOURCE = "masker"
_STILL_NAMES = "the guard still finds an identity in it that the insurer must not learn: rewrite or block it"
_UNMASKABLE = "it cannot be masked: rewrite or block it"
_UNKNOWN_WRITER = "who wrote it cannot be read, so that it cannot be checked: block it"


@dataclass(frozen=True, slots=True)
class Tools:
    """What looks at a message before it leaves."""

    vault: Vault
    opener: Opener = field(repr=False)
    mint: Mint
    mask: Mask
    inspect: Inspect


class HeldMessages:
    """Those whose subject is a message id."""

    def __init__(self, store: VaultStore, tools: Tools) -> None:
        self._store, self._tools = store, tools

    async def subjects(self, held: Sequence[Held]) -> dict[str, Subject]:
        read = {each.subject_id: _message(each, self._tools.opener) for each in held}
        pairs = [(each.insurer, message.contact_id) for each in held if (message := read[each.subject_id])]
        contacts, ways = await asyncio.gather(
            self._store.contacts(sorted({contact for _, contact in pairs})),
            self._store.ways(sorted({alias_key(*pair) for pair in pairs})),
        )
        names = {
            each.subject_id: alias_name(each.insurer, message, ways)
            for each in held
            if (message := read[each.subject_id])
        }
        known, erased = await asyncio.gather(
            self._store.aliases(sorted(set(names.values()))),
            self._store.erased(sorted({contact for _, contact in pairs} - contacts.keys())),
        )
        aliases = names_before(erased, names.values()) | known
        found: dict[str, Subject] = {}
        for each in held:
            message = read[each.subject_id]
            alias = message and aliases.get(alias_key(*names[each.subject_id]))
            if message and alias:
                contact = contacts.get(message.contact_id)
                found[each.subject_id] = HeldMessage(each, message, contact, alias, self._tools)
        return found


def _message(held: Held, opener: Opener) -> MessageRouted | None:
    value = kept_copy(opener, held)
    try:
        return MessageRouted.model_validate_json(value) if value is not None else None
    except ValidationError:
        return None


@dataclass(frozen=True, slots=True)
class HeldMessage:
    held: Held
    message: MessageRouted
    contact: Contact | None
    alias: AliasRow
    tools: Tools

    @property
    def names(self) -> Minted:
        return names_of(self.message, self.held.insurer, self.alias.alias, self.tools.mint)

    def rule(self, command: HeldCommand, ruling: Ruling) -> Ruling:  # noqa: ARG002 - a reply's ruling depends on it
        return ruling

    def told(self, record: Record, ruling: Ruling) -> tuple[Outgoing, ...]:
        blocked = ruling.end == "blocked"
        cleared = self._blocked() if blocked else self._released(record.event)
        event = relayed(
            self.message, self.held.insurer, self.names, "blocked" if blocked else "released", at=ruling.decided_at
        )  # fmt: skip
        meta = follow(record.meta, SOURCE, event, time=ruling.decided_at)
        ended = Outgoing(INBOUND_RELAYED, self.message.conversation_id, event, meta, stage=1)
        if blocked or isinstance(record.event.command, HeldRewrite):
            return leave(cleared), ended
        files = media_requested(record, self.message, self.held.insurer, self.names, at=ruling.decided_at)
        return leave(cleared), ended, *files

    def _blocked(self) -> Cleared:
        reason = blocked_reason(self.held.reason)
        event = InsurerBlocked(
            message_id=self.names.message_id,
            alias=self.names.alias,
            thread_id=self.names.thread_id,
            seq=self.message.seq,
            sent_at=whole_second(self.message.sent_at),
            reason=reason,
        )
        return clear_minted(self._draft(event), words=frozenset({reason}))

    def _released(self, asked: CommandRequested) -> Cleared:
        """Errors: `CannotGoError`."""
        command, watch = asked.command, self._watch()
        content = TextContent(text=command.text) if isinstance(command, HeldRewrite) else self.message.content
        try:
            seen = seen_by_insurer(content, self.names, self.message.masking, self.tools.mask)
            shown = insurer_message(self.message, self.names, seen.content)
            draft = self._draft(InsurerReleased(**dict(shown)))
            trusted = trusted_words(self.message.model_copy(update={"content": content}))
            verdict = clear(draft, watch, trusted=trusted, inspect=self.tools.inspect)
        except Exception:  # noqa: BLE001 - any doubt keeps it held
            raise CannotGoError(_UNMASKABLE) from None
        if not isinstance(verdict, Cleared):
            raise CannotGoError(_STILL_NAMES)
        return verdict

    def _draft(self, event: InsurerReleased | InsurerBlocked) -> Draft:
        message = self.message
        return self.tools.mint.draft(
            self.held.insurer, event.alias, event, subject_id=message.message_id, time=message.sent_at
        )

    def _watch(self) -> Watch:
        """Everything ever known of the writer, and what this very message says of them."""
        vault, opener, message = self.tools.vault, self.tools.opener, self.message
        try:
            opened = opener.open(message.sealed_identity, f"inbound:{message.message_id}")
            known = vault.open(self.contact).known if self.contact else None
            return watch_for(learn(known, Identity.model_validate_json(opened), message.sent_at).known)
        except Exception:  # noqa: BLE001 - any doubt keeps it held
            raise CannotGoError(_UNKNOWN_WRITER) from None
