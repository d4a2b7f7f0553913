"""`bowchat-sla replay`: the rule as a fold over lines."""

from typing import Any

import pytest

from bowchat_contracts.ids import derived_id
from bowchat_runtime.errors import RejectError
from bowchat_sla.replay import Replay

RELAYED = {
    "type": "bowchat.inbound.relayed.v1",
    "data": {
        "message_id": derived_id("ms", "one"),
        "conversation_id": derived_id("cv", "one"),
        "contact_id": derived_id("ct", "one"),
        "insurer": "acme",
        "desk": None,
        "seq": 1,
        "outcome": "relayed",
        "insurer_message_id": derived_id("im", "one"),
        "alias": derived_id("ph", "one"),
        "sla": {"first_response_s": 300, "warn_ratio": 0.75},
        "sent_at": "2026-03-02T09:00:00Z",
        "relayed_at": "2026-03-02T09:00:00Z",
    },
}


def reply(received: str) -> dict[str, Any]:
    data = {
        "reply_key": derived_id("rp", received),
        "insurer": "acme",
        "outcome": "accepted",
        "conversation_id": derived_id("cv", "one"),
        "received_at": received,
        "decided_at": received,
    }
    return {"type": "bowchat.replies.decided.v1", "data": data}


def told(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["state"], each["at"]) for each in answer["changes"]]


def test_timers_between_two_events_fire_at_their_exact_moments() -> None:
    """A late reply's line shows the warning, the breach and the late answer, each at its own time."""
    replay = Replay()
    assert told(replay.step(RELAYED)) == [("running", "2026-03-02T09:00:00Z")]
    assert told(replay.step(reply("2026-03-02T09:06:00Z"))) == [
        ("warned", "2026-03-02T09:03:45Z"),
        ("breached", "2026-03-02T09:05:00Z"),
        ("met_late", "2026-03-02T09:06:00Z"),
    ]


def test_a_line_with_only_a_time_lets_the_timers_fire() -> None:
    """What happens when nobody answers can be seen without an event."""
    replay = Replay()
    replay.step(RELAYED)
    assert told(replay.step({"time": "2026-03-02T09:04:00Z"})) == [("warned", "2026-03-02T09:03:45Z")]


def test_a_reply_noticed_late_voids_the_breach() -> None:
    """Received 09:04:59, noticed 09:06: `met` follows `breached`."""
    replay = Replay()
    replay.step(RELAYED)
    late = reply("2026-03-02T09:04:59Z") | {"time": "2026-03-02T09:06:00Z"}
    assert [state for state, _ in told(replay.step(late))] == ["warned", "breached", "met"]


@pytest.mark.parametrize(
    "line",
    [{}, {"type": "none", "data": {}}, {"time": "2026-03-02T09:00:00"}],
    ids=["empty", "unknown type", "no offset"],
)
def test_a_line_that_is_no_event_says_what_it_should_be(line: dict[str, Any]) -> None:
    """The pipe answers it with an error on its own line."""
    with pytest.raises(RejectError):
        Replay().step(line)
