"""The way of a file: asked for, fetched, cleaned, and what its insurer is told of it."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from bowchat_contracts.content import MediaType
from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import (
    Alias,
    ContactId,
    ConversationId,
    InsurerId,
    InsurerMediaId,
    InsurerMessageId,
    MessageId,
    ThreadId,
)
from bowchat_contracts.masking_policy import MaskingPolicy


class MediaRequested(Event):
    """A message with a file went to its insurer: the file has to be fetched from the provider."""

    type: ClassVar[str] = "bowchat.media.requested.v1"

    media_id: InsurerMediaId
    """The file as its insurer knows it; also the id of the sealed original."""
    media_type: MediaType
    message_id: MessageId
    insurer_message_id: InsurerMessageId
    conversation_id: ConversationId
    contact_id: ContactId
    insurer: InsurerId
    alias: Alias
    thread_id: ThreadId
    masking: MaskingPolicy = MaskingPolicy()
    """As it stood when the message was routed."""
    sealed_media: str
    """`ProviderMedia`, locked under `media:<message_id>`."""
    requested_at: datetime


MediaFailure = Literal[
    "expired", "refused", "too_large", "damaged", "forbidden_address", "provider_error", "seal_unreadable"
]
"""Why a file could not be fetched: a closed list, since a provider's own words could carry anything."""


class MediaFetched(Event):
    """A file is sealed in the store, or will never come."""

    type: ClassVar[str] = "bowchat.media.fetched.v1"

    media_id: InsurerMediaId
    media_type: MediaType
    message_id: MessageId
    insurer_message_id: InsurerMessageId
    conversation_id: ConversationId
    contact_id: ContactId
    insurer: InsurerId
    alias: Alias
    thread_id: ThreadId
    masking: MaskingPolicy = MaskingPolicy()
    outcome: Literal["stored", "failed"]
    failure: MediaFailure | None = None
    fetched_at: datetime


CleanMime = Literal[
    "image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf", "text/plain", "audio/ogg", "video/mp4",
]  # fmt: skip
"""What a cleaned file can be."""

MediaPath = Annotated[str, StringConstraints(pattern=r"^/v1/media/[a-p]{64}$")]

EXTENSIONS: dict[CleanMime, str] = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "application/pdf": "pdf",
    "text/plain": "txt",
    "audio/ogg": "ogg",
    "video/mp4": "mp4",
}


class InsurerMediaUpdate(Event):
    """What became of a file that a message announced as pending. `ready` may follow on `held`."""

    type: ClassVar[str] = "bowchat.insurer.media.v1"

    message_id: InsurerMessageId
    alias: Alias
    thread_id: ThreadId
    media_id: InsurerMediaId
    state: Literal["ready", "held", "blocked", "failed"]
    """`held`: the aggregator looks at it. `blocked`: it will not come. `failed`: it could not be fetched."""
    verified: bool | None = None
    """Whether the relay could read all of it. False: what pixels or voices show has been looked at by nobody, unless a
    person released it."""
    mime: CleanMime | None = None
    kilobytes: int | None = Field(None, ge=1)
    """The size, rounded up."""
    link: MediaPath | None = None
    """Where the cleaned file is, on the host that takes replies. Whoever has the link has the file: keep it to yourself."""
    expires_at: datetime | None = None
    """From then on, the link answers 410."""
