"""Forgetting a person: what the masker destroyed, and what the router knew them by."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from bowchat_contracts.commands import Author, Words
from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import Alias, CommandId, ContactId, InsurerId
from bowchat_contracts.parts import Part

Lane = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}_[a-p]{32}$")]
"""A key under which records speak of a person: a ref, conversation, alias, recipient ref or held subject."""


class AliasOf(Part):
    """One insurer's name for a person."""

    insurer: InsurerId
    alias: Alias


class SubjectErased(Event):
    """A person was erased from the vault. Whoever keeps anything of them under these names destroys it now."""

    type: ClassVar[str] = "bowchat.subjects.erased.v1"

    command_id: CommandId
    contact_id: ContactId
    aliases: tuple[AliasOf, ...]
    """Every one that any insurer ever had for them."""
    lanes: tuple[Lane, ...] = Field(description="Every key that the masker knows of, aliases among them.")
    by: Author
    why: Words
    at: datetime


class InsurerContactErased(Event):
    """The policyholder behind this alias was erased: it answers no more, and nothing more comes under it. What you keep of
    them you keep on your own account.
    """

    type: ClassVar[str] = "bowchat.insurer.contact_erased.v1"

    alias: Alias
    erased_at: datetime


class RefsForgotten(Event):
    """The router has forgotten an erased person: the refs and conversations it knew them by."""

    type: ClassVar[str] = "bowchat.subjects.refs_forgotten.v1"

    contact_id: ContactId
    lanes: tuple[Lane, ...]
    at: datetime
