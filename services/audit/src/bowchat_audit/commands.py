"""What the console script does besides serving."""

import argparse
import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from bowchat_audit import domain, entries, report, verifying
from bowchat_audit.accounts import Books
from bowchat_audit.app import audit_database, keys_database
from bowchat_audit.keys import KeyStore, MongoKeys
from bowchat_audit.settings import AuditSettings
from bowchat_audit.store import LogStore, mongo_log, prepare
from bowchat_contracts.ids import derived_id
from bowchat_runtime.cli import Command
from bowchat_runtime.clock import Clock, system_clock
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.settings import load


async def make_ready(database: MongoDatabase) -> int:
    """Prepare the database, and print whether there was anything to make."""
    made = await prepare(database)
    said = "prepared: the unique index of entries is made" if made else "prepared already: nothing to make"
    sys.stdout.write(f"the audit database is {said}\n")
    return 0


async def balance(log: LogStore, *, older_than_s: int, as_json: bool, clock: Clock = system_clock) -> int:
    """Print the accounts. Returns 0 when they are sound, else 1."""
    books = Books()
    async for entry in log.stream():
        books.take(entry)
    accounts = books.accounts(clock(), timedelta(seconds=older_than_s))
    strays = report.Strays(len(books.unattributed_parks), books.unreadable)
    text = json.dumps(report.as_json(accounts, strays)) if as_json else report.as_text(accounts, strays)
    sys.stdout.write(text + "\n")
    return 0 if report.sound(accounts) else 1


async def events(log: LogStore, keys: KeyStore, subject: str, *, as_json: bool) -> int:
    """Print the entries that speak of an identifier, each in a few lines or as JSON. Returns 1 when there are none."""
    found = await log.of_subject(subject)
    known = await keys.find(sorted({each["lane"] for each in found if each["lane"] is not None}))
    for entry in found:
        key = known.get(entry["lane"] or "")
        text = (
            json.dumps(entries.as_object(entry, key), ensure_ascii=False)
            if as_json
            else entries.as_lines(entry, key)
        )
        sys.stdout.write(text + "\n")
    if not found:
        sys.stderr.write(
            "the log has no entry that speaks of this identifier. Is it whole? Identifiers are written as in events and "
            f"logs: two letters, an underscore and 32 letters from a to p, such as {derived_id('ms', 'example')}\n"
        )
    return 0 if found else 1


async def export(log: LogStore, after: int) -> int:
    """Print the entries behind this place as they are stored, one a line."""
    async for entry in log.stream(after):
        sys.stdout.write(verifying.as_line(entry) + "\n")
    return 0


async def verify(entries: AsyncIterator[Any], noted: Mapping[int, str], *, as_json: bool) -> int:
    """Print whether the entries are what was appended. Returns 0 when they are, else 1."""
    found = verifying.Verification(noted)
    async for each in entries:
        if not found.take(each):
            break
    text = json.dumps(verifying.as_object(found)) if as_json else verifying.as_text(found)
    sys.stdout.write(text + "\n")
    return 1 if found.ended() else 0


async def accept_gap(
    log: LogStore, topic: str, partition: int, last: int, *, reason: str, clock: Clock = system_clock
) -> int:
    """Append the statement that records up to `last` are lost, so that the log can go on behind them.

    Errors: `SettingsError` when there is no gap before `last`.
    """
    end = await log.end((topic, partition))
    if end is None or end >= last:
        raise SettingsError(
            f"the log has {topic}, partition {partition}, up to {end}: there is no gap before {last}"
        )
    gap = domain.Gap((topic, partition), end + 1, last)
    made = domain.gap_accepted(gap, await log.tail(), reason=reason, now=clock())
    await log.append([made])
    await log.note([domain.Read(gap.partition, gap.first, gap.last)])
    sys.stdout.write(
        f"entry {made['_id']}: records {gap.first} to {gap.last} are lost, and the log says so\n"
    )
    return 0


def _accounts(arguments: argparse.Namespace) -> int:
    return asyncio.run(_accounts_of(arguments))


