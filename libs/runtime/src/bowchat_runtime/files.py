"""Where files are kept: in GridFS, or in memory. Both pass the same contract suite."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

About = Mapping[str, Any]
"""What is known about a file. Nothing of a person in the clear."""


class FileStore(Protocol):
    """Files by id. All raise `DependencyDownError` while the database is away."""

    async def put(self, file_id: str, chunks: AsyncIterator[bytes], about: About) -> None:
        """Keep a file; a file of this id that is there already stays as it is. One whose chunks end in an error is not
        there, and leaves nothing that is in the way.
        """

    async def about(self, file_id: str) -> About | None:
        """What is known about a file; None where there is none."""

    def read(self, file_id: str) -> AsyncIterator[bytes]:
        """Its bytes; none of a file that is not there."""

    async def change(self, file_id: str, about: About) -> None:
        """Set these of the fields known about it."""

    async def delete_where(self, about: About) -> int:
        """Delete the files that have these fields, and say how many."""


class MemoryFiles:
    """Files in a dictionary."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, dict[str, Any]]] = {}

    async def put(self, file_id: str, chunks: AsyncIterator[bytes], about: About) -> None:
        data = b"".join([chunk async for chunk in chunks])
        self._files.setdefault(file_id, (data, dict(about)))

    async def about(self, file_id: str) -> About | None:
        found = self._files.get(file_id)
        return dict(found[1]) if found else None

    async def read(self, file_id: str) -> AsyncIterator[bytes]:
        data, _ = self._files.get(file_id, (b"", {}))
        for start in range(0, len(data), 100_000):
            yield data[start : start + 100_000]

    async def change(self, file_id: str, about: About) -> None:
        if file_id in self._files:
            self._files[file_id][1].update(about)

    async def delete_where(self, about: About) -> int:
        chosen = [key for key, (_, known) in self._files.items() if about.items() <= known.items()]
        for key in chosen:
            del self._files[key]
        return len(chosen)
