"""What an insurer is told of a thread besides its messages: which changes, in which words, done by whom. Pure."""

from collections.abc import Mapping

from bowchat_contracts.conversations import ConversationChange, ConversationChanged, ConversationState
from bowchat_contracts.insurer import InsurerThreadChanged, ThreadActor, ThreadState
from bowchat_masker.egress import whole_second

WORTH_TELLING: frozenset[ConversationChange] = frozenset({
    "handed_off", "documents_requested", "put_on_hold", "resumed", "escalated", "no_reply_needed", "resolved", "reopened",
    "transferred", "closed",
})  # fmt: skip
"""The others are seen by the messages themselves, or are the aggregator's own business: its line, its people, its choice of
an insurer.
"""

_STATES: Mapping[ConversationState, ThreadState] = {
    "waiting_insurer": "open",
    "waiting_policyholder": "waiting_for_policyholder",
    "waiting_documents": "waiting_for_documents",
    "on_hold": "on_hold",
    "handed_off": "handed_off",
    "resolved": "resolved",
    "closed": "closed",
}
"""Without those in which no insurer has a conversation."""


def is_news(event: ConversationChanged) -> bool:
    """Whether its insurer is to be told: it knows of the conversation, and could not see the change for itself."""
    return (
        event.change in WORTH_TELLING
        and event.insurer is not None
        and event.left_seq > 0
        and event.state in _STATES
    )


def thread_changed(event: ConversationChanged, alias: str, thread_id: str) -> InsurerThreadChanged:
    """A change that is news, in the insurer's words. Where a conversation goes on after a transfer has no place in it."""
    return InsurerThreadChanged(
        alias=alias,
        thread_id=thread_id,
        after_seq=event.left_seq,
        state=_STATES[event.state],
        desk=event.desk,
        cycle=event.cycle,
        priority=event.priority,
        by=_actor(event),
        at=whole_second(event.at),
    )


def _actor(event: ConversationChanged) -> ThreadActor:
    if event.by is None:
        # Nobody's command: a message reopens, and a time that is over does the rest.
        return "policyholder" if event.change == "reopened" else "relay"
    return "you" if (event.by.role, event.by.name) == ("insurer", event.insurer) else "aggregator"
