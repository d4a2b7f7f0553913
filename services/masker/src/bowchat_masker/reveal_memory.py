"""Reveals in memory: the same contract as in the database, for tests and for BOWCHAT_STORE=memory."""

from collections.abc import Sequence
from datetime import datetime

from bowchat_masker.reveals import Reveal, overdue
from bowchat_runtime.errors import ConflictError


class MemoryReveals:
    """Rows in a dictionary."""

    def __init__(self) -> None:
        self._rows: dict[str, Reveal] = {}

    async def of_contacts(self, contact_ids: Sequence[str]) -> list[Reveal]:
        return [self._rows[key] for key in sorted(self._rows) if self._rows[key].contact_id in contact_ids]

    async def overdue(self, now: datetime, most: int) -> list[Reveal]:
        found = [each for each in self._rows.values() if overdue(each, now)]
        return sorted(found, key=lambda each: each.ends_at)[:most]

    async def save(self, reveals: Sequence[Reveal]) -> None:
        fits = [each for each in reveals if each.version == self._version(each.reveal_id) + 1]
        self._rows |= {each.reveal_id: each for each in fits}
        if len(fits) != len(reveals):
            raise ConflictError("a reveal was changed by somebody else")

    async def erase(self, contact_id: str) -> None:
        self._rows = {key: each for key, each in self._rows.items() if each.contact_id != contact_id}

    def _version(self, reveal_id: str) -> int:
        return self._rows[reveal_id].version if reveal_id in self._rows else 0
