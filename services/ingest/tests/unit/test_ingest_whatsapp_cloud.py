"""Reading Cloud API webhooks: everything is counted, nothing raises."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bowchat_contracts.content import ButtonContent, ChoiceContent, OtherContent, TextContent
from bowchat_ingest.channels.items import Message, Parsed, Status, WrongFormError
from bowchat_ingest.channels.whatsapp_cloud import IGNORED_REASONS, parse
from bowchat_ingest.channels.whatsapp_content import content_of
from bowchat_ingest.domain import events_of
from bowchat_ingest.foreign_json import NotJsonError, loads
from bowchat_ingest.identity import Pseudonyms

NOW = datetime(2026, 1, 1, 0, 2, 0, 123456, tzinfo=UTC)
Make = Callable[..., dict[str, Any]]

junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(
        ["447700900101", "GB.1", "text", "system", "interactive", "\ud800", "\x00", "nfm_reply"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
_TYPES = ["text", "button", "interactive", "system", "image", "hologram", "unsupported", "audio"]


def _objects(**known: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects of which each field may be as known, anything, or absent; or no object at all."""
    return st.fixed_dictionaries({}, optional={name: either | junk for name, either in known.items()}) | junk


_inner = _objects(
    body=st.text(), type=st.sampled_from(["button_reply", "list_reply", "user_changed_number"]), id=st.text(),
    text=st.text(), payload=st.text(), user_id=st.text(),
    button_reply=_objects(id=st.text(), title=st.text()),
)  # fmt: skip
messages = _objects(
    id=st.text(), type=st.sampled_from(_TYPES), text=_inner, button=_inner, interactive=_inner, system=_inner,
    timestamp=st.integers() | st.text(), context=_inner, group_id=st.text(), from_user_id=st.text(),
    **{"from": st.sampled_from(["447700900101", "GB.10000000000000000101"])},
)  # fmt: skip
statuses = _objects(
    id=st.text(), status=st.sampled_from(["sent", "read", "odd"]), errors=st.lists(_objects(code=st.integers())),
    biz_opaque_callback_data=st.text(), timestamp=st.text(),
)  # fmt: skip
values = st.fixed_dictionaries(
    {"messages": st.lists(messages, max_size=3), "statuses": st.lists(statuses, max_size=3)},
    optional={
        "contacts": st.lists(_objects(wa_id=st.just("447700900101"), profile=_inner)) | junk,
        "metadata": junk,
    },
)


@given(values)
@example({"messages": [{"type": "system", "system": {"type": []}}], "statuses": []})
def test_every_item_is_an_event_or_a_reason(value: dict[str, Any]) -> None:
    """However strange they are, N messages and statuses give exactly N items and reasons."""
    count = len(value["messages"]) + len(value["statuses"])
    parsed = parse(_webhook(value), NOW)
    assert len(parsed.items) + len(parsed.ignored) == (count or 1)
    assert set(parsed.ignored) <= IGNORED_REASONS


@given(values)
@settings(max_examples=60)
def test_every_item_can_be_published(pseudonyms: Pseudonyms, value: dict[str, Any]) -> None:
    """What was read becomes events that serialise as UTF-8 JSON, under the same ids each time."""
    items = parse(_webhook(value), NOW).items
    first, again = (events_of(items, pseudonyms, NOW) for _ in range(2))
    for outgoing in first:
        orjson.loads(outgoing.event.model_dump_json().encode())
        assert outgoing.key.encode()
    assert [each.meta for each in first] == [each.meta for each in again]


@given(_objects(object=st.just("whatsapp_business_account"), entry=st.lists(_objects(changes=st.lists(
    _objects(field=st.just("messages"), value=values | junk))))))  # fmt: skip
def test_anything_is_read_or_of_wrong_form(body: Any) -> None:
    """No JSON value at all leads to another exception."""
    try:
        parsed = parse(body, NOW)
    except WrongFormError:
        return
    assert parsed.items or parsed.ignored


@given(st.binary() | junk.map(lambda value: repr(value).encode(errors="replace")))
def test_any_bytes_are_json_or_not(body: bytes) -> None:
    """Reading foreign bytes gives a value or `NotJsonError`."""
    try:
        loads(body)
    except NotJsonError:
        return


