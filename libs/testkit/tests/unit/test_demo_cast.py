"""What the demo plays, and where."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bowchat_registry.loader import load
from bowchat_testkit.demo.cast import (
    ALEX,
    FOLLOW_UP,
    OPENINGS,
    SILENT,
    SILENT_TARGET_S,
    UNANSWERED,
    Line,
    checkout,
    webhook_of,
    write_registry,
)
from bowchat_testkit.whatsapp_payloads import Json

AT = datetime(2026, 11, 22, 20, 26, tzinfo=UTC)
WAMID = "wamid.FRESH"


def shape(value: object) -> object:
    """Names and types, without what is said."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__


def sample(line: Line) -> Json:
    found: Json = json.loads((checkout() / "samples" / "cloud" / line.sample).read_text())
    return found


@pytest.mark.parametrize("line", [*OPENINGS, UNANSWERED, FOLLOW_UP], ids=lambda line: line.sample)
def test_a_played_webhook_has_the_shape_of_its_sample(line: Line) -> None:
    """The demo plays what WhatsApp sends: only who, what and when are its own."""
    quoted = "wamid.QUOTED" if line is FOLLOW_UP else None
    played = webhook_of(line, WAMID, AT, quoted=quoted)
    assert shape(played) == shape(sample(line))
    body = json.dumps(played)
    assert WAMID in body
    assert json.dumps(line.text)[1:-1] in body
    assert quoted is None or quoted in body
    assert line.person is ALEX or (ALEX.number or "") not in body


def test_the_registry_of_the_demo_is_valid_and_has_one_who_is_silent(tmp_path: Path) -> None:
    """Services accept it; the webhook is called at the demo's own port, and the silent insurer promised seconds."""
    registry = load(write_registry(tmp_path / "registry", 23456))
    assert registry.agreements[SILENT].terms.first_response_s == SILENT_TARGET_S
    endpoint = registry.agreements["coast-life"].endpoint
    assert endpoint.kind == "webhook"
    assert endpoint.url == "http://127.0.0.1:23456/webhooks"
    assert {line.insurer for line in (*OPENINGS, UNANSWERED)} == set(registry.insurers)
