"""One contract for both logs, and the rights of the real one's user."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bowchat_audit import domain
from bowchat_audit.commands import make_ready
from bowchat_audit.domain import EMPTY, Entry, Known, Read, Tail
from bowchat_audit.guard import check
from bowchat_audit.handlers import AuditHandler
from bowchat_audit.keys import DATABASE as KEYS_DATABASE
from bowchat_audit.keys import KeyStore, LaneKeys, MemoryKeys, MongoKeys
from bowchat_audit.memory import MemoryLog, NoHoles
from bowchat_audit.store import LogStore, mongo_log, prepare
from bowchat_contracts.envelope import Meta
from bowchat_contracts.ids import derived_id
from bowchat_runtime.errors import ConflictError, SettingsError
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.records import Record
from bowchat_runtime.testing import run_batch
from bowchat_testkit.database import Database, create_role, create_user

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MESSAGE = derived_id("ms", "one")
CONVERSATION = derived_id("cv", "one")


@pytest.fixture
async def log(place: tuple[str, str] | None) -> AsyncIterator[LogStore]:
    if place is None:
        yield MemoryLog()
        return
    async with MongoDatabase(*place) as database:
        await prepare(database)
        yield mongo_log(database)


def raw(offset: int, event: int | None = None, *, partition: int = 0) -> Record:
    value = f'{{"message_id":"{MESSAGE}","conversation_id":"{CONVERSATION}","n":{offset}}}'.encode()
    meta = Meta(f"ev_{offset if event is None else event}", "bowchat.x.v1", "/x", NOW, "")
    return Record("t.one", partition, offset, "key", meta, None, value, 0)


def chain_of(*records: Record, tail: Tail = EMPTY) -> list[Entry]:
    entries: list[Entry] = []
    for record in records:
        digest = domain.digest_of(record.value)
        dedup = domain.dedup_key(record, digest)
        made = domain.entry(
            record,
            tail,
            dedup=dedup,
            digest=digest,
            appended_at="2026-03-02T09:00:00Z",
            key=lambda *_: bytes(32),
        )
        entries.append(made)
        tail = Tail(made["_id"], made["chain"])
    return entries


async def test_entries_come_back_as_they_were_appended(log: LogStore) -> None:
    """In order, field for field, so that the chain can be followed again."""
    entries = chain_of(raw(0), raw(1), raw(2))
    await log.append(entries)
    assert await log.read(0, 10) == entries
    assert await log.read(1, 1) == entries[1:2]
    assert await log.tail() == Tail(3, entries[2]["chain"])
    assert await log.count() == 3
    assert [entry async for entry in log.stream()] == entries
    assert [entry async for entry in log.stream(1)] == entries[1:]
    assert domain.first_break(EMPTY, await log.read(0, 10)) is None


async def test_a_taken_place_or_a_known_event_stops_the_append(log: LogStore) -> None:
    """Those before it are in, those behind it are not: no place is ever left out."""
    first, second = chain_of(raw(0), raw(1))
    await log.append([first, second])
    with pytest.raises(ConflictError):
        await log.append([second])
    tail = await log.tail()
    with pytest.raises(ConflictError):
        await log.append(chain_of(raw(2), raw(7, event=0), raw(8), tail=tail))
    assert [entry["offset"] for entry in await log.read(0, 10)] == [0, 1, 2]


async def test_the_log_knows_its_events_and_how_far_a_partition_was_read(log: LogStore) -> None:
    """The last note counts, by number, whatever duplicates were among it; noting it twice changes nothing."""
    assert await log.end(("t.one", 0)) is None
    await log.append(chain_of(raw(0), raw(3)))
    assert await log.known(["t.one/ev_3", "t.one/ev_9"]) == {
        "t.one/ev_3": Known("t.one/0/3", domain.digest_of(raw(3).value))
    }
    for last in (9, 10, 10):
        await log.note([Read(("t.one", 0), 5, last, (7,)), Read(("t.one", 1), 0, 1)])
    assert await log.end(("t.one", 0)) == 10
    assert await log.end(("t.one", 1)) == 1
    assert await log.end(("t.one", 10)) is None
    assert await log.end(("t", 0)) is None


async def test_everything_about_one_subject_is_found(log: LogStore) -> None:
    """By any identifier that the event names."""
    await log.append(chain_of(raw(0), raw(1)))
    assert [entry["_id"] for entry in await log.of_subject(CONVERSATION)] == [1, 2]
    assert await log.of_subject(derived_id("ms", "other")) == []


async def test_two_handlers_interleave_on_either_log(log: LogStore) -> None:
    """Each takes the place behind the other's, and every event is there once."""
    handlers = [
        AuditHandler(log, LaneKeys(MemoryKeys()), NoHoles()),
        AuditHandler(log, LaneKeys(MemoryKeys()), NoHoles()),
    ]
    for turn in range(6):
        worker = turn % 2
        batch = [raw(turn * 3 + n, event=turn * 2 + n, partition=worker) for n in range(3)]
        handler = handlers[worker]
        handler._ends.clear()
        log_end = await log.end(("t.one", worker))
        batch = [
            Record(
                "t.one",
                worker,
                n + (0 if log_end is None else log_end + 1),
                "k",
                one.meta,
                None,
                one.value,
                0,
            )
            for n, one in enumerate(batch)
        ]
        while True:
            try:
                await run_batch(handler, batch, NOW)
            except ConflictError:
                handler.forget()
            else:
                break
    entries = await log.read(0, 100)
    assert sorted(entry["event_id"] for entry in entries) == sorted(f"ev_{n}" for n in range(13))
    await check(log)


