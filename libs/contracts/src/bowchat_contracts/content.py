"""What a policyholder's message says, inside the relay: one typed shape per kind, the same for every provider.

What people typed, and what could tell who they are, is `MessageText` or sealed. A provider's own names for kinds, files
and errors end in closed lists, since they could carry anything.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from bowchat_contracts.ids import MessageId
from bowchat_contracts.parts import Part
from bowchat_contracts.pii import MessageText


class TextContent(Part):
    kind: Literal["text"] = "text"
    text: MessageText


class ButtonContent(Part):
    """A template's quick-reply button was tapped."""

    kind: Literal["button"] = "button"
    text: MessageText
    payload: MessageText


class ChoiceContent(Part):
    """An interactive button or list row was chosen."""

    kind: Literal["choice"] = "choice"
    choice: Literal["button_reply", "list_reply"]
    choice_id: MessageText
    title: MessageText
    description: MessageText | None = None


class Answer(Part):
    """One field of a form: its name, which is the aggregator's own, and what was filled in."""

    label: MessageText
    value: MessageText


class FlowContent(Part):
    """A form was filled in. Nested fields have their path for a name, `address.city`."""

    kind: Literal["flow"] = "flow"
    answers: tuple[Answer, ...] = Field(max_length=200)


Amount = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}(\.[0-9]{1,4})?$")]
"""A sum of money, as a decimal: no binary fraction."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217."""
Quantity = Annotated[int, Field(ge=1, le=9_999)]


class OrderItem(Part):
    product: MessageText
    """The product's id in the aggregator's catalogue."""
    quantity: Quantity
    price: Amount | None = None
    """Of one."""
    currency: Currency | None = None


class OrderContent(Part):
    """Products of a catalogue were ordered."""

    kind: Literal["order"] = "order"
    items: tuple[OrderItem, ...] = Field(max_length=100)
    note: MessageText | None = None


_SYMBOLS = (
    "\u2190-\u23ff\u25a0-\u2775\u2794-\u2bff\U0001f000-\U0001f0ff\U0001f1e6-\U0001f1ff\U0001f200-\U0001faff"
)
# Written as ranges, since engines differ in how they name Unicode's categories; what joins symbols comes after the first.
Emoji = Annotated[str, StringConstraints(pattern=f"^[{_SYMBOLS}][{_SYMBOLS}\u200d\ufe0f]{{0,15}}$")]
"""Symbols alone: no keycap, no tag, nothing that is a digit, and letters in flags only."""


class ReactionContent(Part):
    """An emoji was put on a message, or taken off again (`removed`)."""

    kind: Literal["reaction"] = "reaction"
    of: MessageId | None = None
    """The message, if it is one of the policyholder's own. From ingest: the id that it would have. The router leaves it
    only where that message is in the same conversation."""
    emoji: Emoji | None = None
    """None also for what is not made of symbols alone."""
    removed: bool = False


class EditContent(Part):
    """A message was changed. `text` is its new text or caption."""

    kind: Literal["edit"] = "edit"
    of: MessageId | None = None
    """As in a reaction."""
    text: MessageText | None = None


class RevokeContent(Part):
    """A message was deleted by who wrote it. What was passed on cannot be taken back."""

    kind: Literal["revoke"] = "revoke"
    of: MessageId | None = None
    """As in a reaction."""


def _tenth(degrees: float) -> float:
    return round(degrees, 1) + 0.0  # no negative zero, which would tell the side


Degrees = Annotated[float, AfterValidator(_tenth)]
"""Whatever is put in, only tenths of a degree come out."""


class Near(Part):
    """A place to a tenth of a degree, about ten kilometres."""

    latitude: Degrees = Field(ge=-90, le=90)
    longitude: Degrees = Field(ge=-180, le=180)


class LocationContent(Part):
    """A place was shared. All but `near` is for the aggregator alone."""

    kind: Literal["location"] = "location"
    near: Near
    exact: MessageText
    """Latitude and longitude, in degrees, with a comma between."""
    name: MessageText | None = None
    address: MessageText | None = None


class ContactsContent(Part):
    """Contact cards were shared. They are other people's data, which the relay does not keep: only how many there were."""

    kind: Literal["contacts"] = "contacts"
    count: int = Field(ge=1, le=1_000)


MediaType = Literal["image", "video", "audio", "voice", "document", "sticker"]
Mime = Literal[
    "image/jpeg", "image/png", "image/webp", "image/gif", "image/heic",
    "video/mp4", "video/3gpp",
    "audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg", "audio/opus",
    "application/pdf", "text/plain", "text/csv", "text/vcard", "application/msword", "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/octet-stream",
]  # fmt: skip
"""What the provider says a file is, without parameters; all else is `application/octet-stream`."""


class ProviderMedia(Part):
    """Where the provider keeps a file, and its sender's name for it. Never serialised but into a seal."""

    media_id: str
    file_name: str | None = None

    def __repr__(self) -> str:
        return "ProviderMedia(***)"

    __str__ = __repr__


class MediaContent(Part):
    """A file was sent. Its bytes come later, by another way."""

    kind: Literal["media"] = "media"
    media_type: MediaType
    mime: Mime
    sealed_media: str
    """`ProviderMedia`, locked under `media:<message_id>`."""
    caption: MessageText | None = None


OtherType = Literal[
    "image", "video", "document", "audio", "sticker", "location", "contacts", "flow", "call_permission", "reaction",
    "order", "system", "number_changed", "identity_changed", "unsupported", "request_welcome", "edit", "revoke", "group",
    "unknown",
]  # fmt: skip
"""A closed list: a provider's unknown type becomes `unknown`, since its name could carry anything."""


class OtherContent(Part):
    """The provider's own events, and what the relay cannot read or does not carry. Visible everywhere, never dropped."""

    kind: Literal["other"] = "other"
    type: OtherType


Content = Annotated[
    TextContent
    | ButtonContent
    | ChoiceContent
    | FlowContent
    | OrderContent
    | ReactionContent
    | EditContent
    | RevokeContent
    | LocationContent
    | ContactsContent
    | MediaContent
    | OtherContent,
    Field(discriminator="kind"),
]

Origin = Literal["ad", "post"]
"""What brought the policyholder into the chat."""
