"""What one cause did to one contact, and the events that it gives. Pure.

A deed is decided once and kept. A record that is read again after a crash finds its deed and gives the same events; the
same cause at another position is a duplicate and gives none. What people typed is not kept: it is added from the record.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from bowchat_contracts.commands import CommandRequested, InsurerBlock, RevealRequest
from bowchat_contracts.content import Content, EditContent, ReactionContent, RevokeContent
from bowchat_contracts.conversations import ConversationChanged, ConversationNoted
from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import ContactId, ConversationId, MessageId
from bowchat_contracts.inbound import Destination, InboundReceived, MessageReleased, MessageRouted
from bowchat_contracts.prompts import PromptRequested
from bowchat_contracts.topics import CONVERSATIONS_CHANGED, INBOUND_RELEASED, INBOUND_ROUTED, event_class
from bowchat_registry.registry import Registry
from bowchat_router.domain.model import Changed, Conversation, Dossier, Place, Route, Sent
from bowchat_router.domain.wording import filled_in
from bowchat_runtime.records import Outgoing, Record, follow

SOURCE = "router"


@dataclass(frozen=True, slots=True)
class Told:
    """One event to publish, as it was decided."""

    topic: str
    key: str
    type: str
    part: str
    """Tells apart several events of one type that follow from one cause."""
    body: str
    """Its data as JSON, without what people typed."""
    typed: int | None = None
    """Which of the words that were typed stand for `{typed}` in its text."""
    asker: str | None = None
    """Where the message stands whose writer is asked, where the cause is none."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A moment at which the router looks at something again by itself."""

    what: Literal["question", "conversation"]
    subject_id: str
    contact_id: ContactId
    due_at: datetime

    @property
    def timer_id(self) -> str:
        return f"{self.subject_id}/{int(self.due_at.timestamp() * 1000)}"


@dataclass(frozen=True, slots=True)
class Deed:
    """One step of one dossier."""

    subject: str
    """What caused it: a message id, a reply key, a command. One subject causes one deed."""
    position: str
    """Where the causing record stood."""
    at: datetime
    """When it was decided, in whole milliseconds, as the store keeps it."""
    after: Dossier
    sent: tuple[Sent, ...] = ()
    told: tuple[Told, ...] = ()
    timers: tuple[Timer, ...] = ()

    @property
    def opened(self) -> Iterator[Conversation]:
        """The conversations that began with it."""
        return (each for each in self.after.conversations if each.version == 1 and each.opened_at == self.at)

    def place_of(self, message_id: MessageId) -> str | None:
        """The conversation in which it put this message."""
        return next((each.conversation_id for each in self.sent if each.place.message_id == message_id), None)


@dataclass
class Step:
    """A deed while it is being decided."""

    subject: str
    position: str
    at: datetime
    dossier: Dossier
    registry: Registry
    sent: list[Sent] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)

    def put(self, after: Conversation, successor: ConversationId | None = None) -> None:
        """The conversation as it is now; nobody is told."""
        self.dossier = self.dossier.put(after, successor)

    def change(self, changed: Changed) -> None:
        """The conversation as it is now, and everybody is told."""
        self.put(changed.after, changed.successor)
        after = changed.after
        self.tell(
            CONVERSATIONS_CHANGED, after.conversation_id, _changed(changed, self.at), part=str(after.version)
        )
        due = after.rests_until
        if (
            due is not None
            and after.state != "closed"
            and changed.change in ("opened", "resolved", "reopened")
        ):
            self.timers.append(Timer("conversation", after.conversation_id, after.contact_id, due))

    def tell(
        self,
        topic: str,
        key: str,
        event: Event,
        part: str = "",
        *,
        typed: int | None = None,
        asker: str | None = None,
    ) -> None:
        body = event.model_dump_json()
        self.told.append(Told(topic, key, event.type, part, body, typed, asker))

    def deed(self) -> Deed:
        after = replace(self.dossier, version=self.dossier.version + 1)
        return Deed(
            self.subject,
            self.position,
            self.at,
            after,
            tuple(self.sent),
            tuple(self.told),
            tuple(self.timers),
        )


def _changed(changed: Changed, at: datetime) -> ConversationChanged:
    after = changed.after
    return ConversationChanged(
        conversation_id=after.conversation_id,
        contact_id=after.contact_id,
        insurer=after.insurer,
        desk=after.desk,
        policy_type=after.policy_type,
        previous=changed.previous,
        state=after.state,
        version=after.version,
        at=at,
        change=changed.change,
        cycle=after.cycle,
        left_seq=after.left_seq,
        intent=after.intent,
        priority=after.priority,
        queue_position=changed.queue_position,
        successor=changed.successor,
        by=changed.by,
    )


def worth_telling(before: Conversation | None, after: Conversation) -> bool:
    """Whether a change is anybody's business. One more message of the same state is not."""
    if before is None:
        return True
    return (before.state, before.desk, before.insurer) != (after.state, after.desk, after.insurer)


