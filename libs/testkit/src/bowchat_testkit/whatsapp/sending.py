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
_LIST_TEXT_MOST = 4096
_LIST_LABEL_MOST = 20
_SECTIONS_MOST = 10
_ROWS_MOST = 10
_ROW_ID_MOST = 200
_ROW_TITLE_MOST = 24
_ROW_DESCRIPTION_MOST = 72


@dataclass(frozen=True)
class ListRow:
    """One row of a list."""

    id: str
    title: str
    description: str | None = None


@dataclass(frozen=True)
class Shown:
    """A text, and what of it can be tapped."""

    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    rows: tuple[ListRow, ...] = ()
    list_label: str | None = None


@dataclass(frozen=True)
class TextSend:
    """A text to one person, perhaps with buttons or a list. `recipient` is spelt as the caller did."""

    recipient: str
    text: str
    callback: str | None
    quoted: str | None
    buttons: tuple[tuple[str, str], ...] = ()
    """Id and title of each reply button."""
    rows: tuple[ListRow, ...] = ()
    list_label: str | None = None
    """What opens the list."""


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
        shown = _interactive(asked)
        return TextSend(recipient, shown.text, callback, quoted, shown.buttons, shown.rows, shown.list_label)
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


def _interactive(asked: Json) -> Shown:
    """A text with one to three reply buttons, or with a list of one to ten rows."""
    part = asked.get("interactive")
    if not isinstance(part, dict) or part.get("type") not in ("button", "list"):
        raise ApiError(131009, "The simulator takes interactive messages of types button and list.")
    body, action = part.get("body"), part.get("action")
    if not isinstance(body, dict) or not isinstance(action, dict):
        raise ApiError(131008, "The parameters interactive['body'] and ['action'] are required.")
    as_list = part["type"] == "list"
    text = _string(body, "text")
    _at_most(text, _LIST_TEXT_MOST if as_list else _INTERACTIVE_MOST, "interactive['body']['text']")
    return _list(text, action) if as_list else _buttons(text, action)


def _buttons(text: str, action: Json) -> Shown:
    buttons = tuple(_button(each) for each in action.get("buttons") or ())
    titles, ids = {title for _, title in buttons}, {id_ for id_, _ in buttons}
    if not 1 <= len(buttons) <= _BUTTONS_MOST or not len(titles) == len(ids) == len(buttons):
        raise ApiError(131009, "One to three buttons, each with an id and a title of its own.")
    return Shown(text, buttons)


def _list(text: str, action: Json) -> Shown:
    label, sections = _string(action, "button"), action.get("sections")
    _at_most(label, _LIST_LABEL_MOST, "interactive['action']['button']")
    if not isinstance(sections, list) or not 1 <= len(sections) <= _SECTIONS_MOST or not all(sections):
        raise ApiError(131009, "A list has one to ten sections.")
    for each in sections:
        title = each.get("title")
        if len(sections) > 1 and not title:
            raise ApiError(131009, "Where there are several sections, each has a title.")
        _at_most(title or "", _ROW_TITLE_MOST, "a section's title")
    rows = tuple(_row(row) for each in sections for row in each.get("rows") or ())
    if not 1 <= len(rows) <= _ROWS_MOST or len({each.id for each in rows}) != len(rows):
        raise ApiError(131009, "A list has one to ten rows, each with an id of its own.")
    return Shown(text, rows=rows, list_label=label)


def _row(asked: Json) -> ListRow:
    row = ListRow(_string(asked, "id"), _string(asked, "title"), asked.get("description"))
    _at_most(row.id, _ROW_ID_MOST, "a row's id")
    _at_most(row.title, _ROW_TITLE_MOST, "a row's title")
    _at_most(row.description or "", _ROW_DESCRIPTION_MOST, "a row's description")
    return row


def _at_most(text: str, most: int, name: str) -> None:
    if len(text) > most:
        raise ApiError(100, f"Param {name} must be at most {most} characters long.")


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
