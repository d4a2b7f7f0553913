"""Tells an insurer what becomes of its threads: handed to another desk, on hold, resolved, closed, and by whom.

A change may be read before the thread's first message has reached the insurer. It waits in the vault then, and is told when
`inbound.relayed` says that the message is there: that record leaves after the insurer's own is acknowledged.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from bowchat_contracts.conversations import ConversationChanged
from bowchat_contracts.inbound import MessageRelayed
from bowchat_contracts.topics import INBOUND_RELAYED
from bowchat_masker.egress import Mint, leave
from bowchat_masker.guard import clear_minted
from bowchat_masker.model import AliasRow, Changes, Erased, ThreadNews, alias_key
from bowchat_masker.store import VaultStore
from bowchat_masker.thread_news import WORTH_TELLING, is_news, thread_changed
from bowchat_masker.ways import Way
from bowchat_runtime.decoding import key_of
from bowchat_runtime.records import Outgoing, Record, position_of

_MOST_REMEMBERED = 200_000
_MOST_WAITING = 50
"""The latest of them: each says all that counts from then on."""


@dataclass(slots=True)
class NewsState:
    rows: dict[str, ThreadNews]
    erased: dict[str, Erased] = field(default_factory=dict)
    ways: dict[str, Way] = field(default_factory=dict)
    aliases: dict[str, AliasRow] = field(default_factory=dict)
    stored: dict[str, int] = field(init=False)
    """Versions in the store; a batch writes the one after."""
    changes: Changes = field(default_factory=Changes)
    met: dict[str, str] = field(default_factory=dict)
    """Conversations whose insurer knows of them, and the record that said so."""

    def __post_init__(self) -> None:
        self.stored = {key: each.version for key, each in self.rows.items()}

    def put(self, row: ThreadNews) -> None:
        row = replace(row, version=self.stored.get(row.thread_id, 0) + 1)
        self.rows[row.thread_id] = self.changes.news[row.thread_id] = row

    def alias(self, insurer: str, event: ConversationChanged) -> str | None:
        """By which the insurer knew the policyholder at that time, so that a change told again has the same; None for one
        who was erased.
        """
        names = _names(insurer, event, self.ways)
        known = [self.aliases[key] for each in names if (key := alias_key(*each)) in self.aliases]
        return known[-1].alias if known else None


class ThreadChanges:
    """Reads `conversations.changed` and `inbound.relayed`. Of each thread one row is kept: that its insurer knows of it."""

    def __init__(self, store: VaultStore, mint: Mint) -> None:
        self._store, self._mint = store, mint
        self._met: dict[str, str] = {}

    def concerns(self, raw: Any) -> bool:
        """Neither the later messages of a conversation nor its changes that are nobody's business: most of what is read."""
        if raw.topic == INBOUND_RELAYED:
            first = self._met.get(key_of(raw) or "")
            return first is None or first == position_of(raw)
        try:
            return orjson.loads(raw.value).get("change") in WORTH_TELLING
        except (orjson.JSONDecodeError, AttributeError, TypeError):
            return True

    async def load(self, records: Sequence[Record]) -> NewsState:
        events = [each.event for each in records]
        changed = [each for each in events if _is_news(each)]
        every = [*changed, *(each for each in events if isinstance(each, MessageRelayed))]
        rows = sorted({self._mint.thread_id(each.insurer, each.conversation_id) for each in every})
        news, erased, ways = await asyncio.gather(
            self._store.news(rows),
            self._store.erased(sorted({each.contact_id for each in every})),
            self._store.ways(sorted({alias_key(each.insurer, each.contact_id) for each in changed})),
        )
        names = sorted({name for each in changed for name in _names(each.insurer, each, ways)})
        return NewsState(news, erased, ways, await self._store.aliases(names))

    def decide(self, record: Record, state: NewsState, now: datetime) -> Sequence[Outgoing]:  # noqa: ARG002 - the loop's signature
        event = record.event
        if event.contact_id in state.erased:
            return ()
        if isinstance(event, MessageRelayed):
            return self._met_by(event, record.position, state)
        return self._told(event.insurer, event, state) if _is_news(event) else ()

    async def save(self, state: NewsState) -> None:
        await self._store.save(state.changes)
        await self._forget_again(state)
        if len(self._met) > _MOST_REMEMBERED:
            self._met.clear()
        self._met |= state.met

    def forget(self) -> None:
        self._met.clear()

    def _met_by(self, event: MessageRelayed, position: str, state: NewsState) -> Sequence[Outgoing]:
        """The thread's first message is there: what waited for it follows."""
        thread_id = self._mint.thread_id(event.insurer, event.conversation_id)
        row = state.rows.get(thread_id) or ThreadNews(thread_id, 0, event.contact_id)
        told: list[Outgoing] = []
        if row.first in ("", position):
            waiting = map(ConversationChanged.model_validate_json, row.waiting)
            told = [self._event(event.insurer, each, event.alias) for each in waiting]
        if not row.first:
            row = replace(row, first=position)
            state.put(row)
        state.met[event.conversation_id] = row.first
        return told

    def _told(self, insurer: str, event: ConversationChanged, state: NewsState) -> Sequence[Outgoing]:
        thread_id = self._mint.thread_id(insurer, event.conversation_id)
        row = state.rows.get(thread_id) or ThreadNews(thread_id, 0, event.contact_id)
        if not row.first:
            said = event.model_dump_json()
            if said not in row.waiting:
                state.put(replace(row, waiting=(*row.waiting, said)[-_MOST_WAITING:]))
            return ()
        alias = state.alias(insurer, event)
        return (self._event(insurer, event, alias),) if alias else ()

    def _event(self, insurer: str, event: ConversationChanged, alias: str) -> Outgoing:
        changed = thread_changed(event, alias, self._mint.thread_id(insurer, event.conversation_id))
        subject = f"{event.conversation_id}|{event.version}"
        draft = self._mint.draft(insurer, alias, changed, subject_id=subject, time=event.at)
        # The desk's name is the registry's; state and actor are the contract's own words.
        words = {changed.state, changed.by, changed.desk or changed.state}
        return leave(clear_minted(draft, words=frozenset(words)))

    async def _forget_again(self, state: NewsState) -> None:
        """Rows of somebody who was erased in the moment in which they were written."""
        whose = sorted({each.contact_id for each in state.changes.news.values()})
        for row in (await self._store.erased(whose)).values() if whose else ():
            await self._store.erase(row)


def _is_news(event: Any) -> bool:
    return isinstance(event, ConversationChanged) and is_news(event)


def _names(insurer: str, event: ConversationChanged, ways: dict[str, Way]) -> Iterator[tuple[str, str, int]]:
    """Every alias that this insurer can have had for the policyholder at that time, the first one first."""
    way = ways.get(alias_key(insurer, event.contact_id))
    for generation in range(1, (way.generation_at(event.at) if way else 1) + 1):
        yield insurer, event.contact_id, generation
