"""What people ask the relay to do, by the inbox or a command line: one event, typed arguments, audited as everything."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import Alias, CommandId, ContactId, ConversationId, InsurerId, derived_id
from bowchat_contracts.parts import Part
from bowchat_contracts.pii import MessageText

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]
"""Why, in words, for who reads the log later."""
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class Author(Part):
    """Who asks: a person of the aggregator, by the name of their account, or an insurer."""

    role: Literal["aggregator", "insurer"]
    name: PersonName


class HeldRelease(Part):
    """Let something that was held go on as it is."""

    name: Literal["held.release"] = "held.release"
    subject_id: str
    why: Words


class HeldRewrite(Part):
    """Let something that was held go on with another text."""

    name: Literal["held.rewrite"] = "held.rewrite"
    subject_id: str
    text: MessageText
    why: Words


class HeldBlock(Part):
    """Something that was held never goes on."""

    name: Literal["held.block"] = "held.block"
    subject_id: str
    why: Words


class AliasRevoke(Part):
    """End an insurer's way to one contact: the alias answers no more, and is never given again."""

    name: Literal["alias.revoke"] = "alias.revoke"
    alias: Alias
    why: Words


class PersonErase(Part):
    """Forget a person: data key, aliases, refs and windows."""

    name: Literal["person.erase"] = "person.erase"
    contact_id: ContactId
    why: Words


class RevealRequest(Part):
    """Ask the policyholder whether this insurer may have their number, for this purpose and time."""

    name: Literal["reveal.request"] = "reveal.request"
    insurer: InsurerId
    alias: Alias
    thread_id: str | None = None
    purpose: Words
    days: int = Field(gt=0, le=90)


class RevealRevoke(Part):
    """End a reveal before its time."""

    name: Literal["reveal.revoke"] = "reveal.revoke"
    insurer: InsurerId
    alias: Alias
    why: Words


class InsurerBlock(Part):
    """End an insurer's way to one contact, where the alias is not known: as `alias.revoke` does."""

    name: Literal["insurer.block"] = "insurer.block"
    insurer: InsurerId
    contact_id: ContactId
    why: Words


class Reply(Part):
    """The insurer's reply that a slash command came in: where its answer goes."""

    alias: Alias
    thread_id: str | None = None
    reply_id: str


class SlashCommand(Part):
    """A command as somebody typed it, `/handoff_to_underwriter urgent`: in the inbox, or as an insurer's reply. It is read,
    and answered to its author, by the router; it never reaches a policyholder.
    """

    name: Literal["slash"] = "slash"
    conversation_id: ConversationId
    contact_id: ContactId
    text: MessageText
    reply: Reply | None = None
    """None where the aggregator's people typed it."""


Command = Annotated[
    HeldRelease
    | HeldRewrite
    | HeldBlock
    | AliasRevoke
    | PersonErase
    | RevealRequest
    | RevealRevoke
    | InsurerBlock
    | SlashCommand,
    Field(discriminator="name"),
]


class CommandRequested(Event):
    """A person, or an insurer, asks for something. Asked again under the same id, it has no second effect."""

    type: ClassVar[str] = "bowchat.commands.requested.v1"

    command_id: CommandId
    by: Author
    command: Command
    requested_at: datetime


def command_in_reply(reply_key: str) -> str:
    """The id of the command that this reply is: the same, however often the reply is sent or read."""
    return derived_id("cm", "reply", reply_key)


class CommandDecided(Event):
    """What came of a command, for who asked and for the log."""

    type: ClassVar[str] = "bowchat.commands.decided.v1"

    command_id: CommandId
    command: str
    """The command's name, as `held.release` or `/resolve`."""
    outcome: Literal["accepted", "refused"]
    detail: str
    """In words: what was done, or why nothing was and what to do instead. Holds nothing of a person."""
    by: Author
    decided_at: datetime
    reply: Reply | None = None
    """The insurer's reply that the command came in, for who answers it there."""
