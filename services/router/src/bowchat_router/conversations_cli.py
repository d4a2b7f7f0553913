"""`bowchat-router conversations`: which conversations there are, so that people can find the one to command."""

import argparse
import asyncio
import json
import sys
from datetime import datetime
from typing import Any, get_args

from bowchat_contracts.conversations import ConversationState
from bowchat_router.domain.model import Conversation
from bowchat_router.overview import Overview
from bowchat_router.settings import RouterSettings
from bowchat_router.store import DATABASE
from bowchat_runtime.clock import Clock, system_clock
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.settings import load

NO_DATABASE = "BOWCHAT_STORE is memory: only the running router knows its conversations"


def configure_conversations(parser: argparse.ArgumentParser) -> None:
    states = [each for each in get_args(ConversationState) if each != "closed"]
    parser.add_argument("--state", choices=states, help="only those that are so")
    parser.add_argument("--contact", metavar="ID", help="only those of this contact: ct_...")


def run_conversations(arguments: argparse.Namespace) -> int:
    """Print one JSON object a conversation."""
    settings = load(RouterSettings)
    if settings.store != "mongo":
        raise SettingsError(f"{NO_DATABASE}. Set it to mongo")
    asyncio.run(_list(settings, arguments.state, arguments.contact, system_clock))
    return 0


async def _list(settings: RouterSettings, state: str | None, contact: str | None, clock: Clock) -> None:
    shown = 0
    async with MongoDatabase(settings.mongo_uri.get_secret_value(), DATABASE) as database:
        async for each in Overview(database).conversations(contact):
            if state in (None, each.state):
                sys.stdout.write(json.dumps(row(each, clock())) + "\n")
                shown += 1
    if not shown:
        sys.stderr.write(f"{none_of(state, contact)}\n")


def none_of(state: str | None, contact: str | None) -> str:
    """What is said where nothing is listed: what was looked for is not there, and nothing went wrong."""
    whose = f"conversation of {contact}" if contact else "conversation"
    return f"no {whose} is in {state}" if state else f"there is no {whose}"


def row(conversation: Conversation, now: datetime) -> dict[str, Any]:
    """What people need to know of a conversation; none of its words."""
    return {
        "conversation_id": conversation.conversation_id,
        "contact_id": conversation.contact_id,
        "state": conversation.state,
        "insurer": conversation.insurer,
        "desk": conversation.desk,
        "policy_type": conversation.policy_type,
        "intent": conversation.intent,
        "priority": conversation.priority,
        "opened_at": conversation.opened_at.isoformat(),
        "age_s": int((now - conversation.opened_at).total_seconds()),
        "unanswered": len(conversation.unanswered),
    }
