"""Replies from insurers' own topics: when they arrived."""

from datetime import UTC, datetime, timedelta

import pytest

from bowchat_contracts.insurer import InsurerReply
from bowchat_contracts.pii import MessageText
from bowchat_contracts.replies import ReplyReceived
from bowchat_ingest.handlers import RepliesHandler
from bowchat_runtime.testing import record, run_batch

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
APPENDED = NOW - timedelta(minutes=2)


@pytest.mark.parametrize(("broker_time", "expected"), [(True, APPENDED), (False, NOW)])
async def test_a_reply_arrived_when_the_broker_took_it_and_not_when_the_insurer_says(
    broker_time: bool, expected: datetime
) -> None:
    """The broker's own time counts, so that a replay says the same; a time that the insurer wrote could be backdated."""
    reply = InsurerReply(reply_id="r-1", alias="ph_x", text=MessageText("Yes."))
    one = record(reply, topic="insurer.acme.replies", key="ph_x", time=APPENDED)
    (outgoing,) = await run_batch(RepliesHandler(), [one._replace(broker_time=broker_time)], NOW)
    assert isinstance(outgoing.event, ReplyReceived)
    assert outgoing.event.received_at == expected
