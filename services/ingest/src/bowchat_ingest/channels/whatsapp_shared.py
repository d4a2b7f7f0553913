"""What a Cloud API message carries beside words: files, places, cards, orders, and what is done to other messages."""

import math
import re
from decimal import Decimal
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from bowchat_contracts.content import (
    Amount,
    ContactsContent,
    Currency,
    EditContent,
    Emoji,
    LocationContent,
    MediaType,
    Mime,
    Near,
    OrderContent,
    OrderItem,
    ProviderMedia,
    ReactionContent,
    RevokeContent,
)
from bowchat_contracts.pii import MessageText
from bowchat_ingest.channels.items import About, Media
from bowchat_ingest.channels.text import LONGEST_LABEL, LONGEST_TEXT, bounded, typed
from bowchat_ingest.channels.whatsapp_parts import Json, identifier, part, text

_MEDIA: dict[str, MediaType] = {name: name for name in get_args(MediaType)}
_MIMES: dict[str, Mime] = {name: name for name in get_args(Mime)}
_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_LONGEST_FILE_NAME = 1_000
_MOST_ITEMS = 100
_LONGEST_PRODUCT = 256
_QUANTITY = re.compile(r"[1-9][0-9]{0,3}")
_EMOJI: TypeAdapter[str] = TypeAdapter(Emoji)
_AMOUNT: TypeAdapter[str] = TypeAdapter(Amount)
_CURRENCY: TypeAdapter[str] = TypeAdapter(Currency)


def media(message: Json) -> Media | None:
    """A file by its id alone: its address is valid for minutes, and its hash would let two insurers compare."""
    kind = str(message.get("type"))
    given = part(message, kind)
    media_id, mime = text(given, "id"), text(given, "mime_type") or ""
    if media_id is None or not _MEDIA_ID.fullmatch(media_id):
        return None
    file_name = text(given, "filename")
    return Media(
        media_type="voice" if kind == "audio" and given.get("voice") is True else _MEDIA[kind],
        mime=_MIMES.get(mime.partition(";")[0].strip().lower(), "application/octet-stream"),
        at_provider=ProviderMedia(
            media_id=media_id, file_name=bounded(typed(file_name), _LONGEST_FILE_NAME) if file_name else None
        ),
        caption=_typed(given, "caption", LONGEST_TEXT),
    )


def order(message: Json) -> OrderContent | None:
    """None when one of its items cannot be read: half an order would be another order."""
    given = part(message, "order")
    listed = given.get("product_items")
    if not isinstance(listed, list) or not 1 <= len(listed) <= _MOST_ITEMS:
        return None
    items = [_item(each) for each in listed]
    read = tuple(each for each in items if each is not None)
    return OrderContent(items=read, note=_typed(given, "text")) if len(read) == len(items) else None


def _item(given: Any) -> OrderItem | None:
    if not isinstance(given, dict):
        return None
    product = _typed(given, "product_retailer_id", _LONGEST_PRODUCT)
    quantity = _number(given.get("quantity"))
    if product is None or not _QUANTITY.fullmatch(quantity):
        return None
    price = _accepted(_AMOUNT, _number(given.get("item_price")))
    currency = _accepted(_CURRENCY, given.get("currency"))
    return OrderItem(product=product, quantity=int(quantity), price=price, currency=currency)


def reaction(message: Json) -> About | None:
    given = part(message, "reaction")
    target, emoji = identifier(text(given, "message_id")), text(given, "emoji")
    if target is None and emoji is None:
        return None
    shown = _accepted(_EMOJI, emoji)
    return About(target, ReactionContent(emoji=shown, removed=emoji is None))


def edit(message: Json) -> About | None:
    """A changed text or caption. WhatsApp lets nobody exchange a file."""
    given = part(message, "edit")
    target, changed = identifier(text(given, "original_message_id")), part(given, "message")
    if target is None and not changed:
        return None
    kind = changed.get("type")
    inner = part(changed, kind) if isinstance(kind, str) else {}
    return About(
        target, EditContent(text=_typed(inner, "body" if kind == "text" else "caption", LONGEST_TEXT))
    )


def revoke(message: Json) -> About | None:
    target = identifier(text(part(message, "revoke"), "original_message_id"))
    return About(target, RevokeContent()) if target else None


def location(message: Json) -> LocationContent | None:
    given = part(message, "location")
    latitude, longitude = _angle(given, "latitude", 90), _angle(given, "longitude", 180)
    if latitude is None or longitude is None:
        return None
    return LocationContent(
        near=Near(latitude=latitude, longitude=longitude),
        exact=MessageText(f"{latitude},{longitude}"),
        name=_typed(given, "name"),
        address=_typed(given, "address"),
    )


def contacts(message: Json) -> ContactsContent | None:
    cards = message.get("contacts")
    return ContactsContent(count=min(len(cards), 1_000)) if isinstance(cards, list) and cards else None


def _typed(holder: Json, name: str, longest: int = LONGEST_LABEL) -> MessageText | None:
    value = text(holder, name)
    return MessageText(bounded(typed(value), longest)) if value is not None else None


def _angle(holder: Json, name: str, largest: float) -> float | None:
    value = holder.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if -largest <= value <= largest else None


def _number(value: Any) -> str:
    """A number, however it came, in plain decimals; what is none gives what no pattern accepts."""
    if isinstance(value, float) and math.isfinite(value):
        return f"{Decimal(repr(value)):f}"
    return str(value) if isinstance(value, (int, str)) else ""


def _accepted(shape: TypeAdapter[str], value: Any) -> str | None:
    try:
        return shape.validate_python(value)
    except ValidationError:
        return None
