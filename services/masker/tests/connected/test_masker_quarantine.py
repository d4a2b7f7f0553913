"""One contract for the ends of holds in memory and in a database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bowchat_masker.model import Changes, Held
from bowchat_masker.quarantine import Destination, Refusal, Ruling
from bowchat_masker.quarantine_memory import MemoryQuarantine
from bowchat_masker.quarantine_store import MongoQuarantine, QuarantineStore
from bowchat_masker.store import MongoVault
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.mongo import MongoDatabase

MOMENT = datetime(2026, 1, 1, 0, 0, 0, 123000, tzinfo=UTC)
RULING = Ruling("rp_a", "cm_a", "commands.requested/0/1", "released", MOMENT)
DELIVERED = replace(
    RULING, subject_id="rp_b", to=Destination("dl_b", "rf_b", "business", "sealed", contact_version=3)
)
REFUSAL = Refusal("cm_c", "commands.requested/0/2", "nothing of this id is held", MOMENT)


class QuarantineContract:
    async def test_what_was_saved_is_read_back(self, store: QuarantineStore) -> None:
        """Every row comes back equal, with and without a destination; what does not exist is left out."""
        await store.save({"rp_a": RULING, "rp_b": DELIVERED}, {"cm_c": REFUSAL})
        assert await store.rulings(["rp_a", "rp_b", "rp_x"]) == {"rp_a": RULING, "rp_b": DELIVERED}
        assert await store.refusals(["cm_c", "cm_x"]) == {"cm_c": REFUSAL}

    async def test_nothing_asked_is_nothing_found(self, store: QuarantineStore) -> None:
        """An empty question or save breaks nothing."""
        await store.save({}, {})
        assert not await store.rulings([])
        assert not await store.refusals([])

    async def test_a_hold_ends_once(self, store: QuarantineStore) -> None:
        """The second ruling, and the second refusal, is refused, and the first stays."""
        await store.save({"rp_a": RULING}, {"cm_c": REFUSAL})
        with pytest.raises(ConflictError):
            await store.save({"rp_a": replace(RULING, end="blocked")}, {})
        with pytest.raises(ConflictError):
            await store.save({}, {"cm_c": replace(REFUSAL, detail="other")})
        assert await store.rulings(["rp_a"]) == {"rp_a": RULING}
        assert await store.refusals(["cm_c"]) == {"cm_c": REFUSAL}

    async def test_what_was_decided_on_an_erased_person_is_forgotten(self, store: QuarantineStore) -> None:
        """And nothing else; forgetting again changes nothing."""
        other = replace(RULING, subject_id="ms_other")
        await store.save({RULING.subject_id: RULING, "ms_other": other}, {})
        for _ in range(2):
            await store.erase([RULING.subject_id, "ms_never"])
            assert await store.rulings([RULING.subject_id, "ms_other"]) == {"ms_other": other}


class TestMemoryQuarantine(QuarantineContract):
    @pytest.fixture
    def store(self) -> QuarantineStore:
        return MemoryQuarantine()


@pytest.mark.connected
class TestMongoQuarantine(QuarantineContract):
    @pytest.fixture
    async def database(self, mongo_uri: str, mongo_name: str) -> AsyncIterator[MongoDatabase]:
        async with MongoDatabase(mongo_uri, mongo_name) as database:
            yield database

    @pytest.fixture
    def store(self, database: MongoDatabase) -> QuarantineStore:
        return MongoQuarantine(database)

    async def test_what_waits_is_listed_the_oldest_first(self, database: MongoDatabase) -> None:
        """What was decided is not in the list any more."""
        holds = [
            Held(
                f"ms_{day}",
                "to_insurer",
                "cv_a",
                "acme",
                "masking_failed",
                MOMENT + timedelta(days=day),
                None,
            )
            for day in (3, 1, 2)
        ]
        async with MongoVault(database) as vault:
            await vault.save(Changes(held={each.subject_id: each for each in holds}))
        store = MongoQuarantine(database)
        await store.save({"ms_2": replace(RULING, subject_id="ms_2")}, {})
        assert [each.subject_id for each in await store.waiting()] == ["ms_1", "ms_3"]
