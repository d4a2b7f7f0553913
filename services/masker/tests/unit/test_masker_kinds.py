"""Each kind of message has its own shape at the insurer, and nothing of it that is not allow-listed."""

import json
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings

from bowchat_contracts.content import (
    Answer,
    ContactsContent,
    Content,
    EditContent,
    FlowContent,
    LocationContent,
    MediaContent,
    Near,
    OrderContent,
    OrderItem,
    ReactionContent,
    RevokeContent,
)
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import Identity, MessageRouted
from bowchat_contracts.insurer import InsurerMessage
from bowchat_contracts.insurer_content import InsurerContent
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_contracts.pii import MessageText
from bowchat_contracts.testing import events

OTHER = derived_id("ms", "other")
THUMB = "\N{THUMBS UP SIGN}"
PHONE = {"masked": [{"placeholder": "[phone-1]", "type": "phone"}]}
NUMBER = "+44 7700 900188"


def text(value: str) -> MessageText:
    return MessageText(value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            FlowContent(answers=(Answer(label=text("reach me"), value=text(f"on {NUMBER}")),
                                 Answer(label=text(f"or {NUMBER}"), value=text("no")))),
            {"kind": "flow", "answers": [{"label": "reach me", "value": "on [phone-1]"},
                                         {"label": "or [phone-1]", "value": "no"}], **PHONE},
        ),
        (
            OrderContent(items=(OrderItem(product=text("legal-cover"), quantity=2, price="19.99", currency="GBP"),),
                         note=text(f"ring {NUMBER}")),
            {"kind": "order", "note": "ring [phone-1]", **PHONE,
             "items": [{"product": "legal-cover", "quantity": 2, "price": "19.99", "currency": "GBP"}]},
        ),
        (
            EditContent(of=OTHER, text=text(f"ring {NUMBER}")),
            {"kind": "edit", "of": "im:other", "text": "ring [phone-1]", **PHONE},
        ),
        (EditContent(), {"kind": "edit", "of": None, "text": None, "masked": []}),
        (ReactionContent(of=OTHER, emoji=THUMB),
         {"kind": "reaction", "of": "im:other", "emoji": THUMB, "removed": False}),
        (ReactionContent(removed=True), {"kind": "reaction", "of": None, "emoji": None, "removed": True}),
        (RevokeContent(of=OTHER), {"kind": "revoke", "of": "im:other"}),
        (ContactsContent(count=3), {"kind": "contacts", "withheld": 3}),
        (
            LocationContent(near=Near(latitude=51.47788, longitude=-0.00147), exact=text("51.47788,-0.00147"),
                            name=text("Home"), address=text("1 Example Street")),
            {"kind": "location", "near": {"latitude": 51.5, "longitude": 0.0}},
        ),
        (
            MediaContent(media_type="image", mime="image/jpeg", sealed_media="sealed", caption=text(f"ring {NUMBER}")),
            {"kind": "media", "media_id": "md", "media_type": "image", "mime": "image/jpeg", "state": "pending",
             "caption": "ring [phone-1]", **PHONE},
        ),
    ],
)  # fmt: skip
async def test_each_kind_has_its_own_shape(world: Any, content: Any, expected: dict[str, Any]) -> None:
    """Texts are masked together, ids are this insurer's own, and what is not allow-listed stays here."""
    sent = await world.takes(world.message(content))
    names = {
        "im:other": world.mint.message_id("acme", OTHER),
        "md": world.mint.media_id("acme", derived_id("ms", "1")),
    }
    shown = json.dumps(expected)
    for name, minted in names.items():
        shown = shown.replace(f'"{name}"', f'"{minted}"')
    assert json.loads(sent[0].event.content.model_dump_json()) == json.loads(shown)


async def test_a_location_is_withheld_where_the_agreement_says_so(world: Any) -> None:
    """Then the insurer learns that a place was shared, and no more."""
    place = LocationContent(near=Near(latitude=51.4, longitude=0.1), exact=text("51.4,0.1"))
    sent = await world.takes(world.message(place, masking=MaskingPolicy(location="withhold")))
    assert sent[0].event.content.near is None


async def test_a_quote_and_an_origin_are_told(world: Any) -> None:
    """The quoted message by this insurer's own id of it; of an advertisement its kind."""
    sent, *_ = await world.takes(world.message("and this?", quoted=OTHER, origin="ad"))
    assert sent.event.reply_to == world.mint.message_id("acme", OTHER)
    assert sent.event.origin == "ad"


async def test_two_insurers_cannot_join_what_is_spoken_of(world: Any) -> None:
    """The same quoted message and file have other names for another insurer."""
    picture = MediaContent(media_type="image", mime="image/jpeg", sealed_media="sealed")
    said = []
    for insurer, name in (("acme", "1"), ("birch", "2")):
        sent, *_ = await world.takes(world.message(picture, insurer=insurer, name=name, quoted=OTHER))
        said.append({sent.event.reply_to, sent.event.content.media_id, sent.event.message_id})
    assert said[0].isdisjoint(said[1])


def test_every_kind_has_a_shape() -> None:
    """A kind inside the relay is known at the insurer by the same name; a button is a choice."""
    (inside, _), (outside, _) = get_args(Content), get_args(InsurerContent)
    kinds = {each.model_fields["kind"].default for each in get_args(inside)} - {"button"}
    assert kinds == {each.model_fields["kind"].default for each in get_args(outside)}


@given(message=events(MessageRouted))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
async def test_no_shape_is_refused(world: Any, message: MessageRouted) -> None:
    """Whatever a message says, its insurer gets it in a valid shape, or a place that is kept."""
    plain = Identity(number="447700900123").model_dump_json(exclude_none=True).encode()
    sealed = world.opener.sealer().seal(plain, f"inbound:{message.message_id}")
    routed = message.model_copy(
        update={
            "sealed_identity": sealed,
            "outcome": "routed",
            "insurer": "acme",
            "contact_id": derived_id("ct", "x"),
        }
    )
    sent = await world.takes(world.record(routed, "inbound.routed"))
    first = next(each for each in sent if each.topic == "insurer.acme.messages")
    assert first.value is not None
    if isinstance(first.event, InsurerMessage):
        assert InsurerMessage.model_validate_json(first.value) == first.event
