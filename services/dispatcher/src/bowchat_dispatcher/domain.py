"""The ledger's rules: which state a delivery may go to, and on what evidence.

A delivery is `sending` before a byte of it leaves. From there it never returns to `pending` without proof that it did
not leave: a time-out is `unknown`, waits for the provider's status, and ends `unresolved` before people. Evidence that
it arrived wins over everything; nothing ever goes backwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from bowchat_contracts.deliveries import DeliveryState, StatusReceived
from bowchat_contracts.pii import MessageText
from bowchat_runtime.moments import whole_milliseconds

Kind = Literal["whatsapp", "webhook", "phone"]
"""`phone`: a text to an insurer that reads in WhatsApp."""
Instruction = Literal["resend", "give_up"]

BLOCKING: frozenset[DeliveryState] = frozenset({"pending", "sending", "unknown"})
"""While a lane's head is in one of these, nothing behind it may leave."""
ARRIVED: frozenset[DeliveryState] = frozenset({"accepted", "sent", "delivered", "read"})
"""The other side has it: its content is not needed here any more."""

_PROGRESS: dict[str, int] = {"accepted": 1, "sent": 2, "delivered": 3, "read": 4}
_EVIDENCE: dict[str, DeliveryState] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
}
_REMEMBERED_CHANGES = 64

RECIPIENT_CHANGED = "recipient_changed"
"""The recipient's number changed after the reply was accepted."""
CONVERSATION_CLOSED = "conversation_closed"
EXPIRED = "expired"
"""It was to be sent by a moment that is over."""
ERASED = "recipient_erased"


class Choice(NamedTuple):
    """One thing to tap below a text."""

    id: str
    title: MessageText
    description: MessageText | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a delivery, as it is announced."""

    number: int
    state: DeliveryState
    attempt: int
    error_code: str | None
    at: datetime
    cause: str | None
    """Where the record stood that caused it; None when the sender did it. A record read again finds its change here."""


@dataclass(frozen=True, slots=True)
class Row:
    """One delivery in the ledger."""

    delivery_id: str
    kind: Kind
    channel: str
    """What is limited and paused as one: a business number, or an insurer's endpoint."""
    lane: str
    """What keeps its order: one recipient, or one alias of one insurer."""
    order: int
    insurer: str
    """Empty for a prompt that is of none."""
    subject_id: str
    conversation_id: str | None
    business_number_id: str | None
    sealed_recipient: str
    content: MessageText
    """The text to send, or the exact body of the webhook. Dropped once the other side has it."""
    webhook_id: str | None
    traceparent: str
    created_at: datetime
    state: DeliveryState
    attempt: int
    failures: int
    """How often in a row it failed for the same reason."""
    last_failure: str | None
    error_code: str | None
    due_at: datetime | None
    """`pending`: when to send. `sending`: when to stop waiting for the sender. `unknown`: when to stop waiting for a
    status. None where nothing is to be done."""
    began_at: datetime | None
    provider_ref: str | None
    instruction: Instruction | None
    changed_at: datetime
    history: tuple[Change, ...]
    version: int = 0
    """As read from the store; 0 when it is not there yet."""
    recipient_ref: str = ""
    """Whose contact it goes to; empty for a webhook."""
    contact_version: int = 0
    """The contact's version that the recipient was sealed at."""
    buttons: tuple[Choice, ...] = ()
    list_label: str | None = None
    """What opens them, where they are shown as a list."""
    notice: bool = False
    """The relay's own words: a closed conversation does not hinder them."""
    expires_at: datetime | None = None
    """From when on it may not be sent any more."""
    thread_id: str = ""
    """Of a text to an insurer's phone: the thread that is meant by who quotes it; empty for a notice of none."""
    alias: str = ""
    tag: str = ""
    policy_type: str | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """What is known against sending: of a recipient that they were frozen, or of a conversation that it is closed."""

    subject: str
    """The recipient's ref, or the conversation's id."""
    at: int
    """The version of the contact at which it was frozen, or of the conversation."""
    in_force: bool
    version: int = 0
    """As read from the store; 0 when it is not there yet."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one attempt came to. `retry` and `refused` say that nothing left; `ambiguous`, that nobody can tell."""

    outcome: Literal["accepted", "retry", "refused", "ambiguous"]
    code: str | None = None
    provider_ref: str | None = None
    after_s: float = 0.0
    pause_s: float = 0.0
    """How long the whole channel shall rest."""
    alert: bool = False
    """People have to repair something."""
    disable: bool = False
    """The endpoint said that it is gone: nothing goes there until its address changes."""
    counted: bool = True
    """False when the attempt shall not count against the retry schedule."""


