"""What answers mean."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bowchat_dispatcher.codes import TREATMENTS
from bowchat_dispatcher.verdicts import (
    WHATSAPP_MAX_AGE,
    Declined,
    NotSent,
    Taken,
    Unclear,
    judge_webhook,
    judge_whatsapp,
)


@pytest.mark.parametrize(
    ("code", "outcome", "pauses", "alerts"),
    [
        (190, "retry", True, True), (131031, "retry", True, True), (368, "retry", True, True),
        (131042, "retry", True, True), (131056, "retry", False, False), (130429, "retry", True, False),
        (80007, "retry", True, False), (131048, "retry", True, True), (131016, "retry", False, False),
        (131057, "retry", True, False), (131026, "refused", False, False), (131047, "refused", False, False),
        (131049, "refused", False, False), (100, "refused", False, True), (132001, "refused", False, True),
        (999999, "refused", False, True),
    ],
)  # fmt: skip
def test_codes(world: Any, code: int, outcome: str, pauses: bool, alerts: bool) -> None:
    """Each class of code retries, refuses, pauses and alerts as the provider's table asks, whatever its HTTP status."""
    for status in (400, 403, 429):
        verdict = judge_whatsapp(world.row("a"), Declined(status, code), world.clock())
        assert (verdict.outcome, verdict.pause_s > 0, verdict.alert) == (outcome, pauses, alerts)


def test_pair_back_off(world: Any) -> None:
    """A full pair waits 1, 4, 16, 64 seconds."""
    rows = [replace(world.row("a"), failures=n, last_failure="131056") for n in range(4)]
    waits = [judge_whatsapp(row, Declined(400, 131056), world.clock()).after_s for row in rows]
    assert waits == [1, 4, 16, 64]


def test_unknown_error_is_tried_three_times(world: Any) -> None:
    """131000 is tried three times and then refused; another reason in between starts the count again."""
    outcomes = [
        judge_whatsapp(replace(world.row("a"), failures=n, last_failure=last), Declined(500, 131000), world.clock()).outcome
        for n, last in ((0, None), (1, "131000"), (2, "131000"), (2, "131056"))
    ]  # fmt: skip
    assert outcomes == ["retry", "retry", "refused", "retry"]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_error_without_code_is_ambiguous(world: Any, status: int) -> None:
    """A 5xx that names no code may come after the message was taken: it is never sent again blindly."""
    assert judge_whatsapp(world.row("a"), Declined(status), world.clock()).outcome == "ambiguous"


@pytest.mark.parametrize("status", [301, 404, 429])
def test_answer_that_is_not_the_providers(world: Any, status: int) -> None:
    """An answer without the provider's error object keeps the message, rests the number and alerts."""
    verdict = judge_whatsapp(world.row("a"), Declined(status), world.clock())
    assert (verdict.outcome, verdict.pause_s > 0, verdict.alert) == ("retry", True, True)


def test_transient_upgrades_an_unknown_code(world: Any) -> None:
    """A code we do not know is retried when the provider says that it will pass; with 5xx otherwise nobody can tell."""
    row, now = world.row("a"), world.clock()
    assert judge_whatsapp(row, Declined(500, 777, transient=True), now).outcome == "retry"
    assert judge_whatsapp(row, Declined(500, 777), now).outcome == "ambiguous"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(TREATMENTS)), st.integers(0, 60), st.sampled_from([None, 0.0, 5.0, 1e9]))
def test_waits_are_bounded(world: Any, code: int, failures: int, retry_after: float | None) -> None:
    """However often it failed, a retry comes between one second and a day."""
    row = replace(world.row("a"), failures=failures, last_failure=str(code))
    verdict = judge_whatsapp(row, Declined(400, code, retry_after_s=retry_after), row.created_at)
    assert verdict.outcome == "refused" or 1 <= verdict.after_s <= 24 * 3600


def test_retry_ends_with_the_window(world: Any) -> None:
    """What could be retried is refused when it is older than a day."""
    row = world.row("a")
    late = row.created_at + WHATSAPP_MAX_AGE + timedelta(seconds=1)
    assert judge_whatsapp(row, NotSent("unreachable"), late).code == "expired"
    assert judge_whatsapp(row, Unclear("timeout"), late).outcome == "ambiguous"


def test_webhook_answers(world: Any) -> None:
    """2xx ends it; an ambiguous end is retried; throttles rest the insurer; Retry-After is honoured up to a day."""
    row, schedule = world.webhook_row("a"), (0, 5, 300)
    assert judge_webhook(row, Taken(), schedule, 0).outcome == "accepted"
    assert judge_webhook(row, Unclear("timeout"), schedule, 0).after_s == 5
    assert 5 <= judge_webhook(row, Declined(500), schedule, 1.0).after_s <= 5.5
    for status in (429, 502, 504):
        assert judge_webhook(row, Declined(status), schedule, 0).pause_s > 0
    asked = judge_webhook(row, Declined(429, retry_after_s=60), schedule, 0)
    assert (asked.after_s, asked.pause_s) == (60, 60)
    assert judge_webhook(row, Declined(429, retry_after_s=1e12), schedule, 0).after_s == 24 * 3600
    assert judge_webhook(row, Declined(302), schedule, 0).outcome == "retry"
