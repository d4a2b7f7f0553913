"""Reveal by consent: an insurer asks for a policyholder's number, who says yes or no, for a purpose and a time."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import Alias, ContactId, ConversationId, InsurerId, RevealId, ThreadId
from bowchat_contracts.insurer import ReplyId

Purpose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]
"""What an insurer wants the number for, as the policyholder will read it."""

RevealState = Literal["asked", "granted", "declined", "expired", "revoked"]
"""`expired`: the time agreed is over, or no answer came in time. `revoked`: ended before its time."""

RevealRefusal = Literal[
    "unknown_alias", "unknown_thread", "ambiguous_thread", "conversation_closed", "contact_unreachable",
    "already_asked", "no_keyset", "purpose_not_plain", "alias_expired", "alias_blocked", "policyholder_stopped",
    "no_open_matter",
]  # fmt: skip


class InsurerRevealRequest(Event):
    """An insurer asks for the number behind an alias. The policyholder is asked; nothing is revealed without their yes."""

    type: ClassVar[str] = "bowchat.insurer.reveal_request.v1"

    request_id: ReplyId
    """The insurer's own id of this request. Sent again, it has no second effect."""
    alias: Alias
    thread_id: Annotated[str, StringConstraints(max_length=100)] | None = None
    """Which matter it is for. May be left out while the alias has only one open."""
    purpose: Purpose
    """Shown to the policyholder. Without links, numbers and addresses."""
    days: int = Field(gt=0, le=90)
    """For how long the number may be used."""


class InsurerRevealChanged(Event):
    """Where a reveal stands. From `expired` or `revoked` on, the number may not be used any more."""

    type: ClassVar[str] = "bowchat.insurer.reveal_changed.v1"

    reveal_id: RevealId
    alias: Alias
    thread_id: ThreadId | None
    state: Literal["asked", "declined", "expired", "revoked", "refused"]
    reason: RevealRefusal | None = None
    """Why a request was refused: nobody was asked."""
    at: datetime


class InsurerIdentityRevealed(Event):
    """The policyholder said yes: their number, locked so that this insurer alone can open it."""

    type: ClassVar[str] = "bowchat.insurer.identity_revealed.v1"

    reveal_id: RevealId
    alias: Alias
    thread_id: ThreadId
    until: datetime
    """Not to be used after this moment."""
    sealed_identity: str
    """Base64 of a Tink hybrid ciphertext under the insurer's own public keyset, its context info the `reveal_id`. The
    plaintext is JSON: `number` (E.164), `purpose`, `until`.
    """


class RevealChanged(Event):
    """A reveal moved on. Never holds what is revealed."""

    type: ClassVar[str] = "bowchat.reveals.changed.v1"

    reveal_id: RevealId
    insurer: InsurerId
    contact_id: ContactId
    conversation_id: ConversationId
    state: RevealState
    purpose: Purpose
    until: datetime | None = None
    at: datetime
