"""What is known of one person, and how it grows. A known number stays known, also when a webhook leaves it out."""

from datetime import datetime
from typing import NamedTuple

import phonenumbers
from pydantic import BaseModel, ConfigDict

from bowchat_contracts.inbound import Identity

_MOST_REMEMBERED = 16
_FIELDS = ("number", "bsuid", "parent_bsuid", "username", "name", "email")


class Known(BaseModel):
    """Every value ever seen of one person, the newest first. Kept encrypted; shown nowhere."""

    model_config = ConfigDict(frozen=True)

    number: tuple[str, ...] = ()
    bsuid: tuple[str, ...] = ()
    parent_bsuid: tuple[str, ...] = ()
    username: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    email: tuple[str, ...] = ()
    newest: datetime
    """When the message was sent that changed this last."""

    def __repr__(self) -> str:
        return "Known(***)"

    __str__ = __repr__

    @property
    def current(self) -> Identity:
        """The newest of each: where a reply goes."""
        return Identity(**{field: next(iter(getattr(self, field)), None) for field in _FIELDS})

    @property
    def reachable(self) -> bool:
        return bool(self.number or self.bsuid)


class Learned(NamedTuple):
    known: Known
    changed: bool
    number_changed: bool
    """Another number than before: nothing is sent until people have confirmed that it is the same person."""


def learn(known: Known | None, seen: Identity, sent_at: datetime) -> Learned:
    """Add what a message says of its writer.

    A message older than the last change adds to what is known and does not replace what is current, so that a
    record read twice cannot bring an old number back.
    """
    if known is not None and _is_current(known, seen):
        return Learned(known, False, False)
    before = known or Known(newest=sent_at)
    is_newer = sent_at >= before.newest
    fields = {
        field: _remember(getattr(before, field), getattr(seen, field), in_front=is_newer) for field in _FIELDS
    }
    changed = known is None or any(fields[field] != getattr(before, field) for field in _FIELDS)
    if not changed:
        return Learned(before, False, False)
    after = Known(**fields, newest=max(sent_at, before.newest))
    moved = bool(before.number) and after.number[:1] != before.number[:1]
    return Learned(after, True, moved)


def _is_current(known: Known, seen: Identity) -> bool:
    """Nothing new, as nearly always: all that is seen is the newest that is known."""
    for field in _FIELDS:
        value = getattr(seen, field)
        if value and getattr(known, field)[:1] != (value,):
            return False
    return True


def _remember(values: tuple[str, ...], value: str | None, *, in_front: bool) -> tuple[str, ...]:
    if not value or (value in values and not in_front):
        return values
    others = tuple(each for each in values if each != value)
    return ((value, *others) if in_front else (*others, value))[:_MOST_REMEMBERED]


def national(number: str) -> str:
    """The national significant digits of a number in E.164 without its plus; all digits where it cannot be read."""
    try:
        parsed = phonenumbers.parse("+" + number)
    except phonenumbers.NumberParseException:
        return "".join(filter(str.isdigit, number))
    return phonenumbers.national_significant_number(parsed)
