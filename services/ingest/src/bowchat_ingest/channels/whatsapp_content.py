"""The content of one Cloud API message, kind by kind. What cannot be read leaves its type alone."""

import re
from collections.abc import Callable
from typing import Any, get_args

from bowchat_contracts.content import (
    ButtonContent,
    ChoiceContent,
    FlowContent,
    OtherContent,
    OtherType,
    TextContent,
)
from bowchat_contracts.pii import MessageText
from bowchat_ingest.channels.answers import answers_of
from bowchat_ingest.channels.items import Said
from bowchat_ingest.channels.text import LONGEST_LABEL, bounded, carriable, typed
from bowchat_ingest.channels.whatsapp_parts import Json, part, text
from bowchat_ingest.channels.whatsapp_shared import contacts, edit, location, media, order, reaction, revoke

_OTHER: dict[OtherType, OtherContent] = {name: OtherContent(type=name) for name in get_args(OtherType)}
_UNREAD: dict[str, OtherType] = {
    "image": "image", "video": "video", "document": "document", "audio": "audio", "voice": "audio",
    "sticker": "sticker", "location": "location", "contacts": "contacts", "reaction": "reaction",
    "order": "order", "unsupported": "unsupported", "request_welcome": "request_welcome", "edit": "edit",
    "revoke": "revoke",
}  # fmt: skip
"""What stays of a message that has no content, or none that can be read: its type, from a closed list."""
_NUMBER_CHANGES = frozenset({"user_changed_number", "user_changed_user_id", "customer_changed_number"})
_BSUID_IN_TEXT = re.compile(r"\b[A-Z]{2}\.(?!ENT\.)[A-Za-z0-9]{1,128}")


def content_of(message: Json) -> Said:
    """What the message says. A group's content is not carried, since other people speak and are spoken of in it."""
    if message.get("group_id") is not None:
        return _OTHER["group"]
    kind = message.get("type")
    if not isinstance(kind, str):
        return _OTHER["unknown"]
    read = _READERS.get(kind)
    return (read(message) if read else None) or _OTHER[_UNREAD.get(kind, "unknown")]


def changed_identity(message: Json) -> str | None:
    """The BSUID a system message without a sender is about: the one that was replaced, or else the one that came."""
    system = part(message, "system")
    if message.get("type") != "system" or text(system, "type") not in _NUMBER_CHANGES:
        return None
    fresh, body = text(system, "user_id"), text(system, "body") or ""
    replaced = (found for found in _BSUID_IN_TEXT.findall(body) if found != fresh)
    return next(replaced, fresh)


def _text(message: Json) -> Said | None:
    body = text(part(message, "text"), "body")
    return TextContent(text=MessageText(typed(body))) if body is not None else None


def _button(message: Json) -> Said | None:
    button = part(message, "button")
    label, payload = text(button, "text"), text(button, "payload")
    if label is None and payload is None:
        return None
    return ButtonContent(text=_shown(label), payload=_ours(payload))


def _interactive(message: Json) -> Said | None:
    interactive = part(message, "interactive")
    match interactive.get("type"):
        case "button_reply":
            return _choice("button_reply", part(interactive, "button_reply"))
        case "list_reply":
            return _choice("list_reply", part(interactive, "list_reply"))
        case "nfm_reply":
            return _flow(part(interactive, "nfm_reply"))
        case "call_permission_reply":
            return _OTHER["call_permission"]
    return None


def _flow(reply: Json) -> Said:
    # Its `body` repeats the answers as Meta shows them, and its name is a template's.
    form = text(reply, "response_json")
    answers = answers_of(form) if form else None
    return FlowContent(answers=answers) if answers else _OTHER["flow"]


def _choice(kind: Any, chosen: Json) -> Said | None:
    identity, title = text(chosen, "id"), text(chosen, "title")
    if identity is None and title is None:
        return None
    description = text(chosen, "description")
    return ChoiceContent(
        choice=kind,
        choice_id=_ours(identity),
        title=_shown(title),
        description=_shown(description) if description else None,
    )


def _system(message: Json) -> Said:
    kind = part(message, "system").get("type")
    if isinstance(kind, str) and kind in _NUMBER_CHANGES:
        return _OTHER["number_changed"]
    return _OTHER["identity_changed" if kind == "customer_identity_changed" else "system"]


def _shown(label: str | None) -> MessageText:
    return MessageText(bounded(typed(label or ""), LONGEST_LABEL))


def _ours(echo: str | None) -> MessageText:
    # A payload or choice id is the aggregator's own, echoed: no person typed a card into it. It may hold anything of
    # ours, so it never stands in for a label, which an insurer sees.
    return MessageText(bounded(carriable(echo or ""), LONGEST_LABEL))


_READERS: dict[str, Callable[[Json], Said | None]] = {
    "text": _text,
    "button": _button,
    "interactive": _interactive,
    "system": _system,
    "order": order,
    "reaction": reaction,
    "edit": edit,
    "revoke": revoke,
    "location": location,
    "contacts": contacts,
    **dict.fromkeys(("image", "video", "audio", "voice", "document", "sticker"), media),
}
