"""`bowchat-masker reveal list|revoke`: which numbers insurers may use, and ending that before its time."""

import argparse
import asyncio
import json
import sys

from bowchat_masker.app import vault_database
from bowchat_masker.reveal_store import MongoReveals
from bowchat_masker.reveals import Reveal
from bowchat_masker.settings import MaskerSettings
from bowchat_runtime.asking import add_reason, ask, requested, tell
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.settings import load


def configure_reveal(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="what is asked or agreed, the first to end first")
    revoke = actions.add_parser("revoke", help="end one; the insurer is told")
    revoke.add_argument("--insurer", required=True)
    revoke.add_argument("--alias", required=True, help="as the list shows it")
    add_reason(revoke)


def run_reveal(arguments: argparse.Namespace) -> int:
    settings = load(MaskerSettings)
    if arguments.action == "list":
        return asyncio.run(_list(settings))
    command = {
        "name": "reveal.revoke",
        "insurer": arguments.insurer,
        "alias": arguments.alias,
        "why": arguments.why,
    }
    asked = requested(command, arguments.by)
    return tell(asked, asyncio.run(ask(settings, asked, arguments.alias)))


async def _list(settings: MaskerSettings) -> int:
    if settings.store != "mongo":
        raise SettingsError("BOWCHAT_STORE is memory: only the running masker knows. Set it to mongo.")
    async with vault_database(settings) as database:
        found = await MongoReveals(database).open()
    for each in found:
        sys.stdout.write(json.dumps(shown(each)) + "\n")
    if not found:
        sys.stderr.write("nothing is asked or agreed\n")
    return 0


def shown(reveal: Reveal) -> dict[str, str]:
    """A reveal without what is sealed."""
    return {
        "reveal_id": reveal.reveal_id,
        "insurer": reveal.insurer,
        "alias": reveal.alias,
        "state": reveal.state,
        "purpose": reveal.purpose,
        "ends_at": reveal.ends_at.isoformat(),
    }