async def _accounts_of(arguments: argparse.Namespace) -> int:
    async with audit_database(load(AuditSettings)) as database:
        return await balance(mongo_log(database), older_than_s=arguments.older_than, as_json=arguments.json)


def _events(arguments: argparse.Namespace) -> int:
    return asyncio.run(_events_of(arguments))


async def _events_of(arguments: argparse.Namespace) -> int:
    settings = load(AuditSettings)
    async with audit_database(settings) as database, keys_database(settings) as keys:
        return await events(mongo_log(database), MongoKeys(keys), arguments.subject, as_json=arguments.json)


def _export(arguments: argparse.Namespace) -> int:
    return asyncio.run(_exported(arguments.after))


async def _exported(after: int) -> int:
    async with audit_database(load(AuditSettings)) as database:
        return await export(mongo_log(database), after)


def _verify(arguments: argparse.Namespace) -> int:
    noted = dict(arguments.noted)
    if len(noted) < len(set(arguments.noted)):
        raise SettingsError("--noted gives one entry two chain values; one log cannot have had both")
    return asyncio.run(_verified(arguments.file, noted, as_json=arguments.json))


async def _verified(file: Path | None, noted: Mapping[int, str], *, as_json: bool) -> int:
    if file is not None:
        return await verify(_lines(file), noted, as_json=as_json)
    async with audit_database(load(AuditSettings)) as database:
        return await verify(mongo_log(database).stream(), noted, as_json=as_json)


async def _lines(file: Path) -> AsyncIterator[Any]:
    for each in verifying.entries_in(file):
        yield each


def _accept_gap(arguments: argparse.Namespace) -> int:
    return asyncio.run(_accept_gap_of(arguments))


async def _accept_gap_of(arguments: argparse.Namespace) -> int:
    async with audit_database(load(AuditSettings)) as database:
        where = arguments.topic, arguments.partition, arguments.last
        return await accept_gap(mongo_log(database), *where, reason=arguments.reason)


def _prepare(_: argparse.Namespace) -> int:
    return asyncio.run(_prepare_database())


async def _prepare_database() -> int:
    async with audit_database(load(AuditSettings)) as database:
        return await make_ready(database)


def _accounts_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--older-than",
        type=int,
        default=60,
        metavar="SECONDS",
        help="what is in flight longer is an anomaly (60)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _events_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--subject", required=True, metavar="ID", help="a message, reply, conversation, alias …"
    )
    parser.add_argument("--json", action="store_true", help="print JSON Lines, an object for each entry")


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--after", type=int, default=0, metavar="SEQ", help="only what stands behind this entry (0: all)"
    )


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, nargs="?", help="what `export` printed; without, the log itself")
    parser.add_argument(
        "--noted",
        type=_noted,
        action="append",
        default=[],
        metavar="SEQ:CHAIN",
        help="a place and its chain value, as an earlier `verify` printed them; may be given again",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _noted(text: str) -> tuple[int, str]:
    found = re.fullmatch(r"([1-9]\d{0,15}):([0-9a-f]{64})", text)
    if found is None:
        raise argparse.ArgumentTypeError(
            "write an entry's number, a colon and its chain value, 64 of 0-9 and a-f"
        )
    return int(found[1]), found[2]


def _accept_gap_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("topic")
    parser.add_argument("partition", type=int)
    parser.add_argument("last", type=int, help="the offset of the last lost record")
    parser.add_argument("--reason", required=True, help="what happened; it is kept in the log")


COMMANDS = {
    "accounts": Command("do received and ends balance?", _accounts, _accounts_arguments),
    "events": Command("print the entries that speak of an identifier", _events, _events_arguments),
    "export": Command("print the log, an entry a line, for `verify` elsewhere", _export, _export_arguments),
    "verify": Command("is the log, or an export of it, what was appended?", _verify, _verify_arguments),
    "accept-gap": Command("go on behind lost records", _accept_gap, _accept_gap_arguments),
    "prepare": Command("make the database's indexes, as a user that may", _prepare),
}
