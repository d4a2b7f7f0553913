"""What routing one message costs when an aggregator's whole book is loaded."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bowchat_contracts.content import TextContent
from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import InboundReceived, MessageRouted
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import PromptRequested
from bowchat_contracts.topics import INBOUND_RECEIVED
from bowchat_registry.loader import load
from bowchat_registry.registry import Registry
from bowchat_router.classify import train
from bowchat_router.classify.training import version_of
from bowchat_router.kept import kept, own_cache
from bowchat_router.readings import TrainedReadings
from bowchat_router.testing import InUse, Worker
from bowchat_runtime.records import Record
from bowchat_runtime.testing import record
from bowchat_testkit.bench_imports.size import Size, number, ref

_ASKED = 2_000
_START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_KINDS = (
    "a policy's number in the text",
    "the holder's only matter",
    "words, of a holder whose matters are open already",
    "words, of a stranger",
)
_WORDS = (
    "my car was hit in the car park last night",
    "the hospital wants an approval before the operation",
    "how do I add my wife as a nominee",
    "water came through the kitchen ceiling",
    "quisiera renovar mi póliza antes del viernes",
    "premium kab tak bharna hai is saal",
)


async def routed(size: Size, registry: Path) -> list[str]:
    """A table: for each kind of message the CPU that one takes, alone in its batch, in milliseconds."""
    whole = replace(load(registry), policies=size.book())
    async with TrainedReadings(InUse(whole), kept(train, version_of, own_cache())) as readings:
        rows = [await _row(each, size, whole, readings) for each in _KINDS]
    return [
        "| what decides | messages | p50 ms | p99 ms | to a desk or a question |",
        "|---|---|---|---|---|",
        *rows,
    ]


async def _row(kind: str, size: Size, registry: Registry, readings: TrainedReadings) -> str:
    worker = Worker(registry, readings=readings)
    spent: list[float] = []
    placed = 0
    if kind == _KINDS[2]:
        for each in _messages(_KINDS[1], size):
            await worker.messages(each, now=each.event.received_at)
    for each in _messages(kind, size):
        started = time.process_time()
        out = await worker.messages(each, now=each.event.received_at)
        spent.append((time.process_time() - started) * 1e3)
        placed += any(_is_placed(one.event) for one in out)
    spent.sort()
    p50, p99 = spent[len(spent) // 2], spent[len(spent) * 99 // 100]
    return f"| {kind} | {len(spent):,} | {p50:.2f} | {p99:.2f} | {placed / len(spent):.0%} |"


def _is_placed(event: Event) -> bool:
    return isinstance(event, PromptRequested) or (
        isinstance(event, MessageRouted) and event.outcome == "routed"
    )


def _messages(kind: str, size: Size) -> Iterator[Record]:
    step = max(1, size.contacts // _ASKED)
    says: dict[str, Callable[[int], tuple[str, str]]] = {
        _KINDS[0]: lambda index: (ref(index), f"Good morning, any news about {number(index)}?"),
        _KINDS[1]: lambda index: (ref(index), "Good morning, any news?"),
        _KINDS[2]: lambda index: (ref(index), _said(index)),
        _KINDS[3]: lambda index: (derived_id("rf", f"stranger {index}"), _said(index)),
    }
    for place, index in enumerate(range(0, size.contacts, step)):
        who, text = says[kind](index)
        yield _received(f"{kind} {index}", who, text, place)


def _said(index: int) -> str:
    """Words that nobody else says: a classifier remembers what it has read."""
    return f"{_WORDS[index % len(_WORDS)]}, thanks, {index}"


def _received(name: str, who: str, text: str, place: int) -> Record:
    event = InboundReceived(
        message_id=derived_id("ms", name),
        refs=(who,),
        sealed_identity="sealed",
        channel="whatsapp_cloud",
        business_number_id="100000000000001",
        content=TextContent(text=MessageText(text)),
        provider_ref=derived_id("pr", name),
        sent_at=_START,
        received_at=_START + timedelta(seconds=place),
    )
    return record(event, topic=INBOUND_RECEIVED, key=who, offset=place)
