"""Two insurers cannot join what they have of one person."""

import hashlib
import re
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic_core import from_json

from bowchat_contracts.envelope import to_headers
from bowchat_runtime.records import Outgoing

TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "Zs", "P")), max_size=80)
# Words that stand in every insurer's records: the contract's, and the registry's of this test.
EVERYBODYS = re.compile(
    r"[a-z_]{1,24}|bowchat\.[a-z_.]+v1|/bowchat|1\.0|application/json|00|01|2026-.*Z|[0-9]|None|True|False"
    r"|\[[a-z]+-[0-9]+\]"  # counts what stood in the text, from one on
)


def marks(outgoing: Outgoing, typed: set[str]) -> set[str]:
    """Whatever could be the same elsewhere: every leaf, key, header and part of one, and the record's hashes."""
    found = {outgoing.key, *_leaves(from_json(outgoing.body))}
    headers = {name: value.decode() for name, value in to_headers(outgoing.meta)}
    found |= {*headers.values(), *headers["traceparent"].split("-")}
    found |= {hashlib.new(name, outgoing.body).hexdigest() for name in ("sha256", "md5")}
    return {each for each in found if each not in typed and not EVERYBODYS.fullmatch(each)}


def _leaves(value: Any) -> set[str]:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return {leaf for each in inner for leaf in _leaves(each)}
    return {str(value)}


@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
@example(texts=[":@A.A"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
async def test_two_insurers_share_no_mark(world: Any, leaving: Any, texts: list[str]) -> None:
    """The same messages of one person to two insurers, let through or held, have no id, key, header or hash in common."""
    per_insurer = []
    for insurer in ("acme", "zenith"):
        records = [
            world.message(text, name=f"{at}", conversation="c1", insurer=insurer, seq=at + 1)
            for at, text in enumerate(texts)
        ]
        sent = leaving(await world.takes(*records))
        assert len(sent) == len(texts)
        per_insurer.append(set().union(*(marks(each, _said(each)) for each in sent)))
    assert per_insurer[0]
    assert not per_insurer[0] & per_insurer[1]


def _said(outgoing: Outgoing) -> set[str]:
    """What the person wrote, which both may read."""
    fields = from_json(outgoing.body)
    return {fields["content"]["text"]} if "content" in fields else set()


async def test_the_marks_of_one_insurer_meet(world: Any, leaving: Any) -> None:
    """The law above can fail: one insurer's two records about one person share alias, key and thread."""
    one, two = leaving(await world.takes(world.message("a", name="1"), world.message("b", name="2")))
    assert {one.key, one.event.thread_id} <= marks(one, {"a"}) & marks(two, {"b"})
