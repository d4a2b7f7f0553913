"""The bench's own sums: what it reports must be what happened."""

import re

import pytest

from bowchat_testkit.bench.figures import Percentiles, Run, percentiles
from bowchat_testkit.bench.messages import Webhooks, marks_in
from bowchat_testkit.bench.report import StoreFigures, goals
from bowchat_testkit.bench.usage import Span, Usage
from bowchat_testkit.whatsapp_payloads import sign


def a_run(per_second: float, p99: float) -> Run:
    latency = Percentiles(1, 2, p99)
    span = Span(10, {"ingest": Usage(1, 50)}, 0)
    return Run(100, per_second, latency, latency, per_second, 0, 0, span)


def test_percentiles_are_of_the_nearest_rank() -> None:
    """The p99 of a hundred values is the ninety-ninth, and of one value that value."""
    found = percentiles([n / 1000 for n in range(1, 101)])
    assert (found.p50, found.p95, found.p99) == pytest.approx((50, 95, 99))
    assert percentiles([0.007]).p50 == pytest.approx(7)


def test_nothing_measured_is_said() -> None:
    """A relay that delivered nothing does not look like a fast one."""
    with pytest.raises(ValueError, match="no message reached an insurer"):
        percentiles([])


def test_every_message_is_told_apart_and_signed() -> None:
    """No mark comes twice, each stands in its own body, and the relay will take the body for genuine."""
    webhooks = Webhooks("/webhooks/whatsapp", "secret").make(30, 10)
    marks = [mark for webhook in webhooks for mark in webhook.marks]
    assert len(set(marks)) == len(marks) == 300
    for webhook in webhooks:
        head, body = webhook.request.split(b"\r\n\r\n", 1)
        assert sign(body, "secret").encode() in head
        assert f"content-length: {len(body)}".encode() in head
        assert tuple(re.findall(rb"note ([k-y]{8})", body)) == webhook.marks
        assert marks_in(body) == webhook.marks[0]


def test_marks_hold_no_digits() -> None:
    """A mark that the masker took for a number would never arrive, nor one that the guard read as a piece of one."""
    marks = Webhooks("/", "secret").make(200)
    assert not any(
        byte in b"0123456789abcdefghij" for webhook in marks for mark in webhook.marks for byte in mark
    )


def test_a_missed_goal_is_called_missed() -> None:
    """Too slow, too late, or too far behind the bare chain: each is said."""
    memory = StoreFigures("memory", [a_run(999, 1)], [a_run(500, 1)], a_run(80, 1))
    database = StoreFigures("SecantusDB", [a_run(301, 1)], [a_run(250, 1)], a_run(80, 301))
    verdicts = [line.split(":")[0] for line in goals([memory, database], 2000)]
    assert verdicts == ["- met", "- MISSED", "- met", "- MISSED"]
