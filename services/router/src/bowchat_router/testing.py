"""The whole router in one process without a broker, for tests: records in, records out, over any store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bowchat_contracts.topics import DESKS_WORKED, INBOUND_RELEASED, TIMERS_DUE
from bowchat_registry.keywords import words
from bowchat_registry.registry import Registry
from bowchat_router.classify.reading import Guess, Reading, Skimmed
from bowchat_router.desk_store import DeskStore, MemoryDesks
from bowchat_router.desk_watch import DeskWatch
from bowchat_router.handlers.commands import CommandHandler
from bowchat_router.handlers.desks import DeskHandler
from bowchat_router.handlers.inbound import InboundHandler
from bowchat_router.handlers.promises import PromiseHandler
from bowchat_router.handlers.quotes import QuoteHandler
from bowchat_router.handlers.releases import ReleaseHandler
from bowchat_router.handlers.replies import ReplyHandler
from bowchat_router.handlers.timers import TimerHandler
from bowchat_router.handlers.unasked import UnaskedHandler
from bowchat_router.memory import MemoryRouter
from bowchat_router.readings import Readings
from bowchat_router.remembered import Memory
from bowchat_router.store import RouterStore
from bowchat_router.ticker import Ticker
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.rereading import MemoryRereader
from bowchat_runtime.testing import MemoryPublisher, record
from bowchat_runtime.testing import run_batch as run_once


@dataclass
class InUse:
    """The registry in use."""

    current: Registry


@dataclass
class FixedReadings:
    """A classifier that knows a few words: for tests of what comes of a reading."""

    kinds: Mapping[str, str] = field(default_factory=dict)
    intents: Mapping[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    version: str = "fixed"

    def read(self, text: str) -> Reading:
        self.asked.append(text)
        said = words(text).split()
        return Reading(_guess(self.kinds, said), _guess(self.intents, said), "fixed", 0.0, "en")

    def skim(self, text: str) -> Skimmed:
        said = words(text).split()
        return Skimmed(_guess(self.kinds, said), _guess(self.intents, said), "fixed", 0.0)

    async def ahead(self, texts: Sequence[str], registry: Registry) -> None:
        """There is nothing to do ahead."""


async def run_batch(handler: Any, records: Sequence[Record], now: datetime) -> list[Outgoing]:
    """One batch as the loop runs it: what conflicts is read and decided again."""
    try:
        return await run_once(handler, records, now)
    except ConflictError:
        handler.forget()
        return await run_once(handler, records, now)


def _guess(known: Mapping[str, str], said: Sequence[str]) -> Guess:
    found = next((known[each] for each in said if each in known), None)
    return Guess(found, 0.99 if found else 0.0, ((found, 0.99),) if found else ())


class Worker:
    """One process of the router. What it tells itself is taken in before the next record."""

    def __init__(
        self,
        registry: Registry,
        store: RouterStore | None = None,
        *,
        readings: Readings | None = None,
        rereader: MemoryRereader | None = None,
        desks: DeskStore | None = None,
    ) -> None:
        self.store = store or MemoryRouter()
        self.registries = InUse(registry)
        self.rereader = rereader or MemoryRereader()
        self.readings = readings or FixedReadings()
        self.memory = Memory()
        parts = self.store, self.registries, self.memory
        self.desks_kept = desks or MemoryDesks()
        self.failing: frozenset[str] = frozenset()
        self.inbound = InboundHandler(*parts, self.readings, self)
        self.replies = ReplyHandler(*parts)
        self.timers = TimerHandler(*parts, self.readings, self.rereader)
        self.unasked = UnaskedHandler(*parts, self.readings)
        self.quotes = QuoteHandler(self.store)
        self.releases = ReleaseHandler(self.rereader)
        self.commands = CommandHandler(*parts)
        self.desks = DeskHandler(*parts, self.desks_kept)
        self.promises = PromiseHandler(self.registries)
        self._own: dict[str, Any] = {
            DESKS_WORKED: self.desks,
            INBOUND_RELEASED: self.releases,
            TIMERS_DUE: self.timers,
        }
        self._offset = 0

    async def messages(self, *records: Record, now: datetime) -> list[Outgoing]:
        """What these messages give, what the router tells itself included."""
        for each in records:
            self.rereader.put(each)
        return await self._followed(await run_batch(self.inbound, records, now), now)

    async def hears(self, handler: Any, *records: Record, now: datetime) -> list[Outgoing]:
        """What these records give this handler."""
        return await self._followed(await run_batch(handler, records, now), now)

    async def answers(self, *records: Record, now: datetime) -> list[Outgoing]:
        """What these decided replies give."""
        return await self._followed(await run_batch(self.replies, records, now), now)

    async def commanded(self, *records: Record, now: datetime) -> list[Outgoing]:
        """What these commands give."""
        return await self._followed(await run_batch(self.commands, records, now), now)

    async def promised(self, *records: Record, now: datetime) -> list[Outgoing]:
        """What comes of clocks that changed."""
        return await self._followed(await run_batch(self.promises, records, now), now)

    async def look(self, now: datetime) -> list[Outgoing]:
        """What comes of a look at the desks."""
        publisher = MemoryPublisher()
        watch = DeskWatch(self.desks_kept, publisher, lambda: now)
        await watch.look()
        self.failing = watch.failing
        return await self._followed(publisher.sent, now)

    async def tick(self, now: datetime) -> list[Outgoing]:
        """What the moments that have come give."""
        publisher = MemoryPublisher()
        await Ticker(self.store, publisher, lambda: now).tick()
        return await self._followed(publisher.sent, now)

    async def _followed(self, outgoing: Sequence[Outgoing], now: datetime) -> list[Outgoing]:
        """All that is published, and after it what comes of what the router itself reads."""
        seen = list(outgoing)
        for each in outgoing:
            handler = self._own.get(each.topic)
            if handler is not None:
                self._offset += 1
                own = record(each.event, topic=each.topic, key=each.key, offset=self._offset, meta=each.meta)
                seen += await self._followed(await run_batch(handler, [own], now), now)
        return seen
