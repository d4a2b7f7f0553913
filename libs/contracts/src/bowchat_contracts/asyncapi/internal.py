"""The document for ourselves: every topic, who writes it and who reads it."""

from bowchat_contracts.asyncapi.pieces import ASYNCAPI, Document, message, message_name, schemas
from bowchat_contracts.topics import INSURER, SERVICES, TOPICS, Topic

_PARAMETERS = {
    "insurer": {"description": "An insurer's short name, from the registry."},
    "service": {"description": "The service that set the record aside.", "enum": list(SERVICES)},
}


def internal_document() -> Document:
    """AsyncAPI 3 of the whole relay. An operation is named by its service, what it does, and the topic."""
    events = {event.type: (event, topic) for topic in TOPICS for event in topic.events}
    return {
        "asyncapi": ASYNCAPI,
        "info": {
            "title": "Bow Chat, inside",
            "version": "1.0.0",
            "description": "The topics between the relay's services. Generated from the topic table; not for partners.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {"host": "127.0.0.1:9092", "protocol": "kafka", "description": "The relay's broker."}
        },
        "channels": {_channel_name(topic): _channel(topic) for topic in TOPICS},
        "operations": {name: operation for topic in TOPICS for name, operation in _operations(topic)},
        "components": {
            "messages": {
                message_name(event): message(event, key=topic.key) for event, topic in events.values()
            },
            "schemas": schemas(*(event for event, _ in events.values())),
            "parameters": _PARAMETERS,
        },
    }


def _channel_name(topic: Topic) -> str:
    return topic.name.replace("{", "").replace("}", "")


def _channel(topic: Topic) -> Document:
    names = [message_name(event) for event in topic.events]
    parameters = {
        name: {"$ref": f"#/components/parameters/{name}"}
        for name in _PARAMETERS
        if f"{{{name}}}" in topic.name
    }
    return {
        "address": topic.name,
        "description": f"{topic.about} Keyed by: {topic.key}. Kept {topic.retention_days} days.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        **({"parameters": parameters} if parameters else {}),
    }


def _operations(topic: Topic) -> list[tuple[str, Document]]:
    """Insurers' own operations are in their document."""
    channel = _channel_name(topic)
    sides = [("send", writer) for writer in topic.writers] + [("receive", reader) for reader in topic.readers]
    return [
        (f"{who}.{action}.{channel}", {"action": action, "channel": {"$ref": f"#/channels/{channel}"}})
        for action, who in sides
        if who != INSURER
    ]
