"""Files in GridFS, whose documents are plain ones of the database: this is the part that knows their shape.

A file's chunks are written before its own document, so a file is there whole or not at all.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

from bowchat_runtime.clock import system_clock
from bowchat_runtime.files import About
from bowchat_runtime.mongo import MongoDatabase

DATABASE = "media"
"""The database of files: dispatcher writes originals, the masker cleaned copies, ingest serves those."""
_CHUNK_BYTES = 255 * 1024
_CHUNKS_AT_ONCE = 8


class MongoFiles(AbstractAsyncContextManager["MongoFiles"]):
    """One GridFS bucket, as the GridFS specification lays it out: any driver's bucket of this name reads it."""

    def __init__(self, database: MongoDatabase, bucket: str) -> None:
        self._files = database.collection(f"{bucket}.files")
        self._chunks = database.collection(f"{bucket}.chunks")

    async def __aenter__(self) -> Self:
        await self._chunks.ensure_index([("files_id", 1), ("n", 1)], unique=True)
        await self._files.ensure_index([("filename", 1), ("uploadDate", 1)])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def put(self, file_id: str, chunks: AsyncIterator[bytes], about: About) -> None:
        if await self.about(file_id) is not None:
            return
        await self._chunks.delete({"files_id": file_id})
        number = length = 0
        async for part in _parts(chunks):
            await self._chunks.insert_new(
                [{"_id": f"{file_id}|{number}", "files_id": file_id, "n": number, "data": part}]
            )
            number, length = number + 1, length + len(part)
        document = {"length": length, "chunkSize": _CHUNK_BYTES, "uploadDate": system_clock()}
        await self._files.insert_new(
            [{"_id": file_id, **document, "filename": file_id, "metadata": dict(about)}]
        )

    async def about(self, file_id: str) -> About | None:
        found = await self._files.find_by_ids([file_id])
        return dict(found[file_id]["metadata"]) if file_id in found else None

    async def read(self, file_id: str) -> AsyncIterator[bytes]:
        if await self.about(file_id) is None:
            return
        async for chunk in self._chunks.stream({"files_id": file_id}, sort=[("n", 1)], batch=_CHUNKS_AT_ONCE):
            yield bytes(chunk["data"])

    async def change(self, file_id: str, about: About) -> None:
        fields = {f"metadata.{name}": value for name, value in about.items()}
        await self._files.update_where({"_id": file_id}, {"$set": fields})

    async def delete_where(self, about: About) -> int:
        query = {f"metadata.{name}": value for name, value in about.items()}
        found = await self._files.find(query, projection={"_id": 1})
        for each in found:
            await self._files.delete({"_id": each["_id"]})
            await self._chunks.delete({"files_id": each["_id"]})
        return len(found)


async def _parts(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    held = bytearray()
    async for chunk in chunks:
        held += chunk
        while len(held) >= _CHUNK_BYTES:
            yield bytes(held[:_CHUNK_BYTES])
            del held[:_CHUNK_BYTES]
    if held:
        yield bytes(held)
