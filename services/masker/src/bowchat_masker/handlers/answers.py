"""The answer to a command: what was done, or why nothing was."""

from datetime import datetime
from typing import Literal

from bowchat_contracts.commands import CommandDecided, CommandRequested
from bowchat_contracts.topics import COMMANDS_DECIDED
from bowchat_runtime.records import Outgoing, Record, follow

SOURCE = "masker"


def answer(record: Record, outcome: Literal["accepted", "refused"], detail: str, at: datetime) -> Outgoing:
    """`record` is the command's. It leaves after what it speaks of."""
    asked: CommandRequested = record.event
    event = CommandDecided(
        command_id=asked.command_id,
        command=asked.command.name,
        outcome=outcome,
        detail=detail,
        by=asked.by,
        decided_at=at,
    )
    meta = follow(record.meta, SOURCE, event, time=at)
    return Outgoing(COMMANDS_DECIDED, record.key or asked.command_id, event, meta, stage=1)
