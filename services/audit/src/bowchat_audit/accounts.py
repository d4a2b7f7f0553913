"""The accounts: received = delivered + failed + held + blocked + refused + answered + command + resolved + parked + in
flight, per direction.

A fold over the log, entry by entry; what it keeps is a few words per message. Received and each end are read from
different events of different writers, so that a message that one of them forgot shows up, instead of being netted out.
"""

from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, get_args

import orjson

from bowchat_audit.domain import Entry
from bowchat_audit.trails import End, MessageTrail, ReplyTrail, Trail
from bowchat_contracts.commands import CommandDecided, command_in_reply
from bowchat_contracts.conversations import ConversationChanged
from bowchat_contracts.deliveries import DeliveryRequested, DeliveryUpdated
from bowchat_contracts.held import InsurerReleased
from bowchat_contracts.inbound import InboundReceived, MessageRelayed, MessageRouted
from bowchat_contracts.insurer import InsurerMessage
from bowchat_contracts.insurer_phone import ReplyUnaddressed
from bowchat_contracts.parking import RecordParked, RecordReleased
from bowchat_contracts.prompts import PromptAnswered, PromptRequested
from bowchat_contracts.replies import ReplyDecided, ReplyReceived
from bowchat_contracts.topics import (
    COMMANDS_ANSWERED,
    CONVERSATIONS_CHANGED,
    DELIVERIES_REQUESTED,
    DELIVERIES_UPDATED,
    INBOUND_RECEIVED,
    INBOUND_RELAYED,
    INBOUND_ROUTED,
    PARKED,
    PROMPTS_ANSWERED,
    PROMPTS_REQUESTED,
    REPLIES_ADDRESSED,
    REPLIES_DECIDED,
    REPLIES_RECEIVED,
    REPLIES_UNADDRESSED,
)

ENDS: tuple[End, ...] = get_args(End)

_PARKED = PARKED.format(service="")

# Whose parking keeps a message or reply from its end; another service's parking does not.
_ON_THE_WAY = {
    (PARKED.format(service="router"), InboundReceived.type),
    (PARKED.format(service="masker"), MessageRouted.type),
    (PARKED.format(service="masker"), ReplyReceived.type),
    (PARKED.format(service="masker"), ReplyUnaddressed.type),
    (PARKED.format(service="dispatcher"), DeliveryRequested.type),
    (PARKED.format(service="dispatcher"), InsurerMessage.type),
    (PARKED.format(service="dispatcher"), InsurerReleased.type),
}


_Outcome = tuple[str, MessageTrail | ReplyTrail, End | None, str]
"""An id, what is known of it, its end if it has one, its last stage."""


@dataclass(frozen=True)
class Waiting:
    """One message or reply in flight."""

    id: str
    stage: str
    seconds: int


@dataclass(frozen=True)
class Anomaly:
    """Something that cannot be, or lasts too long."""

    id: str
    what: str
    stage: str
    overdue: bool = False
    """It only lasts: the books are right, and somebody should see to it."""


@dataclass(frozen=True)
class Account:
    """One direction, balanced or not."""

    direction: str
    received: int
    ends: dict[End, int]
    in_flight: dict[str, int]
    """How many, by the last stage seen."""
    waiting: list[Waiting]
    anomalies: list[Anomaly]

    @property
    def balanced(self) -> bool:
        return self.received == sum(self.ends.values()) + sum(self.in_flight.values())


