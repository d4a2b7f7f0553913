"""Forgetting a person without breaking the log."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_origin

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bowchat_audit import domain
from bowchat_audit.commands import events
from bowchat_audit.domain import EMPTY
from bowchat_audit.handlers import AuditHandler
from bowchat_audit.keys import LaneKeys, MemoryKeys
from bowchat_audit.memory import MemoryLog, NoHoles
from bowchat_audit.private import PRIVATE_FIELDS, public_part
from bowchat_contracts.commands import Author
from bowchat_contracts.content import MediaContent, TextContent
from bowchat_contracts.envelope import Event, Meta
from bowchat_contracts.erasure import SubjectErased
from bowchat_contracts.ids import derived_id
from bowchat_contracts.insurer import InsurerMessage
from bowchat_contracts.parking import RecordParked
from bowchat_contracts.pii import Private
from bowchat_contracts.topics import SUBJECTS_ERASED, TOPICS
from bowchat_runtime.records import Record
from bowchat_runtime.testing import run_batch

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ASHA, BEN = derived_id("rf", "asha"), derived_id("rf", "ben")
MESSAGE = derived_id("ms", "one")


def received(offset: int, ref: str, text: str, at: datetime = NOW) -> Record:
    body = {
        "message_id": MESSAGE,
        "sealed_identity": "c2VhbA",
        "content": {"kind": "text", "text": text},
        "seq": 1,
    }
    meta = Meta(f"ev_{offset}", "bowchat.x.v1", "/x", at, "")
    return Record("inbound.received", 0, offset, ref, meta, None, orjson.dumps(body), 0)


def erasure(*lanes: str) -> Record:
    event = SubjectErased(
        command_id=derived_id("cm", "one"),
        contact_id=derived_id("ct", "one"),
        aliases=(),
        lanes=lanes,
        by=Author(role="aggregator", name="meera"),
        why="asked for it",
        at=NOW,
    )
    meta = Meta("ev_erased", SubjectErased.type, "/bowchat/masker", NOW, "")
    return Record(SUBJECTS_ERASED, 0, 0, event.contact_id, meta, None, event.model_dump_json().encode(), 0)


async def test_an_erased_persons_words_open_no_more_and_the_log_still_holds() -> None:
    """Their texts and seals are unreadable with every key there is; others' are not; the chain and the subjects stay."""
    log, keys = MemoryLog(), MemoryKeys()
    handler = AuditHandler(log, LaneKeys(keys), NoHoles())
    await run_batch(handler, [received(0, ASHA, "my knee"), received(1, BEN, "my car")], NOW)
    await run_batch(handler, [erasure(ASHA)], NOW)
    entries = await log.read(0, 10)
    every_key = [*(await keys.find([ASHA, BEN])).values()]
    assert [domain.value_of(entries[0], key) for key in every_key] == [None]
    assert b"my car" in (domain.value_of(entries[1], every_key[0]) or b"")
    assert domain.first_break(EMPTY, entries) is None
    assert entries[0]["subjects"] == [MESSAGE]
    assert orjson.loads(entries[0]["payload"]) == {"message_id": MESSAGE, "seq": 1}
    assert b"my knee" not in orjson.dumps(entries)


async def test_an_erasure_in_the_same_batch_as_the_words_takes_them_along() -> None:
    """However the records fall into batches, what was logged before an erasure is gone after it."""
    log, keys = MemoryLog(), MemoryKeys()
    await run_batch(
        AuditHandler(log, LaneKeys(keys), NoHoles()), [received(0, ASHA, "my knee"), erasure(ASHA)], NOW
    )
    assert await keys.find([ASHA]) == {}
    assert len(await log.read(0, 10)) == 2


async def test_what_was_under_way_when_its_person_was_erased_is_logged_and_never_opens() -> None:
    """The log reads topics at different speeds: a record from before the erasure, met later, gets no key that lasts."""
    log, keys = MemoryLog(), MemoryKeys()
    await run_batch(AuditHandler(log, LaneKeys(keys), NoHoles()), [erasure(ASHA)], NOW)
    late = AuditHandler(log, LaneKeys(keys), NoHoles())
    await run_batch(late, [received(0, ASHA, "my knee")], NOW)
    assert len(await log.read(0, 10)) == 2
    assert await keys.find([ASHA]) == {}
    assert b"my knee" not in orjson.dumps(await log.read(0, 10))


