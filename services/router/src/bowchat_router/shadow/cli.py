"""The command line of `bowchat-router shadow`."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bowchat_registry.book import PolicyBook
from bowchat_registry.loader import load as load_registry
from bowchat_registry.option import VARIABLE
from bowchat_registry.problems import RegistryError, RegistryMissingError
from bowchat_registry.registry import Registry
from bowchat_router.policies.changes import apply
from bowchat_router.policies.store import MongoPolicyJournal
from bowchat_router.readings import Train
from bowchat_router.settings import RouterSettings
from bowchat_router.shadow.comparing import Comparison, Shadow
from bowchat_router.shadow.lines import records_in
from bowchat_router.shadow.telling import as_json, line, line_as_json, table
from bowchat_router.shadow.versions import Versions, trained
from bowchat_router.shadow.world import TOPICS
from bowchat_router.store import DATABASE
from bowchat_runtime.clock import Clock, system_clock
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.past import Past
from bowchat_runtime.records import Record
from bowchat_runtime.settings import load

Hear = Callable[[Shadow, Record], None]


def configure_shadow(parser: argparse.ArgumentParser) -> None:
    named = os.environ.get(VARIABLE)
    parser.add_argument(
        "--registry", type=Path, required=True, metavar="NEW", help="the directory of the new version"
    )
    parser.add_argument(
        "--current",
        type=Path,
        default=Path(named) if named else None,
        required=not named,
        metavar="DIR",
        help=f"the directory of the version in use; default: {VARIABLE}",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--since",
        type=_moment,
        metavar="TIME",
        help="what was received from then on, as 2026-11-01T00:00Z; topics keep seven days",
    )
    source.add_argument(
        "--from",
        type=Path,
        dest="file",
        metavar="FILE",
        help='instead of the topics: JSON Lines, events of inbound.received or {"text", "contact"?, "at"?}',
    )
    parser.add_argument("--list", action="store_true", help="first each message that would go another way")
    parser.add_argument("--json", action="store_true", help="as JSON, one object a line")


def run_shadow(arguments: argparse.Namespace, train: Train, clock: Clock = system_clock) -> int:
    """Compare, and print what would change. Returns 1 where a registry is invalid."""
    try:
        registries = (
            _version(arguments.current, f"correct --current or {VARIABLE}"),
            _version(arguments.registry, "correct --registry"),
        )
    except RegistryError as error:
        sys.stderr.write(f"bowchat-router: {error}\n")
        return 1
    hear = _hearing(listing=arguments.list, as_json=arguments.json)
    if arguments.file is not None:
        result = _over_file(arguments.file, trained(*registries, train), hear, clock())
    else:
        settings = load(RouterSettings)
        result = asyncio.run(
            _over_topics(settings, arguments.since, lambda: trained(*registries, train), hear)
        )
    sys.stdout.write(f"{json.dumps(as_json(result))}\n" if arguments.json else table(result))
    return 0


def _version(directory: Path, to_do: str) -> Registry:
    """Errors: `RegistryError`, with what to do about a directory that is not there."""
    try:
        return load_registry(directory)
    except RegistryMissingError:
        raise RegistryMissingError(str(directory), to_do) from None


def _over_file(path: Path, versions: Versions, hear: Hear, now: datetime) -> Comparison:
    shadow = versions.shadow(PolicyBook())
    for record in records_in(path, now):
        hear(shadow, record)
    return shadow.result


async def _over_topics(
    settings: RouterSettings, since: datetime, versions: Callable[[], Versions], hear: Hear
) -> Comparison:
    """Whether everything is there is seen before seconds go into training."""
    imported = await _imported(settings)
    async with Past(settings, TOPICS, since) as past:
        shadow = (await asyncio.to_thread(versions)).shadow(imported)
        async for record in past.records():
            hear(shadow, record)
    if past.unreadable:
        sys.stderr.write(f"{past.unreadable} record(s) are no events of the relay, and were left out\n")
    return shadow.result


async def _imported(settings: RouterSettings) -> PolicyBook:
    """The policies that the aggregator imported, as the router's journal has them now."""
    book = PolicyBook()
    if settings.store == "mongo":
        async with MongoDatabase(settings.mongo_uri.get_secret_value(), DATABASE) as database:
            async for change in MongoPolicyJournal(database).everything():
                apply(change, book)
    return book


def _hearing(*, listing: bool, as_json: bool) -> Hear:
    shown = line_as_json if as_json else line

    def hear(shadow: Shadow, record: Record) -> None:
        difference = shadow.hear(record)
        if difference is not None and listing:
            sys.stdout.write(f"{shown(difference)}\n")

    return hear


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is no moment with its zone; write it as 2026-11-01T00:00Z")
