"""The vault in memory: the same contract as the real one, for tests and for BOWCHAT_STORE=memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from bowchat_masker.model import (
    AliasRow,
    Changes,
    Contact,
    ConversationRow,
    Erased,
    Held,
    Names,
    ReplyRow,
    Thread,
    ThreadNews,
    WindowRow,
    alias_key,
)
from bowchat_masker.ways import Way
from bowchat_runtime.errors import ConflictError

Row = TypeVar("Row")


class MemoryVault:
    """Rows in dictionaries."""

    def __init__(self) -> None:
        self._contacts: dict[str, Contact] = {}
        self._aliases: dict[str, AliasRow] = {}
        self._by_alias: dict[str, AliasRow] = {}
        self._threads: dict[str, Thread] = {}
        self._news: dict[str, ThreadNews] = {}
        self._threads_by_alias: dict[str, set[str]] = {}
        self._conversations: dict[str, ConversationRow] = {}
        self._replies: dict[str, ReplyRow] = {}
        self._held: dict[str, Held] = {}
        self._windows: dict[str, WindowRow] = {}
        self._ways: dict[str, Way] = {}
        self._erased: dict[str, Erased] = {}

    async def contacts(self, ids: Sequence[str]) -> dict[str, Contact]:
        return _chosen(self._contacts, ids)

    async def aliases(self, names: Sequence[tuple[str, str, int]]) -> dict[str, AliasRow]:
        return _chosen(self._aliases, [alias_key(*name) for name in names])

    async def aliases_named(self, aliases: Sequence[str]) -> dict[str, AliasRow]:
        return _chosen(self._by_alias, aliases)

    async def threads(self, ids: Sequence[str]) -> dict[str, Thread]:
        return _chosen(self._threads, ids)

    async def threads_of(self, aliases: Sequence[str]) -> list[Thread]:
        found = [
            (name, self._threads[each])
            for name in aliases
            for each in self._threads_by_alias.get(name, ())
            if each in self._threads
        ]
        return [thread for name, thread in found if thread.alias == name]

    async def news(self, thread_ids: Sequence[str]) -> dict[str, ThreadNews]:
        return _chosen(self._news, thread_ids)

    async def threads_since(self, insurer: str, moment: datetime) -> list[Thread]:
        own = [each for each in self._threads.values() if each.insurer == insurer]
        return [each for each in own if each.closed_at is None or each.closed_at > moment]

    async def mark_threads(self, closed: Mapping[str, datetime | None]) -> None:
        for thread_id, at in closed.items():
            if thread_id in self._threads:
                self._threads[thread_id] = replace(self._threads[thread_id], closed_at=at)

    async def erased_since(self, insurer: str, moment: datetime) -> bool:
        lately = [each for each in self._erased.values() if each.at > moment]
        return any(name == insurer for each in lately for name, _ in each.aliases)

    async def conversations(self, ids: Sequence[str]) -> dict[str, ConversationRow]:
        return _chosen(self._conversations, ids)

    async def replies(self, keys: Sequence[str]) -> dict[str, ReplyRow]:
        return _chosen(self._replies, keys)

    async def held(self, ids: Sequence[str]) -> dict[str, Held]:
        return _chosen(self._held, ids)

    async def windows(self, keys: Sequence[str]) -> dict[str, WindowRow]:
        return _chosen(self._windows, keys)

    async def ways(self, keys: Sequence[str]) -> dict[str, Way]:
        return _chosen(self._ways, keys)

    async def erased(self, contact_ids: Sequence[str]) -> dict[str, Erased]:
        return _chosen(self._erased, contact_ids)

    async def wrapped_after(self, contact_id: str, limit: int) -> dict[str, bytes]:
        ids = sorted(each for each in self._contacts if each > contact_id)[:limit]
        return {each: self._contacts[each].wrapped_key for each in ids}

    async def rewrap(self, contact_id: str, before: bytes, after: bytes) -> bool:
        found = self._contacts.get(contact_id)
        if found is None or found.wrapped_key != before:
            return False
        self._contacts[contact_id] = replace(found, wrapped_key=after)
        return True

    async def names_of(self, contact_id: str) -> Names:
        threads = [each for each in self._threads.values() if each.contact_id == contact_id]
        conversations = tuple(each.conversation_id for each in sorted(threads, key=lambda one: one.thread_id))
        held = [key for key, each in self._held.items() if each.conversation_id in conversations]
        replies = [key for key, each in self._replies.items() if each.contact_id == contact_id]
        aliases = sorted(self._of(contact_id, self._aliases).items())
        return Names(
            tuple((each.insurer, each.alias) for _, each in aliases),
            conversations,
            (*sorted(held), *sorted(replies)),
        )

    async def erase(self, erased: Erased) -> None:
        self._erased.setdefault(erased.contact_id, erased)
        self._contacts.pop(erased.contact_id, None)
        for key in erased.lanes:
            self._held.pop(key, None)
            self._by_alias.pop(key, None)
        every: tuple[dict[str, Any], ...] = (
            self._windows, self._replies, self._threads, self._news, self._ways, self._aliases
        )  # fmt: skip
        for rows in every:
            for key in self._of(erased.contact_id, rows):
                del rows[key]

    def _of(self, contact_id: str, rows: Mapping[str, Any]) -> dict[str, Any]:
        return {key: each for key, each in rows.items() if each.contact_id == contact_id}

    async def save(self, changes: Changes) -> None:
        _write(self._ways, changes.ways)
        _write(self._contacts, changes.contacts)
        _insert(self._aliases, changes.aliases)
        self._by_alias |= {each.alias: each for each in changes.aliases.values()}
        _write(self._threads, changes.threads)
        for thread in changes.threads.values():
            self._threads_by_alias.setdefault(thread.alias, set()).add(thread.thread_id)
        _write(self._news, changes.news)
        _write(self._conversations, changes.conversations)
        _write(self._windows, changes.windows)
        _insert(self._replies, changes.replies)
        self._held = changes.held | self._held


def _chosen(rows: Mapping[str, Row], keys: Sequence[str]) -> dict[str, Row]:
    return {key: rows[key] for key in keys if key in rows}


def _write(rows: dict[str, Any], changed: Mapping[str, Any]) -> None:
    """Compare-and-set each row; those that fit are written even when another does not, as the database does."""
    fits = {key: row for key, row in changed.items() if row.version == _version(rows, key) + 1}
    rows |= fits
    if len(fits) != len(changed):
        raise ConflictError("a row was changed by somebody else")


def _version(rows: Mapping[str, Any], key: str) -> int:
    return rows[key].version if key in rows else 0


def _insert(rows: dict[str, Any], new: Mapping[str, Any]) -> None:
    absent = {key: row for key, row in new.items() if key not in rows}
    rows |= absent
    if len(absent) != len(new):
        raise ConflictError("a row was inserted by somebody else")
