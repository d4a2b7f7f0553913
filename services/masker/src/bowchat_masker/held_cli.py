"""`bowchat-masker held list|show|release|rewrite|block`: look at what was held, and decide on it."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from typing import Any

from bowchat_masker.app import vault_database
from bowchat_masker.handlers.holding import kept_copy
from bowchat_masker.model import Held
from bowchat_masker.quarantine_store import MongoQuarantine
from bowchat_masker.settings import MaskerSettings
from bowchat_masker.store import MongoVault
from bowchat_runtime.asking import add_reason, ask, requested, tell
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.seal import Opener
from bowchat_runtime.settings import load

_PERSONAL = "what follows holds personal data: do not copy it\n"
_TYPE_IT = "Type the new text, and end it with Ctrl-D:\n"


def configure_held(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="what waits for a decision, the oldest first")
    _action(actions, "show", "its text, from the sealed copy")
    _decision(actions, "release", "let it go on as it is")
    _decision(actions, "rewrite", "let it go on with another text, from standard input")
    _decision(actions, "block", "it never goes on; the insurer is told so at a message's place")


def _action(actions: Any, name: str, help_: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=help_, description=help_)
    parser.add_argument("subject_id", help="as the list shows it")
    return parser


def _decision(actions: Any, name: str, help_: str) -> None:
    parser = _action(actions, name, help_)
    add_reason(parser)


def run_held(arguments: argparse.Namespace) -> int:
    settings = load(MaskerSettings)
    if arguments.action == "list":
        return asyncio.run(_list(settings))
    if arguments.action == "show":
        return asyncio.run(_show(settings, arguments.subject_id))
    command = {
        "name": f"held.{arguments.action}",
        "subject_id": arguments.subject_id,
        "why": arguments.why,
    }
    if arguments.action == "rewrite":
        command["text"] = new_text()
    asked = requested(command, arguments.by)
    return tell(asked, asyncio.run(ask(settings, asked, arguments.subject_id)))


def new_text() -> str:
    """The text on standard input. Errors: `SettingsError` when there is none."""
    if sys.stdin.isatty():
        sys.stderr.write(_TYPE_IT)
    text = sys.stdin.read().strip()
    if not text:
        raise SettingsError("the new text comes from standard input, and there was none")
    return text


async def _list(settings: MaskerSettings) -> int:
    _needs_database(settings)
    async with vault_database(settings) as database:
        waiting = await MongoQuarantine(database).waiting()
    for each in waiting:
        sys.stdout.write(json.dumps(shown(each)) + "\n")
    if not waiting:
        sys.stderr.write(
            "the masker holds nothing; what people have to place: bowchat-router conversations --state triage\n"
        )
    return 0


async def _show(settings: MaskerSettings, subject_id: str) -> int:
    _needs_database(settings)
    async with vault_database(settings) as database:
        held = (await MongoVault(database).held([subject_id])).get(subject_id)
        ruling = (await MongoQuarantine(database).rulings([subject_id])).get(subject_id)
    if held is None:
        sys.stderr.write("nothing of this subject_id is held\n")
        return 1
    if sys.stdout.isatty():
        sys.stderr.write(_PERSONAL)
    copy = said(held, Opener(settings.secret("identity.private.json")))
    state = {"state": ruling.end if ruling else "held"}
    sys.stdout.write(json.dumps(shown(held) | state | copy, ensure_ascii=False) + "\n")
    return 0


def shown(held: Held) -> dict[str, Any]:
    """A hold without its text."""
    row = asdict(held)
    del row["sealed"]
    return row | {"held_at": held.held_at.isoformat()}


def said(held: Held, opener: Opener) -> dict[str, Any]:
    """What the policyholder or the insurer wrote; nothing of who they are."""
    value = kept_copy(opener, held)
    if value is None:
        return {"content": None, "note": "no copy of it can be read"}
    record = json.loads(value)
    if "media_id" in record:
        return {"content": {"kind": "media", "media_type": record["media_type"]}}
    return {"content": record["content"] if "content" in record else {"text": record["text"]}}


def _needs_database(settings: MaskerSettings) -> None:
    if settings.store != "mongo":
        raise SettingsError(
            "BOWCHAT_STORE is memory: only the running masker holds what it held. Set it to mongo."
        )
