"""`docs/events.md`: the topics and events as tables, for people."""

from collections.abc import Iterator

from bowchat_contracts.envelope import Event
from bowchat_contracts.schemas import Schema, schema_of
from bowchat_contracts.topics import TOPICS

_HEAD = """\
# Topics and events

Generated from `libs/contracts` by `make docs`; change it there. The same for machines: `docs/asyncapi/`, and one JSON
Schema per event in `libs/contracts/src/bowchat_contracts/schemas/`.

Every record is a CloudEvent 1.0 in Kafka's binary mode: the headers `ce_specversion`, `ce_id`, `ce_type`, `ce_source`,
`ce_time`, `content-type` and `traceparent`, the data as JSON. Delivery is at least once; the same event has the same
`ce_id` however often it is written.

## Topics

| topic | key | events | written by | read by | days | what it says |
|---|---|---|---|---|---|---|
"""
_FIELDS_HEAD = "| field | form | needed | meaning |\n|---|---|---|---|\n"


def events_page() -> str:
    """The page's whole text."""
    events = {event.type: event for topic in TOPICS for event in topic.events}
    return (
        _HEAD
        + "".join(_topic_rows())
        + "\n## Events\n"
        + "".join(_section(event) for event in events.values())
    )


def _topic_rows() -> Iterator[str]:
    for topic in TOPICS:
        names = ", ".join(f"[{event.__name__}](#{event.__name__.lower()})" for event in topic.events)
        yield (
            f"| `{topic.name}` | {topic.key} | {names} | {', '.join(topic.writers)} "
            f"| {', '.join(dict.fromkeys(topic.readers))} "
            f"| {topic.retention_days} | {topic.about} |\n"
        )


def _section(event: type[Event]) -> str:
    schema = schema_of(event)
    about = " ".join((event.__doc__ or "").split())
    rows = "".join(_rows(schema, schema, ""))
    return f"\n### {event.__name__}\n\n`{event.type}`: {about}\n\n{_FIELDS_HEAD}{rows}"


def _rows(schema: Schema, document: Schema, prefix: str) -> Iterator[str]:
    for name, given in schema["properties"].items():
        field = _resolved(given, document)
        needed = "yes" if name in schema.get("required", ()) else ""
        about = " ".join(str(given.get("description", "")).split()).replace("|", "\\|")
        yield f"| `{prefix}{name}` | {_form(field, document)} | {needed} | {about} |\n"
        if "properties" in field:
            yield from _rows(field, document, f"{prefix}{name}.")


def _form(field: Schema, document: Schema) -> str:
    """A field's form in a few words."""
    field = _resolved(field, document)
    options = field.get("anyOf") or field.get("oneOf")
    if options:
        return " or ".join(dict.fromkeys(_form(option, document) for option in options))
    if "items" in field:
        return f"list of {_form(field['items'], document)}"
    if "properties" in field:
        kind = field["properties"].get("kind", {}).get("const")
        return f"object (`{kind}`)" if kind else "object"
    return _scalar(field)


def _scalar(field: Schema) -> str:
    values = field.get("enum") or [field[name] for name in ("const", "pattern") if name in field]
    if values:
        return ", ".join(f"`{value}`".replace("|", "\\|") for value in values)
    return str(field.get("format") or field.get("type"))


def _resolved(schema: Schema, document: Schema) -> Schema:
    return document["$defs"][schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else schema