def _webhook(value: Any) -> dict[str, Any]:
    return {
        "object": "whatsapp_business_account",
        "entry": [{"changes": [{"field": "messages", "value": value}]}],
    }


def _one(body: dict[str, Any]) -> Message:
    (item,) = parse(body, NOW).items
    assert isinstance(item, Message)
    return item


def _parsed(read_sample: Callable[[str], Any], name: str) -> Parsed:
    return parse(read_sample(name), NOW)


def test_contacts_are_joined_by_identifier(read_sample: Callable[[str], Any]) -> None:
    """The order of contacts says nothing about the order of messages."""
    names = [item.sender.name for item in _parsed(read_sample, "batch_contacts_order_mismatch").items]  # type: ignore[union-attr]
    assert names == ["Alex Testperson", "Robin Sampleton"]


def test_a_stranger_in_contacts_is_not_joined(read_sample: Callable[[str], Any]) -> None:
    """A contact that names another identifier lends neither its name nor its number."""
    sender = _one(read_sample("weird_wa_id_differs_from_from")).sender
    assert (sender.number, sender.bsuid, sender.name) == ("15550100188", "GB.10000000000000000101", None)


def test_contacts_complete_the_identity(message_body: Make) -> None:
    """A BSUID or number that only the contact names is taken from there."""
    body = message_body(from_user_id=None)
    value = body["entry"][0]["changes"][0]["value"]
    value["contacts"] = [{"wa_id": "447700900101", "user_id": "GB.7", "parent_user_id": "GB.ENT.7"}]
    sender = _one(body).sender
    assert (sender.number, sender.bsuid, sender.parent_bsuid) == ("447700900101", "GB.7", "GB.ENT.7")


def test_a_bsuid_is_never_a_number(message_body: Make) -> None:
    """A BSUID where a number was expected is known as what it is."""
    sender = _one(message_body(**{"from": "GB.10000000000000000101", "from_user_id": None})).sender
    assert (sender.number, sender.bsuid) == (None, "GB.10000000000000000101")


def test_a_changed_identity_is_the_one_that_was_replaced(read_sample: Callable[[str], Any]) -> None:
    """Both kinds of change concern the contact known so far, whose sending must freeze."""
    by_number = _one(read_sample("system_user_changed_number"))
    by_bsuid = _one(read_sample("system_user_changed_user_id"))
    assert by_number.sender.number == "447700900101"
    assert by_bsuid.sender.bsuid == "GB.10000000000000000101"
    assert by_number.content == by_bsuid.content == OtherContent(type="number_changed")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("msg_text_reply_context", TextContent.model_validate({"text": "Yes, please go ahead."})),
        ("msg_button_quick_reply",
         ButtonContent.model_validate({"text": "Renew now", "payload": "RENEWAL:TST-2026-000101"})),
        ("msg_interactive_button_reply", ChoiceContent.model_validate(
            {"choice": "button_reply", "choice_id": "renew-yes", "title": "Renew"})),
        ("msg_interactive_list_reply", ChoiceContent.model_validate(
            {"choice": "list_reply", "choice_id": "claim_windscreen", "title": "Windscreen",
             "description": "Glass repair or replacement"})),
        ("msg_unknown_future_type", OtherContent(type="unknown")),
        ("group_msg_text", OtherContent(type="group")),
    ],
)  # fmt: skip
def test_contents(read_sample: Callable[[str], Any], name: str, content: Any) -> None:
    """Text, taps and choices are understood in full; a type of the future goes by name, a group's text not at all."""
    assert _one(read_sample(name)).content == content


def test_what_is_ours_in_a_tap_never_stands_in_for_its_label() -> None:
    """A payload or choice id may name a policy or a contact; an insurer sees the label, so without one it sees none."""
    button = content_of({"type": "button", "button": {"payload": "RENEWAL:TST-2026-000101"}})
    assert isinstance(button, ButtonContent)
    assert button.text.reveal() == ""
    reply = {"type": "button_reply", "button_reply": {"id": "renew-TST-2026-000101"}}
    choice = content_of({"type": "interactive", "interactive": reply})
    assert isinstance(choice, ChoiceContent)
    assert choice.title.reveal() == ""


