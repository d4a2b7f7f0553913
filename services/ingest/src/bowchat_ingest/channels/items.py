"""What a provider's webhook says, whatever the provider: messages, statuses, and reasons for what is neither."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bowchat_contracts.content import (
    Content,
    EditContent,
    MediaType,
    Mime,
    Origin,
    ProviderMedia,
    ReactionContent,
    RevokeContent,
)
from bowchat_contracts.inbound import Identity
from bowchat_contracts.pii import MessageText

StatusName = Literal["sent", "delivered", "read", "played", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Media:
    """A file, before the way to it is sealed."""

    media_type: MediaType
    mime: Mime
    at_provider: ProviderMedia
    caption: MessageText | None
    kind: Literal["media"] = "media"


@dataclass(frozen=True, slots=True)
class About:
    """What is done to another message, before that one has its id inside the relay."""

    target_id: str | None
    """The provider's id of the other message: private, as it holds a number."""
    content: ReactionContent | EditContent | RevokeContent

    @property
    def kind(self) -> str:
        return self.content.kind

    def __repr__(self) -> str:
        return f"About({self.kind})"


Said = Content | Media | About


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a policyholder. Holds private data in the clear: it lives for one request and is never logged."""

    sender: Identity
    """At least one of number and BSUID is known."""
    business_number_id: str
    provider_id: str
    quoted_id: str | None
    sent_at: datetime
    content: Said
    origin: Origin | None = None
    ad: str | None = None

    def __repr__(self) -> str:
        return f"Message({self.content.kind})"


@dataclass(frozen=True, slots=True)
class Status:
    """What became of one message of ours, as the provider tells it. Private like `Message`: its id holds a number."""

    provider_id: str
    business_number_id: str | None
    status: StatusName
    participant: str | None
    """In a group, whom this status is about: one message has one status of each."""
    callback_data: str | None
    error_codes: tuple[int, ...]
    occurred_at: datetime

    def __repr__(self) -> str:
        return f"Status({self.status})"


@dataclass(frozen=True, slots=True)
class Parsed:
    """A webhook, understood: every message and status is an item or has a reason in `ignored`."""

    items: tuple[Message | Status, ...]
    ignored: tuple[str, ...]
    """Reasons from a closed list, so that they can be logged and counted."""


class WrongFormError(ValueError):
    """A body that is not the provider's outer form; the text says what was expected and quotes nothing."""
