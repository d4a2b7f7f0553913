"""WhatsApp Cloud API webhooks over all types, from people who each have a conversation with an insurer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from bowchat_testkit.canary.planting import Fixed, Inner, Planter

Json = dict[str, Any]

TYPED = frozenset({
    "text:text.body", "quoting:text.body", "forwarded:text.body", "from_ad:text.body",
    "image:image.caption", "video:video.caption", "document:document.caption",
    "button:button.text", "button_reply:interactive.button_reply.title", "list_reply:interactive.list_reply.title",
    "list_reply:interactive.list_reply.description", *(
        f"form:interactive.nfm_reply.response_json.{field}"
        for field in ("name", "address.city", "address.floors", "address.+", "+")
    ),
    "order:order.text", "order:order.product_items.product_retailer_id",
    "edit:edit.message.text.body", "edit_caption:edit.message.image.caption",
})  # fmt: skip
"""What people typed or tapped, and forms ask: insurers read it, masked."""
KEPT = TYPED | {
    "button:button.payload", "button_reply:interactive.button_reply.id", "list_reply:interactive.list_reply.id",
    "from_ad:referral.source_id",
    "location:location.name", "location:location.address", "location:location.latitude", "location:location.longitude",
}  # fmt: skip
"""What the relay's own topics hold as well. All else is sealed, or replaced by what is minted, or not kept."""

_METADATA = {"display_phone_number": Fixed("15550100001"), "phone_number_id": Fixed("100000000000001")}


@dataclass(frozen=True)
class Person:
    """Who writes, and the policy that their first message names."""

    number: str
    bsuid: str
    name: str
    username: str
    policy: str


def people(planter: Planter, count: int, policies: tuple[str, ...]) -> list[Person]:
    """People with numbers from a fictional range; whatever names them is a canary of its own."""
    return [
        Person(
            number=planter.noted(f"447700900{n:03}", "person"),
            bsuid=f"GB.{planter.word('person')}",
            name=planter.word("person"),
            username=planter.word("person"),
            policy=policies[n % len(policies)],
        )
        for n in range(count)
    ]


def openings(planter: Planter, everybody: list[Person]) -> Iterator[Json]:
    """Each person's first message, which names a policy."""
    for person in everybody:
        said = {"type": Fixed("text"), "text": {"body": Fixed(f"about {person.policy}")}}
        yield _webhook(planter, person, "opening", said)


def webhooks(planter: Planter, everybody: list[Person], count: int, seed: int) -> Iterator[Json]:
    """So many webhooks, every type as often as any other, half of them in a batch with a status and an error."""
    random, kinds = Random(seed), sorted(MESSAGES)
    for n in range(count):
        kind = kinds[n % len(kinds)]
        said = MESSAGES[kind](planter, random)
        yield _webhook(planter, random.choice(everybody), kind, said, with_status=bool(n % 2))


def _webhook(planter: Planter, person: Person, kind: str, said: Json, *, with_status: bool = False) -> Json:
    message = {
        "from": Fixed(person.number), "from_user_id": Fixed(person.bsuid), "id": "wamid", "timestamp": Fixed("1767225600"),
        **said,
    }  # fmt: skip
    profile = {"name": Fixed(person.name), "username": Fixed(person.username)}
    value: Json = {
        "messaging_product": Fixed("whatsapp"),
        "metadata": _METADATA,
        "contacts": [{"profile": profile, "wa_id": Fixed(person.number), "user_id": Fixed(person.bsuid)}],
    }
    planted = planter.plant(value | (_beside() if with_status else {}), "value:")
    planted["messages"] = [planter.plant(message, f"{kind}:")]
    change = {"field": "messages", "value": planted}
    others = [planter.plant({"field": Fixed(name), "value": {"event": "x", "phone_number": 1}}, "other:")
              for name in ("account_update", "message_echoes")]  # fmt: skip
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": planter.word("entry.id"), "changes": [change, *others]}],
    }


def _beside() -> Json:
    error = {"code": Fixed(131000), "title": "x", "message": "x", "error_data": {"details": "x"}, "href": "x"}
    status = {
        "id": "wamid", "status": Fixed("failed"), "timestamp": Fixed("1767225600"), "recipient_id": "x",
        "recipient_user_id": "x", "biz_opaque_callback_data": "x", "errors": [error],
        "pricing": {"category": "x", "pricing_model": "x"}, "conversation": {"id": "x", "origin": {"type": "x"}},
    }  # fmt: skip
    return {"statuses": [status], "errors": [error]}


def _media(kind: str, mime: str, **more: Any) -> Callable[[Planter, Random], Json]:
    def make(_: Planter, random: Random) -> Json:
        claimed: Any = Fixed(mime) if random.random() < 0.8 else "x"
        file = {"id": "x", "mime_type": claimed, "sha256": "x", "url": "x", "caption": "x", **more}
        return {"type": Fixed(kind), kind: file}

    return make


