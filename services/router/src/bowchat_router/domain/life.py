"""The life of a conversation: one table says which change leads from where to where. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bowchat_contracts.conversations import ConversationChange, ConversationState
from bowchat_router.domain.model import MOST_UNANSWERED, Conversation, Place

REOPENS_WITHIN = timedelta(days=7)
"""A message that comes so soon after a conversation was resolved reopens it; then it is closed for good."""
SAME_CYCLE = timedelta(hours=24)
"""Reopened so soon, it is still the same cycle: it was not done."""
RESTS_AT_MOST = timedelta(days=30)
"""An open conversation in which nothing happens for so long is closed."""

_WITH_INSURER: tuple[ConversationState, ...] = (
    "waiting_insurer", "waiting_policyholder", "waiting_documents", "on_hold", "handed_off",
)  # fmt: skip
_OPEN: tuple[ConversationState, ...] = ("triage", "queued", *_WITH_INSURER)


def _all(
    states: tuple[ConversationState, ...], to: ConversationState
) -> dict[ConversationState, ConversationState]:
    return dict.fromkeys(states, to)


def _same(states: tuple[ConversationState, ...]) -> dict[ConversationState, ConversationState]:
    return {each: each for each in states}


MOVES: Mapping[ConversationChange, Mapping[ConversationState, ConversationState]] = {
    "message": _all(_WITH_INSURER, "waiting_insurer") | _same(("triage", "queued", "handed_off")),
    "answered": _all(("waiting_insurer", "handed_off"), "waiting_policyholder"),
    "assigned": _all(("triage", "queued"), "waiting_insurer"),
    "queued": _all(("triage", "queued"), "queued"),
    "admitted": {"queued": "waiting_insurer"},
    "overflowed": {"queued": "waiting_insurer"},
    "documents_requested": _all(_WITH_INSURER, "waiting_documents"),
    "handed_off": _all(_WITH_INSURER, "handed_off"),
    "escalated": _same(_OPEN),
    "put_on_hold": _all(_WITH_INSURER, "on_hold"),
    "resumed": {"on_hold": "waiting_insurer"},
    "no_reply_needed": _all(("waiting_insurer", "handed_off"), "waiting_policyholder"),
    "resolved": _all(_OPEN, "resolved"),
    "reopened": {"resolved": "waiting_insurer"},
    "transferred": _all((*_OPEN, "resolved"), "closed"),
    "closed": _all((*_OPEN, "resolved"), "closed"),
}
"""From which state a change is allowed, and where it leads. `opened` makes a conversation and so is from nowhere."""


def allowed(conversation: Conversation, change: ConversationChange) -> bool:
    return conversation.state in MOVES[change]


def moved(conversation: Conversation, change: ConversationChange, now: datetime) -> Conversation:
    """The conversation after a change that is allowed.

    Errors: `KeyError` for one that is not: who decides asks first.
    """
    state = MOVES[change][conversation.state]
    if change == "reopened":
        return _reopened(conversation, now)
    return replace(
        conversation,
        version=conversation.version + 1,
        state=state,
        rests_until=_rests_until(state, now),
        resolved_at=now if state == "resolved" else conversation.resolved_at,
    )


def _reopened(conversation: Conversation, now: datetime) -> Conversation:
    state: ConversationState = "triage" if conversation.insurer is None else "waiting_insurer"
    again = now - (conversation.resolved_at or now) > SAME_CYCLE
    return replace(
        conversation,
        version=conversation.version + 1,
        state=state,
        rests_until=_rests_until(state, now),
        cycle=conversation.cycle + again,
        csat=None if again else conversation.csat,
        csat_given=conversation.csat_given and not again,
    )


def _rests_until(state: ConversationState, now: datetime) -> datetime:
    if state == "closed":
        return now
    return now + (REOPENS_WITHIN if state == "resolved" else RESTS_AT_MOST)


def opened(conversation: Conversation, now: datetime) -> Conversation:
    """A conversation that has just begun."""
    return replace(conversation, rests_until=_rests_until(conversation.state, now))


def written_to(
    conversation: Conversation, now: datetime, *, courtesy: bool
) -> tuple[Conversation, ConversationChange]:
    """The conversation after a message of the policyholder. A word of thanks opens nothing again."""
    resting = conversation.state in ("resolved", "waiting_policyholder")
    if courtesy and resting:
        return replace(conversation, version=conversation.version + 1), "message"
    change: ConversationChange = "reopened" if conversation.state == "resolved" else "message"
    return moved(conversation, change, now), change


def joined(conversation: Conversation, place: Place) -> Conversation:
    """The conversation with one more message. Its place is the next."""
    seq = conversation.last_seq + 1
    unanswered = (*conversation.unanswered, replace(place, seq=seq))
    left = [each for each in unanswered if each.seq <= conversation.left_seq]
    forgotten = min(len(left), max(len(unanswered) - MOST_UNANSWERED, 0))
    return replace(
        conversation,
        last_seq=seq,
        last_message_at=max(place.received_at, conversation.last_message_at),
        unanswered=unanswered[forgotten:],
    )


def answered(conversation: Conversation, received_at: datetime, now: datetime) -> Conversation | None:
    """After an accepted reply that was received then; None where it changes nothing.

    A reply that was received before the latest message does not answer that message, nor does one where nothing is open;
    but it was said, and the policyholder may refer to it.
    """
    spoke_at = max(received_at, conversation.spoke_at or received_at)
    if received_at >= conversation.last_message_at and allowed(conversation, "answered"):
        after = moved(conversation, "answered", now)
        return replace(after, answered_at=received_at, spoke_at=spoke_at, unanswered=after.waiting)
    if spoke_at == conversation.spoke_at or not conversation.is_open:
        return None
    return replace(conversation, version=conversation.version + 1, spoke_at=spoke_at)