async def test_who_writes_again_after_an_erasure_is_logged_anew() -> None:
    """The lane gets another key: new words open, old ones do not."""
    log, keys = MemoryLog(), MemoryKeys()
    handler = AuditHandler(log, LaneKeys(keys), NoHoles())
    for batch in (
        [received(0, ASHA, "old")],
        [erasure(ASHA)],
        [received(1, ASHA, "new", NOW + timedelta(seconds=1))],
    ):
        await run_batch(handler, batch, NOW)
    key = (await keys.find([ASHA]))[ASHA]
    first, _, last = await log.read(0, 10)
    assert domain.value_of(first, key) is None
    assert b"new" in (domain.value_of(last, key) or b"")


async def test_an_insurer_cannot_order_an_erasure() -> None:
    """Only the relay's own topic is believed: the same event elsewhere destroys nothing."""
    log, keys = MemoryLog(), MemoryKeys()
    handler = AuditHandler(log, LaneKeys(keys), NoHoles())
    forged = erasure(ASHA)
    forged = Record("insurer.acme.replies", 0, 0, ASHA, forged.meta, None, forged.value, 0)
    await run_batch(handler, [received(0, ASHA, "kept"), forged], NOW)
    assert ASHA in await keys.find([ASHA])


async def test_the_command_says_what_was_erased(capsys: pytest.CaptureFixture[str]) -> None:
    """`events` prints the words while they open, and afterwards that they are gone."""
    log, keys = MemoryLog(), MemoryKeys()
    handler = AuditHandler(log, LaneKeys(keys), NoHoles())
    await run_batch(handler, [received(0, ASHA, "my knee")], NOW)
    await events(log, keys, MESSAGE, as_json=True)
    before = orjson.loads(capsys.readouterr().out)
    assert before["data"]["content"] == {"kind": "text", "text": "my knee"}
    assert before["erased"] is False
    await run_batch(handler, [erasure(ASHA)], NOW)
    await events(log, keys, MESSAGE, as_json=True)
    after = orjson.loads(capsys.readouterr().out)
    assert "my knee" not in str(after)
    assert (after["erased"], after["data"]) == (True, {"message_id": MESSAGE, "seq": 1})
    await events(log, keys, MESSAGE, as_json=False)
    assert "    (what was private in it is erased)\n" in capsys.readouterr().out


@given(st.binary(max_size=80))
def test_what_is_no_json_object_is_private_as_a_whole(value: bytes) -> None:
    """Bytes that nobody can look into are never kept readable."""
    public = public_part(value)
    try:
        is_object = isinstance(orjson.loads(value), dict)
    except orjson.JSONDecodeError:
        is_object = False
    assert is_object or public == (b"{}" if value else None)


def test_a_parked_record_is_looked_into() -> None:
    """What is private in the parked record is private in the record that parks it; what the accounts need stays."""
    inner = orjson.dumps({"message_id": MESSAGE, "content": {"text": "my knee"}})
    parked = orjson.dumps({"park_id": "pk", "value": base64.b64encode(inner).decode()})
    public = orjson.loads(public_part(parked) or b"")
    assert orjson.loads(base64.b64decode(public["value"])) == {"message_id": MESSAGE}


def test_a_policys_number_is_private() -> None:
    """Whoever has the policies would find the erased person by it."""
    routed = orjson.dumps({"message_id": MESSAGE, "policy_number": "POL-A100"})
    assert orjson.loads(public_part(routed) or b"") == {"message_id": MESSAGE}


def _may_hold_words(annotation: Any) -> bool:
    """Whether a field of this type can hold somebody's words: text that is private, or an insurer's view of it."""
    if isinstance(annotation, type) and issubclass(annotation, Private):
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        named = any(name.startswith("sealed") for name in annotation.model_fields)
        return named or any(_may_hold_words(each.annotation) for each in annotation.model_fields.values())
    return get_origin(annotation) is not None and any(map(_may_hold_words, get_args(annotation)))


EVENTS = sorted(
    {event for topic in TOPICS for event in topic.events} - {RecordParked}, key=lambda each: each.type
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda each: each.type)
def test_every_contracts_private_fields_are_known_to_the_log(event: type[Event]) -> None:
    """A new field that can hold a person's words or a seal turns this red until the log knows it."""
    found = {
        name
        for name, field in event.model_fields.items()
        if name.startswith("sealed") or name == "content" or _may_hold_words(field.annotation)
    }
    assert found <= PRIVATE_FIELDS


def test_the_search_for_private_fields_finds_them() -> None:
    """The promise above cannot be kept by looking at nothing."""
    assert _may_hold_words(TextContent)
    assert _may_hold_words(tuple[MediaContent, ...])
    assert not _may_hold_words(int)
    assert "content" in InsurerMessage.model_fields
