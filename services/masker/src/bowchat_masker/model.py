"""The rows of the vault. None holds anything of a person in the clear."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bowchat_masker.ways import Way

GuardReason = Literal[
    "known_identity", "known_identity_in_pieces", "number_in_pieces", "masking_failed", "number_changed", "seal_unreadable",
    "unreadable_media", "media_doubt", "contact_details", "solicitation",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contact:
    contact_id: str
    version: int
    wrapped_key: bytes
    """The person's data key, wrapped by the key-encryption key."""
    identity: bytes
    """`Known`, encrypted under the data key: nonce, then ciphertext and tag."""
    frozen: bool
    """The number changed: nothing goes out until people have confirmed who it is."""


@dataclass(frozen=True, slots=True)
class AliasRow:
    """The random name one insurer knows one contact by. Never changed, never reused."""

    insurer: str
    contact_id: str
    alias: str
    generation: int = 1
    """The first alias of this insurer for this contact, the second after that had ended, ..."""

    @property
    def key(self) -> str:
        return alias_key(self.insurer, self.contact_id, self.generation)

    @property
    def way(self) -> str:
        """The key of the way that this alias belongs to."""
        return alias_key(self.insurer, self.contact_id)


def alias_key(insurer: str, contact_id: str, generation: int = 1) -> str:
    first = f"{insurer}|{contact_id}"
    return first if generation == 1 else f"{first}|{generation}"


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation as one insurer knows it, and what a reply to it needs."""

    thread_id: str
    version: int
    insurer: str
    alias: str
    contact_id: str
    conversation_id: str
    business_number_id: str
    recipient_ref: str
    masking: str = ""
    """The agreement's masking of its last message, as JSON: what a reply may hold."""
    closed_at: datetime | None = None
    """Since when its conversation is closed. Told later than the conversation's own row: it narrows a search, and decides
    nothing.
    """


@dataclass(frozen=True, slots=True)
class ThreadNews:
    """What there is to tell of a thread besides its messages, and whether its insurer knows of it yet."""

    thread_id: str
    version: int
    contact_id: str
    first: str = ""
    """Where the record stood that said that its first message is on the insurer's topic; empty until then."""
    waiting: tuple[str, ...] = ()
    """Changes of its conversation that were read before, as JSON. They stay, to be told again after a crash."""


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """Whether a conversation is closed; there is a row only for those that have ever been."""

    conversation_id: str
    version: int
    at: int
    """The conversation's own version that this row stands for."""
    closed: bool


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """What was decided on a reply, and all it takes to publish the same events again."""

    reply_key: str
    position: str
    insurer: str
    outcome: Literal["accepted", "held", "refused", "command"]
    decided_at: datetime
    reason: str | None = None
    raised: GuardReason | None = None
    conversation_id: str | None = None
    contact_id: str | None = None
    delivery_id: str | None = None
    recipient_ref: str | None = None
    business_number_id: str | None = None
    sealed_recipient: str | None = None
    contact_version: int = 0
    """The contact's version that the recipient was read at."""
    content: str = ""
    """Keyed hash of what the insurer said: tells a repetition from an id that is used twice."""
    removed: tuple[str, ...] = ()
    """What was taken out of its text."""
    masking: str = ""
    """The masking that took it out, as JSON, so that a replay takes out the same."""


@dataclass(frozen=True, slots=True)
class Held:
    """Something that was held, with the record it came in, sealed: people release it later."""

    subject_id: str
    direction: Literal["to_insurer", "to_policyholder"]
    conversation_id: str
    insurer: str
    reason: GuardReason
    held_at: datetime
    sealed: str | None
    """The record's bytes, sealed under `held:<subject_id>`; None where sealing itself failed (the topic has them)."""


@dataclass(frozen=True, slots=True)
class WindowRow:
    """Digits and a few texts of a contact's last messages to an insurer, or of its replies: what comes in pieces is seen."""

    key: str
    """As an alias's: insurer and contact; of replies with a word more."""
    version: int
    contact_id: str
    sealed: bytes
    """`guard.pieces.Memory`, encrypted under the person's data key."""


@dataclass(frozen=True, slots=True)
class Erased:
    """A person who was erased: what it takes to say so again, and nothing of them."""

    contact_id: str
    command_id: str
    position: str
    """Where the command stood."""
    at: datetime
    aliases: tuple[tuple[str, str], ...] = ()
    """Insurer and alias, each that there ever was."""
    lanes: tuple[str, ...] = ()
    """Every key under which records speak of them."""


@dataclass(frozen=True, slots=True)
class Names:
    """Under which names a contact is known."""

    aliases: tuple[tuple[str, str], ...]
    """Insurer and alias."""
    conversations: tuple[str, ...]
    subjects: tuple[str, ...]
    """What was held of theirs, and the replies to them."""


@dataclass(slots=True)
class Changes:
    """What one batch writes."""

    contacts: dict[str, Contact] = field(default_factory=dict)
    aliases: dict[str, AliasRow] = field(default_factory=dict)
    threads: dict[str, Thread] = field(default_factory=dict)
    conversations: dict[str, ConversationRow] = field(default_factory=dict)
    replies: dict[str, ReplyRow] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    windows: dict[str, WindowRow] = field(default_factory=dict)
    ways: dict[str, Way] = field(default_factory=dict)
    news: dict[str, ThreadNews] = field(default_factory=dict)
