"""One contract for files in memory and in GridFS."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from gridfs import GridFSBucket
from pymongo import MongoClient

from bowchat_runtime.files import FileStore, MemoryFiles
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.mongo_files import MongoFiles
from bowchat_runtime.sealed_files import one_chunk, whole

LARGE = bytes(range(256)) * 4096  # a megabyte: five chunks


class FilesContract:
    async def test_what_was_put_is_read_back(self, files: FileStore) -> None:
        """The bytes and what is known about them, of an empty file as of one in many chunks."""
        for name, data in (("a", LARGE), ("b", b"")):
            await files.put(name, one_chunk(data), {"owner": name})
            assert await files.about(name) == {"owner": name}
            assert await whole(files.read(name)) == data

    async def test_what_is_not_there_is_nothing(self, files: FileStore) -> None:
        """An unknown file has no description and no bytes."""
        assert await files.about("a") is None
        assert await whole(files.read("a")) == b""

    async def test_the_first_of_an_id_stays(self, files: FileStore) -> None:
        """Putting a file again changes nothing."""
        await files.put("a", one_chunk(b"first"), {"n": 1})
        await files.put("a", one_chunk(b"second"), {"n": 2})
        assert await whole(files.read("a")) == b"first"
        assert await files.about("a") == {"n": 1}

    async def test_a_file_that_broke_off_is_not_there_and_in_nobodys_way(self, files: FileStore) -> None:
        """Half a file is none, and the next attempt is whole."""

        async def broken() -> AsyncIterator[bytes]:
            yield LARGE
            raise ConnectionError

        with pytest.raises(ConnectionError):
            await files.put("a", broken(), {})
        assert await files.about("a") is None
        assert await whole(files.read("a")) == b""
        await files.put("a", one_chunk(b"whole"), {})
        assert await whole(files.read("a")) == b"whole"

    async def test_what_is_known_can_change(self, files: FileStore) -> None:
        """Only the fields that are named."""
        await files.put("a", one_chunk(b"x"), {"owner": "p", "until": 1})
        await files.change("a", {"until": 2})
        assert await files.about("a") == {"owner": "p", "until": 2}

    async def test_files_go_by_what_is_known_of_them(self, files: FileStore) -> None:
        """All of one owner, and nobody else's."""
        for name, owner in (("a", "p"), ("b", "p"), ("c", "q")):
            await files.put(name, one_chunk(LARGE), {"owner": owner})
        assert await files.delete_where({"owner": "p"}) == 2
        assert await files.about("a") is None
        assert await whole(files.read("b")) == b""
        assert await whole(files.read("c")) == LARGE


class TestMemoryFiles(FilesContract):
    @pytest.fixture
    def files(self) -> FileStore:
        return MemoryFiles()


@pytest.mark.connected
class TestMongoFiles(FilesContract):
    @pytest.fixture
    async def files(self, mongo_uri: str, mongo_name: str) -> AsyncIterator[FileStore]:
        async with MongoDatabase(mongo_uri, mongo_name) as database, MongoFiles(database, "kept") as files:
            yield files

    async def test_the_drivers_own_gridfs_reads_it(
        self, files: FileStore, mongo_uri: str, mongo_name: str
    ) -> None:
        """What is written is GridFS to any tool that knows it."""
        await files.put("a", one_chunk(LARGE), {})
        client: MongoClient[dict[str, Any]]
        with MongoClient(mongo_uri) as client:
            assert GridFSBucket(client[mongo_name], "kept").open_download_stream("a").read() == LARGE
