"""`bowchat-router command`: what a person of the aggregator's commands in a conversation, and what came of it."""

import argparse
import asyncio
import sys

from bowchat_contracts.ids import ContactId
from bowchat_registry.slash import is_command
from bowchat_router.conversations_cli import NO_DATABASE
from bowchat_router.overview import Overview
from bowchat_router.settings import RouterSettings
from bowchat_router.store import DATABASE
from bowchat_runtime.asking import add_author, ask, requested, tell
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.settings import load


def configure_command(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("conversation", help="its id, as `bowchat-router conversations` lists it: cv_...")
    parser.add_argument("text", help='as it would be typed, in quotes: "/resolve", "/hold 2h", "/help"')
    parser.add_argument(
        "--contact", metavar="ID", help="whose conversation it is; left out: looked up in the database"
    )
    add_author(parser)


def run_command(arguments: argparse.Namespace) -> int:
    """Give the command, wait for the answer and print it. Returns 0 where it was carried out."""
    if not is_command(arguments.text):
        raise SettingsError("a command begins with /, as /resolve; /help lists all")
    settings = load(RouterSettings)
    contact = arguments.contact or asyncio.run(_contact_of(settings, arguments.conversation))
    if contact is None:
        sys.stderr.write("there is no conversation of this id; see: bowchat-router conversations\n")
        return 1
    command = {
        "name": "slash",
        "conversation_id": arguments.conversation,
        "contact_id": contact,
        "text": arguments.text,
    }
    asked = requested(command, arguments.by)
    answer = asyncio.run(ask(settings, asked, arguments.conversation, service="router"))
    return tell(asked, answer, "router")


async def _contact_of(settings: RouterSettings, conversation: str) -> ContactId | None:
    if settings.store != "mongo":
        raise SettingsError(f"{NO_DATABASE}. Set it to mongo, or give --contact")
    async with MongoDatabase(settings.mongo_uri.get_secret_value(), DATABASE) as database:
        return await Overview(database).contact_of(conversation)
