"""One contract for the vault in memory and in a database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bowchat_contracts.ids import random_id
from bowchat_masker.memory import MemoryVault
from bowchat_masker.model import (
    AliasRow,
    Changes,
    Contact,
    ConversationRow,
    Held,
    ReplyRow,
    Thread,
    WindowRow,
)
from bowchat_masker.store import MongoVault, VaultStore
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.mongo import MongoDatabase

CONTACT = Contact("ct_a", 1, b"\x00wrapped", b"\xffidentity", frozen=False)
ALIAS = AliasRow("acme", "ct_a", random_id("ph"))
THREAD = Thread("th_a", 1, "acme", ALIAS.alias, "ct_a", "cv_a", "business", "rf_a")
CONVERSATION = ConversationRow("cv_a", 1, 4, closed=True)
REPLY = ReplyRow(
    "rp_a",
    "replies.received/0/1",
    "acme",
    "accepted",
    datetime(2026, 1, 1, 0, 0, 0, 123000, tzinfo=UTC),
    delivery_id="dl_a",
)
HELD = Held(
    "ms_a", "to_insurer", "cv_a", "acme", "known_identity", datetime(2026, 1, 1, tzinfo=UTC), "sealed"
)

WINDOW = WindowRow(ALIAS.key, 1, "ct_a", b"\xffsealed")


def everything() -> Changes:
    return Changes(
        contacts={"ct_a": CONTACT},
        aliases={ALIAS.key: ALIAS},
        threads={"th_a": THREAD},
        conversations={"cv_a": CONVERSATION},
        replies={"rp_a": REPLY},
        held={"ms_a": HELD},
        windows={WINDOW.key: WINDOW},
    )


class StoreContract:
    async def test_what_was_saved_is_read_back(self, store: VaultStore) -> None:
        """Every row comes back equal, by each way of asking; what does not exist is left out."""
        await store.save(everything())
        assert await store.contacts(["ct_a", "ct_b"]) == {"ct_a": CONTACT}
        assert await store.aliases([("acme", "ct_a"), ("zenith", "ct_a")]) == {ALIAS.key: ALIAS}
        assert await store.aliases_named([ALIAS.alias, "ph_x"]) == {ALIAS.alias: ALIAS}
        assert await store.threads(["th_a", "th_b"]) == {"th_a": THREAD}
        assert await store.threads_of([ALIAS.alias, "ph_x"]) == [THREAD]
        assert await store.conversations(["cv_a", "cv_b"]) == {"cv_a": CONVERSATION}
        assert await store.replies(["rp_a", "rp_b"]) == {"rp_a": REPLY}
        assert await store.held(["ms_a", "ms_b"]) == {"ms_a": HELD}
        assert await store.windows([WINDOW.key, "acme|ct_b"]) == {WINDOW.key: WINDOW}

    async def test_nothing_asked_is_nothing_found(self, store: VaultStore) -> None:
        """An empty question or save costs nothing and breaks nothing."""
        await store.save(Changes())
        assert not await store.contacts([])
        assert not await store.aliases([])
        assert not await store.aliases_named([])
        assert await store.threads_of([]) == []

    @pytest.mark.parametrize("kind", ["contacts", "threads", "conversations", "windows"])
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
        assert await store.aliases([("acme", "ct_a")]) == {ALIAS.key: ALIAS}

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