@pytest.mark.parametrize("body", [None, {}, [], "x", {"body": None}, {"body": 5}, {"body": ""}])
def test_a_text_without_text_is_visible(message_body: Make, body: Any) -> None:
    """A message that cannot be read still exists downstream."""
    assert _one(message_body(text=body)).content == OtherContent(type="unknown")


def test_text_is_made_carriable(message_body: Make) -> None:
    """NUL and half a surrogate pair, both valid JSON, do not reach UTF-8 or a database."""
    escaped = orjson.dumps(message_body(text={"body": "@@"})).replace(b"@@", rb"a\u0000b\ud83dc\ud83d\ude00")
    content = _one(loads(escaped)).content
    assert isinstance(content, TextContent)
    assert content.text.reveal() == "a\ufffdb\ufffdc\U0001f600"


@pytest.mark.parametrize("given_time", ["1767225600", 1767225600])
def test_times_come_as_text_or_number(message_body: Make, given_time: Any) -> None:
    """The provider's time is unix seconds, written either way."""
    assert _one(message_body(timestamp=given_time)).sent_at == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "absurd",
    [
        None,
        "",
        "soon",
        "-1",
        0,
        "1" * 30,
        10**30,
        True,
        1.5,
        [],
        str(int((NOW + timedelta(minutes=6)).timestamp())),
    ],
)
def test_an_absurd_time_is_the_time_of_receipt(message_body: Make, absurd: Any) -> None:
    """A time no message can have is replaced, in whole seconds."""
    assert _one(message_body(timestamp=absurd)).sent_at == NOW.replace(microsecond=0)


def test_a_message_without_id_is_known_again(message_body: Make) -> None:
    """An item without an id is named by its content: the same one twice has one id, another has another."""
    first, again, other = (
        _one(message_body(id=None, text={"body": body})).provider_id for body in ("a", "a", "b")
    )
    assert first == again != other


@pytest.mark.parametrize("name", ["calls_status_ringing_is_not_a_message_status", "calls_terminate"])
def test_the_field_decides_and_not_the_array(read_sample: Callable[[str], Any], name: str) -> None:
    """`calls` has statuses of its own, which are no message's."""
    assert _parsed(read_sample, name) == Parsed((), ("field_not_used:calls",))


def test_failed_statuses_carry_their_codes(read_sample: Callable[[str], Any]) -> None:
    """The reason of a failure arrives as a number; the provider's text, which may quote, does not."""
    (status,) = _parsed(read_sample, "status_failed_131047_reengagement").items
    assert isinstance(status, Status)
    assert (status.status, status.error_codes, status.participant) == ("failed", (131047,), None)


def test_the_statuses_of_a_group_are_told_apart(
    read_sample: Callable[[str], Any], pseudonyms: Pseudonyms
) -> None:
    """One message read by two members gives two events with ids of their own."""
    items = _parsed(read_sample, "group_status_read_aggregated").items
    assert len({outgoing.meta.id for outgoing in events_of(items, pseudonyms, NOW)}) == 2


def test_the_largest_message_fits_into_a_record(message_body: Make, pseudonyms: Pseudonyms) -> None:
    """A webhook whose event no broker takes would come again for seven days: what is absurdly long is cut instead."""
    long = "\x01" * 100_000
    chosen = {"type": "list_reply", "list_reply": {"id": long, "title": long, "description": long}}
    form = json.dumps({f"{n}{long}": long for n in range(20)})
    item = {"product_retailer_id": long, "quantity": 1}
    for fields in (
        {"type": "interactive", "interactive": chosen},
        {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": form}}},
        {"type": "order", "order": {"text": long, "product_items": [item] * 100}},
        {"type": "document", "document": {"id": "1", "caption": long, "filename": long}},
        {"type": "location", "location": {"latitude": 1, "longitude": 1, "name": long, "address": long}},
        {
            "type": "edit",
            "edit": {"original_message_id": "1", "message": {"type": "text", "text": {"body": long}}},
        },
    ):
        (outgoing,) = events_of(parse(message_body(**fields), NOW).items, pseudonyms, NOW)
        assert len(outgoing.event.model_dump_json()) < 500_000