def events(
    record: Record, deed: Deed, typed: Sequence[str] = (), askers: Mapping[str, Record] | None = None
) -> list[Outgoing]:
    """What a deed gives to publish: the same whenever it is asked. `typed`: the words of a command, which are not kept.
    `askers`: the messages whose writers are asked, by their positions.
    """
    given = [
        _outgoing(
            record,
            deed,
            _complete(each, (askers or {}).get(each.asker or "", record), typed),
            topic=each.topic,
            key=each.key,
            part=each.part,
        )
        for each in deed.told
    ]
    for sent in deed.sent:
        if sent.at_once:
            routed = _routed(record.event, sent, deed.after.contact_id)
            given.append(_outgoing(record, deed, routed, topic=INBOUND_ROUTED, key=sent.conversation_id))
        else:
            released = _released(sent, deed.after.contact_id)
            part = sent.place.message_id
            given.append(
                _outgoing(record, deed, released, topic=INBOUND_RELEASED, key=sent.conversation_id, part=part)
            )
    return given


def _outgoing(record: Record, deed: Deed, event: Event, *, topic: str, key: str, part: str = "") -> Outgoing:
    meta = follow(record.meta, SOURCE, event, time=deed.at, part=part)
    return Outgoing(topic=topic, key=key, event=event, meta=meta)


def _complete(told: Told, record: Record, typed: Sequence[str]) -> Event:
    """The event with what people typed, and with who is to be asked, from the record."""
    kind = event_class(told.type)
    assert kind is not None, "what is told is an event of the topic table"
    event = kind.model_validate_json(told.body)
    cause = record.event
    if isinstance(event, PromptRequested) and isinstance(cause, InboundReceived):
        who = {"message_id": cause.message_id, "sealed_identity": cause.sealed_identity}
        return event.model_copy(update=who)
    if told.typed is None:
        return event
    words = typed[told.typed] if told.typed < len(typed) else "…"
    match event:
        case PromptRequested() | ConversationNoted():
            return event.model_copy(update={"text": filled_in(event.text, words)})
        case CommandRequested(command=InsurerBlock() as block):
            return event.model_copy(update={"command": block.model_copy(update={"why": words})})
        case CommandRequested(command=RevealRequest() as request):
            return event.model_copy(update={"command": request.model_copy(update={"purpose": words})})
    return event


def _destination(sent: Sent, contact_id: ContactId) -> dict[str, Any]:
    route = sent.route
    return {
        "message_id": sent.place.message_id,
        "conversation_id": sent.conversation_id,
        "contact_id": contact_id,
        "seq": sent.place.seq,
        "outcome": sent.outcome,
        "insurer": route.insurer,
        "desk": route.desk,
        "policy_type": route.policy_type,
        "intent": route.intent,
        "language": route.language,
        "policy_number": route.policy_number,
        "tags": route.tags,
        "priority": route.priority,
        "agreement_version": route.agreement_version,
        "rule": route.rule,
        "reasons": route.reasons,
        "explanation": route.explanation,
        "sla": route.sla,
        "masking": route.masking,
    }


def _routed(event: InboundReceived, sent: Sent, contact_id: ContactId) -> MessageRouted:
    return MessageRouted(**_destination(sent, contact_id), **_words(event, sent.route.related))


def _released(sent: Sent, contact_id: ContactId) -> MessageReleased:
    given = _destination(sent, contact_id)
    return MessageReleased(**given, position=sent.place.position, related=sent.route.related)


def routed_again(released: MessageReleased, event: InboundReceived) -> MessageRouted:
    """The message that waited, with its words."""
    given = {name: getattr(released, name) for name in Destination.model_fields}
    return MessageRouted(**given, **_words(event, released.related))


def _words(event: InboundReceived, related: tuple[MessageId, ...]) -> dict[str, Any]:
    return {
        "sealed_identity": event.sealed_identity,
        "business_number_id": event.business_number_id,
        "content": _content(event.content, related),
        "reply_to": event.reply_to,
        "quoted": event.quoted if event.quoted in related else None,
        "origin": event.origin,
        "sent_at": event.sent_at,
        "received_at": event.received_at,
    }


def _content(content: Content, related: tuple[MessageId, ...]) -> Content:
    """The content, without the id of a message that is not in this conversation."""
    if isinstance(content, ReactionContent | EditContent | RevokeContent) and content.of not in related:
        return content.model_copy(update={"of": None})
    return content


def sends(place: Place, conversation: Conversation, route: Route, *, at_once: bool) -> Sent:
    """A message that goes on, or is told to wait."""
    outcome: Literal["routed", "triage", "queued"] = (
        "triage" if conversation.insurer is None else "queued" if conversation.state == "queued" else "routed"
    )
    return Sent(place, conversation.conversation_id, outcome, replace(route, conversation=None), at_once)