@pytest.mark.connected
async def test_an_unprepared_database_is_refused(mongo_uri: str, mongo_name: str) -> None:
    """Without the unique index duplicates would slip in, so the service does not start, and says what to run."""
    async with MongoDatabase(mongo_uri, mongo_name) as database:
        with pytest.raises(SettingsError, match="prepare"):
            await check(mongo_log(database))


@pytest.mark.connected
async def test_to_prepare_says_what_was_made(
    mongo_uri: str, mongo_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first time the index is made, later nothing is: each is said, and each is no failure."""
    async with MongoDatabase(mongo_uri, mongo_name) as database:
        assert await make_ready(database) == 0
        assert "the unique index of entries is made" in capsys.readouterr().out
        assert await make_ready(database) == 0
        assert "nothing to make" in capsys.readouterr().out


@pytest.mark.connected
async def test_the_log_works_as_a_user_who_may_only_insert_and_find(tmp_path: Path) -> None:
    """Everything the service does, duplicates and restart among it, passes with those two rights, on a server that
    enforces them; the same user cannot change an entry.
    """
    async with Database(tmp_path, auth=True) as server:
        async with MongoDatabase(server.uri, "audit") as admin:
            await prepare(admin)
        await create_role(server.uri, "audit", "auditAppender", {"": ["insert", "find"]})
        await create_role(server.uri, "audit_keys", "auditKeyHolder", {"": ["insert", "find", "remove"]})
        await create_user(
            server.uri,
            "audit",
            "audit",
            "not-a-secret",
            ["auditAppender", {"role": "auditKeyHolder", "db": "audit_keys"}],
        )
        uri = server.user_uri("audit", "not-a-secret", "audit")
        async with MongoDatabase(uri, "audit") as database, MongoDatabase(uri, KEYS_DATABASE) as held:
            log, keys = mongo_log(database), MongoKeys(held)
            await check(log)
            for batch in ([raw(0), raw(1), raw(2, event=1)], [raw(2, event=1), raw(3)]):
                await run_batch(AuditHandler(log, LaneKeys(keys), NoHoles()), batch, NOW)
            await check(log)
            assert [entry["event_id"] for entry in await log.of_subject(MESSAGE)] == ["ev_0", "ev_1", "ev_3"]
            await keys.add({"rf_a": bytes(32)})
            await keys.destroy(["rf_a"], NOW)
            assert await keys.find(["rf_a"]) == {}
            with pytest.raises(Exception, match="not authorized"):
                await database.collection("entries").update_where({"_id": 1}, {"$set": {"payload": "x"}})
            with pytest.raises(Exception, match="not authorized"):
                await database.collection("entries").delete({"_id": 1})


@pytest.fixture
async def keys(place: tuple[str, str] | None) -> AsyncIterator[KeyStore]:
    if place is None:
        yield MemoryKeys()
        return
    async with MongoDatabase(*place) as database:
        yield MongoKeys(database)


async def test_a_destroyed_key_is_gone_and_others_stay(keys: KeyStore) -> None:
    """Forgetting one lane forgets nothing else; forgetting it again, or one that never was, changes nothing."""
    await keys.add({"rf_a": b"1" * 32, "rf_b": b"2" * 32})
    for _ in range(2):
        await keys.destroy(["rf_a", "rf_never"], NOW)
        assert await keys.find(["rf_a", "rf_b", "rf_never"]) == {"rf_b": b"2" * 32}
    later = NOW + timedelta(days=1)
    await keys.destroy(["rf_a"], later)
    assert await keys.destroyed(["rf_a", "rf_b", "rf_never"]) == {"rf_a": later, "rf_never": NOW}


async def test_a_lane_keeps_the_key_it_got_first(keys: KeyStore) -> None:
    """Of two workers who make a key at once, one is told; what the other locked opens."""
    await keys.add({"rf_a": b"1" * 32})
    with pytest.raises(ConflictError):
        await keys.add({"rf_a": b"2" * 32, "rf_b": b"3" * 32})
    assert await keys.find(["rf_a"]) == {"rf_a": b"1" * 32}
