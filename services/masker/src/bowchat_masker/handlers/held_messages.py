"""A held message of a policyholder goes on to its insurer, masked and guarded as any other, or never."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from bowchat_contracts.commands import HeldBlock, HeldRelease, HeldRewrite
from bowchat_contracts.content import TextContent
from bowchat_contracts.held import InsurerBlocked, InsurerReleased
from bowchat_contracts.inbound import Identity, MessageRouted
from bowchat_contracts.topics import INBOUND_RELAYED
from bowchat_masker.domain import insurer_message, trusted_words
from bowchat_masker.egress import Mint, leave, whole_second
from bowchat_masker.guard import (
    Cleared,
    Draft,
    Inspect,
    Watch,
    clear,
    clear_minted,
    watch_for,
    written_by_people,
)
from bowchat_masker.handlers.forgotten import names_before
from bowchat_masker.handlers.held_commands import CannotGoError, Subject
from bowchat_masker.handlers.holding import kept_copy
from bowchat_masker.handlers.media_events import media_requested
from bowchat_masker.handlers.outcome import alias_name
from bowchat_masker.handlers.recall import Recall
from bowchat_masker.handlers.relaying import relayed
from bowchat_masker.identity import learn
from bowchat_masker.model import AliasRow, Contact, Held, WindowRow, alias_key
from bowchat_masker.quarantine import HeldCommand, Ruling, blocked_reason
from bowchat_masker.seen import Mask, Minted, names_of, seen_by_insurer
from bowchat_masker.store import VaultStore
from bowchat_masker.vault import Vault
from bowchat_runtime.records import Outgoing, Record, follow
from bowchat_runtime.seal import Opener

SOURCE = "masker"
_STILL_NAMES = "the guard still finds an identity in it that the insurer must not learn: rewrite or block it"
_IN_PIECES = (
    "with what was sent shortly before or after, it spells the writer's own number: rewrite or block it"
)
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
        keys = sorted({alias_key(*pair) for pair in pairs})
        contacts, ways, windows = await asyncio.gather(
            self._store.contacts(sorted({contact for _, contact in pairs})),
            self._store.ways(keys),
            self._store.windows(keys),
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
                window = windows.get(alias_key(each.insurer, message.contact_id))
                found[each.subject_id] = HeldMessage(each, message, contact, alias, window, self._tools)
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
    window: WindowRow | None
    """What the insurer has had of the writer lately."""
    tools: Tools

    @property
    def names(self) -> Minted:
        return names_of(self.message, self.held.insurer, self.alias.alias, self.tools.mint)

    def rule(self, command: HeldCommand, ruling: Ruling) -> Ruling:
        """Looked at beside what went before, once: read again after a crash, it has been decided.

        Errors: `CannotGoError`.
        """
        if not isinstance(command, HeldBlock) and self._completes_a_number(command):
            raise CannotGoError(_IN_PIECES)
        return ruling

    def _completes_a_number(self, command: HeldRelease | HeldRewrite) -> bool:
        draft, watch = self._released(command).draft, self._watch()
        said = written_by_people(draft, trusted_words(self._as(command)))
        if self.contact is None:
            return False
        try:
            return Recall(self.tools.vault).completes_own(
                self.message, said, contact=self.contact, watch=watch, row=self.window
            )
        except Exception:  # noqa: BLE001 - any doubt keeps it held
            raise CannotGoError(_UNKNOWN_WRITER) from None

    def _as(self, command: HeldRelease | HeldRewrite) -> MessageRouted:
        """The message as the command lets it go."""
        if isinstance(command, HeldRelease):
            return self.message
        return self.message.model_copy(update={"content": TextContent(text=command.text)})

    def told(self, record: Record, ruling: Ruling) -> tuple[Outgoing, ...]:
        blocked = ruling.end == "blocked"
        command = record.event.command
        cleared = self._blocked() if blocked else self._released(command)
        event = relayed(
            self.message, self.held.insurer, self.names, "blocked" if blocked else "released", at=ruling.decided_at
        )  # fmt: skip
        meta = follow(record.meta, SOURCE, event, time=ruling.decided_at)
        ended = Outgoing(INBOUND_RELAYED, self.message.conversation_id, event, meta, stage=1)
        if blocked or isinstance(command, HeldRewrite):
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

    def _released(self, command: HeldRelease | HeldRewrite) -> Cleared:
        """Errors: `CannotGoError`."""
        watch, message = self._watch(), self._as(command)
        try:
            seen = seen_by_insurer(message.content, self.names, self.message.masking, self.tools.mask)
            shown = insurer_message(self.message, self.names, seen.content)
            draft = self._draft(InsurerReleased(**dict(shown)))
            verdict = clear(draft, watch, trusted=trusted_words(message), inspect=self.tools.inspect)
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
