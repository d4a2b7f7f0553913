"""Reads `media.fetched`: each file is opened, cleaned and judged; its insurer gets a link, or a word of why not."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from bowchat_contracts.conversations import GuardRaised
from bowchat_contracts.media import MediaFetched
from bowchat_contracts.topics import GUARD_RAISED
from bowchat_masker import metrics
from bowchat_masker.egress import leave, whole_second
from bowchat_masker.guard import Cleared, Watch
from bowchat_masker.handlers.holding import hold_copy
from bowchat_masker.handlers.media_events import Copy, MediaTeller
from bowchat_masker.media.judging import Mask, Verdict, judge
from bowchat_masker.media.process import Clean
from bowchat_masker.media.results import Cleaned, CleaningResult, Uncleanable
from bowchat_masker.model import Changes, Contact, Held
from bowchat_masker.store import VaultStore
from bowchat_masker.vault import Vault, VaultBrokenError
from bowchat_runtime.files import FileStore
from bowchat_runtime.media_links import KEY_CONTEXT, file_id_of
from bowchat_runtime.records import Outgoing, Record, follow
from bowchat_runtime.seal import Opener, SealBrokenError
from bowchat_runtime.sealed_files import FileBrokenError, locked, one_chunk, opened, whole

log = structlog.get_logger()

SOURCE = "masker"
_AT_ONCE = 2
_PEOPLE_HAVE = timedelta(days=90)
"""How long the copy of a held file waits; nobody has a link to it before it is released."""


@dataclass(slots=True)
class MediaState:
    results: dict[str, CleaningResult]
    """By media id; only files that were fetched."""
    contacts: dict[str, Contact]
    erased: frozenset[str] = frozenset()
    """Contacts who were erased while their files were under way."""
    copies: list[tuple[bytes, bytes, dict[str, Any]]] = field(default_factory=list)
    """Key, bytes, and what is known of them."""
    changes: Changes = field(default_factory=Changes)
    tally: list[tuple[str, str, str]] = field(default_factory=list)
    """Media id, state, reason."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where originals are, and cleaned copies go."""

    originals: FileStore
    cleaned: FileStore


