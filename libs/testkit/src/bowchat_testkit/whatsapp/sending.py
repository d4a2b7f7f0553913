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
_INTERACTIVE_MOST = 1024
_BUTTONS_MOST = 3
_BUTTON_ID_MOST = 256
_BUTTON_TITLE_MOST = 20


@dataclass(frozen=True)
class TextSend:
    """A text to one person, perhaps with buttons. `recipient` is spelt as the caller did."""

    recipient: str
    text: str
    callback: str | None
    quoted: str | None
    buttons: tuple[tuple[str, str], ...] = ()
    """Id and title of each reply button."""


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
    recipient, callback = _recipient(asked), _callback(asked)
    if asked.get("type") == "interactive":
        text, buttons = _interactive(asked)
        return TextSend(recipient, text, callback, quoted, buttons)
    return TextSend(recipient, _text(asked), callback, quoted)


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


def _interactive(asked: Json) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A text with one to three reply buttons."""
    part = asked.get("interactive")
    if not isinstance(part, dict) or part.get("type") != "button":
        raise ApiError(131009, "The simulator takes interactive messages of type button.")
    body, action = part.get("body"), part.get("action")
    if not isinstance(body, dict) or not isinstance(action, dict):
        raise ApiError(131008, "The parameters interactive['body'] and ['action'] are required.")
    text = _string(body, "text")
    if len(text) > _INTERACTIVE_MOST:
        raise ApiError(
            100, f"Param interactive['body']['text'] must be at most {_INTERACTIVE_MOST} characters long."
        )
    buttons = tuple(_button(each) for each in action.get("buttons") or ())
    titles = {title for _, title in buttons}
    if not 1 <= len(buttons) <= _BUTTONS_MOST or len(titles) != len(buttons):
        raise ApiError(131009, "One to three buttons, each with a title of its own.")
    return text, buttons


def _button(asked: Json) -> tuple[str, str]:
    reply = asked.get("reply")
    if asked.get("type") != "reply" or not isinstance(reply, dict):
        raise ApiError(131009, "Buttons must be of type reply.")
    id_, title = _string(reply, "id"), _string(reply, "title")
    if len(id_) > _BUTTON_ID_MOST or len(title) > _BUTTON_TITLE_MOST:
        raise ApiError(100, "A button's id has at most 256 characters, its title 20.")
    return id_, title


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
