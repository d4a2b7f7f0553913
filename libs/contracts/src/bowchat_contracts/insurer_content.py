"""What is left of a message for an insurer: one typed shape per kind, every text in it masked, every id minted."""

from typing import Annotated, Literal

from pydantic import Field

from bowchat_contracts.content import Amount, Currency, Emoji, MediaType, Mime, Near, OtherType, Quantity
from bowchat_contracts.ids import InsurerMediaId, InsurerMessageId
from bowchat_contracts.parts import Part

Placeholder = Literal[
    "phone", "email", "link", "handle", "upi", "pan", "aadhaar", "gstin", "passport", "card", "account", "iban",
    "national_id", "address", "name",
]  # fmt: skip


class Masked(Part):
    """What a placeholder in the text stands for, without its value."""

    placeholder: str
    type: Placeholder


class InsurerText(Part):
    kind: Literal["text"] = "text"
    text: str
    masked: tuple[Masked, ...] = ()


class InsurerChoice(Part):
    """The policyholder tapped a button or chose from a list."""

    kind: Literal["choice"] = "choice"
    title: str
    description: str | None = None
    masked: tuple[Masked, ...] = ()


class InsurerAnswer(Part):
    label: str
    value: str


class InsurerAnswers(Part):
    """A form was filled in. Nested fields have their path for a name, `address.city`."""

    kind: Literal["flow"] = "flow"
    answers: tuple[InsurerAnswer, ...]
    masked: tuple[Masked, ...] = ()


class InsurerOrderItem(Part):
    product: str
    quantity: Quantity
    price: Amount | None = None
    """Of one."""
    currency: Currency | None = None


class InsurerOrder(Part):
    """Products of the aggregator's catalogue were ordered."""

    kind: Literal["order"] = "order"
    items: tuple[InsurerOrderItem, ...]
    note: str | None = None
    masked: tuple[Masked, ...] = ()


class InsurerReaction(Part):
    """An emoji was put on a message, or taken off again (`removed`)."""

    kind: Literal["reaction"] = "reaction"
    of: InsurerMessageId | None = None
    """The message of this thread; left out for a reply of yours."""
    emoji: Emoji | None = None
    """Left out where it is not made of symbols alone."""
    removed: bool = False


class InsurerEdit(Part):
    """A message was changed. `text` is its new text or caption."""

    kind: Literal["edit"] = "edit"
    of: InsurerMessageId | None = None
    """The message of this thread; left out where it is not known."""
    text: str | None = None
    masked: tuple[Masked, ...] = ()


class InsurerRevoke(Part):
    """A message was deleted by who wrote it: use it no more."""

    kind: Literal["revoke"] = "revoke"
    of: InsurerMessageId | None = None
    """The message of this thread; left out where it is not known."""


class InsurerLocation(Part):
    """A place was shared."""

    kind: Literal["location"] = "location"
    near: Near | None = None
    """To a tenth of a degree; left out where the agreement withholds it."""


class InsurerContacts(Part):
    """Contact cards were shared. They are withheld: ask the aggregator."""

    kind: Literal["contacts"] = "contacts"
    withheld: int = Field(ge=1)
    """How many."""


class InsurerMedia(Part):
    """A file was sent. It is being looked at; another event on this topic, under the same `media_id`, says what became
    of it.
    """

    kind: Literal["media"] = "media"
    media_id: InsurerMediaId
    media_type: MediaType
    mime: Mime
    """What the sender's side says it is."""
    state: Literal["pending"] = "pending"
    caption: str | None = None
    masked: tuple[Masked, ...] = ()


class InsurerOther(Part):
    """A message of this type arrived; its content is with the aggregator."""

    kind: Literal["other"] = "other"
    type: OtherType


InsurerContent = Annotated[
    InsurerText
    | InsurerChoice
    | InsurerAnswers
    | InsurerOrder
    | InsurerReaction
    | InsurerEdit
    | InsurerRevoke
    | InsurerLocation
    | InsurerContacts
    | InsurerMedia
    | InsurerOther,
    Field(discriminator="kind"),
]
