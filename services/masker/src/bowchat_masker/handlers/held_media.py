"""A held file goes on to its insurer as it was cleaned, or never. It cannot be rewritten."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from bowchat_contracts.commands import HeldRewrite
from bowchat_contracts.media import MediaFetched
from bowchat_masker.egress import leave
from bowchat_masker.guard import Cleared
from bowchat_masker.handlers.held_commands import CannotGoError, Subject
from bowchat_masker.handlers.holding import kept_copy
from bowchat_masker.handlers.media_events import Copy, MediaTeller
from bowchat_masker.model import Contact, Held
from bowchat_masker.quarantine import HeldCommand, Ruling
from bowchat_masker.store import VaultStore
from bowchat_masker.vault import Vault, VaultBrokenError
from bowchat_runtime.files import About, FileStore
from bowchat_runtime.media_links import file_id_of
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.seal import Opener

_NO_REWRITE = "a file cannot be rewritten: release or block it"
_NO_COPY = "no cleaned copy of it could be made: block it, and ask for it in another form"
_UNKNOWN_WRITER = "who sent it cannot be read, so that it cannot be checked: block it"
_STILL_NAMES = "the guard finds an identity in it that the insurer must not learn: block it"


class HeldMedia:
    """Those whose subject is a media id."""

    def __init__(
        self, store: VaultStore, vault: Vault, opener: Opener, cleaned: FileStore, teller: MediaTeller
    ) -> None:
        self._store, self._vault, self._opener, self._cleaned = store, vault, opener, cleaned
        self._teller = teller

    async def subjects(self, held: Sequence[Held]) -> dict[str, Subject]:
        """With each, the cleaned copy that waits for it. One whose link would end before anybody could use it gets new
        time when it is released.
        """
        read = {each.subject_id: fetched for each in held if (fetched := _fetched(each, self._opener))}
        contacts = await self._store.contacts(sorted({each.contact_id for each in read.values()}))
        files = [file_id_of(self._teller.key(each.insurer, each.media_id)) for each in read.values()]
        copies = await asyncio.gather(*map(self._cleaned.about, files))
        return {
            name: HeldFile(fetched, contacts.get(fetched.contact_id), about, self._vault, self._teller)
            for (name, fetched), about in zip(read.items(), copies, strict=True)
        }


def _fetched(held: Held, opener: Opener) -> MediaFetched | None:
    value = kept_copy(opener, held)
    try:
        return MediaFetched.model_validate_json(value) if value is not None else None
    except ValidationError:
        return None


@dataclass(frozen=True, slots=True)
class HeldFile:
    fetched: MediaFetched
    contact: Contact | None
    about: About | None
    vault: Vault
    teller: MediaTeller

    def rule(self, command: HeldCommand, ruling: Ruling) -> Ruling:
        """Errors: `CannotGoError`."""
        if isinstance(command, HeldRewrite):
            raise CannotGoError(_NO_REWRITE)
        return ruling

    def told(self, record: Record, ruling: Ruling) -> tuple[Outgoing, ...]:  # noqa: ARG002 - a message's depends on it
        """Errors: `CannotGoError`."""
        if ruling.end == "blocked":
            return (leave(self.teller.other(self.fetched, "blocked", ruling.decided_at)),)
        if self.about is None:
            raise CannotGoError(_NO_COPY)
        try:
            watch = self.vault.open(self.contact).watch if self.contact else None
        except VaultBrokenError:
            watch = None
        if watch is None:
            raise CannotGoError(_UNKNOWN_WRITER)
        copy = Copy(self.about["mime"], self.about["size"], verified=False)
        cleared = self.teller.ready(self.fetched, copy, ruling.decided_at, watch)
        if not isinstance(cleared, Cleared):
            raise CannotGoError(_STILL_NAMES)
        return (leave(cleared),)
