"""The log in memory: for tests and for measuring the service's own cost."""

from collections.abc import AsyncIterator, Sequence

from bowchat_audit.domain import EMPTY, Entry, Gap, Known, Partition, Read, Tail
from bowchat_runtime.errors import ConflictError


class MemoryLog:
    """The same promises as the database, but for surviving a restart."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._places: dict[str, int] = {}
        self._ends: dict[Partition, int] = {}

    async def prepared(self) -> bool:
        return True

    async def tail(self) -> Tail:
        return Tail(self._entries[-1]["_id"], self._entries[-1]["chain"]) if self._entries else EMPTY

    async def count(self) -> int:
        return len(self._entries)

    async def known(self, dedups: Sequence[str]) -> dict[str, Known]:
        held = {each: self._entries[self._places[each]] for each in dedups if each in self._places}
        return {
            dedup: Known(f"{each['topic']}/{each['partition']}/{each['offset']}", each["digest"])
            for dedup, each in held.items()
        }

    async def append(self, entries: Sequence[Entry]) -> None:
        for each in entries:
            if each["_id"] != len(self._entries) + 1 or each["dedup"] in self._places:
                raise ConflictError("a document was there already")
            self._places[each["dedup"]] = len(self._entries)
            self._entries.append(each)

    async def note(self, reads: Sequence[Read]) -> None:
        for each in reads:
            self._ends[each.partition] = max(each.last, self._ends.get(each.partition, each.last))

    async def end(self, partition: Partition) -> int | None:
        return self._ends.get(partition)

    async def read(self, after: int, limit: int) -> list[Entry]:
        return self._entries[after : after + limit]

    async def stream(self, after: int = 0) -> AsyncIterator[Entry]:
        for each in self._entries[after:]:
            yield each

    async def of_subject(self, subject: str) -> list[Entry]:
        return [each for each in self._entries if subject in each["subjects"]]


class NoHoles:
    """Where there is no broker to ask, every gap is a loss."""

    async def is_hole(self, gap: Gap) -> bool:  # noqa: ARG002 - the protocol's signature
        return False
