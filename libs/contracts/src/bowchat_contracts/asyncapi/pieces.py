"""What both documents are made of: messages with their CloudEvents headers, and schemas in AsyncAPI's own form."""

from typing import Any

from bowchat_contracts.envelope import Event
from bowchat_contracts.schemas import Schema, schema_of

Document = dict[str, Any]

ASYNCAPI = "3.0.0"
_TEXT = {"type": "string"}

HEADERS: Schema = {
    "type": "object",
    "description": "CloudEvents 1.0, Kafka protocol binding, binary content mode. Header values are UTF-8.",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source"],
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {"type": "string", "minLength": 1, "maxLength": 200, "description": "The event's id."},
        "ce_type": {**_TEXT, "description": "Which message this is, with its version."},
        "ce_source": {**_TEXT, "description": "Who wrote it, as a URI reference."},
        "ce_time": {"type": "string", "format": "date-time", "description": "When it happened."},
        "content-type": {"type": "string", "const": "application/json"},
        "traceparent": {**_TEXT, "description": "W3C Trace Context."},
    },
}


def message_name(event: type[Event]) -> str:
    """`bowchat.insurer.reply_refused.v1` is the message `insurer.reply_refused.v1`."""
    return event.type.removeprefix("bowchat.")


def message(event: type[Event], *, key: str) -> Document:
    """One message: what it says, its headers, its Kafka key."""
    headers = {
        **HEADERS,
        "properties": {**HEADERS["properties"], "ce_type": {"type": "string", "const": event.type}},
    }
    return {
        "name": event.type,
        "summary": _summary(event),
        "contentType": "application/json",
        "headers": headers,
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": key}, "bindingVersion": "0.5.0"}},
    }


def schemas(*events: type[Event]) -> dict[str, Schema]:
    """The schemas of these events and of what they refer to, by the models' names."""
    found: dict[str, Schema] = {}
    for event in events:
        whole = schema_of(event)
        found[event.__name__] = _adapted(whole)
        found |= {name: _adapted(each) for name, each in whole.get("$defs", {}).items()}
    return dict(sorted(found.items()))


def _adapted(value: Any) -> Any:
    """JSON Schema 2020-12 as AsyncAPI's superset of draft 7: definitions are hoisted, tuples and discriminators respelt."""
    if isinstance(value, list):
        return [_adapted(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return {"$ref": value["$ref"].replace("#/$defs/", "#/components/schemas/")}
    made = {
        name: _adapted(each)
        for name, each in value.items()
        if name not in {"$schema", "$defs", "discriminator"}
    }
    if "prefixItems" in made:
        made["items"] = made.pop("prefixItems")
    return made


def _summary(event: type[Event]) -> str:
    return " ".join((event.__doc__ or "").split())
