"""Webhooks of the WhatsApp Cloud API, read with plain checks: any field may be missing, null or of another type.

Nothing here raises on a part it does not understand: one strange message must not hold up the batch it came in.
Source: Meta, WhatsApp Business Platform, webhooks reference and business-scoped user ids (May 2026).
"""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from bowchat_contracts.content import Origin
from bowchat_contracts.inbound import Identity
from bowchat_ingest.channels.items import Message, Parsed, Status, StatusName, WrongFormError
from bowchat_ingest.channels.text import bounded, carriable
from bowchat_ingest.channels.whatsapp_content import changed_identity, content_of
from bowchat_ingest.channels.whatsapp_parts import Json, identifier, objects, part, text

UNUSED_FIELDS = frozenset({
    "account_alerts", "account_review_update", "account_update", "automatic_events",
    "business_capability_update", "business_username_update", "calls", "flows", "group_lifecycle_update",
    "group_participants_update", "group_settings_update", "group_status_update", "history",
    "message_echoes", "message_template_components_update", "message_template_quality_update",
    "message_template_status_update", "messaging_handovers", "partner_solutions",
    "payment_configuration_update", "phone_number_name_update", "phone_number_quality_update", "security",
    "smb_app_state_sync", "smb_message_echoes", "standby", "template_category_update", "tracking_events",
    "user_id_update", "user_preferences",
})  # fmt: skip
IGNORED_REASONS = frozenset({
    "other_object", "empty", "not_a_list", "not_an_object", "no_sender", "provider_error", "field_unknown",
    *(f"field_not_used:{field}" for field in UNUSED_FIELDS),
})  # fmt: skip

_NUMBER = re.compile(r"\+?([0-9]{5,20})")
_BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_BUSINESS_NUMBER_ID = re.compile(r"[0-9]{1,32}")
_SECONDS = re.compile(r"[0-9]{1,11}")
_STATUSES: dict[str, StatusName] = {name: name for name in get_args(StatusName)}
_ORIGINS: dict[str, Origin] = {name: name for name in get_args(Origin)}
"""Of a referral its kind, and which ad or post it was: its links and texts are the advertiser's, its click id Meta's."""
_AD = re.compile(r"[0-9A-Za-z_-]{1,64}")
_WHATSAPP_BEGAN = 1_230_768_000
"""2009-01-01: an earlier time is a mistake."""
_CLOCK_SKEW = timedelta(minutes=5)
_LONGEST_NAME = 512
_MOST_ERRORS = 10
_LARGEST_ERROR_CODE = 9_999_999


def parse(body: Any, received_at: datetime) -> Parsed:
    """Every message and status of every change of every entry, in order; what is neither gives its reason.

    Errors: `WrongFormError` when the body is not `{"object": text, "entry": list}`.
    """
    if not isinstance(body, dict) or not isinstance(body.get("object"), str):
        raise WrongFormError('the body must be a JSON object with a text "object"')
    if not isinstance(body.get("entry"), list):
        raise WrongFormError('the body must have a list "entry"')
    if body["object"] != "whatsapp_business_account":
        return Parsed((), ("other_object",))
    found = list(_walk(body, received_at))
    return Parsed(
        tuple(each for each in found if not isinstance(each, str)),
        tuple(each for each in found if isinstance(each, str)),
    )


Found = Message | Status | str
"""An item, or the reason why there is none."""


def _walk(body: Json, received_at: datetime) -> Iterator[Found]:
    for entry in objects(body, "entry", when_empty="empty"):
        if isinstance(entry, str):
            yield entry
            continue
        for change in objects(entry, "changes", when_empty="empty"):
            if isinstance(change, str):
                yield change
            else:
                yield from _change(change, received_at)


def _change(change: Json, received_at: datetime) -> Iterator[Found]:
    # The field decides, not the names of the arrays: `calls` carries a `statuses` of its own.
    field = change.get("field")
    if field != "messages":
        known = isinstance(field, str) and field in UNUSED_FIELDS
        yield f"field_not_used:{field}" if known else "field_unknown"
        return
    value = change.get("value")
    if not isinstance(value, dict):
        yield "not_an_object"
        return
    if not any(value.get(name) for name in ("messages", "statuses", "errors")):
        yield "empty"
        return
    business = _business_number_id(value)
    contacts = [each for each in objects(value, "contacts") if not isinstance(each, str)]
    for message in objects(value, "messages"):
        yield message if isinstance(message, str) else _message(message, business, contacts, received_at)
    for status in objects(value, "statuses"):
        yield status if isinstance(status, str) else _status(status, business, received_at)
    for error in objects(value, "errors"):
        yield error if isinstance(error, str) else "provider_error"


