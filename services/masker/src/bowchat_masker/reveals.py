"""What may become of a request for a number. Pure: a reveal and `now` in, the reveal's next state out.

asked ─yes─► granted ─► expired, or revoked before; asked ─► declined, expired or revoked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from bowchat_contracts.reveals import RevealState

ASK_LASTS = timedelta(days=3)
"""A yes that comes later counts for nothing: the person may not remember what it was about."""


@dataclass(frozen=True, slots=True)
class Reveal:
    """One request that reached the policyholder. Holds no identity but sealed."""

    reveal_id: str
    version: int
    insurer: str
    alias: str
    thread_id: str
    contact_id: str
    contact_version: int
    conversation_id: str
    business_number_id: str
    recipient_ref: str
    purpose: str
    days: int
    state: RevealState
    cause: str
    """Where the record stands that brought it to this state: read again there, the same is published again."""
    at: datetime
    """Since when it has this state, in whole seconds."""
    ends_at: datetime
    """Until when the answer is waited for; once granted, until when the number may be used."""
    sealed: str
    """`asked`: the recipient, for the dispatcher. `granted`: the number, for the insurer. Else empty."""

    @property
    def is_open(self) -> bool:
        return self.state in ("asked", "granted")


def answered(
    reveal: Reveal, answer: Literal["yes", "no"], now: datetime
) -> Literal["granted", "declined", "revoked"] | None:
    """What a tap brings; None when it comes too late or changes nothing. `No` stays good after a yes: it takes it back."""
    if not reveal.is_open or now >= reveal.ends_at:
        return None
    if reveal.state == "asked":
        return "granted" if answer == "yes" else "declined"
    return "revoked" if answer == "no" else None


def granted(reveal: Reveal, sealed: str, *, cause: str, now: datetime) -> Reveal:
    until = now + timedelta(days=reveal.days)
    return replace(_moved(reveal, "granted", cause, now), ends_at=until, sealed=sealed)


def ended(
    reveal: Reveal, state: Literal["declined", "expired", "revoked"], *, cause: str, now: datetime
) -> Reveal:
    return replace(_moved(reveal, state, cause, now), sealed="")


def as_written(reveal: Reveal, stored: Mapping[str, int]) -> Reveal:
    """As it has to be saved over the stored versions: one on, however often it moved in a batch."""
    return replace(reveal, version=stored.get(reveal.reveal_id, 0) + 1)


def overdue(reveal: Reveal, now: datetime) -> bool:
    return reveal.is_open and now >= reveal.ends_at


def _moved(reveal: Reveal, state: RevealState, cause: str, now: datetime) -> Reveal:
    return replace(reveal, version=reveal.version + 1, state=state, cause=cause, at=now)
