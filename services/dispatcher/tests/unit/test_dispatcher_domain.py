"""The ledger's rules, walked through completely."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_contracts.deliveries import DeliveryState, StatusReceived
from bowchat_contracts.ids import derived_id
from bowchat_contracts.pii import MessageText
from bowchat_dispatcher.domain import (
    ARRIVED,
    Change,
    Row,
    Verdict,
    begun,
    finished,
    informed,
    instructed,
    may_instruct,
    overdue,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WAIT = 120.0
STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)
STATUSES = ("sent", "delivered", "read", "played", "failed", "unknown")
OUTCOMES: tuple[Literal["accepted", "retry", "refused", "ambiguous"], ...] = (
    "accepted",
    "retry",
    "refused",
    "ambiguous",
)
RANK = {
    "pending": 0,
    "sending": 0,
    "unknown": 0,
    "unresolved": 0,
    "accepted": 1,
    "sent": 2,
    "delivered": 3,
    "read": 4,
}
"""How much is proven. `failed` is an end of its own."""


def row(state: DeliveryState = "pending", **fields: Any) -> Row:
    values: dict[str, Any] = {
        "delivery_id": derived_id("dl", "x"), "kind": "whatsapp", "channel": "c", "lane": "l", "order": 1,
        "insurer": "acme", "subject_id": "s", "conversation_id": None, "business_number_id": "n",
        "sealed_recipient": "sealed", "content": MessageText("text"), "webhook_id": None, "traceparent": "",
        "created_at": NOW, "state": state, "attempt": 0 if state == "pending" else 1, "failures": 0,
        "last_failure": None, "error_code": None, "due_at": NOW, "began_at": None, "provider_ref": None,
        "instruction": None, "changed_at": NOW, "history": (Change(1, state, 0, None, NOW, "t/0/0"),), "version": 1,
    }  # fmt: skip
    return Row(**(values | fields))


def status(what: str, ref: str = "a", codes: tuple[int, ...] = ()) -> StatusReceived:
    return StatusReceived(
        provider_ref=derived_id("pr", ref), status=what, error_codes=codes, business_number_id=None,
        occurred_at=NOW, received_at=NOW,
    )  # fmt: skip


def moves(start: Row) -> Iterator[tuple[str, Row]]:
    """Every event on this row that changes it, late and repeated ones included."""
    later = NOW + timedelta(days=2)
    for outcome in OUTCOMES:
        for attempt in range(1, start.attempt + 1):
            after = finished(
                start, attempt, Verdict(outcome, "code", derived_id("pr", str(attempt))), NOW, WAIT
            )
            if after:
                yield f"{outcome}/{attempt}", after
    for what in STATUSES:
        if start.attempt and (after := informed(start, status(what, "1"), NOW, "s/0/1")):
            yield f"status {what}", after
    if after := begun(start, NOW, 30):
        yield "begin", after
    if after := overdue(start, later, WAIT):
        yield "overdue", after
    for instruction in ("resend", "give_up"):
        if may_instruct(start, instruction):
            yield instruction, instructed(start, instruction, NOW)


def test_walk() -> None:
    """Through every sequence of events up to eleven deep: nothing proven is ever lost, nothing that may have left is
    sent again without a person's word or proof that it did not leave, and every state but an end has a way on.
    """
    seen: dict[tuple[Any, ...], Row] = {}
    edge = [row()]
    for _ in range(11):
        following = []
        for start in edge:
            for event, after in moves(start):
                assert after.history[-1].number >= start.history[-1].number
                if start.state == "failed":
                    assert after.state == "failed"
                elif after.state != "failed":
                    assert RANK[after.state] >= RANK[start.state], (start.state, event)
                elif start.state in {"delivered", "read"}:
                    pytest.fail("what was delivered became failed")
                if after.state == "pending" and start.state != "pending":
                    assert event.startswith("retry/") or start.instruction == "resend", (start.state, event)
                key = (
                    after.state,
                    min(after.attempt, 3),
                    after.instruction,
                    after.provider_ref,
                    after.due_at is None,
                )
                if key not in seen:
                    seen[key] = after
                    following.append(after)
        edge = following
    assert {key[0] for key in seen} | {"pending"} == set(STATES)
    for found in seen.values():
        assert found.state == "failed" or found.state in ARRIVED or list(moves(found))


@pytest.mark.parametrize("state", STATES)
def test_only_pending_is_sent(state: DeliveryState) -> None:
    """A delivery begins from `pending` and from nothing else."""
    assert (begun(row(state), NOW, 30) is not None) == (state == "pending")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("what", STATUSES)
def test_statuses(state: DeliveryState, what: str) -> None:
    """Each status moves each state forward or not at all; a failure counts until delivery is proven."""
    after = informed(row(state), status(what, codes=(131026,)), NOW, "s/0/1")
    if what == "failed":
        assert (after is not None) == (state in {"sending", "unknown", "unresolved", "accepted", "sent"})
        assert after is None or (after.state, after.error_code) == ("failed", "131026")
        return
    target = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read"}.get(what)
    forward = target is not None and state != "failed" and RANK[state] < RANK[target]
    assert (after.state if after else None) == (target if forward else None)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_outcomes(state: DeliveryState, outcome: Any) -> None:
    """What an attempt's outcome does in each state the row may be in by then."""
    after = finished(row(state, attempt=1), 1, Verdict(outcome, "code", "pr"), NOW, WAIT)
    waiting = {"sending", "unknown", "unresolved"}
    expected = {
        "accepted": "accepted" if state in {*waiting, "pending"} else None,
        "retry": "pending" if state in waiting else None,
        "refused": "failed" if state in waiting else None,
        "ambiguous": "unknown" if state == "sending" else None,
    }[outcome]
    assert (after.state if after and after.state != state else None) == expected


