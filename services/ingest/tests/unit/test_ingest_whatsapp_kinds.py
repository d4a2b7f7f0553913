"""Every kind of Cloud API message is read into its own shape; what is broken leaves its type alone."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_contracts.content import MediaContent, OtherContent, ProviderMedia
from bowchat_contracts.inbound import InboundReceived
from bowchat_ingest.channels.answers import MOST_ANSWERS, answers_of
from bowchat_ingest.channels.text import CUT_MARK, LONGEST_TEXT
from bowchat_ingest.channels.whatsapp_cloud import parse
from bowchat_ingest.channels.whatsapp_content import content_of
from bowchat_ingest.domain import events_of
from bowchat_ingest.identity import Pseudonyms
from bowchat_runtime.seal import Opener

NOW = datetime(2026, 1, 1, 0, 2, tzinfo=UTC)
Body = Callable[..., Any]


@pytest.fixture
def received(pseudonyms: Pseudonyms) -> Callable[[Any], InboundReceived]:
    """The event of a webhook with one message."""

    def read(body: Any) -> InboundReceived:
        (outgoing,) = events_of(parse(body, NOW).items, pseudonyms, NOW)
        assert isinstance(outgoing.event, InboundReceived)
        return outgoing.event

    return read


def _shown(event: InboundReceived) -> dict[str, Any]:
    return event.content.model_dump(mode="json", exclude={"sealed_media", "of"}, exclude_none=True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("msg_image_caption_url", {"kind": "media", "media_type": "image", "mime": "image/jpeg"}),
        ("msg_sticker_static", {"kind": "media", "media_type": "sticker", "mime": "image/webp"}),
        ("msg_video_forwarded", {"kind": "media", "media_type": "video", "mime": "video/mp4"}),
        ("msg_document_pdf_pii_filename",
         {"kind": "media", "media_type": "document", "mime": "application/pdf", "caption": "My old policy"}),
        ("msg_contacts_multiple", {"kind": "contacts", "count": 3}),
        ("msg_contacts_contact_request_no_name", {"kind": "contacts", "count": 1}),
        ("msg_reaction", {"kind": "reaction", "emoji": "\N{THUMBS UP SIGN}", "removed": False}),
        ("msg_reaction_removed_empty_emoji", {"kind": "reaction", "removed": True}),
        ("msg_reaction_removed_no_emoji", {"kind": "reaction", "removed": True}),
        ("msg_edit_image_caption", {"kind": "edit", "text": "Updated image caption"}),
        ("msg_location_place", {
            "kind": "location", "near": {"latitude": 51.5, "longitude": 0.0}, "exact": "51.47788,-0.00147",
            "name": "Testford Observatory Garage", "address": "1 Example Street, Testford ZZ1 1ZZ"}),
        ("msg_order", {
            "kind": "order", "note": "deliver docs to 1 Example Street, ring 07700 900101",
            "items": [
                {"product": "breakdown-cover", "quantity": 1, "price": "35", "currency": "GBP"},
                {"product": "legal-cover", "quantity": 1, "price": "19.99", "currency": "GBP"}]}),
        ("msg_interactive_nfm_reply_address", {"kind": "flow", "answers": [
            {"label": "values.name", "value": "Alex Testperson"},
            {"label": "values.phone_number", "value": "+447700900101"},
            {"label": "values.address", "value": "1 Example Street"},
            {"label": "values.city", "value": "Testford"}]}),
        ("system_customer_identity_changed", {"kind": "other", "type": "identity_changed"}),
        ("system_user_changed_number", {"kind": "other", "type": "number_changed"}),
        ("unsupported_poll_131051", {"kind": "other", "type": "unsupported"}),
    ],
)  # fmt: skip
def test_each_kind_is_read(
    read_sample: Callable[[str], Any], received: Body, name: str, expected: dict[str, Any]
) -> None:
    """What a message says is carried in the shape of its kind, and nothing beside it."""
    shown = _shown(received(read_sample(name)))
    if "caption" not in expected:
        shown.pop("caption", None)
    assert shown == expected


def test_the_way_to_a_file_is_sealed(
    read_sample: Callable[[str], Any], received: Body, opener: Opener
) -> None:
    """The provider's id of a file and its sender's name for it are in the seal, bound to this message, and nowhere else."""
    event = received(read_sample("msg_document_pdf_pii_filename"))
    assert isinstance(event.content, MediaContent)
    opened = opener.open(event.content.sealed_media, f"media:{event.message_id}")
    assert ProviderMedia.model_validate_json(opened) == ProviderMedia(
        media_id="400000000000004", file_name="Alex_Testperson_447700900101_policy.pdf"
    )
    assert "400000000000004" not in event.model_dump_json()
    assert "Testperson" not in event.model_dump_json()


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "reaction", "reaction": {"message_id": "wamid.first", "emoji": "\N{THUMBS UP SIGN}"}},
        {"type": "edit", "edit": {"original_message_id": "wamid.first", "message": {"type": "text"}}},
        {"type": "revoke", "revoke": {"original_message_id": "wamid.first"}},
    ],
)
def test_what_is_done_to_a_message_names_it_as_it_was_received(
    message_body: Body, received: Body, fields: dict[str, Any]
) -> None:
    """An edit, a deletion or a reaction carries the id that the message itself was given."""
    first = received(message_body(id="wamid.first"))
    later = received(message_body(id="wamid.second", **fields))
    assert later.content.of == first.message_id
    assert later.message_id != first.message_id


def test_a_quoted_message_is_named_as_it_was_received(message_body: Body, received: Body) -> None:
    """`quoted` is the id that the policyholder's own message was given."""
    first = received(message_body(id="wamid.first"))
    later = received(message_body(id="wamid.second", context={"from": "447700900101", "id": "wamid.first"}))
    assert later.quoted == first.message_id


