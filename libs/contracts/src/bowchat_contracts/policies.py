"""Which policies were sold, and to whom, as the aggregator told it: numbers became refs at the door."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import ChangeId, InsurerId, Ref
from bowchat_contracts.parts import Part

KEY = "policies"
"""The record key of every change, so that all of them have one order."""
MOST_ROWS = 500
"""Rows that one event may hold, so that it stays below what a broker takes."""

_GROUPED = r"^[0-9A-Za-z]+(?:[-/. ][0-9A-Za-z]+)*$"

PolicyNumber = Annotated[str, StringConstraints(pattern=_GROUPED, max_length=64)]
"""As it was given: letters and digits, in groups."""
ClaimNumber = Annotated[str, StringConstraints(pattern=_GROUPED, max_length=64)]
Vehicle = Annotated[str, StringConstraints(pattern=_GROUPED, max_length=24)]
"""A registration, or a vehicle identification number."""
ContactKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
"""The aggregator's own id for a person, as its CRM has it; never a number or an address."""
ContactTag = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
"""BCP 47."""


class PolicyRow(Part):
    """One policy as it stands from now on. What was known of its number before is replaced."""

    policy_number: PolicyNumber
    removed: bool = False
    """It is a policy no more; its number alone counts."""
    insurer: InsurerId | None = None
    """None of a removed one only."""
    policy_type: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] | None = None
    contact_key: ContactKey | None = None
    """Who holds it, where the contact's own row says by which refs they are known."""
    refs: tuple[Ref, ...] = Field((), max_length=16)
    """Who holds it, by every ref of every identity that was given."""
    vehicle: Vehicle | None = None
    claims: tuple[ClaimNumber, ...] = Field((), max_length=20)


class ContactRow(Part):
    """One contact as it stands from now on. What was known under its key before is replaced."""

    contact_key: ContactKey
    removed: bool = False
    refs: tuple[Ref, ...] = Field((), max_length=16)
    language: Language | None = None
    tags: tuple[ContactTag, ...] = Field((), max_length=20)


class PoliciesChanged(Event):
    """Policies and contacts that the aggregator added, changed or removed. A long import is many of these, in order.

    Under an idempotency key the same import has the same ids. Without one each call has its own: who says A, then B, then A
    again means A.
    """

    type: ClassVar[str] = "bowchat.policies.changed.v1"

    change_id: ChangeId
    policies: tuple[PolicyRow, ...] = Field((), max_length=MOST_ROWS)
    contacts: tuple[ContactRow, ...] = Field((), max_length=MOST_ROWS)
    at: datetime
