"""Reads `media.requested`: each file is fetched, sealed and stored once, and said to be there, or never to come."""

import asyncio
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from pydantic import ValidationError

from bowchat_contracts.content import MediaType, ProviderMedia
from bowchat_contracts.media import MediaFailure, MediaFetched, MediaRequested
from bowchat_contracts.topics import MEDIA_FETCHED
from bowchat_dispatcher import metrics
from bowchat_dispatcher.media.provider import FetchError, MediaProvider, ProviderBusyError
from bowchat_runtime.clock import Clock
from bowchat_runtime.errors import DependencyDownError
from bowchat_runtime.files import FileStore
from bowchat_runtime.media_links import KEY_CONTEXT
from bowchat_runtime.records import Outgoing, Record, follow
from bowchat_runtime.seal import Opener, SealBrokenError
from bowchat_runtime.sealed_files import locked, new_file_key

log = structlog.get_logger()

SOURCE = "dispatcher"
_MB = 1024 * 1024
MOST_BYTES: dict[MediaType, int] = {
    "image": 16 * _MB,
    "sticker": 2 * _MB,
    "audio": 16 * _MB,
    "voice": 16 * _MB,
    "video": 16 * _MB,
    "document": 100 * _MB,
}
"""The provider's own limits, with room above those that it raised before."""
_AT_ONCE = 4
_MOST_ATTEMPTS = 5
_KEPT_BY_PROVIDER = timedelta(days=7)


@dataclass(slots=True)
class FetchState:
    failures: dict[str, MediaFailure | None]
    """By media id; None: it is stored."""
    told: list[MediaFetched] = field(default_factory=list)


class MediaFetcher:
    """A subscription of its own: a provider whose files come slowly holds up nothing but files."""

    def __init__(self, files: FileStore, provider: MediaProvider, opener: Opener, clock: Clock) -> None:
        self._files, self._provider, self._opener, self._clock = files, provider, opener, clock
        self._sealer = opener.sealer()
        self._attempts: Tally[str] = Tally()

    async def load(self, records: Sequence[Record]) -> FetchState:
        """Errors: `DependencyDownError` when the provider or the store is away; what was fetched until then stays."""
        wanted: dict[str, MediaRequested] = {each.event.media_id: each.event for each in records}
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(request: MediaRequested) -> MediaFailure | None:
            async with places:
                return await self._stored(request)

        ends = await asyncio.gather(*map(one, wanted.values()), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        failures = {
            name: end for name, end in zip(wanted, ends, strict=True) if not isinstance(end, BaseException)
        }
        return FetchState(failures)

    def decide(self, record: Record, state: FetchState, now: datetime) -> Sequence[Outgoing]:
        request: MediaRequested = record.event
        failure = state.failures[request.media_id]
        event = MediaFetched(
            media_id=request.media_id,
            media_type=request.media_type,
            message_id=request.message_id,
            insurer_message_id=request.insurer_message_id,
            conversation_id=request.conversation_id,
            contact_id=request.contact_id,
            insurer=request.insurer,
            alias=request.alias,
            thread_id=request.thread_id,
            masking=request.masking,
            outcome="failed" if failure else "stored",
            failure=failure,
            fetched_at=now,
        )
        state.told.append(event)
        return (
            Outgoing(
                MEDIA_FETCHED, event.conversation_id, event, follow(record.meta, SOURCE, event, time=now)
            ),
        )

    async def save(self, state: FetchState) -> None:
        for event in state.told:
            self._attempts.pop(event.media_id, None)
            metrics.MEDIA.labels(event.failure or "stored").inc()
            if event.failure:
                log.warning("media_failed", media_id=event.media_id, reason=event.failure)

    def forget(self) -> None:
        self._attempts.clear()

    async def _stored(self, request: MediaRequested) -> MediaFailure | None:
        try:
            await self._fetch(request)
        except FetchError as error:
            return error.failure
        except ProviderBusyError:
            self._attempts[request.media_id] += 1
            if self._attempts[request.media_id] < _MOST_ATTEMPTS:
                raise
            return "provider_error"
        except DependencyDownError:
            if self._clock() - request.requested_at < _KEPT_BY_PROVIDER:
                raise
            return "expired"
        return None

    async def _fetch(self, request: MediaRequested) -> None:
        """Errors: `FetchError`, `DependencyDownError`."""
        if await self._files.about(request.media_id) is not None:
            return
        try:
            opened = self._opener.open(request.sealed_media, f"media:{request.message_id}")
            named = ProviderMedia.model_validate_json(opened)
        except (SealBrokenError, ValidationError):
            raise FetchError("seal_unreadable") from None
        key = new_file_key()
        about = {
            "key": self._sealer.seal(key, KEY_CONTEXT + request.media_id),
            "contact_id": request.contact_id,
        }
        fetched = self._provider.fetch(named.media_id, most=MOST_BYTES[request.media_type])
        await self._files.put(request.media_id, locked(key, fetched), about)
