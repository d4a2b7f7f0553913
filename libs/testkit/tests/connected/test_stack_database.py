"""The local database: what it acknowledged is there after a crash, and its users may do what their roles say."""

from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient, ReplaceOne
from pymongo.errors import OperationFailure

from bowchat_testkit.database import Database, create_role, create_user

pytestmark = pytest.mark.connected


async def test_acknowledged_writes_outlive_a_kill(tmp_path: Path) -> None:
    """Everything the database acknowledged is there after SIGKILL, at the same address."""
    async with Database(tmp_path) as database, _client(database.uri) as client:
        letters = client.test.letters
        await letters.insert_many([{"_id": number, "version": 1} for number in range(300)])
        await letters.bulk_write([ReplaceOne({"_id": 7, "version": 1}, {"_id": 7, "version": 2})])
        for number in range(300, 320):
            await letters.insert_one({"_id": number, "version": 1})
        database.kill()
        await database.start()
        assert await letters.count_documents({}) == 320
        assert await letters.find_one({"_id": 7}) == {"_id": 7, "version": 2}


async def test_a_user_who_may_insert_and_read_can_change_nothing(tmp_path: Path) -> None:
    """A role with insert and find alone is enforced: update, delete, drop and other databases are refused."""
    async with Database(tmp_path, auth=True) as database:
        await create_role(database.uri, "audit", "appender", {"": ["insert", "find"]})
        await create_user(database.uri, "audit", "auditor", "not-a-secret", ["appender"])
        async with _client(database.user_uri("auditor", "not-a-secret", "audit")) as client:
            log = client.audit.log
            await log.insert_one({"_id": 1, "what": "kept"})
            assert await log.find_one() == {"_id": 1, "what": "kept"}
            for forbidden in (
                log.update_one({"_id": 1}, {"$set": {"what": "changed"}}),
                log.replace_one({"_id": 1}, {"what": "changed"}),
                log.find_one_and_delete({"_id": 1}),
                log.delete_one({"_id": 1}),
                log.drop(),
                client.vault.contacts.find_one(),
            ):
                with pytest.raises(OperationFailure, match="not authorized"):
                    await forbidden
            assert await log.find_one() == {"_id": 1, "what": "kept"}


async def test_with_auth_on_strangers_are_refused_after_a_restart_too(tmp_path: Path) -> None:
    """A database with users answers nobody else, and its administrator's address stays good."""
    async with Database(tmp_path, auth=True) as database:
        await database.restart()
        async with _client(database.uri) as client:
            await client.test.letters.insert_one({"_id": 1})
        async with _client(database.uri.replace("admin:", "admin:wrong", 1)) as client:
            with pytest.raises(OperationFailure, match=r"[Aa]uthentication failed"):
                await client.test.letters.find_one()


async def test_the_shared_database_gives_each_test_its_own_name(mongo_uri: str, mongo_name: str) -> None:
    """A test starts from an empty database."""
    async with _client(mongo_uri) as client:
        assert await client[mongo_name].list_collection_names() == []


def _client(uri: str) -> AsyncMongoClient[dict[str, Any]]:
    return AsyncMongoClient(uri, serverSelectionTimeoutMS=5_000)