@dataclass
class Books:
    """What the log has said so far."""

    messages: dict[str, MessageTrail] = field(default_factory=dict)
    replies: dict[str, ReplyTrail] = field(default_factory=dict)
    by_insurer_id: dict[str, str] = field(default_factory=dict)
    """Which message an insurer knows by this id."""
    webhook_since: dict[str, int] = field(default_factory=dict)
    """Insurers reached by webhook, and from which place in the log that is known."""
    early: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """States of deliveries to insurers whose message the log has not named yet."""
    notices: set[str] = field(default_factory=set)
    """Reply keys of the relay's own words: no insurer's reply, so not in the accounts."""
    commands_answered: set[str] = field(default_factory=set)
    """Commands typed in conversations that were answered."""
    conversations: dict[str, tuple[int, bool]] = field(default_factory=dict)
    """Of each conversation its latest version, and whether people are done with it."""
    parked_by: dict[str, Trail] = field(default_factory=dict)
    unattributed_parks: set[str] = field(default_factory=set)
    """Parked records on the way that name no message: they were never received as one."""
    unreadable: int = 0
    """Entries of an accounted type whose data is not that of the type."""

    def take(self, entry: Entry) -> None:
        """Take in one entry. Its topic counts as well as its type: an insurer could write any type to its own topic."""
        topic = _PARKED if entry["topic"].startswith(_PARKED) else entry["topic"]
        apply = _APPLY.get((topic, entry["type"]))
        if apply is None:
            return
        try:
            apply(self, orjson.loads(entry["payload"]), entry)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            self.unreadable += 1

    def accounts(self, now: datetime, older_than: timedelta) -> tuple[Account, Account]:
        """Both directions as of now."""
        return (
            _account("inbound", self._message_outcomes(), now, older_than),
            _account("replies", self._reply_outcomes(), now, older_than),
        )

    def _message_outcomes(self) -> Iterator[_Outcome]:
        settled = {each for each, (_, done) in self.conversations.items() if done}
        for identity, trail in self.messages.items():
            yield identity, trail, *trail.outcome(self.webhook_since.get(trail.insurer), settled)

    def _reply_outcomes(self) -> Iterator[_Outcome]:
        for identity, trail in self.replies.items():
            if identity not in self.notices:
                answered = command_in_reply(identity) in self.commands_answered
                yield identity, trail, *trail.outcome(command_answered=answered)

    def message(self, identity: str) -> MessageTrail:
        return self.messages.setdefault(identity, MessageTrail())

    def reply(self, identity: str) -> ReplyTrail:
        return self.replies.setdefault(identity, ReplyTrail())


def _account(direction: str, outcomes: Iterator[_Outcome], now: datetime, older_than: timedelta) -> Account:
    received, ends, stages = 0, Counter[End](), Counter[str]()
    waiting: list[Waiting] = []
    anomalies: list[Anomaly] = []
    for identity, trail, end, stage in outcomes:
        anomalies += [Anomaly(identity, f"two ends: {each}", stage) for each in _contradictions(trail, end)]
        received_at, waits_until = trail.received_at, trail.waits_until
        if received_at is None or waits_until is None:
            anomalies.append(Anomaly(identity, "never received", stage))
            continue
        received += 1
        if end is not None:
            ends[end] += 1
            continue
        stages[stage] += 1
        age = now - received_at
        waiting.append(Waiting(identity, stage, int(age.total_seconds())))
        if now - waits_until > older_than:
            what = f"in flight for {int(age.total_seconds())} s"
            anomalies.append(Anomaly(identity, what, stage, overdue=True))
    return Account(direction, received, {each: ends[each] for each in ENDS}, dict(stages), waiting, anomalies)


def _contradictions(trail: Trail, end: End | None) -> list[str]:
    parked = [f"{end} and parked"] if trail.parks and end not in (None, "parked") else []
    return sorted(trail.contradictions) + parked


def _received(books: Books, data: dict[str, Any], _: Entry) -> None:
    books.message(data["message_id"]).received_at = datetime.fromisoformat(data["received_at"])


def _routed(books: Books, data: dict[str, Any], _: Entry) -> None:
    books.message(data["message_id"]).seen_route(data["outcome"], data["conversation_id"])


def _changed(books: Books, data: dict[str, Any], _: Entry) -> None:
    known, version = books.conversations.get(data["conversation_id"]), int(data["version"])
    if known is None or known[0] < version:
        books.conversations[data["conversation_id"]] = version, _is_settled(data)


def _is_settled(data: dict[str, Any]) -> bool:
    """Whether people are done with a conversation. One that was closed because it rested too long was seen to by nobody, and
    one that was transferred goes on.
    """
    if data["state"] != "closed":
        return bool(data["state"] == "resolved")
    return not data.get("successor") and (data.get("previous") == "resolved" or data.get("by") is not None)


def _asked(books: Books, data: dict[str, Any], _: Entry) -> None:
    if data["kind"] == "which_matter" and data.get("message_id"):
        books.message(data["message_id"]).asked_until = datetime.fromisoformat(data["expires_at"])


def _answered(books: Books, data: dict[str, Any], _: Entry) -> None:
    if data["outcome"] == "answered" and data.get("message_id"):
        books.message(data["message_id"]).answer = True


