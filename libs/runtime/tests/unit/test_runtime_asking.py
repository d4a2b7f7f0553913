"""A command line of people's gives a command to a running service, and says what came of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bowchat_contracts.commands import Author, CommandDecided, CommandRequested
from bowchat_contracts.ids import derived_id
from bowchat_runtime.asking import answered, record_of, requested, tell
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.testing import MemoryPublisher

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CONVERSATION = derived_id("cv", "one")
SLASH = {
    "name": "slash",
    "conversation_id": CONVERSATION,
    "contact_id": derived_id("ct", "one"),
    "text": "/resolve",
}


def asked_for() -> CommandRequested:
    return requested(SLASH, "meera", clock=lambda: NOW)


def decided(asked: CommandRequested, **more: str) -> CommandDecided:
    values = {"command": "/resolve", "outcome": "accepted", "detail": "resolved"} | more
    by = Author(role="aggregator", name="meera")
    return CommandDecided.model_validate(
        {"command_id": asked.command_id, "by": by, "decided_at": NOW} | values
    )


async def stream(*answers: CommandDecided) -> AsyncIterator[CommandDecided]:
    for each in answers:
        yield each


def test_a_command_is_asked_in_its_authors_name() -> None:
    """As the aggregator's, by the name that was given; under a fresh id, in the lane of what it is about."""
    first, second = asked_for(), asked_for()
    assert first.by == Author(role="aggregator", name="meera")
    assert first.command_id != second.command_id
    record = record_of(first, CONVERSATION, "router")
    assert (record.topic, record.key) == ("commands.requested", CONVERSATION)
    assert (record.meta.id, record.meta.source) == (first.command_id, "/bowchat/router")


def test_a_command_that_is_none_says_what_is_wrong() -> None:
    """In words, before anything is asked."""
    with pytest.raises(SettingsError, match="conversation_id: give the whole id, cv_…"):
        requested(SLASH | {"conversation_id": "it"}, "meera")
    with pytest.raises(SettingsError, match=r"why: give at least 3 character\(s\)"):
        requested({"name": "held.block", "subject_id": derived_id("hd", "1"), "why": "x"}, "meera")


async def test_the_answer_is_the_one_to_this_command() -> None:
    """Answers to others pass by; where none comes, there is none."""
    asked, publisher = asked_for(), MemoryPublisher()
    record = record_of(asked, CONVERSATION, "router")
    other = decided(asked_for(), detail="not yours")
    found = await answered(publisher, stream(other, decided(asked)), record, 5)
    assert found is not None
    assert found.detail == "resolved"
    assert publisher.sent == [record]
    assert await answered(publisher, stream(other), record, 5) is None


def test_the_outcome_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0 when it was carried out; without an answer, what to look at and which service to start."""
    asked = asked_for()
    assert tell(asked, decided(asked), "router") == 0
    assert capsys.readouterr().out == "accepted: resolved\n"
    assert tell(asked, decided(asked, outcome="refused", detail="it is closed"), "router") == 1
    assert tell(asked, None, "router") == 1
    said = capsys.readouterr().err
    assert "is the router running?" in said
    assert asked.command_id in said
