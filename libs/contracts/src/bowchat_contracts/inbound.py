"""Events of the way in: what a policyholder wrote, where it goes, and that it got there."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from bowchat_contracts.content import Content, Origin
from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import (
    AdId,
    Alias,
    ContactId,
    ConversationId,
    InsurerId,
    InsurerMessageId,
    MessageId,
    ProviderRef,
    Ref,
)
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_contracts.parts import Part


class InboundReceived(Event):
    """One message of a policyholder, verified, normalised, its identity sealed."""

    type: ClassVar[str] = "bowchat.inbound.received.v1"

    message_id: MessageId
    refs: tuple[Ref, ...] = Field(min_length=1)
    """Who wrote, the strongest identity first: the BSUID's ref, then the number's."""
    other_refs: tuple[Ref, ...] = ()
    """The same identities in the same order, under the other ref key; empty but while one takes over from another."""
    sealed_identity: str
    """`Identity`, locked with the masker's and dispatcher's public keyset."""
    channel: Literal["whatsapp_cloud"]
    business_number_id: str
    """The aggregator's own number that was written to (Cloud API `phone_number_id`)."""
    content: Content
    provider_ref: ProviderRef
    reply_to: ProviderRef | None = None
    """The message that was quoted, as the provider knows it: also one that the relay sent."""
    quoted: MessageId | None = None
    """The message that was quoted, if it is one of the policyholder's own: the id that it would have."""
    origin: Origin | None = None
    ad: AdId | None = None
    """The advertisement that the chat began at: it may decide where the message goes, and goes no further."""
    sent_at: datetime
    """When the policyholder sent it, by the provider's clock, in whole seconds."""
    received_at: datetime


class Identity(Part):
    """What is sealed: everything the provider says of who wrote. Never serialised but into a seal."""

    number: str | None = None
    bsuid: str | None = None
    parent_bsuid: str | None = None
    username: str | None = None
    name: str | None = None
    email: str | None = None

    def __repr__(self) -> str:
        return "Identity(***)"

    __str__ = __repr__


class SlaTerms(Part):
    """What the agreement promises, as it stood when the message was routed."""

    first_response_s: int = Field(gt=0)
    warn_ratio: float = Field(gt=0, lt=1)


class Candidate(Part):
    """Where a message might have gone, and how well that fitted."""

    insurer: InsurerId | None = None
    policy_type: str | None = None
    intent: str | None = None
    score: float = Field(ge=0, le=1)
    why: str


class Explanation(Part):
    """What a decision was made with."""

    registry: str
    """The version of the registry."""
    model: str | None = None
    """The version of the classifier, where it was asked."""
    confidence: float = Field(1.0, ge=0, le=1)
    candidates: tuple[Candidate, ...] = Field((), max_length=12)
    """The best first."""
    off_topic: float | None = Field(None, ge=0, le=1)
    """How likely the message is no business of any insurer, where the classifier was asked."""


class Destination(Event):
    """Where one message goes, and why: what the events that say so have in common."""

    message_id: MessageId
    conversation_id: ConversationId
    contact_id: ContactId
    seq: int = Field(ge=1)
    """The message's place in its conversation, without gaps."""
    outcome: Literal["routed", "triage", "queued"]
    insurer: InsurerId | None = None
    desk: str | None = None
    policy_type: str | None = None
    intent: str | None = None
    language: str | None = None
    """BCP 47, as far as it can be told."""
    policy_number: str | None = None
    tags: tuple[str, ...] = ()
    priority: int = 0
    agreement_version: str | None = None
    rule: str
    """What decided: `policy_number`, `open_conversation`, `model`, `answer`, `people`, `triage`, a rule's name and so on."""
    reasons: tuple[str, ...]
    explanation: Explanation | None = None
    sla: SlaTerms | None = None
    masking: MaskingPolicy = MaskingPolicy()
    """The agreement's masking, as it stood when the message was routed."""


class MessageRouted(Destination):
    """Where one message goes, and why. `triage`: people have to decide. `queued`: its desk has no place yet. A message of
    either comes again as `routed`, when somebody decided or a place is free.
    """

    type: ClassVar[str] = "bowchat.inbound.routed.v1"

    sealed_identity: str
    business_number_id: str
    content: Content
    reply_to: ProviderRef | None = None
    quoted: MessageId | None = None
    """The message of the same conversation that was quoted."""
    origin: Origin | None = None
    sent_at: datetime
    received_at: datetime


class MessageReleased(Destination):
    """A message that waited goes on now. Its words stand where they were received; who reads this adds them."""

    type: ClassVar[str] = "bowchat.inbound.released.v1"

    position: str
    """Topic, partition and offset of the message as it was received."""
    related: tuple[MessageId, ...] = ()
    """Which messages that this one speaks of are in the same conversation."""


class MessageRelayed(Event):
    """The masker's end of the way in: the message is on the insurer's topic, or held for people to look at. What was held
    comes to a second end: `released` (on the topic after all) or `blocked`.
    """

    type: ClassVar[str] = "bowchat.inbound.relayed.v1"

    message_id: MessageId
    conversation_id: ConversationId
    contact_id: ContactId
    insurer: InsurerId
    desk: str | None
    seq: int
    outcome: Literal["relayed", "held", "released", "blocked"]
    reason: str | None = None
    insurer_message_id: InsurerMessageId
    alias: Alias
    sla: SlaTerms | None
    sent_at: datetime
    relayed_at: datetime
