"""What may become of something held. Pure: a hold, what people have said of it, and a command in; a ruling out.

A hold ends once: the first command that can be carried out decides, and nothing decides again.
"""

from dataclasses import dataclass
from datetime import datetime

from bowchat_contracts.commands import HeldBlock, HeldRelease, HeldRewrite
from bowchat_contracts.held import BlockedReason, HeldEnd
from bowchat_contracts.insurer import WithheldReason
from bowchat_masker.model import GuardReason, Held

HeldCommand = HeldRelease | HeldRewrite | HeldBlock

ENDS: dict[type[HeldCommand], HeldEnd] = {
    HeldRelease: "released",
    HeldRewrite: "rewritten",
    HeldBlock: "blocked",
}
_OF_A_KNOWN_PERSON = ("known_identity", "known_identity_in_pieces")
_UNCHECKED = ("masking_failed", "seal_unreadable")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a released reply goes: who is asked to send it, and to whom, sealed."""

    delivery_id: str
    recipient_ref: str
    business_number_id: str
    sealed_recipient: str
    contact_version: int


@dataclass(frozen=True, slots=True)
class Ruling:
    """How a hold ended. One a subject, never changed."""

    subject_id: str
    command_id: str
    position: str
    """Where the command's record stands: read again there, it is published again."""
    end: HeldEnd
    decided_at: datetime
    to: Destination | None = None
    """Replies that go out only."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command that was not carried out, and what its author is told. Kept, so that asked again it gets the same answer."""

    command_id: str
    position: str
    detail: str
    decided_at: datetime


def refusal_of(command: HeldCommand, held: Held | None, ruling: Ruling | None) -> str | None:
    """Why this command has no place here, in words; None when it has."""
    if held is None:
        return "nothing of this id is held"
    if ruling is not None:
        return f"it was {ruling.end} before, and stays so"
    if not isinstance(command, HeldBlock) and held.sealed is None:
        return "its text could not be kept when it was held: it stays held; have it sent again"
    if isinstance(command, HeldRelease) and _is_of_a_known_person(held):
        return "it holds an identity that the insurer must not learn, so it cannot go as it is: rewrite or block it"
    return None


def _is_of_a_known_person(held: Held) -> bool:
    return held.direction == "to_insurer" and held.reason in _OF_A_KNOWN_PERSON


def withheld_reason(reason: GuardReason) -> WithheldReason:
    """What the insurer reads at the place of a held message."""
    if reason in _OF_A_KNOWN_PERSON:
        return "contact_details"
    return "could_not_be_checked" if reason in _UNCHECKED else "under_review"


def blocked_reason(reason: GuardReason) -> BlockedReason:
    """What the insurer reads when the held message will not come."""
    said = withheld_reason(reason)
    return "not_passed_on" if said == "under_review" else said
