"""The topic table: the one place that says what flows where. Topics, ACLs and the AsyncAPI documents derive from it."""

from dataclasses import dataclass

from bowchat_contracts import (
    commands,
    conversations,
    deliveries,
    desks,
    erasure,
    held,
    inbound,
    insurer,
    insurer_phone,
    media,
    parking,
    policies,
    prompts,
    replies,
    reveals,
    sla,
    timers,
)
from bowchat_contracts.envelope import Event

SERVICES = ("ingest", "router", "masker", "dispatcher", "sla-watcher", "audit")

INBOUND_RECEIVED = "inbound.received"
INBOUND_ROUTED = "inbound.routed"
INBOUND_RELEASED = "inbound.released"
INBOUND_RELAYED = "inbound.relayed"
INSURER_MESSAGES = "insurer.{insurer}.messages"
INSURER_REPLIES = "insurer.{insurer}.replies"
REPLIES_RECEIVED = "replies.received"
REPLIES_UNADDRESSED = "replies.unaddressed"
REPLIES_ADDRESSED = "replies.addressed"
REPLIES_DECIDED = "replies.decided"
COMMANDS_REQUESTED = "commands.requested"
COMMANDS_DECIDED = "commands.decided"
COMMANDS_ANSWERED = "commands.answered"
HELD_CHANGED = "held.changed"
REVEALS_CHANGED = "reveals.changed"
CONTACTS_FROZEN = "contacts.frozen"
CONVERSATIONS_CHANGED = "conversations.changed"
PROMPTS_REQUESTED = "prompts.requested"
PROMPTS_DECIDED = "prompts.decided"
PROMPTS_ANSWERED = "prompts.answered"
CSAT_RECEIVED = "csat.received"
DESKS_WORKED = "desks.worked"
DESKS_CHANGED = "desks.changed"
TIMERS_DUE = "timers.due"
POLICIES_CHANGED = "policies.changed"
SUBJECTS_ERASED = "subjects.erased"
REFS_FORGOTTEN = "refs.forgotten"
DELIVERIES_REQUESTED = "deliveries.requested"
DELIVERIES_UPDATED = "deliveries.updated"
THREADS_SHOWN = "threads.shown"
STATUSES_RECEIVED = "statuses.received"
GUARD_RAISED = "guard.raised"
MEDIA_REQUESTED = "media.requested"
MEDIA_FETCHED = "media.fetched"
SLA_CHANGED = "sla.changed"
PARKED = "parked.{service}"

INSURER_MESSAGES_PATTERN = r"^insurer\.[a-z][a-z0-9-]*\.messages$"
INSURER_REPLIES_PATTERN = r"^insurer\.[a-z][a-z0-9-]*\.replies$"

HOLDS_PEOPLE_DAYS = 7
"""What holds seals or people's words is kept no longer: an erasure does not reach into topics."""
_DAY_MS = 24 * 3600 * 1000

LARGEST_PARKED_BYTES = 8 * 1024 * 1024
"""A record of 1 MB, with its value in base64 and every character of its headers escaped, has room in it."""

INSURER = "insurer"
"""The partner itself, as a writer or reader."""


@dataclass(frozen=True)
class Topic:
    """One row: a name (perhaps with a parameter), what its key is, its events, who writes and who reads it."""

    name: str
    key: str
    events: tuple[type[Event], ...]
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    about: str
    retention_days: int = 14
    broker_time: bool = False
    """Records carry the broker's time, not their writer's: where the writer is a partner who is held to a clock."""
    largest_bytes: int | None = None
    """What one record may have, where it is more than the broker's own limit of 1 MB."""