def _relayed(books: Books, data: dict[str, Any], entry: Entry) -> None:
    trail = books.message(data["message_id"])
    trail.seen_relay(data["outcome"], data["insurer"], entry["_id"])
    books.by_insurer_id[data["insurer_message_id"]] = data["message_id"]
    for state, attempt in books.early.pop(data["insurer_message_id"], ()):
        trail.seen_delivery(state, attempt)


def _reply_received(books: Books, data: dict[str, Any], _: Entry) -> None:
    books.reply(data["reply_key"]).received_at = datetime.fromisoformat(data["received_at"])


def _unaddressed(books: Books, data: dict[str, Any], _: Entry) -> None:
    trail = books.reply(data["reply_key"])
    trail.received_at = datetime.fromisoformat(data["received_at"])
    trail.unaddressed = True


def _addressed(books: Books, data: dict[str, Any], _: Entry) -> None:
    books.reply(data["reply_key"]).addressed = True


def _reply_decided(books: Books, data: dict[str, Any], _: Entry) -> None:
    books.reply(data["reply_key"]).seen_decision(data["outcome"])


def _command_answered(books: Books, data: dict[str, Any], _: Entry) -> None:
    books.commands_answered.add(data["command_id"])


def _requested(books: Books, data: dict[str, Any], _: Entry) -> None:
    books.reply(data["reply_key"]).requested = True
    if data.get("notice") or data.get("reveal_id") or data.get("prompt_id"):
        books.notices.add(data["reply_key"])


def _updated(books: Books, data: dict[str, Any], entry: Entry) -> None:
    subject, state, attempt = data["subject_id"], data["state"], data["attempt"]
    if data["recipient"] == "policyholder":
        books.reply(subject).seen_delivery(state, attempt)
        return
    books.webhook_since.setdefault(data["insurer"], entry["_id"])
    message = books.by_insurer_id.get(subject)
    if message is None:
        # Its relay is logged later, or it is a notice, which is no message of a policyholder.
        books.early.setdefault(subject, []).append((state, attempt))
    else:
        books.messages[message].seen_delivery(state, attempt)


def _parked(books: Books, data: dict[str, Any], entry: Entry) -> None:
    kind = _decoded(dict(data["headers"]).get("ce_type", "")).decode(errors="replace")
    if (entry["topic"], kind) not in _ON_THE_WAY:
        return
    trail = _parked_trail(books, kind, data["value"])
    if trail is None:
        books.unattributed_parks.add(data["park_id"])
        return
    trail.parks.add(data["park_id"])
    books.parked_by[data["park_id"]] = trail


def _parked_trail(books: Books, kind: str, value: str) -> Trail | None:
    """Whose the parked record is. Its own event may not be in the log yet; a record that names nobody is nobody's."""
    try:
        body = orjson.loads(_decoded(value))
        if kind in (InsurerMessage.type, InsurerReleased.type):
            return books.messages.get(books.by_insurer_id.get(body["message_id"], ""))
        if "reply_key" in body:
            return books.reply(str(body["reply_key"]))
        return books.message(str(body["message_id"]))
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None


def _released(books: Books, data: dict[str, Any], _: Entry) -> None:
    trail = books.parked_by.pop(data["park_id"], None)
    if trail is not None:
        trail.parks.discard(data["park_id"])
    books.unattributed_parks.discard(data["park_id"])


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text)
    except ValueError:
        return b""


_APPLY = {
    (INBOUND_RECEIVED, InboundReceived.type): _received,
    (INBOUND_ROUTED, MessageRouted.type): _routed,
    (CONVERSATIONS_CHANGED, ConversationChanged.type): _changed,
    (INBOUND_RELAYED, MessageRelayed.type): _relayed,
    (REPLIES_RECEIVED, ReplyReceived.type): _reply_received,
    (REPLIES_UNADDRESSED, ReplyUnaddressed.type): _unaddressed,
    (REPLIES_ADDRESSED, ReplyReceived.type): _addressed,
    (REPLIES_DECIDED, ReplyDecided.type): _reply_decided,
    (COMMANDS_ANSWERED, CommandDecided.type): _command_answered,
    (PROMPTS_REQUESTED, PromptRequested.type): _asked,
    (PROMPTS_ANSWERED, PromptAnswered.type): _answered,
    (DELIVERIES_REQUESTED, DeliveryRequested.type): _requested,
    (DELIVERIES_UPDATED, DeliveryUpdated.type): _updated,
    (_PARKED, RecordParked.type): _parked,
    (_PARKED, RecordReleased.type): _released,
}
