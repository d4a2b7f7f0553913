"""Webhook bodies as the WhatsApp Cloud API sends them, and their signature.

The shapes are those of `samples/cloud`. A body is built from the inside out: message or status, change, envelope.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Json = dict[str, Any]
Status = Literal["sent", "delivered", "read", "played", "failed"]

HIDDEN_NUMBER = "100000000000000"
"""What stands in a wamid for somebody whose number is hidden. Assumed: Meta documents nothing about it."""


@dataclass(frozen=True)
class BusinessNumber:
    """The aggregator's own number, as metadata names it."""

    phone_number_id: str = "100000000000001"
    display_phone_number: str = "15550100001"
    account_id: str = "200000000000001"


NOBODY = "a policyholder needs a number, a BSUID, or both"


@dataclass(frozen=True)
class Policyholder:
    """A person as WhatsApp presents them to a business: by number, by BSUID, or by both.

    `number` is E.164 without the plus sign; None where the person hides it behind a username.
    """

    number: str | None = None
    bsuid: str | None = None
    name: str = "Alex Testperson"
    username: str | None = None
    parent_bsuid: str | None = None

    def __post_init__(self) -> None:
        if not self.number and not self.bsuid:
            raise ValueError(NOBODY)


def wamid_for(number: str | None, n: int, *, outbound: bool = False) -> str:
    """The id of the n-th message with this number: structurally a real one, so it holds the number's digits.

    Messages from people end in 20 hexadecimal digits that begin with 3A, messages to them in 18.
    """
    digits = (number or HIDDEN_NUMBER).encode()
    tail = hashlib.sha256(f"{number}/{n}/{outbound}".encode()).hexdigest().upper()
    unique = tail[:18] if outbound else "3A" + tail[:18]
    kind = b"\x11" if outbound else b"\x12"
    blob = b"\x1c\x18" + bytes([len(digits)]) + digits + b"\x15\x02\x00" + kind + b"\x18"
    blob += bytes([len(unique)]) + unique.encode() + b"\x00"
    return "wamid." + base64.b64encode(blob).decode()


# Messages.


def message(
    person: Policyholder, wamid: str, at: datetime, kind: str, body: Any, *, context: Json | None = None
) -> Json:
    """One element of `messages`, of any type: `body` stands under the type's own name."""
    identity = _present(
        {
            "from": person.number,
            "from_user_id": person.bsuid,
            "from_parent_user_id": person.parent_bsuid,
        }
    )
    around = {"context": context} if context else {}
    return {**around, **identity, "id": wamid, "timestamp": _seconds(at), "type": kind, kind: body}


def text(person: Policyholder, wamid: str, at: datetime, body: str, *, context: Json | None = None) -> Json:
    return message(person, wamid, at, "text", {"body": body}, context=context)


def quick_reply(
    person: Policyholder, wamid: str, at: datetime, *, payload: str, title: str, context: Json | None = None
) -> Json:
    """The button of a template was tapped."""
    return message(person, wamid, at, "button", {"payload": payload, "text": title}, context=context)


def button_reply(
    person: Policyholder, wamid: str, at: datetime, *, choice_id: str, title: str, context: Json | None = None
) -> Json:
    """A button of an interactive message was tapped."""
    chosen = {"type": "button_reply", "button_reply": {"id": choice_id, "title": title}}
    return message(person, wamid, at, "interactive", chosen, context=context)


def list_reply(
    person: Policyholder,
    wamid: str,
    at: datetime,
    *,
    choice_id: str,
    title: str,
    description: str | None = None,
    context: Json | None = None,
) -> Json:
    """A row of an interactive list was chosen."""
    row = _present({"id": choice_id, "title": title, "description": description})
    return message(
        person, wamid, at, "interactive", {"type": "list_reply", "list_reply": row}, context=context
    )


def image(
    person: Policyholder, wamid: str, at: datetime, *, media_id: str, caption: str | None = None
) -> Json:
    digest = base64.b64encode(hashlib.sha256(media_id.encode()).digest()).decode()
    body = _present({"caption": caption, "mime_type": "image/jpeg", "sha256": digest, "id": media_id})
    return message(person, wamid, at, "image", body)


def quoting(business: BusinessNumber, wamid: str) -> Json:
    """The context of a message that quotes one the business sent."""
    return {"from": business.display_phone_number, "id": wamid}


# Statuses.


def status(
    person: Policyholder,
    wamid: str,
    at: datetime,
    state: Status,
    *,
    callback: str | None = None,
    priced: bool = False,
    error: Json | None = None,
) -> Json:
    """One element of `statuses`. `callback` echoes the send's `biz_opaque_callback_data`.

    A failed status names the number alone where there is one, the BSUID otherwise (the May 2026 rules on usernames).
    """
    failed = state == "failed"
    identity = _present(
        {
            "recipient_id": person.number,
            "recipient_user_id": None if failed and person.number else person.bsuid,
            "recipient_parent_user_id": None if failed else person.parent_bsuid,
        }
    )
    found: Json = {"id": wamid, "status": state, "timestamp": _seconds(at), **identity}
    if callback is not None:
        found["biz_opaque_callback_data"] = callback
    if priced:
        found["pricing"] = {
            "billable": True,
            "pricing_model": "PMP",
            "type": "regular",
            "category": "utility",
        }
    if error is not None:
        found["errors"] = [error]
    return found


# Around them.


def contact(person: Policyholder, *, with_username: bool = True) -> Json:
    """One element of `contacts`. A `sent` status never carries the username."""
    profile = _present({"name": person.name, "username": person.username if with_username else None})
    return {
        "profile": profile,
        **_present({"wa_id": person.number, "user_id": person.bsuid, "parent_user_id": person.parent_bsuid}),
    }


def change(
    business: BusinessNumber,
    *,
    contacts: Sequence[Json] = (),
    messages: Sequence[Json] = (),
    statuses: Sequence[Json] = (),
) -> Json:
    """One element of `changes`; empty lists are left out, as Meta does."""
    value: Json = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": business.display_phone_number,
            "phone_number_id": business.phone_number_id,
        },
    }
    for name, rows in (("contacts", contacts), ("messages", messages), ("statuses", statuses)):
        if rows:
            value[name] = list(rows)
    return {"value": value, "field": "messages"}


def entry(business: BusinessNumber, *changes: Json) -> Json:
    return {"id": business.account_id, "changes": list(changes)}


def envelope(*entries: Json) -> Json:
    """A whole body, of any number of entries."""
    return {"object": "whatsapp_business_account", "entry": list(entries)}


def message_webhook(business: BusinessNumber, person: Policyholder, *messages: Json) -> Json:
    """The body that most webhooks have: one person's messages to one number."""
    return envelope(entry(business, change(business, contacts=[contact(person)], messages=messages)))


# On the wire.


def encode(payload: Json) -> bytes:
    r"""The bytes Meta sends: minified, other than ASCII as `\uXXXX` in lower case, slashes as `\/`."""
    # A slash can stand only inside a string, so replacing it after the encoding is safe.
    return json.dumps(payload, ensure_ascii=True, separators=(",", ":")).replace("/", r"\/").encode()


def sign(body: bytes, secret: str) -> str:
    """The value of `X-Hub-Signature-256` for exactly these bytes."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _present(fields: Json) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def _seconds(at: datetime) -> str:
    return str(int(at.timestamp()))
