"""What the log says became of one message or reply: its own events, and the end they prove.

An end is never computed as a remainder. Whoever has no end is in flight, at the last stage its events show.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

End = Literal["delivered", "failed", "held", "blocked", "refused", "parked"]
DELIVERED = frozenset({"accepted", "sent", "delivered", "read"})
FAILED = frozenset({"failed", "unresolved"})
_ARRIVED = frozenset({"delivered", "read"})
_ON_THE_TOPIC = frozenset({"relayed", "released"})
_COURSE = ("pending", "sending", "unknown", "unresolved", "accepted", "sent", "delivered", "read", "failed")
_RANKS = {state: rank for rank, state in enumerate(_COURSE)}


@dataclass(slots=True)
class Trail:
    """One message or reply. All fields but the sets are the last thing the log says."""

    received_at: datetime | None = None
    decision: str = ""
    """Inbound: `routed` or `triage`. Replies: `accepted`, `held`, `refused` or `blocked`."""
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

    def seen_relay(self, outcome: str, insurer: str, seq: int) -> None:
        # Only what is held has a second end, and whichever it is, it is the last.
        if self.relay not in ("", "held", outcome) or {self.relay, outcome} == {"held", "relayed"}:
            self.contradictions.add(f"{self.relay} and {outcome}")
        self.relay, self.insurer, self.relayed_seq = outcome, insurer, seq

    def outcome(self, webhook_since: int | None) -> tuple[End | None, str]:
        """The end, if there is one, and the last stage.

        Args:
            webhook_since: From which place in the log on this insurer is known to be reached by webhook; None: by Kafka.
        """
        end, stage = self._own_outcome(webhook_since)
        return ("parked" if end is None and self.parks else end), stage

    def _own_outcome(self, webhook_since: int | None) -> tuple[End | None, str]:
        if self.relay == "held":
            return "held", "masker"
        if self.relay == "blocked":
            return "blocked", "masker"
        if self.relay in _ON_THE_TOPIC:
            by_webhook = self.delivery or (webhook_since is not None and self.relayed_seq > webhook_since)
            return _sent(self.delivery, before=self.relay) if by_webhook else ("delivered", self.relay)
        if self.decision == "triage":
            return "held", "triage"
        return None, self.decision or "received"


@dataclass(slots=True)
class ReplyTrail(Trail):
    """An insurer's reply on its way to a policyholder."""

    requested: bool = False

    def seen_decision(self, outcome: str) -> None:
        if self.decision not in ("", "held", outcome) or {self.decision, outcome} == {"held", "refused"}:
            self.contradictions.add(f"{self.decision} and {outcome}")
        self.decision = outcome

    def outcome(self) -> tuple[End | None, str]:
        """The end, if there is one, and the last stage."""
        end, stage = self._own_outcome()
        return ("parked" if end is None and self.parks else end), stage

    def _own_outcome(self) -> tuple[End | None, str]:
        if self.decision == "refused":
            return "refused", "masker"
        if self.decision == "held":
            return "held", "masker"
        if self.decision == "blocked":
            return "blocked", "masker"
        if self.delivery:
            return _sent(self.delivery, before="")
        if self.requested:
            return None, "requested"
        return None, self.decision or "received"


def _sent(state: str, *, before: str) -> tuple[End | None, str]:
    if state in DELIVERED:
        return "delivered", state
    if state in FAILED:
        return "failed", state
    return None, state or before
