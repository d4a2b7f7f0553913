"""What the router knows of a contact: one dossier, which every decision makes anew.

A contact is the unit of change. All that one cause does to their conversations and to the question they were asked is one
step from a version of the dossier to the next, so no crash can part it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from bowchat_contracts.commands import Author
from bowchat_contracts.conversations import ConversationChange, ConversationState
from bowchat_contracts.ids import ContactId, ConversationId, MessageId, OptionId, PromptId
from bowchat_contracts.inbound import Explanation, SlaTerms
from bowchat_contracts.masking_policy import MaskingPolicy

CAREFUL = MaskingPolicy()
"""Until an agreement says how its insurer's messages are masked."""

MOST_UNANSWERED = 5
"""Messages that a conversation remembers as unanswered. Of those that have not left yet, none is ever forgotten."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands: in the topic that keeps its words, and in its conversation."""

    message_id: MessageId
    position: str
    received_at: datetime
    seq: int = 0
    """0 while it is in no conversation."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One thread between one contact and one insurer about one matter, as it stands after its latest change."""

    conversation_id: ConversationId
    contact_id: ContactId
    version: int
    """Counts its changes, from 1."""
    last_seq: int
    """The place of its latest message, from 1; 0 where none has come yet."""
    state: ConversationState
    insurer: str | None
    desk: str | None
    policy_type: str | None
    policy_number: str | None
    agreement_version: str | None
    business_number_id: str
    opened_at: datetime
    last_message_at: datetime
    """When its latest message was received."""
    intent: str | None = None
    language: str | None = None
    priority: int = 0
    tags: tuple[str, ...] = ()
    cycle: int = 1
    answered_at: datetime | None = None
    """When the latest accepted reply was received that answered something."""
    spoke_at: datetime | None = None
    """When the insurer's latest accepted reply was received, whether or not anything was open."""
    resolved_at: datetime | None = None
    """When it was last resolved."""
    rests_until: datetime | None = None
    """When the router looks at it again by itself."""
    unanswered: tuple[Place, ...] = ()
    """The messages since the latest accepted reply."""
    left_seq: int = 0
    """Messages up to this place have left for the insurer."""
    by_release: bool = False
    """Its messages leave by the topic of releases: one had to wait, and those after it must not overtake it."""
    weight: float | None = None
    """The places it takes at its desk, as the desk was told; None where nobody counts them."""
    csat: PromptId | None = None
    """What the policyholder was asked about this cycle."""
    csat_given: bool = False
    asked_which_matter: bool = False
    waited_in_line: bool = False
    overflowed: bool = False
    """Whether another desk sent it on already."""
    handed_on: bool = False
    bound: bool = False
    """Whether its policyholder, their policies or people say that it is this insurer's: no backup elsewhere gets it."""

    @property
    def waiting(self) -> tuple[Place, ...]:
        """The messages that have not left for an insurer yet."""
        return tuple(each for each in self.unanswered if each.seq > self.left_seq)

    @property
    def waits_since(self) -> datetime | None:
        """When its insurer last spoke, if the policyholder has not written in it since."""
        return self.spoke_at if self.spoke_at and self.spoke_at > self.last_message_at else None

    @property
    def is_open(self) -> bool:
        return self.state not in ("resolved", "closed")


@dataclass(frozen=True, slots=True)
class Choice:
    """One matter that a message may be about: an open conversation, or a policy without one."""

    option_id: OptionId
    insurer: str | None
    """None: something else."""
    policy_type: str | None = None
    policy_number: str | None = None
    conversation_id: ConversationId | None = None
    is_own: bool = True
    """Whether the policy, if there is one, is known to be the contact's."""


@dataclass(frozen=True, slots=True)
class Question:
    """A contact is asked which matter they write about; their messages wait for the answer."""

    prompt_id: PromptId
    choices: tuple[Choice, ...]
    pending: tuple[Place, ...]
    business_number_id: str
    asked_at: datetime
    due_at: datetime
    language: str
    is_put: bool = True
    """Whether it was put to the contact. Until it is, `due_at` is when it will be: who says hello may go on unasked."""
    greeted: bool = False
    """Whether all that waits says hello and nothing else, so that what follows says what it is about."""
    tags: tuple[str, ...] = ()
    """What the rules said of the messages that wait, as the three that follow."""
    priority: int = 0
    policy_type: str | None = None
    intent: str | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """A conversation that is closed: what rules may ask of a contact's history."""

    conversation_id: ConversationId
    insurer: str | None
    policy_type: str | None
    opened_at: datetime
    closed_at: datetime
    resolved_at: datetime | None = None
    successor: ConversationId | None = None
    """Where it went on, with another insurer."""