def test_of_a_referral_its_kind_and_id_are_carried(read_sample: Callable[[str], Any], received: Body) -> None:
    """Which advertisement it was may decide where the message goes; its links and texts stay outside."""
    event = received(read_sample("msg_text_referral_post_video_no_clid"))
    assert (event.origin, event.ad) == ("post", "120000000000000001")
    for private in ("fb.me", "Compare", "Chat with us", "fbcdn"):
        assert private not in event.model_dump_json()


@pytest.mark.parametrize("source", [None, 7, "", "a b", "x" * 65, "1\n", {"id": 1}])
def test_what_is_no_ad_id_is_not_carried(message_body: Body, received: Body, source: Any) -> None:
    """An id is short, of letters and digits; anything else might be somebody's words, and the message comes without it."""
    assert received(message_body(referral={"source_type": "ad", "source_id": source})).ad is None


KEYCAP = "1\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}"


@pytest.mark.parametrize("emoji", [KEYCAP, "call me", "\N{BLACK FLAG}\U000e0061", "7"])
def test_a_reaction_carries_symbols_alone(message_body: Body, received: Body, emoji: str) -> None:
    """No digit, letter or invisible tag passes for an emoji; the reaction itself stays visible."""
    event = received(message_body(type="reaction", reaction={"message_id": "wamid.x", "emoji": emoji}))
    assert _shown(event) == {"kind": "reaction", "removed": False}


@pytest.mark.parametrize(
    ("fields", "type_"),
    [
        ({"type": "image", "image": {"mime_type": "image/jpeg"}}, "image"),
        ({"type": "image", "image": {"id": "../../v1/other?x="}}, "image"),
        ({"type": "location", "location": {"latitude": "51.4", "longitude": 1}}, "location"),
        ({"type": "location", "location": {"latitude": 10**400, "longitude": 1}}, "location"),
        ({"type": "contacts", "contacts": {}}, "contacts"),
        ({"type": "order", "order": {"product_items": [{"product_retailer_id": "x", "quantity": 0}]}}, "order"),
        ({"type": "order", "order": {"product_items": [None]}}, "order"),
        ({"type": "reaction", "reaction": []}, "reaction"),
        ({"type": "edit"}, "edit"),
        ({"type": "revoke", "revoke": {"original_message_id": 7}}, "revoke"),
        ({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": "[1"}}}, "flow"),
        ({"type": "interactive", "interactive": {"type": "nfm_reply"}}, "flow"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_leaves_its_type(
    message_body: Body, received: Body, fields: dict[str, Any], type_: str
) -> None:
    """A broken part is neither guessed nor dropped: the message is there, by the name of its kind."""
    assert received(message_body(**fields)).content == OtherContent.model_validate({"type": type_})


def test_a_voice_note_is_told_from_a_recording(message_body: Body, received: Body) -> None:
    """A voice note is the policyholder's own voice; parameters of its type are left out."""
    audio = {"id": "4001", "mime_type": "audio/ogg; codecs=opus", "voice": True}
    assert _shown(received(message_body(type="audio", audio=audio))) == {
        "kind": "media",
        "media_type": "voice",
        "mime": "audio/ogg",
    }


def test_a_card_in_a_form_or_caption_goes_no_further(message_body: Body, received: Body) -> None:
    """Payment cards leave before Kafka, wherever they were typed."""
    form = json.dumps({"card": "4111 1111 1111 1111", "flow_token": "secret", "n": 4111111111111111})
    fields = {
        "type": "interactive",
        "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": form}},
    }
    assert _shown(received(message_body(**fields)))["answers"] == [
        {"label": "card", "value": "[card]"},
        {"label": "n", "value": "[card]"},
    ]
    image = {"id": "4001", "caption": "4111 1111 1111 1111"}
    assert _shown(received(message_body(type="image", image=image)))["caption"] == "[card]"


def test_a_form_without_end_is_cut_and_says_so() -> None:
    """However much a form holds, its answers fit into one text's bound, and the cut is visible."""
    long = answers_of(json.dumps({str(n): "x" * 50_000 for n in range(5)}))
    assert long is not None
    assert sum(len(each.label.reveal()) + len(each.value.reveal()) for each in long) <= LONGEST_TEXT + 100
    assert CUT_MARK.strip() in long[-1].value.reveal() + long[-1].label.reveal()
    many = answers_of(json.dumps({str(n): "x" for n in range(5_000)}))
    assert many is not None
    assert len(many) == MOST_ANSWERS
    assert many[-1].label.reveal() == CUT_MARK.strip()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
KINDS = (
    "text", "image", "video", "document", "audio", "sticker", "location", "contacts", "interactive", "button",
    "reaction", "order", "system", "unsupported", "edit", "revoke",
)  # fmt: skip
NAMES = st.sampled_from((
    "id", "mime_type", "caption", "voice", "latitude", "longitude", "name", "type", "nfm_reply", "response_json",
    "message_id", "emoji", "product_items", "quantity", "item_price", "original_message_id", "message", "body",
))  # fmt: skip
PARTS = st.dictionaries(NAMES, JSON_VALUES | st.dictionaries(NAMES, JSON_VALUES, max_size=4), max_size=6)


@given(kind=st.sampled_from(KINDS), body=PARTS | JSON_VALUES | st.lists(PARTS, max_size=2))
def test_nothing_raises(kind: str, body: Any) -> None:
    """Any field may be missing, null or of another type: there is always some content."""
    assert content_of({"type": kind, kind: body}).kind
