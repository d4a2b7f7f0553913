"""What people decide about deliveries whose fate nobody can tell, or that may not leave any more: look, send again, give up.

An instruction is written into the ledger by compare-and-set; the running sender acts on it within a second.
"""

import argparse
import asyncio
import json
import sys
from datetime import datetime
from typing import Any

from bowchat_dispatcher.domain import RECIPIENT_CHANGED, Instruction, Row, instructed, may_instruct
from bowchat_dispatcher.settings import DispatcherSettings
from bowchat_dispatcher.store import DATABASE, Ledger, MongoLedger
from bowchat_runtime.clock import system_clock
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.settings import load

_LIST_AT_MOST = 10_000
_INSTRUCTIONS: dict[str, Instruction] = {"resend": "resend", "give-up": "give_up"}


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `bowchat-dispatcher unresolved`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser(
        "list", help="show what is unresolved and which webhooks failed, one JSON object per line"
    )
    for action, about in (
        ("resend", "send it again: the policyholder may get it twice"),
        ("give-up", "mark it as failed"),
    ):
        actions.add_parser(action, help=about).add_argument("delivery_ids", nargs="+", metavar="ID")


def run(arguments: argparse.Namespace) -> int:
    """Do what the arguments say. The exit code is 1 when a delivery is not there or not open to this."""
    return asyncio.run(_connected(arguments))


async def _connected(arguments: argparse.Namespace) -> int:
    settings = load(DispatcherSettings)
    if settings.store == "memory":
        raise SettingsError(
            "BOWCHAT_STORE is memory: another process's memory cannot be read. Set it to mongo, as the service has it."
        )
    async with MongoDatabase(settings.mongo_uri.get_secret_value(), DATABASE) as database:
        ledger = MongoLedger(database)
        if arguments.action == "list":
            lines = await shown(ledger)
            if not lines:
                print("nothing is unresolved", file=sys.stderr)  # noqa: T201
            for line in lines:
                print(json.dumps(line))  # noqa: T201 - the command's answer
            return 0
        instruction = _INSTRUCTIONS[arguments.action]
        answers = [
            await instruct(ledger, each, instruction, system_clock()) for each in arguments.delivery_ids
        ]
    problems = [answer for answer in answers if answer]
    for problem in problems:
        print(f"bowchat-dispatcher: {problem}", file=sys.stderr)  # noqa: T201
    return 1 if problems else 0


async def shown(ledger: Ledger) -> list[dict[str, Any]]:
    """What waits for people."""
    unresolved = await ledger.in_state("unresolved", _LIST_AT_MOST)
    failed = await ledger.in_state("failed", _LIST_AT_MOST)
    return [_line(row) for row in unresolved + [row for row in failed if may_instruct(row, "resend")]]


async def instruct(ledger: Ledger, delivery_id: str, instruction: Instruction, now: datetime) -> str | None:
    """Write the instruction. Returns what is wrong, and what to do, or None when it stands."""
    row = (await ledger.find([delivery_id])).get(delivery_id)
    if row is None:
        return f"there is no delivery {delivery_id}. See: bowchat-dispatcher unresolved list"
    if instruction == "resend" and row.error_code == RECIPIENT_CHANGED:
        return "its recipient's number changed after it was accepted: give it up, and let the insurer answer anew"
    if not may_instruct(row, instruction):
        return f"the delivery is {row.state}, so there is nothing to decide. See: bowchat-dispatcher unresolved list"
    if not await ledger.write([instructed(row, instruction, now)]):
        return "the delivery has just changed. Look at it again and repeat the command."
    return None


def _line(row: Row) -> dict[str, Any]:
    return {
        "delivery_id": row.delivery_id,
        "kind": row.kind,
        "state": row.state,
        "insurer": row.insurer,
        "subject_id": row.subject_id,
        "conversation_id": row.conversation_id,
        "attempt": row.attempt,
        "error_code": row.error_code,
        "since": row.changed_at.isoformat(),
    }
