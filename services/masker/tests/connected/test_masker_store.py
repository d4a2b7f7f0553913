"""One contract for the vault in memory and in a database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bowchat_contracts.ids import random_id
from bowchat_masker.memory import MemoryVault
from bowchat_masker.model import (
    AliasRow,
    Changes,
    Contact,
    ConversationRow,
    Erased,
    Held,
    Names,
    ReplyRow,
    Thread,
    ThreadNews,
    WindowRow,
)
from bowchat_masker.store import MongoVault, VaultStore
from bowchat_masker.ways import Ended, Switch, Way
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.mongo import MongoDatabase

CONTACT = Contact("ct_a", 1, b"\x00wrapped", b"\xffidentity", frozen=False)
ALIAS = AliasRow("acme", "ct_a", random_id("ph"))
THREAD = Thread("th_a", 1, "acme", ALIAS.alias, "ct_a", "cv_a", "business", "rf_a")
NEWS = ThreadNews("th_a", 1, "ct_a", "inbound.relayed/0/3", ('{"change":"resolved"}',))
CONVERSATION = ConversationRow("cv_a", 1, 4, closed=True)
REPLY = ReplyRow(
    "rp_a",
    "replies.received/0/1",
    "acme",
    "accepted",
    datetime(2026, 1, 1, 0, 0, 0, 123000, tzinfo=UTC),
    delivery_id="dl_a",
    removed=("phone", "link"),
)
HELD = Held(
    "ms_a", "to_insurer", "cv_a", "acme", "known_identity", datetime(2026, 1, 1, tzinfo=UTC), "sealed"
)

WINDOW = WindowRow(ALIAS.key, 1, "ct_a", b"\xffsealed")

DAY = datetime(2026, 1, 1, tzinfo=UTC)
WAY = Way(
    "acme|ct_a",
    1,
    "ct_a",
    DAY,
    30,
    (Ended(DAY), Ended(DAY, "cm_a")),
    Switch(stopped=True, at=DAY, seq=2, by="ms_a", first=DAY),
)


def everything() -> Changes:
    return Changes(
        contacts={"ct_a": CONTACT},
        aliases={ALIAS.key: ALIAS},
        threads={"th_a": THREAD},
        news={"th_a": NEWS},
        conversations={"cv_a": CONVERSATION},
        replies={"rp_a": REPLY},
        held={"ms_a": HELD},
        ways={WAY.key: WAY},
        windows={WINDOW.key: WINDOW},
    )


class StoreContract:
    async def test_what_was_saved_is_read_back(self, store: VaultStore) -> None:
        """Every row comes back equal, by each way of asking; what does not exist is left out."""
        await store.save(everything())
        assert await store.contacts(["ct_a", "ct_b"]) == {"ct_a": CONTACT}
        assert await store.aliases([("acme", "ct_a", 1), ("zenith", "ct_a", 1)]) == {ALIAS.key: ALIAS}
        assert await store.aliases_named([ALIAS.alias, "ph_x"]) == {ALIAS.alias: ALIAS}
        assert await store.threads(["th_a", "th_b"]) == {"th_a": THREAD}
        assert await store.threads_of([ALIAS.alias, "ph_x"]) == [THREAD]
        assert await store.news(["th_a", "th_b"]) == {"th_a": NEWS}
        assert await store.conversations(["cv_a", "cv_b"]) == {"cv_a": CONVERSATION}
        assert await store.replies(["rp_a", "rp_b"]) == {"rp_a": REPLY}
        assert await store.held(["ms_a", "ms_b"]) == {"ms_a": HELD}
        assert await store.ways([WAY.key, "zenith|ct_a"]) == {WAY.key: WAY}
        assert await store.windows([WINDOW.key, "acme|ct_b"]) == {WINDOW.key: WINDOW}

    async def test_no_reply_is_kept_without_what_it_left_in_a_window(self, store: VaultStore) -> None:
        """Where somebody else has written the window, the reply is decided again: once kept, it would not be read again."""
        await store.save(Changes(windows={WINDOW.key: WINDOW}))
        with pytest.raises(ConflictError):
            await store.save(Changes(replies={"rp_a": REPLY}, windows={WINDOW.key: WINDOW}))
        assert await store.replies(["rp_a"]) == {}

    async def test_nothing_asked_is_nothing_found(self, store: VaultStore) -> None:
        """An empty question or save costs nothing and breaks nothing."""
        await store.save(Changes())
        assert not await store.contacts([])
        assert not await store.aliases([])
        assert not await store.aliases_named([])
        assert await store.threads_of([]) == []

    @pytest.mark.parametrize("kind", ["contacts", "threads", "news", "conversations", "windows", "ways"])
    async def test_a_version_is_written_once(self, store: VaultStore, kind: str) -> None:
        """Of two writers of the same version the second loses, at the first version as at a later one."""
        await store.save(everything())
        ((key, first),) = getattr(everything(), kind).items()
        second = replace(first, version=2)
        with pytest.raises(ConflictError):
            await store.save(Changes(**{kind: {key: first}}))
        await store.save(Changes(**{kind: {key: second}}))
        with pytest.raises(ConflictError):
            await store.save(Changes(**{kind: {key: second}}))
        assert await getattr(store, kind)([key]) == {key: second}

    async def test_an_alias_is_given_once(self, store: VaultStore) -> None:
        """The second alias for the same insurer and contact is refused, and the first stays."""
        await store.save(everything())
        other = AliasRow("acme", "ct_a", random_id("ph"))
        with pytest.raises(ConflictError):
            await store.save(Changes(aliases={other.key: other}))
        assert await store.aliases([("acme", "ct_a", 1)]) == {ALIAS.key: ALIAS}

    async def test_the_second_alias_stands_beside_the_first(self, store: VaultStore) -> None:
        """An alias that ended stays known by its name, beside the one that came after it; a thread that moved to the new one
        is found by that alone.
        """
        await store.save(everything())
        second = AliasRow("acme", "ct_a", random_id("ph"), 2)
        moved = replace(THREAD, version=2, alias=second.alias)
        await store.save(Changes(aliases={second.key: second}, threads={"th_a": moved}))
        both = [ALIAS.alias, second.alias]
        assert await store.aliases_named(both) == {ALIAS.alias: ALIAS, second.alias: second}
        assert await store.aliases([("acme", "ct_a", 2)]) == {second.key: second}
        assert await store.threads_of([ALIAS.alias]) == []
        assert await store.threads_of(both) == [moved]

    async def test_a_way_without_an_end_is_read_back(self, store: VaultStore) -> None:
        """Nothing in it is as good as something."""
        way = Way("acme|ct_b", 1, "ct_b", DAY)
        await store.save(Changes(ways={way.key: way}))
        assert await store.ways([way.key]) == {way.key: way}

    async def test_a_reply_is_decided_once(self, store: VaultStore) -> None:
        """The second decision on a reply is refused, and the first stays."""
        await store.save(everything())
        with pytest.raises(ConflictError):
            await store.save(Changes(replies={"rp_a": replace(REPLY, outcome="refused")}))
        assert (await store.replies(["rp_a"]))["rp_a"] == REPLY

    async def test_a_hold_is_kept_as_it_was(self, store: VaultStore) -> None:
        """Holding the same again is no conflict, and changes nothing."""
        await store.save(everything())
        await store.save(Changes(held={"ms_a": replace(HELD, sealed=None)}))
        assert (await store.held(["ms_a"]))["ms_a"] == HELD

    async def test_an_erased_person_is_gone_from_every_collection(self, store: VaultStore) -> None:
        """Contact, aliases, threads, windows, ways, replies, held copies; what remains says that it was done, and is found
        again after a crash. Others' rows stay.
        """
        reply = replace(REPLY, contact_id="ct_a")
        other = AliasRow("acme", "ct_b", random_id("ph"))
        await store.save(
            Changes(
                contacts={"ct_a": CONTACT},
                aliases={ALIAS.key: ALIAS, other.key: other},
                threads={"th_a": THREAD},
                news={"th_a": NEWS},
                replies={"rp_a": reply},
                held={"ms_a": HELD},
                windows={WINDOW.key: WINDOW},
                ways={WAY.key: WAY},
            )
        )
        names = await store.names_of("ct_a")
        assert names == Names((("acme", ALIAS.alias),), ("cv_a",), ("ms_a", "rp_a"))
        erased = Erased("ct_a", "cm_a", "commands.requested/0/1", DAY, names.aliases, ("ms_a", ALIAS.alias))
        for _ in range(2):
            await store.erase(erased)
            assert await store.names_of("ct_a") == Names((), (), ())
            assert await store.contacts(["ct_a"]) == {}
            assert await store.aliases_named([ALIAS.alias, other.alias]) == {other.alias: other}
            assert await store.news(["th_a"]) == {}
            assert await store.windows([WINDOW.key]) == {}
            assert await store.ways([WAY.key]) == {}
            assert await store.held(["ms_a"]) == {}
            assert await store.erased(["ct_a", "ct_b"]) == {"ct_a": erased}

    async def test_an_insurers_threads_that_are_open_or_were_lately(self, store: VaultStore) -> None:
        """A thread counts until it was closed before the moment asked about; opened again, it counts as before."""
        await store.save(everything())
        moment = datetime(2026, 1, 2, tzinfo=UTC)
        assert await store.threads_since("acme", moment) == [THREAD]
        assert await store.threads_since("other", moment) == []
        await store.mark_threads({THREAD.thread_id: moment, "th_gone": moment})
        closed = replace(THREAD, closed_at=moment)
        assert await store.threads_since("acme", moment - timedelta(hours=1)) == [closed]
        assert await store.threads_since("acme", moment) == []
        await store.mark_threads({THREAD.thread_id: None})
        assert await store.threads_since("acme", moment) == [THREAD]
        assert await store.threads(["th_gone"]) == {}

    async def test_whether_an_insurer_has_just_lost_somebody(self, store: VaultStore) -> None:
        """By the aliases of who was erased since."""
        moment = datetime(2026, 1, 2, tzinfo=UTC)
        await store.erase(Erased("ct_a", "cm", "p", moment, (("acme", ALIAS.alias),), ()))
        assert await store.erased_since("acme", moment - timedelta(hours=1))
        assert not await store.erased_since("acme", moment)
        assert not await store.erased_since("other", moment - timedelta(hours=1))

    async def test_a_wrapped_key_changes_alone_and_only_where_it_was(self, store: VaultStore) -> None:
        """Rewrapping touches neither the version nor the person, yields to whoever wrote first, and brings nobody back."""
        await store.save(everything())
        assert await store.wrapped_after("", 10) == {"ct_a": CONTACT.wrapped_key}
        assert await store.wrapped_after("ct_a", 10) == {}
        assert not await store.rewrap("ct_a", b"another", b"new")
        assert await store.rewrap("ct_a", CONTACT.wrapped_key, b"new")
        assert (await store.contacts(["ct_a"]))["ct_a"] == replace(CONTACT, wrapped_key=b"new")
        assert not await store.rewrap("ct_gone", b"new", b"newer")
        assert await store.contacts(["ct_gone"]) == {}


class TestMemoryVault(StoreContract):
    @pytest.fixture
    def store(self) -> VaultStore:
        return MemoryVault()


@pytest.mark.connected
class TestMongoVault(StoreContract):
    @pytest.fixture
    async def store(self, mongo_uri: str, mongo_name: str) -> AsyncIterator[VaultStore]:
        async with MongoDatabase(mongo_uri, mongo_name) as database, MongoVault(database) as vault:
            yield vault