def test_an_earlier_attempts_outcome() -> None:
    """When a person had it sent again, the first attempt's late refusal changes nothing."""
    again = row("sending", attempt=2)
    for outcome in OUTCOMES:
        assert finished(again, 1, Verdict(outcome, "code", "pr"), NOW, WAIT) is None


def test_an_earlier_attempts_failure() -> None:
    """A failed status of another attempt than the accepted one changes nothing."""
    assert (
        informed(row("accepted", provider_ref=derived_id("pr", "b")), status("failed", "a"), NOW, "s/0/1")
        is None
    )


@pytest.mark.parametrize(
    ("kind", "state", "expected"),
    [
        ("whatsapp", "sending", "unknown"),
        ("webhook", "sending", "pending"),
        ("whatsapp", "unknown", "unresolved"),
        ("whatsapp", "unresolved", None),
        ("webhook", "failed", None),
        ("whatsapp", "accepted", None),
    ],
)
def test_overdue(kind: Any, state: DeliveryState, expected: str | None) -> None:
    """A waiting that ran out never leads a text back to be sent; a webhook may be repeated."""
    after = overdue(row(state, kind=kind), NOW, WAIT)
    assert (after.state if after else None) == expected
    assert overdue(row(state, kind=kind, due_at=NOW + timedelta(seconds=1)), NOW, WAIT) is None


def test_instructions() -> None:
    """People may decide what is unresolved, and repeat a failed webhook; never an accepted or a failed text."""
    assert may_instruct(row("unresolved"), "resend")
    assert may_instruct(row("unresolved"), "give_up")
    assert may_instruct(row("failed", kind="webhook"), "resend")
    assert not any(may_instruct(row(state), "resend") for state in STATES if state != "unresolved")


def test_milliseconds() -> None:
    """Times are whole milliseconds, so that an event told again from the database has the same bytes."""
    after = begun(row(), NOW + timedelta(microseconds=1234), 1.000001)
    assert after is not None
    assert after.due_at is not None
    assert after.changed_at.microsecond == 1000
    assert after.due_at.microsecond % 1000 == 0


@given(st.lists(st.sampled_from(STATUSES), max_size=12))
def test_status_order_does_not_matter(order: list[str]) -> None:
    """Whatever order statuses other than a failure come in, and how often, the furthest wins."""
    told = [what for what in order if what != "failed"]
    one = row("accepted")
    for what in told:
        one = informed(one, status(what), NOW, "s/0/1") or one
    best = max((RANK[{"played": "read", "unknown": "accepted"}.get(what, what)] for what in told), default=1)
    assert RANK[one.state] == best


@given(st.integers(min_value=1, max_value=200))
def test_history_is_bounded(count: int) -> None:
    """However often it is tried, a row stays small and its changes keep counting."""
    one = row()
    for _ in range(count):
        claimed = begun(one, NOW, 30)
        assert claimed is not None
        one = finished(claimed, claimed.attempt, Verdict("retry", "x"), NOW, WAIT) or one
    assert len(one.history) <= 64
    assert one.history[-1].number == 1 + 2 * count
    assert one.failures == count


def test_text_is_not_shown() -> None:
    """A row's repr shows no text."""
    assert "secret words" not in repr(replace(row(), content=MessageText("secret words")))
