"""One contract for insurers' phones in memory and in a database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bowchat_masker.insurer_threads import Offer, PhoneReply
from bowchat_masker.phone_store import (
    MemoryPhones,
    MongoPhones,
    PhoneChanges,
    PhoneStore,
    Quote,
    TaggedThread,
)
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.mongo import MongoDatabase

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
QUOTE = Quote("pr_a", "acme", "th_a", "ph_a")
THREAD = TaggedThread("th_a", "acme", "ph_a", "KPLMI", MOMENT)
ASKED = PhoneReply(
    reply_key="rp_a", version=1, insurer="acme", position="t/0/1", place=1, reply_id="rw_a", state="waiting",
    received_at=MOMENT, decided_at=MOMENT, sealed="sealed", only=("th_a", "th_b"),
    offers=(Offer("op_a", "th_a", 3), Offer("op_b", "th_b", None)), others=2, asked_at=MOMENT, asked_by="t/0/1",
)  # fmt: skip
BEHIND = replace(
    ASKED, reply_key="rp_b", position="t/0/2", place=2, offers=(), only=(), asked_at=None, asked_by=None
)
DONE = replace(
    ASKED, reply_key="rp_c", place=3, state="addressed", thread_id="th_a", alias="ph_a", ended_by="t/0/9", offers=()
)  # fmt: skip


def changes(*replies: PhoneReply) -> PhoneChanges:
    return PhoneChanges(replies={each.reply_key: each for each in replies})


class PhonesContract:
    async def test_quotes_and_tags(self, store: PhoneStore) -> None:
        """Found by the provider's reference, by insurer and tag, and by thread; never under another insurer."""
        await store.save(PhoneChanges({"pr_a": QUOTE}, {"th_a": THREAD}))
        assert await store.quotes(["pr_a", "pr_x"]) == {"pr_a": QUOTE}
        assert await store.tagged([("acme", "KPLMI"), ("other", "KPLMI")]) == {("acme", "KPLMI"): THREAD}
        assert await store.tagged([]) == {}
        assert await store.tagged_threads(["th_a", "th_x"]) == {"th_a": THREAD}

    async def test_a_quote_stays_and_the_later_showing_counts(self, store: PhoneStore) -> None:
        """Told again, or in another order, it is the same."""
        later = replace(THREAD, shown_at=MOMENT + timedelta(hours=1))
        for thread in (THREAD, later, THREAD):
            await store.save(PhoneChanges({"pr_a": replace(QUOTE)}, {"th_a": thread}))
        await store.save(PhoneChanges({"pr_a": replace(QUOTE, thread_id="th_b")}))
        assert await store.tagged_threads(["th_a"]) == {"th_a": later}
        assert await store.quotes(["pr_a"]) == {"pr_a": QUOTE}

    async def test_replies_come_back_equal(self, store: PhoneStore) -> None:
        """By key, by what is offered, by what had it asked or ended, and what waits in order."""
        await store.save(changes(BEHIND, ASKED, DONE))
        assert await store.replies(["rp_a", "rp_x"]) == {"rp_a": ASKED}
        assert (await store.offering(["op_b", "op_x"]))["op_b"] == ASKED
        assert await store.caused_by(["t/0/1"]) == [ASKED, DONE]
        assert await store.caused_by(["t/0/9"]) == [DONE]
        assert await store.waiting(["acme"]) == [ASKED, BEHIND]
        assert (await store.waiting(["other"]), await store.offering([]), await store.caused_by([])) == (
            [],
            {},
            [],
        )

    async def test_a_version_is_written_once(self, store: PhoneStore) -> None:
        """Of an answer and a time-out that meet, the second loses."""
        await store.save(changes(ASKED))
        await store.save(changes(replace(ASKED, version=2, state="addressed")))
        with pytest.raises(ConflictError):
            await store.save(changes(replace(ASKED, version=2, state="expiring")))

    async def test_what_is_overdue(self, store: PhoneStore) -> None:
        """Asked about by then and waiting, or being ended; never what was not asked about."""
        expiring = replace(BEHIND, reply_key="rp_d", state="expiring")
        await store.save(changes(ASKED, BEHIND, DONE, expiring))
        assert await store.overdue(MOMENT - timedelta(seconds=1), 9) == [expiring]
        assert await store.overdue(MOMENT, 9) == [ASKED, expiring]
        assert await store.overdue(MOMENT, 1) == [ASKED]

    async def test_sweeping_spares_what_waits(self, store: PhoneStore) -> None:
        """However long."""
        await store.save(changes(ASKED, DONE))
        await store.sweep(MOMENT + timedelta(days=9))
        assert [*await store.replies(["rp_a", "rp_c"])] == ["rp_a"]

    async def test_erasing_forgets_what_is_an_aliass(self, store: PhoneStore) -> None:
        """Quotes, tags and replies; another alias's stay."""
        other = replace(QUOTE, provider_ref="pr_b", alias="ph_b")
        await store.save(PhoneChanges({"pr_a": QUOTE, "pr_b": other}, {"th_a": THREAD}, {"rp_c": DONE}))
        await store.erase(["ph_a"])
        assert await store.quotes(["pr_a", "pr_b"]) == {"pr_b": other}
        assert (await store.tagged_threads(["th_a"]), await store.replies(["rp_c"])) == ({}, {})


class TestMemoryPhones(PhonesContract):
    @pytest.fixture
    def store(self) -> PhoneStore:
        return MemoryPhones()


@pytest.mark.connected
class TestMongoPhones(PhonesContract):
    @pytest.fixture
    async def store(self, mongo_uri: str, mongo_name: str) -> AsyncIterator[PhoneStore]:
        async with MongoDatabase(mongo_uri, mongo_name) as database, MongoPhones(database) as store:
            yield store
