"""The content of one Cloud API message: text, taps and choices in full; every other type by its name alone."""

import re
from collections.abc import Callable, Mapping
from typing import Any, get_args

from bowchat_contracts.content import (
    ButtonContent,
    ChoiceContent,
    Content,
    OtherContent,
    OtherType,
    TextContent,
)
from bowchat_contracts.pii import MessageText
from bowchat_ingest.channels.text import LONGEST_LABEL, bounded, carriable, typed

Json = Mapping[str, Any]
_OTHER: dict[OtherType, OtherContent] = {name: OtherContent(type=name) for name in get_args(OtherType)}
_CARRIED_BY_NAME: dict[str, OtherType] = {
    "image": "image", "video": "video", "document": "document", "audio": "audio", "voice": "audio",
    "sticker": "sticker", "location": "location", "contacts": "contacts", "reaction": "reaction",
    "order": "order", "unsupported": "unsupported", "request_welcome": "request_welcome", "edit": "edit",
    "revoke": "revoke",
}  # fmt: skip
_NUMBER_CHANGES = frozenset({"user_changed_number", "user_changed_user_id", "customer_changed_number"})
_BSUID_IN_TEXT = re.compile(r"\b[A-Z]{2}\.(?!ENT\.)[A-Za-z0-9]{1,128}")


def content_of(message: Json) -> Content:
    """What the message says. A group's content is not carried, since other people speak and are spoken of in it."""
    if message.get("group_id") is not None:
        return _OTHER["group"]
    kind = message.get("type")
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is not None:
        return read(message) or _OTHER["unknown"]
    return _OTHER[_CARRIED_BY_NAME.get(kind, "unknown") if isinstance(kind, str) else "unknown"]


def changed_identity(message: Json) -> str | None:
    """The BSUID a system message without a sender is about: the one that was replaced, or else the one that came."""
    system = part(message, "system")
    if message.get("type") != "system" or system.get("type") not in _NUMBER_CHANGES:
        return None
    fresh, body = text(system, "user_id"), text(system, "body") or ""
    replaced = (found for found in _BSUID_IN_TEXT.findall(body) if found != fresh)
    return next(replaced, fresh)


def part(holder: Json, name: str) -> Json:
    """The object at `name`; an empty one when it is missing, null or something else."""
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def text(holder: Json, name: str) -> str | None:
    """The string at `name`; None when it is missing, empty or something else."""
    value = holder.get(name)
    return value if isinstance(value, str) and value else None


def _text(message: Json) -> Content | None:
    body = text(part(message, "text"), "body")
    return TextContent(text=MessageText(typed(body))) if body is not None else None


def _button(message: Json) -> Content | None:
    button = part(message, "button")
    label, payload = text(button, "text"), text(button, "payload")
    if label is None and payload is None:
        return None
    return ButtonContent(text=_shown(label or payload), payload=_ours(payload))


def _interactive(message: Json) -> Content | None:
    interactive = part(message, "interactive")
    match interactive.get("type"):
        case "button_reply":
            return _choice("button_reply", part(interactive, "button_reply"))
        case "list_reply":
            return _choice("list_reply", part(interactive, "list_reply"))
        case "nfm_reply":
            return _OTHER["flow"]
        case "call_permission_reply":
            return _OTHER["call_permission"]
    return None


def _choice(kind: Any, chosen: Json) -> Content | None:
    identity, title = text(chosen, "id"), text(chosen, "title")
    if identity is None and title is None:
        return None
    description = text(chosen, "description")
    return ChoiceContent(
        choice=kind,
        choice_id=_ours(identity),
        title=_shown(title or identity),
        description=_shown(description) if description else None,
    )


def _system(message: Json) -> Content:
    changed = part(message, "system").get("type") in _NUMBER_CHANGES
    return _OTHER["number_changed" if changed else "system"]


def _shown(label: str | None) -> MessageText:
    return MessageText(bounded(typed(label or ""), LONGEST_LABEL))


def _ours(echo: str | None) -> MessageText:
    # A payload or choice id is the aggregator's own, echoed: no person typed a card into it.
    return MessageText(bounded(carriable(echo or ""), LONGEST_LABEL))


_READERS: dict[str, Callable[[Json], Content | None]] = {
    "text": _text,
    "button": _button,
    "interactive": _interactive,
    "system": _system,
}