TOPICS: tuple[Topic, ...] = (
    Topic(INBOUND_RECEIVED, "contact ref", (inbound.InboundReceived,), ("ingest",), ("router", "audit"),
          "A policyholder's message, verified and sealed.", retention_days=HOLDS_PEOPLE_DAYS),
    Topic(INBOUND_ROUTED, "conversation", (inbound.MessageRouted,), ("router",), ("masker", "audit"),
          "Which conversation, insurer and desk a message belongs to.", retention_days=HOLDS_PEOPLE_DAYS),
    Topic(INBOUND_RELEASED, "conversation", (inbound.MessageReleased,), ("router",), ("router", "audit"),
          "A message that waited for an answer, for people or for a place goes on."),
    Topic(INBOUND_RELAYED, "conversation", (inbound.MessageRelayed,), ("masker",), ("masker", "sla-watcher", "audit"),
          "A message is on its insurer's topic, or held."),
    Topic(INSURER_MESSAGES, "alias",
          (insurer.InsurerMessage, insurer.InsurerWithheld, held.InsurerReleased, held.InsurerBlocked,
           media.InsurerMediaUpdate, reveals.InsurerRevealChanged, reveals.InsurerIdentityRevealed, insurer.ReplyRefused,
           insurer.InsurerReplyChanged, insurer.InsurerCommandAnswered, insurer.InsurerWayChanged,
           insurer.InsurerThreadChanged, insurer_phone.InsurerThreadAsked, erasure.InsurerContactErased),
          ("masker",), (INSURER, "dispatcher", "audit"), "What the relay tells this insurer."),
    Topic(INSURER_REPLIES, "alias", (insurer.InsurerReply, reveals.InsurerRevealRequest), (INSURER,), ("ingest",),
          "What this insurer answers, and asks for.", broker_time=True),
    Topic(REPLIES_RECEIVED, "alias", (replies.ReplyReceived,), ("ingest",), ("masker", "audit"),
          "An insurer's answer, authenticated.", retention_days=HOLDS_PEOPLE_DAYS),
    Topic(REPLIES_UNADDRESSED, "insurer", (insurer_phone.ReplyUnaddressed,), ("ingest",), ("masker", "audit"),
          "What an insurer wrote on its phone, before it is known which thread it is for.",
          retention_days=HOLDS_PEOPLE_DAYS),
    Topic(REPLIES_ADDRESSED, "alias", (replies.ReplyReceived,), ("masker",), ("masker", "audit"),
          "The same, once it is known.", retention_days=HOLDS_PEOPLE_DAYS),
    Topic(REPLIES_DECIDED, "conversation", (replies.ReplyDecided,), ("masker",), ("router", "sla-watcher", "audit"),
          "Whether an answer may go out."),
    Topic(COMMANDS_REQUESTED, "what it is about", (commands.CommandRequested,), ("masker", "ingest", "router"),
          ("masker", "router", "audit"), "What a person or an insurer asks the relay to do.",
          retention_days=HOLDS_PEOPLE_DAYS),
    Topic(COMMANDS_DECIDED, "what it is about", (commands.CommandDecided,), ("masker",), ("masker", "audit"),
          "What came of it: the masker's command line waits for it, too."),
    Topic(COMMANDS_ANSWERED, "conversation", (commands.CommandDecided,), ("router",), ("masker", "router", "audit"),
          "What came of a command that somebody typed in a conversation: the router's command line waits for it, too."),
    Topic(REVEALS_CHANGED, "conversation", (reveals.RevealChanged,), ("masker",), ("audit",),
          "Whether a policyholder agreed that an insurer may have their number; never the number."),
    Topic(HELD_CHANGED, "conversation", (held.HeldChanged,), ("masker",), ("masker", "audit"),
          "What people decided on something held."),
    Topic(CONVERSATIONS_CHANGED, "conversation",
          (conversations.ConversationChanged, conversations.ConversationNoted), ("router",),
          ("masker", "dispatcher", "sla-watcher", "audit"), "The state of a conversation.",
          retention_days=HOLDS_PEOPLE_DAYS),
    Topic(PROMPTS_REQUESTED, "contact", (prompts.PromptRequested,), ("router",), ("masker", "audit"),
          "What the relay asks or tells a policyholder.", retention_days=HOLDS_PEOPLE_DAYS),
    Topic(PROMPTS_DECIDED, "contact", (prompts.PromptDecided,), ("masker",), ("router", "audit"),
          "Whether a prompt may go out."),
    Topic(PROMPTS_ANSWERED, "contact", (prompts.PromptAnswered,), ("router",), ("audit",),
          "What came of a question of the relay's."),
    Topic(CSAT_RECEIVED, "conversation", (prompts.CsatReceived,), ("router",), ("audit",),
          "How content a policyholder was."),
    Topic(DESKS_WORKED, "insurer/desk", (desks.DeskWorked,), ("router",), ("router", "audit"),
          "What counts for a desk that has only so many places, or may be failing."),
    Topic(DESKS_CHANGED, "insurer/desk", (desks.DeskChanged,), ("router",), ("audit",), "How a desk stands."),
    Topic(TIMERS_DUE, "contact", (timers.TimerDue,), ("router",), ("router", "audit"),
          "Moments that the router has to act on."),
    Topic(POLICIES_CHANGED, "one for all", (policies.PoliciesChanged,), ("ingest",), ("router", "audit"),
          "Policies and contacts that the aggregator added, changed or removed.", retention_days=HOLDS_PEOPLE_DAYS),
    Topic(CONTACTS_FROZEN, "recipient ref", (conversations.ContactFrozen,), ("masker",), ("dispatcher", "audit"),
          "Whose number has changed."),
    Topic(DELIVERIES_REQUESTED, "recipient ref", (deliveries.DeliveryRequested,), ("masker",), ("dispatcher", "audit"),
          "An answer to be sent to a policyholder.", retention_days=HOLDS_PEOPLE_DAYS),
    Topic(STATUSES_RECEIVED, "delivery", (deliveries.StatusReceived,), ("ingest",), ("dispatcher", "audit"),
          "What the provider says became of a message."),
    Topic(DELIVERIES_UPDATED, "conversation or delivery", (deliveries.DeliveryUpdated,), ("dispatcher",),
          ("router", "audit"), "A delivery's state, as the ledger has it."),
    Topic(THREADS_SHOWN, "insurer", (insurer_phone.ThreadShown,), ("dispatcher",), ("masker", "audit"),
          "Which message on an insurer's phone is of which thread."),
    Topic(GUARD_RAISED, "conversation", (conversations.GuardRaised,), ("masker",), ("audit",),
          "A doubt that people should look at."),
    Topic(MEDIA_REQUESTED, "conversation", (media.MediaRequested,), ("masker",), ("dispatcher", "audit"),
          "A file to be fetched from the provider.", retention_days=HOLDS_PEOPLE_DAYS),
    Topic(MEDIA_FETCHED, "conversation", (media.MediaFetched,), ("dispatcher",), ("masker", "audit"),
          "A file is sealed in the store, or will never come."),
    Topic(SUBJECTS_ERASED, "contact", (erasure.SubjectErased,), ("masker",), ("router", "dispatcher", "audit"),
          "A person was erased: whoever keeps anything of them destroys it."),
    Topic(REFS_FORGOTTEN, "contact", (erasure.RefsForgotten,), ("router",), ("router", "audit"),
          "By which refs and conversations the router knew an erased person."),
    Topic(SLA_CHANGED, "conversation", (sla.SlaChanged,), ("sla-watcher",), ("router", "audit"),
          "A response clock started, warned, breached or stopped."),
    Topic(PARKED, "as the original", (parking.RecordParked, parking.RecordReleased), SERVICES, (*SERVICES, "audit"),
          "Records one service set aside, and their return.", largest_bytes=LARGEST_PARKED_BYTES),
)  # fmt: skip

