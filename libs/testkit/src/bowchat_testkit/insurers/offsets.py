"""Which offsets may be committed: all before the first that is not done."""

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Partition = TypeVar("Partition", bound=Hashable)


class OpenOffsets(Generic[Partition]):
    """Records that were read and are not done yet, per partition."""

    def __init__(self) -> None:
        self._read: dict[Partition, deque[int]] = {}
        self._done: dict[Partition, set[int]] = {}

    def opened(self, partition: Partition, offset: int) -> None:
        """A record was read. Offsets of a partition come in rising order; an earlier one means it is read again."""
        waiting = self._read.setdefault(partition, deque())
        if waiting and offset <= waiting[-1]:
            waiting.clear()
        waiting.append(offset)
        self._done.setdefault(partition, set())

    def done(self, partition: Partition, offset: int) -> None:
        self._done.setdefault(partition, set()).add(offset)

    def forget(self, partition: Partition) -> None:
        """The partition belongs to another consumer now."""
        self._read.pop(partition, None)
        self._done.pop(partition, None)

    def to_commit(self) -> dict[Partition, int]:
        """The next offset to read, for each partition that has moved on; moves the account on as well."""
        moved: dict[Partition, int] = {}
        for partition, waiting in self._read.items():
            done = self._done[partition]
            while waiting and waiting[0] in done:
                offset = waiting.popleft()
                done.discard(offset)
                moved[partition] = offset + 1
        return moved
