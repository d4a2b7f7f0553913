"""What the log says became of one message or reply: its own events, and the end they prove.

An end is never computed as a remainder. Whoever has no end is in flight, at the last stage its events show.
"""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from bowchat_contracts.insurer_phone import ANSWER_WITHIN

End = Literal[
    "delivered", "failed", "held", "blocked", "refused", "answered", "command", "resolved", "parked"
]
"""`answered`: the message or reply answered a question of the relay's. `command`: the reply was a command, and its author
was told what came of it. `resolved`: people were done with the message's conversation before an insurer had the message.
"""
DELIVERED = frozenset({"accepted", "sent", "delivered", "read"})
FAILED = frozenset({"failed", "unresolved"})
_ARRIVED = frozenset({"delivered", "read"})
_ON_THE_TOPIC = frozenset({"relayed", "released"})
_COURSE = ("pending", "sending", "unknown", "unresolved", "accepted", "sent", "delivered", "read", "failed")
_RANKS = {state: rank for rank, state in enumerate(_COURSE)}
_STOPPED: dict[str, End] = {
    "refused": "refused", "held": "held", "blocked": "blocked", "answered": "answered",
}  # fmt: skip
_WAITS_FOR_PEOPLE = frozenset({"triage", "queued"})
_LINE_LASTS = timedelta(days=3)
"""How long a message may wait in a desk's line before somebody should look: a weekend, and a holiday beside it."""

_QUESTIONS_LAST = 2 * ANSWER_WITHIN
"""A reply may wait behind another one's question before its own is asked."""


@dataclass(slots=True)
class Trail:
    """One message or reply. All fields but the sets are the last thing the log says."""

    received_at: datetime | None = None
    decision: str = ""
    """Inbound: `triage`, `queued` or `routed`. Replies: `accepted`, `held`, `refused`, `blocked` or `command`."""
    delivery: str = ""
    """The state of its delivery, where there is one: the furthest of the last attempt, since the ledger's changes may be
    logged in another order than they happened."""
    attempt: int = 0
    contradictions: set[str] = field(default_factory=set)
    """Two ends that exclude each other."""
    parks: set[str] = field(default_factory=set)
    """Parked records of it that were not released."""

    def seen_delivery(self, state: str, attempt: int) -> None:
        if (state == "failed" and self.delivery in _ARRIVED) or (
            state in _ARRIVED and self.delivery == "failed"
        ):
            self.contradictions.add(f"{self.delivery} and {state}")
        if (attempt, _RANKS[state]) >= (self.attempt, _RANKS.get(self.delivery, -1)):
            self.delivery, self.attempt = state, attempt


@dataclass(slots=True)
class MessageTrail(Trail):
    """A policyholder's message on its way to an insurer."""

    relay: str = ""
    """`relayed`, `held`, `released` or `blocked`."""
    relayed_seq: int = 0
    insurer: str = ""
    asked_until: datetime | None = None
    """How long an answer to the question is waited for that decides where it goes."""
    answer: bool = False
    """It was the answer to such a question, or another: it goes nowhere."""
    waits_in: set[str] = field(default_factory=set)
    """The conversations in which it was told to wait for people, or for a place at a desk."""

    @property
    def waits_until(self) -> datetime | None:
        """Until when nobody should wonder that it is in flight; None before it was received."""
        if self.received_at is None:
            return None
        if self.decision == "queued":
            return self.received_at + _LINE_LASTS
        if self.decision or self.asked_until is None:
            return self.received_at
        return max(self.received_at, self.asked_until)

    def seen_route(self, outcome: str, conversation: str) -> None:
        """A message in triage or in a line comes again as `routed`, perhaps in another conversation, and so in any order."""
        if self.decision != "routed":
            self.decision = outcome
        if outcome in _WAITS_FOR_PEOPLE:
            self.waits_in.add(conversation)

    def seen_relay(self, outcome: str, insurer: str, seq: int) -> None:
        # Only what is held has a second end, and whichever it is, it is the last.
        if self.relay not in ("", "held", outcome) or {self.relay, outcome} == {"held", "relayed"}:
            self.contradictions.add(f"{self.relay} and {outcome}")
        self.relay, self.insurer, self.relayed_seq = outcome, insurer, seq

    def outcome(self, webhook_since: int | None, settled: Container[str]) -> tuple[End | None, str]:
        """The end, if there is one, and the last stage.

        Args:
            webhook_since: From which place in the log on this insurer is known to be reached by webhook; None: by Kafka.
            settled: The conversations that people are done with.
        """
        if self.answer and (self.relay or self.decision):
            self.contradictions.add(f"answered and {self.relay or self.decision}")
        end, stage = self._own_outcome(webhook_since, settled)
        return ("parked" if end is None and self.parks else end), stage

    def _own_outcome(self, webhook_since: int | None, settled: Container[str]) -> tuple[End | None, str]:
        if self.relay in _STOPPED:
            return _STOPPED[self.relay], "masker"
        if self.relay in _ON_THE_TOPIC:
            by_webhook = self.delivery or (webhook_since is not None and self.relayed_seq > webhook_since)
            return _sent(self.delivery, before=self.relay) if by_webhook else ("delivered", self.relay)
        if self.decision in _WAITS_FOR_PEOPLE and all(each in settled for each in self.waits_in):
            return "resolved", self.decision
        if self.decision == "triage":
            return "held", "triage"
        if self.answer:
            return "answered", "router"
        return None, self.decision or ("asked" if self.asked_until else "received")


@dataclass(slots=True)
class ReplyTrail(Trail):
    """An insurer's reply on its way to a policyholder."""

    requested: bool = False
    unaddressed: bool = False
    """It came from an insurer's phone: which thread it is for may have to be asked."""
    addressed: bool = False

    @property
    def waits_until(self) -> datetime | None:
        """Until when nobody should wonder that it is in flight; None before it was received."""
        if self.received_at is None or not self.unaddressed or self.addressed:
            return self.received_at
        return self.received_at + _QUESTIONS_LAST

    def seen_decision(self, outcome: str) -> None:
        if self.decision not in ("", "held", outcome) or {self.decision, outcome} == {"held", "refused"}:
            self.contradictions.add(f"{self.decision} and {outcome}")
        self.decision = outcome

    def outcome(self, *, command_answered: bool) -> tuple[End | None, str]:
        """The end, if there is one, and the last stage.

        Args:
            command_answered: Whether the command that it was, if it was one, has been answered.
        """
        end, stage = self._own_outcome()
        if self.decision == "command" and command_answered:
            end = "command"
        return ("parked" if end is None and self.parks else end), stage

    def _own_outcome(self) -> tuple[End | None, str]:
        if self.decision in _STOPPED:
            return _STOPPED[self.decision], "masker"
        if self.decision == "command":
            return None, "command"
        if self.delivery:
            return _sent(self.delivery, before="")
        if self.requested:
            return None, "requested"
        return None, self.decision or ("asked" if self.unaddressed and not self.addressed else "received")


def _sent(state: str, *, before: str) -> tuple[End | None, str]:
    if state in DELIVERED:
        return "delivered", state
    if state in FAILED:
        return "failed", state
    return None, state or before