_TYPES = {event.type: event for topic in TOPICS for event in topic.events}


def event_class(type_: str) -> type[Event] | None:
    """The model of a CloudEvents type, or None where there is none."""
    return _TYPES.get(type_)


def topic_names(insurers: tuple[str, ...]) -> tuple[str, ...]:
    """Every concrete topic of a deployment with these insurers."""
    names: list[str] = []
    for topic in TOPICS:
        if "{insurer}" in topic.name:
            names += [topic.name.format(insurer=one) for one in insurers]
        elif "{service}" in topic.name:
            names += [topic.name.format(service=one) for one in SERVICES]
        else:
            names.append(topic.name)
    return tuple(names)


def insurer_of(topic: str) -> str:
    """The insurer in a topic's name: `insurer.acme.messages` gives `acme`."""
    return topic.split(".")[1]


def topic_config(name: str) -> dict[str, str]:
    """How a concrete topic is configured on the broker."""
    row = next(topic for topic in TOPICS if _is_made_from(name, topic.name))
    config = {"retention.ms": str(row.retention_days * _DAY_MS)}
    if row.broker_time:
        config["message.timestamp.type"] = "LogAppendTime"
    if INSURER in row.writers:
        # Partners compress as they like; the broker unpacks, so that no reader meets a codec it lacks.
        config["compression.type"] = "uncompressed"
    if row.largest_bytes is not None:
        config["max.message.bytes"] = str(row.largest_bytes)
    return config


def _is_made_from(name: str, template: str) -> bool:
    before, brace, after = template.partition("{")
    tail = after.partition("}")[2]
    return name == template if not brace else name.startswith(before) and name.endswith(tail)