def _message(
    message: Json, business: str | None, contacts: list[dict[str, Any]], received_at: datetime
) -> Found:
    sender = _sender(message, contacts)
    if sender is None:
        return "no_sender"
    referral = part(message, "referral")
    return Message(
        sender=sender,
        business_number_id=business or "unknown",
        provider_id=_provider_id(message),
        quoted_id=identifier(text(part(message, "context"), "id")),
        sent_at=_moment(message.get("timestamp"), received_at),
        content=content_of(message),
        origin=_ORIGINS.get(text(referral, "source_type") or ""),
        ad=_ad(text(referral, "source_id")),
    )


def _ad(value: str | None) -> str | None:
    return value if value is not None and _AD.fullmatch(value) else None


def _status(status: Json, business: str | None, received_at: datetime) -> Status:
    name = status.get("status")
    participant = text(status, "recipient_participant_user_id") or text(status, "recipient_participant_id")
    return Status(
        provider_id=_provider_id(status),
        business_number_id=business,
        status=_STATUSES.get(name, "unknown") if isinstance(name, str) else "unknown",
        participant=identifier(participant),
        callback_data=text(status, "biz_opaque_callback_data"),
        error_codes=tuple(_error_codes(status))[:_MOST_ERRORS],
        occurred_at=_moment(status.get("timestamp"), received_at),
    )


def _sender(message: Json, contacts: list[dict[str, Any]]) -> Identity | None:
    """Who wrote: from the message itself, completed from the row of `contacts` that names the same identifier."""
    number = _number(message.get("from"))
    bsuid = identifier(
        text(message, "from_user_id") or _bsuid(message.get("from")) or changed_identity(message)
    )
    if number is None and bsuid is None:
        return None
    row = _row(contacts, number, bsuid)
    profile = part(row, "profile")
    return Identity(
        number=number or _number(row.get("wa_id")),
        bsuid=bsuid or identifier(text(row, "user_id")),
        parent_bsuid=identifier(text(message, "from_parent_user_id") or text(row, "parent_user_id")),
        username=_name(text(profile, "username")),
        name=_name(text(profile, "name")),
    )


def _row(contacts: list[dict[str, Any]], number: str | None, bsuid: str | None) -> Json:
    """By identifier, never by place: the order of contacts says nothing about the order of messages."""
    by_number: Json = {}
    for row in contacts:
        if bsuid is not None and row.get("user_id") == bsuid:
            return row
        if number is not None and not by_number and _number(row.get("wa_id")) == number:
            by_number = row
    return by_number


def _number(value: Any) -> str | None:
    """The digits of a number; None for a BSUID or anything else, which must never pass for one."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return match[1] if match else None


def _bsuid(value: Any) -> str | None:
    return value if isinstance(value, str) and _BSUID.fullmatch(value) else None


def _business_number_id(value: Json) -> str | None:
    identity = part(value, "metadata").get("phone_number_id")
    if isinstance(identity, int):
        identity = str(identity)
    return identity if isinstance(identity, str) and _BUSINESS_NUMBER_ID.fullmatch(identity) else None


def _provider_id(item: Json) -> str:
    """The provider's id. An item without one is named by its content, so that its repetition is known again."""
    identity = identifier(text(item, "id"))
    if identity is not None:
        return identity
    return "unnamed:" + hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()


def _moment(value: Any, received_at: datetime) -> datetime:
    """A time in unix seconds, as text or number; an absurd one is taken for the time of receipt."""
    digits = str(value) if isinstance(value, (str, int)) else ""
    seconds = int(digits) if _SECONDS.fullmatch(digits) else 0
    latest = (received_at + _CLOCK_SKEW).timestamp()
    if _WHATSAPP_BEGAN <= seconds <= latest:
        return datetime.fromtimestamp(seconds, UTC)
    return received_at.replace(microsecond=0)


def _error_codes(status: Json) -> Iterator[int]:
    for error in objects(status, "errors"):
        code = error.get("code") if isinstance(error, dict) else None
        if isinstance(code, str) and _SECONDS.fullmatch(code):
            code = int(code)
        if isinstance(code, int) and not isinstance(code, bool) and 0 <= code <= _LARGEST_ERROR_CODE:
            yield code


def _name(value: str | None) -> str | None:
    return None if value is None else bounded(carriable(value), _LONGEST_NAME)