def opened(row: Row, now: datetime, position: str) -> Row:
    """A new row, at its first state."""
    now = whole_milliseconds(now)
    first = Change(1, "pending", 0, None, now, position)
    return replace(row, state="pending", created_at=now, changed_at=now, due_at=now, history=(first,))


def begun(row: Row, now: datetime, lease_s: float) -> Row | None:
    """The row claimed for sending, or None when it may not be sent."""
    if row.state != "pending":
        return None
    return _moved(
        row,
        "sending",
        now,
        attempt=row.attempt + 1,
        due_at=now + timedelta(seconds=lease_s),
        began_at=whole_milliseconds(now),
    )


def halted(row: Row, stops: Mapping[str, Stop], now: datetime) -> Row | None:
    """The row set before people, or at its end where it is too late; None when nothing is known against sending it."""
    if row.expires_at is not None and now >= row.expires_at:
        return _moved(row, "failed", now, error_code=EXPIRED)
    frozen = stops.get(row.recipient_ref)
    if frozen is not None and row.contact_version < frozen.at:
        return _moved(row, "unresolved", now, error_code=RECIPIENT_CHANGED)
    closed = stops.get(row.conversation_id or "")
    if closed is not None and closed.in_force and not row.notice:
        return _moved(row, "unresolved", now, error_code=CONVERSATION_CLOSED)
    return None


def emptied(row: Row, now: datetime, position: str) -> Row | None:
    """The row of somebody who was erased: without what it carries and to whom. What has not left for them never will.

    None for what is on its way to an insurer: it is masked, its content goes when it arrives, and the tombstone is among it.
    """
    if row.kind != "whatsapp" and row.state in BLOCKING:
        return None
    bare = replace(row, content=MessageText(""), sealed_recipient="", buttons=())
    return _moved(bare, "failed", now, cause=position, error_code=ERASED) if row.state in BLOCKING else bare


def finished(row: Row, attempt: int, verdict: Verdict, now: datetime, unknown_wait_s: float) -> Row | None:
    """The row after an attempt's outcome, or None when that changes nothing.

    A status may have been quicker than the provider's answer, the lease may have run out, or a person may have stepped
    in: so the row can be in any state here.
    """
    if verdict.outcome == "accepted":
        return _accepted(row, attempt, verdict.provider_ref, now)
    if row.attempt != attempt:
        return None
    if verdict.outcome == "ambiguous":
        return _unclear(row, verdict.code, now, unknown_wait_s) if row.state == "sending" else None
    if row.state not in {"sending", "unknown", "unresolved"}:
        return None
    if verdict.outcome == "refused":
        return _moved(row, "failed", now, error_code=verdict.code)
    return _again(row, verdict, now)


def informed(row: Row, status: StatusReceived, now: datetime, position: str) -> Row | None:
    """The row after a provider's status, or None when that tells nothing new."""
    if status.status == "failed":
        return _failed_by_status(row, status, now, position)
    state = _EVIDENCE.get(status.status)
    if state is None or row.state == "failed" or _PROGRESS.get(row.state, 0) >= _PROGRESS[state]:
        return None
    ref = row.provider_ref or status.provider_ref
    return _moved(row, state, now, cause=position, provider_ref=ref)


