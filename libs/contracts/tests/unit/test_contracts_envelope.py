"""The envelope: our headers are a CloudEvent in Kafka's binary mode, by our own reader and by the CloudEvents project's."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from bowchat_contracts import envelope
from bowchat_contracts.envelope import Meta, from_headers, rfc3339, to_headers, traceparent
from bowchat_contracts.testing import metas

MOMENT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
META = Meta("ev_abc", "bowchat.inbound.received.v1", "/bowchat/ingest", MOMENT, traceparent("a", "b"))


@given(meta=metas())
def test_headers_read_back_as_the_same_attributes(meta: Meta) -> None:
    """No attribute is lost or changed on the way over Kafka."""
    assert from_headers(to_headers(meta)) == meta


@given(meta=metas())
def test_the_cloudevents_library_reads_the_same_attributes(meta: Meta) -> None:
    """A partner who uses the project's own library sees what we wrote."""
    message = KafkaMessage(headers=dict(to_headers(meta)), key=b"ph_key", value=b'{"seq":1}')
    event = from_binary(message, JSONFormat(), CloudEvent)
    assert (event.get_id(), event.get_type(), event.get_source()) == (meta.id, meta.type, meta.source)
    assert event.get_specversion() == "1.0"
    assert event.get_time() == meta.time
    assert event.get_datacontenttype() == "application/json"
    assert event.get_data() == {"seq": 1}


@given(meta=metas())
def test_headers_written_by_the_cloudevents_library_are_read(meta: Meta) -> None:
    """A partner who writes with the project's own library is understood."""
    attributes = {"id": meta.id, "type": meta.type, "source": meta.source, "time": meta.time, "specversion": "1.0",
                  "datacontenttype": "application/json"}  # fmt: skip
    message = to_binary(CloudEvent(attributes, {"seq": 1}), JSONFormat())
    found = from_headers(tuple(message.headers.items()))
    assert (found.id, found.type, found.source, found.time) == (meta.id, meta.type, meta.source, meta.time)


@pytest.mark.parametrize(
    ("header", "value", "named"),
    [
        ("ce_id", None, "ce_id is missing"),
        ("ce_type", None, "ce_type is missing"),
        ("ce_source", None, "ce_source is missing"),
        ("ce_specversion", None, "ce_specversion is missing"),
        ("ce_specversion", b"0.3", "ce_specversion must be 1.0"),
        ("ce_id", b"", "ce_id must have 1 to 200"),
        ("ce_id", b"x" * 201, "ce_id must have 1 to 200"),
        ("ce_type", b"\xff", "UTF-8"),
        ("ce_time", b"yesterday", "ce_time must be an RFC 3339 time"),
        ("ce_time", b"2026-11-22T09:30:00", "ce_time must name its offset"),
        ("ce_time", b"0001-01-01T00:00:00+14:00", "ce_time must be a time of the years 1 to 9999"),
    ],
)
def test_a_broken_envelope_is_refused_by_the_name_of_its_header(
    header: str, value: bytes | None, named: str
) -> None:
    """Whoever wrote it learns which header to mend."""
    headers = {**dict(to_headers(META)), header: value}
    with pytest.raises(envelope.BadEnvelopeError, match=named):
        from_headers(tuple((name, each) for name, each in headers.items() if each is not None))


def test_a_record_without_a_time_or_trace_is_still_read() -> None:
    """Both are optional in CloudEvents, and a partner may leave them out."""
    headers = tuple(each for each in to_headers(META) if each[0] not in {"ce_time", "traceparent"})
    assert from_headers(headers) == META._replace(time=datetime.fromtimestamp(0, UTC), traceparent="")


def test_a_trace_continues_its_parents_and_starts_one_where_there_is_none() -> None:
    """All steps of one message share a trace id; a strange parent is not carried on."""
    first = traceparent("wamid", "ingest")
    second = traceparent("ev_1", "router", parent=first)
    assert first.split("-")[1] == second.split("-")[1]
    assert first.split("-")[2] != second.split("-")[2]
    assert traceparent("ev_1", "router", parent="00-447700900123") == traceparent("ev_1", "router")


@given(seed=st.text(), stage=st.text())
def test_a_replay_gives_the_same_trace(seed: str, stage: str) -> None:
    """Nothing in a trace is random, so a record written again has the same bytes."""
    assert traceparent(seed, stage) == traceparent(seed, stage)


def test_times_are_written_in_utc() -> None:
    """One form for one moment, whatever zone it was given in."""
    assert rfc3339(MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))) == "2026-11-22T09:30:00Z"