class MediaMasker:
    """A subscription of its own: cleaning takes a second, and no message waits for it."""

    def __init__(
        self,
        store: VaultStore,
        vault: Vault,
        opener: Opener,
        files: Files,
        teller: MediaTeller,
        *,
        clean: Clean,
        mask: Mask,
    ) -> None:
        self._store, self._vault, self._opener, self._files = store, vault, opener, files
        self._sealer = opener.sealer()
        self._teller, self._clean, self._mask = teller, clean, mask

    async def load(self, records: Sequence[Record]) -> MediaState:
        stored: dict[str, MediaFetched] = {
            each.event.media_id: each.event for each in records if each.event.outcome == "stored"
        }
        senders = sorted({each.contact_id for each in stored.values()})
        contacts = await self._store.contacts(senders)
        erased = frozenset(await self._store.erased([each for each in senders if each not in contacts]))
        stored = {name: each for name, each in stored.items() if each.contact_id not in erased}
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(media_id: str) -> CleaningResult:
            async with places:
                return await self._cleaned(media_id)

        results = await asyncio.gather(*map(one, stored), return_exceptions=True)
        for each in results:
            if isinstance(each, BaseException):
                raise each
        done = {
            name: each
            for name, each in zip(stored, results, strict=True)
            if not isinstance(each, BaseException)
        }
        return MediaState(done, contacts, erased)

    def decide(self, record: Record, state: MediaState, now: datetime) -> Sequence[Outgoing]:
        fetched: MediaFetched = record.event
        if fetched.outcome == "failed":
            state.tally.append((fetched.media_id, "failed", fetched.failure or ""))
            return (leave(self._teller.other(fetched, "failed", fetched.fetched_at)),)
        if fetched.contact_id in state.erased:
            state.tally.append((fetched.media_id, "blocked", "erased"))
            return (leave(self._teller.other(fetched, "blocked", fetched.fetched_at)),)
        verdict, cleared = self._judge(fetched, state)
        if verdict.copy is not None:
            state.copies.append(self._copy(fetched, verdict))
        state.tally.append((fetched.media_id, verdict.state, verdict.reason or ""))
        if cleared is not None:
            return (leave(cleared),)
        if verdict.state == "blocked":
            return (leave(self._teller.other(fetched, "blocked", fetched.fetched_at)),)
        return self._hold(record, verdict, state, now)

    async def save(self, state: MediaState) -> None:
        for key, data, about in state.copies:
            await self._files.cleaned.put(file_id_of(key), locked(key, one_chunk(data)), about)
        await self._store.save(state.changes)
        # Asked again, for who was erased while their files were being cleaned.
        for contact_id in state.erased | (await self._store.erased(sorted(state.contacts))).keys():
            for files in (self._files.originals, self._files.cleaned):
                await files.delete_where({"contact_id": contact_id})
        for media_id, outcome, reason in state.tally:
            metrics.MEDIA.labels(outcome, reason).inc()
            if outcome != "ready":
                log.warning("media_stopped", media_id=media_id, outcome=outcome, reason=reason)

    def forget(self) -> None:
        """Nothing is cached."""

    async def _cleaned(self, media_id: str) -> CleaningResult:
        about = await self._files.originals.about(media_id)
        if about is None:
            return Uncleanable("original_missing")
        try:
            key = self._opener.open(about["key"], KEY_CONTEXT + media_id)
            data = await whole(opened(key, self._files.originals.read(media_id)))
        except (SealBrokenError, FileBrokenError):
            return Uncleanable("original_missing")
        return await self._clean(data)

    def _judge(self, fetched: MediaFetched, state: MediaState) -> tuple[Verdict, Cleared | None]:
        """With the proof that its link may leave, where it is ready."""
        watch = self._watch(state.contacts.get(fetched.contact_id))
        try:
            verdict = judge(state.results[fetched.media_id], fetched.masking, watch, self._mask)
        except Exception:  # noqa: BLE001 - any doubt ends in quarantine
            return Verdict("held", reason="masking_failed"), None
        if verdict.state != "ready" or verdict.copy is None or watch is None:
            return verdict, None
        cleared = self._teller.ready(fetched, _told(verdict.copy), fetched.fetched_at, watch)
        if isinstance(cleared, Cleared):
            return verdict, cleared
        return Verdict("held", reason="known_identity"), None

    def _watch(self, contact: Contact | None) -> Watch | None:
        """None where nobody can say whom to look for, which holds the file."""
        try:
            return self._vault.open(contact).watch if contact else None
        except VaultBrokenError:
            return None

    def _hold(
        self, record: Record, verdict: Verdict, state: MediaState, now: datetime
    ) -> tuple[Outgoing, ...]:
        fetched: MediaFetched = record.event
        held = Held(
            fetched.media_id, "to_insurer", fetched.conversation_id, fetched.insurer, verdict.raised, now,
            hold_copy(self._sealer, fetched.media_id, record.value),
        )  # fmt: skip
        state.changes.held[held.subject_id] = held
        raised = GuardRaised(
            subject_id=fetched.media_id,
            direction="to_insurer",
            conversation_id=fetched.conversation_id,
            insurer=fetched.insurer,
            reason=verdict.raised,
            at=now,
        )
        alarm = Outgoing(
            GUARD_RAISED, fetched.conversation_id, raised, follow(record.meta, SOURCE, raised, time=now)
        )
        return leave(self._teller.other(fetched, "held", fetched.fetched_at)), alarm

    def _copy(self, fetched: MediaFetched, verdict: Verdict) -> tuple[bytes, bytes, dict[str, Any]]:
        copy = verdict.copy
        assert copy is not None
        about = {
            "media_id": fetched.media_id,
            "mime": copy.mime,
            "size": len(copy.data),
            "verified": copy.readable and verdict.state == "ready",
            "contact_id": fetched.contact_id,
            "expires_at": self._teller.expires_at(fetched.fetched_at)
            if verdict.state == "ready"
            else whole_second(fetched.fetched_at + _PEOPLE_HAVE),
        }
        return self._teller.key(fetched.insurer, fetched.media_id), copy.data, about


def _told(copy: Cleaned) -> Copy:
    return Copy(copy.mime, len(copy.data), copy.readable)
