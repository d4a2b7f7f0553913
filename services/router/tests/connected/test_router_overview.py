"""People look at conversations in the router's database, and command them."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bowchat_contracts.ids import derived_id
from bowchat_registry.registry import Registry
from bowchat_router.command_cli import run_command
from bowchat_router.conversations_cli import configure_conversations, run_conversations
from bowchat_router.overview import Overview
from bowchat_router.store import MongoRouter
from bowchat_router.testing import Worker
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.records import Record

NOW = datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)
Make = Callable[..., Record]


async def filled(database: MongoDatabase, registry: Registry, received: Make) -> None:
    """A contact with one conversation, and 250 strangers whose messages wait for people."""
    store = MongoRouter(database)
    await store.prepare()
    worker = Worker(registry, store)
    await worker.messages(received("a", "my car", "motor"), now=NOW)
    strangers = [received(f"s{each}", "hello", f"stranger{each}", offset=each) for each in range(250)]
    await worker.messages(*strangers, now=NOW + timedelta(minutes=1))


@pytest.mark.connected
async def test_conversations_are_found_by_contact_and_all_of_them_at_once(
    mongo_uri: str, mongo_name: str, registry: Registry, received: Make
) -> None:
    """Every conversation once, however many contacts there are; of one contact theirs alone; and whose one is."""
    async with MongoDatabase(mongo_uri, mongo_name) as database:
        await filled(database, registry, received)
        overview = Overview(database)
        everything = [each async for each in overview.conversations()]
        assert len(everything) == len({each.conversation_id for each in everything}) == 251
        (one,) = (each for each in everything if each.insurer == "acme")
        assert (one.desk, one.state, len(one.unanswered)) == ("service", "waiting_insurer", 1)
        assert await overview.contact_of(one.conversation_id) == one.contact_id
        assert [each async for each in overview.conversations(one.contact_id)] == [one]
        assert await overview.contact_of(derived_id("cv", "none")) is None
        assert [each async for each in overview.conversations(derived_id("ct", "none"))] == []


@pytest.fixture
def listing() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    configure_conversations(parser)
    return parser


def test_the_memory_of_another_process_cannot_be_listed(
    listing: argparse.ArgumentParser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said, instead of showing nothing; a command then needs to be told the contact."""
    monkeypatch.setenv("BOWCHAT_STORE", "memory")
    with pytest.raises(SettingsError, match="BOWCHAT_STORE is memory"):
        run_conversations(listing.parse_args([]))
    given = argparse.Namespace(conversation=derived_id("cv", "a"), text="/resolve", contact=None, by="meera")
    with pytest.raises(SettingsError, match="give --contact"):
        run_command(given)


def test_what_is_no_command_is_not_published() -> None:
    """A text without a slash is somebody's slip; nobody reads it as a command."""
    given = argparse.Namespace(conversation=derived_id("cv", "a"), text="resolve", contact=None, by="meera")
    with pytest.raises(SettingsError, match="begins with /"):
        run_command(given)
