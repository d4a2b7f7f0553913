"""What a message on its way in comes to, and how a batch of them adds up to what is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bowchat_contracts.inbound import MessageRouted
from bowchat_masker.guard import Watch
from bowchat_masker.model import AliasRow, Changes, Contact, GuardReason, Held, Thread, WindowRow, alias_key
from bowchat_masker.ways import Way, after_message
from bowchat_runtime.records import Outgoing


def alias_name(insurer: str, message: MessageRouted, ways: Mapping[str, Way]) -> tuple[str, str, int]:
    """Which alias a message goes under. Without a way, the first: it is kept before any alias."""
    way = ways.get(alias_key(insurer, message.contact_id))
    return insurer, message.contact_id, way.generation_at(message.received_at) if way else 1


def ways_after(ways: Mapping[str, Way], routed: Sequence[tuple[str, MessageRouted]]) -> dict[str, Way]:
    """The ways that these messages change, as they have to be written: one version on, however many messages there are."""
    after: dict[str, Way] = {}
    for insurer, message in routed:
        key = alias_key(insurer, message.contact_id)
        stored = ways.get(key)
        before = after.get(key, stored)
        way = after_message(
            before, key, message.contact_id, days=message.masking.alias_days, received_at=message.received_at
        )
        if way is not before:
            after[key] = replace(way, version=stored.version + 1 if stored else 1)
    return after


@dataclass(frozen=True, slots=True)
class Learned:
    """What a message taught about its writer. `watch` is None where the identity could not be opened."""

    contact: Contact | None
    """The contact as it has to be written; None when nothing changed."""
    watch: Watch | None
    froze: bool = False
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Clear:
    outgoing: Outgoing
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Doubt:
    reason: GuardReason
    cause: str
    """The error's class, or what kind of clue was found; never what it was found in."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One message's end, and what it leaves behind."""

    outgoing: tuple[Outgoing, ...]
    message_id: str
    label: str
    learned: Learned
    doubt: Doubt | None = None
    findings: tuple[str, ...] = ()
    alias: AliasRow | None = None
    thread: Thread | None = None
    held: Held | None = None
    window: WindowRow | None = None


@dataclass(slots=True)
class InboundState:
    contacts: dict[str, Contact]
    stored: dict[str, int]
    """Versions in the store, by contact, thread or window; a batch writes the one after."""
    aliases: dict[str, AliasRow]
    fresh: dict[str, AliasRow]
    """Aliases made for this batch; only those that a message used are written."""
    threads: dict[str, Thread]
    windows: dict[str, WindowRow] = field(default_factory=dict)
    ways: dict[str, Way] = field(default_factory=dict)
    """As they stand after every message of the batch."""
    changes: Changes = field(default_factory=Changes)
    erased: frozenset[str] = frozenset()
    """Contacts of this batch who have been erased: what comes for them still was under way then, and is held."""
    outcomes: list[Outcome] = field(default_factory=list)

    def alias(self, insurer: str, message: MessageRouted) -> AliasRow:
        key = alias_key(*alias_name(insurer, message, self.ways))
        return self.aliases.get(key) or self.fresh[key]

    def has_way(self, insurer: str, message: MessageRouted) -> bool:
        """Whether this insurer knows the writer by now."""
        key = alias_key(*alias_name(insurer, message, self.ways))
        return key in self.aliases or key in self.changes.aliases

    def change(self, way: Way) -> None:
        """Another change of a way: with those before it in the batch it is one write."""
        before = self.ways[way.key]
        version = before.version if way.key in self.changes.ways else before.version + 1
        self.ways[way.key] = self.changes.ways[way.key] = replace(way, version=version)

    def apply(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        if contact := outcome.learned.contact:
            contact = replace(contact, version=self.stored.get(contact.contact_id, 0) + 1)
            self.contacts[contact.contact_id] = self.changes.contacts[contact.contact_id] = contact
        if outcome.alias and outcome.alias.key not in self.aliases:
            self.changes.aliases[outcome.alias.key] = outcome.alias
        if outcome.thread:
            thread = replace(outcome.thread, version=self.stored.get(outcome.thread.thread_id, 0) + 1)
            self.threads[thread.thread_id] = self.changes.threads[thread.thread_id] = thread
        if outcome.held:
            self.changes.held[outcome.held.subject_id] = outcome.held
        if outcome.window:
            window = replace(outcome.window, version=self.stored.get(outcome.window.key, 0) + 1)
            self.windows[window.key] = self.changes.windows[window.key] = window
