"""Entries, their chain, and what counts as a gap."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_audit import domain
from bowchat_audit.domain import EMPTY, Gap
from bowchat_audit.testing import KEY, log_of, made, raw
from bowchat_contracts.ids import derived_id


def test_an_entry_finds_its_subjects_and_only_those() -> None:
    """Identifiers are found by field; what a person or insurer typed into one is no identifier."""
    message, reply = derived_id("ms", "one"), derived_id("rp", "one")
    value = f'{{"message_id":"{message}","alias":"+44 7700 900123","text":"{reply}","seq":1}}'.encode()
    assert made(raw(value))["subjects"] == [message]


def test_what_an_insurers_phone_wrote_is_locked_with_a_key_that_nobody_keeps() -> None:
    """Its records stand under the insurer, so no erasure of a person could take their key away: the words are readable in
    the log where the reply stands under its alias, and here never.
    """
    one = made(raw(b'{"reply_key":"rp","text":"said"}', topic="replies.unaddressed"))
    assert one["payload"] == '{"reply_key":"rp"}'
    assert domain.value_of(one, KEY) is None


@given(value=st.binary(max_size=200))
def test_any_value_is_kept_as_it_was_received(value: bytes) -> None:
    """The log chooses nothing: bytes that are no JSON, or no text, come back the same."""
    assert domain.value_of(made(raw(value)), KEY) == value


@pytest.mark.parametrize("value", [b"[1]", b"null", b"{", b"", b"\xff"])
def test_a_value_that_is_no_object_has_no_subjects(value: bytes) -> None:
    """It is appended all the same."""
    assert made(raw(value))["subjects"] == []


def test_what_makes_two_records_the_same_event() -> None:
    """Topic and event id do; an insurer's own ids only together with the content; an unreadable record is only itself."""
    same = [domain.dedup_key(raw(b"{}", offset=n), "d") for n in (1, 2)]
    assert same[0] == same[1]
    replies = [domain.dedup_key(raw(b"{}", topic="insurer.acme.replies"), digest) for digest in ("d1", "d2")]
    assert replies[0] != replies[1]
    unreadable = [domain.dedup_key(raw(b"", kind=domain.UNREADABLE, offset=n), "d") for n in (1, 2)]
    assert unreadable[0] != unreadable[1]


CHANGES: dict[str, Any] = {
    "event_id": "ev_x", "dedup": "x", "topic": "x", "partition": 9, "offset": 99, "type": "x", "source": "x",
    "time": "x", "appended_at": "x", "key": None, "subjects": ["x"], "payload": "x", "digest": "0" * 64, "_id": 9,
    "lane": "x", "locked": "x", "stored": "0" * 64,
}  # fmt: skip


@pytest.mark.parametrize("field", CHANGES)
def test_a_change_to_any_field_breaks_the_chain(field: str) -> None:
    """Whoever edits an entry is found at that entry."""
    entries = log_of([b"{}", b"[]", b"1"])
    assert domain.first_break(EMPTY, entries) is None
    entries[1] = {**entries[1], field: CHANGES[field]}  # type: ignore[call-overload]
    assert domain.first_break(EMPTY, entries) == 2


@given(data=st.data(), values=st.lists(st.binary(max_size=20), min_size=2, max_size=8))
def test_removing_or_swapping_entries_breaks_the_chain(data: st.DataObject, values: list[bytes]) -> None:
    """Every entry rests on all before it; only the very end can be cut off unseen, which the count shows."""
    entries = log_of(values)
    victim = data.draw(st.integers(0, len(entries) - 2))
    assert domain.first_break(EMPTY, entries[:victim] + entries[victim + 1 :]) == victim + 1
    entries[victim], entries[victim + 1] = entries[victim + 1], entries[victim]
    assert domain.first_break(EMPTY, entries) == victim + 1


PLACE = ("t", 0)


@pytest.mark.parametrize(
    ("end", "offsets", "gap"),
    [
        (None, [7, 8, 9], None),
        (4, [5, 6], None),
        (4, [2, 3, 4, 5], None),
        (4, [6], Gap(PLACE, 5, 5)),
        (4, [5, 9], Gap(PLACE, 6, 8)),
        (None, [0, 2], Gap(PLACE, 1, 1)),
    ],
    ids=["first seen", "next", "read again", "jump", "jump inside", "jump behind the first"],
)
def test_only_a_jump_forward_is_a_gap(end: int | None, offsets: list[int], gap: Gap | None) -> None:
    """A partition starts anywhere, is read again at will, and never skips."""
    ends = {} if end is None else {PLACE: end}
    assert domain.contiguous(ends, [PLACE] * len(offsets), offsets) == gap


def test_partitions_do_not_count_for_each_other() -> None:
    """Each has its own row of offsets."""
    ends = {("t", 0): 4, ("t", 1): 9}
    assert domain.contiguous(ends, [("t", 1), ("t", 0)], [10, 5]) is None
    assert ends == {("t", 0): 5, ("t", 1): 10}
