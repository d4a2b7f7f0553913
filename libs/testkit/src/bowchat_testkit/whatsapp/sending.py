"""What a call to `/messages` asks for, checked as the Cloud API does."""

import json
import re
from dataclasses import dataclass

from bowchat_testkit.whatsapp.errors import ApiError
from bowchat_testkit.whatsapp_payloads import Json

_NUMBER = re.compile(r"^\+[1-9][0-9 ()-]{5,24}$")
_BSUID = re.compile(r"^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$")
_TEXT_MOST = 4096
_CALLBACK_MOST = 512


@dataclass(frozen=True)
class TextSend:
    """A text to one person. `recipient` is spelt as the caller did."""

    recipient: str
    text: str
    callback: str | None
    quoted: str | None


@dataclass(frozen=True)
class ReadReceipt:
    """Two blue ticks for a message that came in."""

    wamid: str


def parse(body: bytes) -> TextSend | ReadReceipt:
    """Errors: `ApiError` 100, 131008, 131009 or 131051, whose details name the parameter."""
    try:
        asked = json.loads(body)
    except ValueError:
        raise ApiError(100, "The body must be JSON.") from None
    if not isinstance(asked, dict) or asked.get("messaging_product") != "whatsapp":
        raise ApiError(100, "The parameter messaging_product is required and must be whatsapp.")
    if asked.get("status") == "read":
        return ReadReceipt(_string(asked, "message_id"))
    if asked.get("recipient_type", "individual") != "individual":
        raise ApiError(100, "recipient_type must be individual.")
    context = asked.get("context")
    quoted = context.get("message_id") if isinstance(context, dict) else None
    return TextSend(_recipient(asked), _text(asked), _callback(asked), quoted)


def _recipient(asked: Json) -> str:
    if "to" in asked:
        number = _string(asked, "to")
        if not _NUMBER.match(number):
            # Meta would put its business's country code before it, and the message might reach a stranger.
            raise ApiError(131009, "to must be a phone number with + and its country code.")
        return number
    bsuid = _string(asked, "recipient")
    if not _BSUID.match(bsuid):
        raise ApiError(131009, "recipient must be a business-scoped user id.")
    return bsuid


def _text(asked: Json) -> str:
    if asked.get("type", "text") != "text":
        raise ApiError(131051, "The simulator takes messages of type text.")
    part = asked.get("text")
    if not isinstance(part, dict):
        raise ApiError(131008, "The parameter text is required.")
    body = _string(part, "body")
    if len(body) > _TEXT_MOST:
        raise ApiError(100, f"Param text['body'] must be at most {_TEXT_MOST} characters long.")
    return body


def _callback(asked: Json) -> str | None:
    if "biz_opaque_callback_data" not in asked:
        return None
    callback = _string(asked, "biz_opaque_callback_data")
    if len(callback) > _CALLBACK_MOST:
        raise ApiError(100, f"biz_opaque_callback_data must be at most {_CALLBACK_MOST} characters long.")
    return callback


def _string(asked: Json, name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise ApiError(131008, f"The parameter {name} is required and must be text.")
    return value
