"""One contract for reveals in memory and in a database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bowchat_masker.reveal_memory import MemoryReveals
from bowchat_masker.reveal_store import MongoReveals, RevealStore
from bowchat_masker.reveals import Reveal, ended
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.mongo import MongoDatabase

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
ASKED = Reveal(
    reveal_id="rv_a",
    version=1,
    insurer="acme",
    alias="ph_a",
    thread_id="th_a",
    contact_id="ct_a",
    contact_version=2,
    conversation_id="cv_a",
    business_number_id="business",
    recipient_ref="rf_a",
    purpose="to call",
    days=7,
    state="asked",
    cause="commands.requested/0/1",
    at=MOMENT,
    ends_at=MOMENT + timedelta(days=3),
    sealed="sealed",
)
OTHER = replace(ASKED, reveal_id="rv_b", contact_id="ct_b", ends_at=MOMENT + timedelta(days=1))


class RevealContract:
    async def test_what_was_saved_is_read_back(self, store: RevealStore) -> None:
        """Each person's reveals come back equal, and nobody else's."""
        await store.save([ASKED, OTHER])
        assert await store.of_contacts(["ct_a", "ct_x"]) == [ASKED]
        assert await store.of_contacts([]) == []

    async def test_a_version_is_written_once(self, store: RevealStore) -> None:
        """Of two writers of one version the second loses."""
        await store.save([ASKED])
        over = ended(ASKED, "revoked", cause="x", now=MOMENT)
        await store.save([over])
        with pytest.raises(ConflictError):
            await store.save([over])
        with pytest.raises(ConflictError):
            await store.save([ASKED])
        assert await store.of_contacts(["ct_a"]) == [over]

    async def test_what_is_overdue_is_found_the_first_to_end_first(self, store: RevealStore) -> None:
        """Only what is open, only when its time is over, only so many."""
        await store.save([ASKED, OTHER, replace(OTHER, reveal_id="rv_c", state="declined")])
        assert await store.overdue(MOMENT, 9) == []
        assert await store.overdue(MOMENT + timedelta(days=1), 9) == [OTHER]
        assert await store.overdue(MOMENT + timedelta(days=9), 9) == [OTHER, ASKED]
        assert await store.overdue(MOMENT + timedelta(days=9), 1) == [OTHER]


class TestMemoryReveals(RevealContract):
    @pytest.fixture
    def store(self) -> RevealStore:
        return MemoryReveals()


@pytest.mark.connected
class TestMongoReveals(RevealContract):
    @pytest.fixture
    async def store(self, mongo_uri: str, mongo_name: str) -> AsyncIterator[MongoReveals]:
        async with MongoDatabase(mongo_uri, mongo_name) as database, MongoReveals(database) as store:
            yield store

    async def test_what_is_open_is_listed(self, store: MongoReveals) -> None:
        """For people: asked or agreed, the first to end first."""
        await store.save([ASKED, OTHER, replace(OTHER, reveal_id="rv_c", state="expired")])
        assert await store.open() == [OTHER, ASKED]