def overdue(row: Row, now: datetime, unknown_wait_s: float) -> Row | None:
    """The row after its waiting ran out, or after a person's instruction; None when it is not time yet."""
    if row.due_at is None or row.due_at > now:
        return None
    if row.state == "sending":
        if row.kind == "webhook":
            return _moved(row, "pending", now, due_at=now, error_code="sender_lost")
        return _unclear(row, "sender_lost", now, unknown_wait_s)
    if row.state == "unknown":
        return _moved(row, "unresolved", now, error_code=row.error_code)
    return _obeyed(row, now)


def may_instruct(row: Row, instruction: Instruction) -> bool:
    """May a person say so? What failed to reach an insurer may be repeated freely; a text to a policyholder only when
    unresolved, and never to where its recipient has left: it is the old address that is sealed in it.
    """
    if instruction == "resend" and row.error_code == RECIPIENT_CHANGED:
        return False
    return row.state == "unresolved" or (
        instruction == "resend" and row.state == "failed" and row.kind != "whatsapp"
    )


def instructed(row: Row, instruction: Instruction, now: datetime) -> Row:
    """The row with a person's word on it. The sender acts on it, so that one place changes states."""
    return replace(row, instruction=instruction, due_at=whole_milliseconds(now))


def _obeyed(row: Row, now: datetime) -> Row | None:
    if row.instruction is None or not may_instruct(row, row.instruction):
        return None
    if row.instruction == "resend":
        return _moved(row, "pending", now, due_at=now, failures=0, last_failure=None)
    return _moved(row, "failed", now, error_code="given_up")


def _accepted(row: Row, attempt: int, provider_ref: str | None, now: datetime) -> Row | None:
    if row.state == "sending" and row.attempt != attempt:
        return None
    if row.state in {"pending", "sending", "unknown", "unresolved"}:
        return _moved(row, "accepted", now, provider_ref=provider_ref)
    if row.provider_ref is None and provider_ref is not None:
        return replace(row, provider_ref=provider_ref)
    return None


def _unclear(row: Row, code: str | None, now: datetime, wait_s: float) -> Row:
    return _moved(row, "unknown", now, error_code=code, due_at=now + timedelta(seconds=wait_s))


def _again(row: Row, verdict: Verdict, now: datetime) -> Row:
    failures = failures_after(row, verdict.code) if verdict.counted else row.failures
    due_at = now + timedelta(seconds=verdict.after_s)
    return _moved(
        row,
        "pending",
        now,
        error_code=verdict.code,
        due_at=due_at,
        failures=failures,
        last_failure=verdict.code,
    )


def failures_after(row: Row, code: str | None) -> int:
    """How many failures in a row this one makes. A webhook's schedule counts all, WhatsApp's back-off each reason."""
    same = row.kind == "webhook" or code == row.last_failure
    return row.failures + 1 if same else 1


def _failed_by_status(row: Row, status: StatusReceived, now: datetime, position: str) -> Row | None:
    if row.state not in {"sending", "unknown", "unresolved", "accepted", "sent"}:
        return None
    if row.provider_ref is not None and row.provider_ref != status.provider_ref:
        return None  # an earlier attempt's failure says nothing of the one that was accepted
    code = ",".join(str(one) for one in status.error_codes) or "unspecified"
    return _moved(row, "failed", now, cause=position, error_code=code, provider_ref=status.provider_ref)


def _moved(
    row: Row,
    state: DeliveryState,
    now: datetime,
    *,
    cause: str | None = None,
    due_at: datetime | None = None,
    error_code: str | None = None,
    **fields: Any,
) -> Row:
    now = whole_milliseconds(now)
    attempt = fields.get("attempt", row.attempt)
    change = Change(row.history[-1].number + 1, state, attempt, error_code, now, cause)
    if state in ARRIVED:
        fields |= {"content": MessageText(""), "sealed_recipient": "", "buttons": ()}
    return replace(
        row,
        state=state,
        due_at=whole_milliseconds(due_at) if due_at else None,
        error_code=error_code,
        instruction=None,
        changed_at=now,
        history=(*row.history, change)[-_REMEMBERED_CHANGES:],
        **fields,
    )