def _simple(kind: str, body: Any, **around: Any) -> Callable[[Planter, Random], Json]:
    return lambda _, __: {"type": Fixed(kind), kind: body, **around}


def _interactive(kind: str, body: Any) -> Callable[[Planter, Random], Json]:
    return _simple("interactive", {"type": Fixed(kind), kind: body})


def _place(planter: Planter, _: Random) -> Json:
    """A tenth of a degree of it may be known; the canary is in the digits after that."""
    latitude, longitude = (
        float("51." + planter.noted(f"4{len(planter.paths):06}7", f"location:location.{axis}"))
        for axis in ("latitude", "longitude")
    )
    given = {
        "latitude": Fixed(latitude),
        "longitude": Fixed(longitude),
        "name": "x",
        "address": "x",
        "url": "x",
    }
    return {"type": Fixed("location"), "location": given}


def _edit(kind: str, body: Any) -> Callable[[Planter, Random], Json]:
    return _simple(
        "edit",
        {"original_message_id": "x", "message": {"context": {"id": "x"}, "type": Fixed(kind), kind: body}},
    )


_REFERRAL = {
    "source_url": "x", "source_id": "x", "source_type": Fixed("ad"), "headline": "x", "body": "x", "media_type": "x",
    "image_url": "x", "thumbnail_url": "x", "ctwa_clid": "x", "welcome_message": {"text": "x"},
}  # fmt: skip
_CONTEXT = {
    "from": "x", "id": "x", "from_user_id": "x", "forwarded": True,
    "referred_product": {"catalog_id": "x", "product_retailer_id": "x"},
}  # fmt: skip
_CARD = {
    "name": {"formatted_name": "x", "first_name": "x"}, "phones": [{"phone": "x", "wa_id": "x", "type": "x"}],
    "emails": [{"email": "x", "type": "x"}], "addresses": [{"street": "x", "zip": "x"}], "org": {"company": "x"},
    "birthday": "x", "urls": [{"url": "x"}], "vcard": "x", "origin": "x",
}  # fmt: skip
_ITEM = {
    "product_retailer_id": "x",
    "quantity": Fixed(2),
    "item_price": Fixed(19.99),
    "currency": Fixed("GBP"),
}
_FORM = {"flow_token": "x", "name": "x", "address": {"city": "x", "floors": ["x", "x"]}, "agreed": True}

MESSAGES: dict[str, Callable[[Planter, Random], Json]] = {
    "text": _simple("text", {"body": "x"}),
    "quoting": _simple("text", {"body": "x"}, context=_CONTEXT),
    "forwarded": _simple("text", {"body": "x"}, context={"frequently_forwarded": True}),
    "from_ad": _simple("text", {"body": "x"}, referral=_REFERRAL),
    "group": _simple("text", {"body": "x"}, group_id="x"),
    "image": _media("image", "image/jpeg"),
    "video": _media("video", "video/mp4"),
    "document": _media("document", "application/pdf", filename="x"),
    "sticker": _simple("sticker", {"id": "x", "mime_type": Fixed("image/webp"), "sha256": "x", "animated": True}),
    "audio": _simple("audio", {"id": "x", "mime_type": Fixed("audio/mpeg"), "sha256": "x", "url": "x"}),
    "voice": _simple("audio", {"id": "x", "mime_type": Fixed("audio/ogg; codecs=opus"), "voice": True}),
    "location": _place,
    "contacts": _simple("contacts", [_CARD, _CARD]),
    "button": _simple("button", {"payload": "x", "text": "x"}, context=_CONTEXT),
    "button_reply": _interactive("button_reply", {"id": "x", "title": "x"}),
    "list_reply": _interactive("list_reply", {"id": "x", "title": "x", "description": "x"}),
    "form": _interactive("nfm_reply", {"name": "x", "body": "x", "response_json": Inner(_FORM)}),
    "call_permission": _interactive("call_permission_reply", {"response": "x", "response_source": "x"}),
    "order": _simple("order", {"catalog_id": "x", "text": "x", "product_items": [_ITEM, _ITEM]}),
    "reaction": _simple("reaction", {"message_id": "x", "emoji": Fixed("\N{THUMBS UP SIGN}")}),
    "odd_reaction": _simple("reaction", {"message_id": "x", "emoji": "x"}),
    "edit": _edit("text", {"body": "x"}),
    "edit_caption": _edit("image", {"caption": "x", "id": "x", "mime_type": "x", "sha256": "x", "url": "x"}),
    "revoke": _simple("revoke", {"original_message_id": "x"}),
    "system": _simple("system", {"body": "x", "type": Fixed("customer_identity_changed")},
                      identity={"hash": "x", "acknowledged": True}),
    "unsupported": _simple("unsupported", {"type": "x"}, errors=[{"code": 1, "title": "x", "message": "x"}]),
    "welcome": _simple("request_welcome", {"x": "x"}),
    "unknown": lambda planter, _: {"type": "x", planter.word("unknown:body"): {"body": "x", "more": ["x"]}},
}  # fmt: skip
"""One generator for each way a message may look."""
