"""Every event keeps its content on the way through JSON, and shows no private text on the way through a log."""

import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bowchat_contracts.deliveries import DeliveryRequested
from bowchat_contracts.envelope import Event
from bowchat_contracts.inbound import Identity, InboundReceived, MessageRouted
from bowchat_contracts.insurer import InsurerReply
from bowchat_contracts.pii import MessageText, PhoneNumber, Private
from bowchat_contracts.replies import ReplyReceived
from bowchat_contracts.schemas import EVENTS
from bowchat_contracts.testing import events
from bowchat_contracts.topics import TOPICS, event_class

FEW = settings(max_examples=25)


@pytest.mark.parametrize("type_", sorted(EVENTS))
@FEW
@given(data=st.data())
def test_an_event_written_as_json_reads_back_as_the_same_event(type_: str, data: st.DataObject) -> None:
    """Nothing is lost or changed between the writer's model and the reader's."""
    event = data.draw(events(EVENTS[type_]))
    written = event.model_dump_json()
    assert type(event).model_validate_json(written) == event
    assert type(event).model_validate_json(written).model_dump_json() == written


@pytest.mark.parametrize("type_", sorted(EVENTS))
@FEW
@given(data=st.data())
def test_an_older_reader_ignores_fields_it_does_not_know(type_: str, data: st.DataObject) -> None:
    """A newer writer's extra field does not stop an older reader, and is not carried on by it."""
    event = data.draw(events(EVENTS[type_]))
    widened = {**json.loads(event.model_dump_json()), "added_next_year": {"any": "thing"}}
    assert type(event).model_validate(widened) == event
    assert "added_next_year" not in type(event).model_validate(widened).model_dump()


@pytest.mark.parametrize(
    "event", [InboundReceived, MessageRouted, InsurerReply, ReplyReceived, DeliveryRequested]
)
@FEW
@given(data=st.data())
def test_what_a_person_typed_is_in_the_json_and_not_in_the_repr(
    event: type[Event], data: st.DataObject
) -> None:
    """An event that reaches a log line or a traceback by accident shows no text."""
    typed = "☂ my number is ☎"
    values = _replaced(json.loads(data.draw(events(event)).model_dump_json()), typed)
    filled = event.model_validate(values)
    shown = f"{filled!r} {filled!s} {filled}"
    assume(typed in filled.model_dump_json())
    assert typed not in shown


def _replaced(values: dict[str, Any], typed: str) -> dict[str, Any]:
    """The same event, with the typed text wherever a person's text stands."""
    if "text" in values:
        values["text"] = typed
    content = values.get("content", {})
    for field in ("text", "payload", "choice_id", "title", "description"):
        if field in content:
            content[field] = typed
    return values


@pytest.mark.parametrize("kind", [Private, MessageText, PhoneNumber])
def test_private_text_shows_itself_only_when_revealed(kind: type[Private]) -> None:
    """repr, str, format, f-strings and containers show a mask; reveal() gives the text."""
    value = kind("+44 7700 900123")
    shown = [
        repr(value),
        str(value),
        f"{value}",
        f"{value:>40}",
        f"{[value]}",
        f"{ {'number': value} }",
        "{}".format(value),  # noqa: UP032 - one more way to show it
    ]
    assert all("7700" not in each for each in shown)
    assert value.reveal() == "+44 7700 900123"


def test_private_texts_of_different_kinds_are_never_equal() -> None:
    """A number is not taken for a text that reads the same."""
    assert MessageText("447700900123") != PhoneNumber("447700900123")
    assert len({MessageText("a"), MessageText("a"), PhoneNumber("a")}) == 2


def test_an_identity_shows_nothing_of_itself() -> None:
    """The block that is sealed has a mask for a face."""
    identity = Identity(number="447700900123", name="Ada Example", username="ada.example")
    assert f"{identity!r}{identity!s}{identity}" == "Identity(***)" * 3


def test_every_event_of_the_topic_table_is_found_by_its_type() -> None:
    """The type in a header leads to the one model that reads it; anything else leads to none."""
    for topic in TOPICS:
        for event in topic.events:
            assert event_class(event.type) is event
    assert event_class("bowchat.unheard.of.v1") is None
