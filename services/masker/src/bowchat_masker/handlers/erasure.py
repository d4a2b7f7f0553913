"""Erasing a person by command: data key, aliases, windows, seals and files go; whoever keeps anything else is told."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from bowchat_contracts.commands import CommandRequested, PersonErase
from bowchat_contracts.erasure import AliasOf, InsurerContactErased, SubjectErased
from bowchat_contracts.topics import SUBJECTS_ERASED
from bowchat_masker import metrics
from bowchat_masker.egress import Mint, leave, whole_second
from bowchat_masker.guard import clear_minted
from bowchat_masker.handlers.answers import SOURCE, answer
from bowchat_masker.handlers.media import Files
from bowchat_masker.model import Contact, Erased, Names
from bowchat_masker.phone_store import PhoneStore
from bowchat_masker.quarantine_store import QuarantineStore
from bowchat_masker.reveal_store import RevealStore
from bowchat_masker.store import VaultStore
from bowchat_masker.vault import Vault
from bowchat_runtime.records import Outgoing, Record, follow

log = structlog.get_logger()

_NOBODY = "there is no contact of this id: nothing was erased"
_NOT_YOURS = "only a person of the aggregator can have somebody erased"
_TWICE = "this contact was erased already"
_DONE = "erased: every insurer that knew them is told; topics keep their records until retention"


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything that is kept of people here."""

    vault: VaultStore
    rulings: QuarantineStore
    reveals: RevealStore
    files: Files
    phones: PhoneStore


@dataclass(slots=True)
class ErasureState:
    contacts: dict[str, Contact]
    erased: dict[str, Erased]
    names: dict[str, Names]
    to_erase: dict[str, Erased] = field(default_factory=dict)


class ErasureCommands:
    """Reads `commands.requested`; other commands pass by. What was erased is told again after a crash, from a row that says
    under which names, and holds nothing of the person.
    """

    def __init__(self, kept: Kept, vault: Vault, mint: Mint) -> None:
        self._kept, self._store = kept, kept.vault
        self._vault, self._mint = vault, mint

    async def load(self, records: Sequence[Record]) -> ErasureState:
        asked: list[CommandRequested] = [each.event for each in records]
        named = sorted({each.command.contact_id for each in asked if isinstance(each.command, PersonErase)})
        contacts, erased = await asyncio.gather(self._store.contacts(named), self._store.erased(named))
        return ErasureState(contacts, erased, {each: await self._store.names_of(each) for each in contacts})

    def decide(self, record: Record, state: ErasureState, now: datetime) -> Sequence[Outgoing]:
        asked: CommandRequested = record.event
        command = asked.command
        if not isinstance(command, PersonErase):
            return ()
        if asked.by.role != "aggregator":
            return (answer(record, "refused", _NOT_YOURS, asked.requested_at),)
        done = state.erased.get(command.contact_id)
        if done is None and command.contact_id not in state.contacts:
            return (answer(record, "refused", _NOBODY, asked.requested_at),)
        if done is not None and done.command_id != asked.command_id:
            return (answer(record, "refused", _TWICE, asked.requested_at),)
        if done is None:
            done = self._erased(record, command.contact_id, state.names[command.contact_id], now)
            state.erased[command.contact_id] = done
        elif done.position != record.position:
            return ()
        state.to_erase[command.contact_id] = done
        return (
            *[self._tombstone(done, insurer, alias) for insurer, alias in done.aliases],
            _told(record, done),
            answer(record, "accepted", _DONE, done.at),
        )

    async def save(self, state: ErasureState) -> None:
        for each in state.to_erase.values():
            await self._store.erase(each)
            await self._kept.rulings.erase(each.lanes)
            await self._kept.reveals.erase(each.contact_id)
            await self._kept.phones.erase([alias for _, alias in each.aliases])
            for files in (self._kept.files.originals, self._kept.files.cleaned):
                await files.delete_where({"contact_id": each.contact_id})
            self._vault.forget(each.contact_id)
            metrics.ERASED.inc()
            log.warning("person_erased", contact_id=each.contact_id, command_id=each.command_id)

    def forget(self) -> None:
        """Nothing is cached."""

    def _erased(self, record: Record, contact_id: str, names: Names, now: datetime) -> Erased:
        aliases = [alias for _, alias in names.aliases]
        own = contact_id, self._mint.recipient_ref(contact_id)
        lanes = [*aliases, *own, *names.conversations, *names.subjects]
        return Erased(
            contact_id=contact_id,
            command_id=record.event.command_id,
            position=record.position,
            at=whole_second(now),
            aliases=names.aliases,
            lanes=tuple(dict.fromkeys(lanes)),
        )

    def _tombstone(self, erased: Erased, insurer: str, alias: str) -> Outgoing:
        event = InsurerContactErased(alias=alias, erased_at=erased.at)
        draft = self._mint.draft(
            insurer, alias, event, subject_id=f"{erased.command_id}|{alias}", time=erased.at
        )
        return leave(clear_minted(draft))


def _told(record: Record, erased: Erased) -> Outgoing:
    asked: CommandRequested = record.event
    command = asked.command
    event = SubjectErased(
        command_id=erased.command_id,
        contact_id=erased.contact_id,
        aliases=tuple(AliasOf(insurer=insurer, alias=alias) for insurer, alias in erased.aliases),
        lanes=erased.lanes,
        by=asked.by,
        why=command.why if isinstance(command, PersonErase) else "",
        at=erased.at,
    )
    # After the tombstones: whoever destroys the keys of these lanes has logged them by then.
    meta = follow(record.meta, SOURCE, event, time=erased.at)
    return Outgoing(SUBJECTS_ERASED, erased.contact_id, event, meta, stage=1)