EXCHANGE = timedelta(minutes=5)
"""So soon after an insurer's message the policyholder is in the middle of an exchange with it."""
MOST_PAST = 10
MOST_WAITED = 20


@dataclass(frozen=True, slots=True)
class Dossier:
    """A contact's conversations that are not closed, the oldest first, and the question they have been asked."""

    contact_id: ContactId
    version: int = 0
    """Counts its changes; 0 while nothing is known."""
    conversations: tuple[Conversation, ...] = ()
    question: Question | None = None
    past: tuple[Past, ...] = ()
    waited: tuple[tuple[MessageId, ConversationId], ...] = ()
    """Where the latest messages went that had to wait for an answer: what speaks of one of them follows it."""

    def conversation(self, conversation_id: ConversationId | None) -> Conversation | None:
        return next((each for each in self.conversations if each.conversation_id == conversation_id), None)

    @property
    def wrote_at(self) -> datetime | None:
        """When the policyholder last wrote, whatever it was about."""
        written = [each.last_message_at for each in self.conversations if each.last_seq]
        if self.question and self.question.pending:
            written.append(self.question.pending[-1].received_at)
        return max(written, default=None)

    @property
    def is_spoken_to(self) -> bool:
        """Whether an insurer has spoken since the policyholder last wrote anywhere."""
        wrote_at = self.wrote_at
        spoke_at = [each.spoke_at for each in self.with_insurers if each.is_open and each.spoke_at]
        return wrote_at is not None and any(each > wrote_at for each in spoke_at)

    def is_in_exchange(self, now: datetime) -> bool:
        """Whether the one insurer that waits for an answer has only just spoken."""
        waiting = [each.waits_since for each in self.with_insurers if each.is_open and each.waits_since]
        return len(waiting) == 1 and now - waiting[0] <= EXCHANGE

    @property
    def with_insurers(self) -> Iterator[Conversation]:
        return (each for each in self.conversations if each.insurer is not None)

    def goes_on(self, conversation_id: ConversationId) -> ConversationId:
        """Where this conversation went on, after all transfers; itself where it was never transferred."""
        moves = {each.conversation_id: each.successor for each in self.past}
        while (following := moves.get(conversation_id)) is not None:
            conversation_id = following
        return conversation_id

    def put(self, after: Conversation, successor: ConversationId | None = None) -> "Dossier":
        """The dossier with this conversation as it is now. A closed one becomes past."""
        others = [each for each in self.conversations if each.conversation_id != after.conversation_id]
        if after.state == "closed":
            past = Past(
                after.conversation_id,
                after.insurer,
                after.policy_type,
                after.opened_at,
                after.rests_until or after.last_message_at,
                after.resolved_at,
                successor,
            )
            return replace(self, conversations=tuple(others), past=(*self.past, past)[-MOST_PAST:])
        if len(others) == len(self.conversations):
            return replace(self, conversations=(*others, after))
        kept = (
            after if each.conversation_id == after.conversation_id else each for each in self.conversations
        )
        return replace(self, conversations=tuple(kept))


@dataclass(frozen=True, slots=True)
class Route:
    """Where a message goes, and why. `conversation` is the one to continue; None opens another."""

    rule: str
    reasons: tuple[str, ...]
    conversation: Conversation | None
    insurer: str | None = None
    desk: str | None = None
    policy_type: str | None = None
    intent: str | None = None
    language: str | None = None
    policy_number: str | None = None
    tags: tuple[str, ...] = ()
    priority: int = 0
    agreement_version: str | None = None
    sla: SlaTerms | None = None
    masking: MaskingPolicy = CAREFUL
    related: tuple[MessageId, ...] = ()
    """Which messages that this one speaks of are in the same conversation."""
    explanation: Explanation | None = None
    waits: bool = False
    """Whether a new conversation has to go by the desk's line."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Two matters or more fit, and nothing tells them apart: the policyholder is asked."""

    choices: tuple[Choice, ...]
    """Without ids yet."""
    reasons: tuple[str, ...]
    language: str
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of one conversation, as it is told."""

    after: Conversation
    previous: ConversationState | None
    change: ConversationChange
    by: Author | None = None
    queue_position: int | None = None
    successor: ConversationId | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that goes on: at once, where its words are at hand, or by the topic of releases."""

    place: Place
    conversation_id: ConversationId
    outcome: Literal["routed", "triage", "queued"]
    route: Route
    at_once: bool
