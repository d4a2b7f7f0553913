"""A command that somebody typed in a conversation: read, done or refused, and answered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bowchat_contracts.commands import CommandDecided, CommandRequested, SlashCommand
from bowchat_contracts.topics import COMMANDS_ANSWERED
from bowchat_registry.slash import Call, Help, Parsed, Refused, parse
from bowchat_router.deeds import SOURCE, Step
from bowchat_router.domain.commanding import Order, RefusedError, carry_out
from bowchat_router.domain.model import Conversation
from bowchat_router.handlers.common import Batch, Deciding
from bowchat_runtime.records import Outgoing, Record, follow


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a command."""

    name: str
    outcome: Literal["accepted", "refused"]
    detail: str
    step: Step
    """With what was done; untouched where nothing was."""


class CommandHandler(Deciding):
    """Reads `commands.requested`; what is no slash command passes by."""

    async def load(self, records: Sequence[Record]) -> Batch:
        asked = [each.event for each in records if isinstance(each.event.command, SlashCommand)]
        return await self._batch(
            (each.command_id for each in asked), (each.command.contact_id for each in asked)
        )

    def decide(self, record: Record, state: Batch, now: datetime) -> Sequence[Outgoing]:
        asked: CommandRequested = record.event
        command = asked.command
        if not isinstance(command, SlashCommand):
            return ()
        step = state.begin(record, asked.command_id, command.contact_id, now)
        conversation = _own(asked, step.dossier.conversation(command.conversation_id))
        read = _read(asked, command, conversation, step)
        typed = tuple(map(_typed, read.calls)) if isinstance(read, Parsed) else ()
        told = state.told_before(record, asked.command_id, typed)
        if told is not None:
            return told
        done = _done(asked, command, conversation, read, step)
        answer = _answer(asked, command, done)
        if step.dossier.version == 0:
            meta = follow(record.meta, SOURCE, answer, time=step.at)
            return [Outgoing(COMMANDS_ANSWERED, command.conversation_id, answer, meta)]
        done.step.tell(COMMANDS_ANSWERED, command.conversation_id, answer)
        return state.end(record, done.step, typed)


def _own(asked: CommandRequested, conversation: Conversation | None) -> Conversation | None:
    """An insurer commands its own conversations alone."""
    foreign = (
        asked.by.role == "insurer" and conversation is not None and conversation.insurer != asked.by.name
    )
    return None if foreign else conversation


def _read(
    asked: CommandRequested, command: SlashCommand, conversation: Conversation | None, step: Step
) -> Parsed | Help | Refused:
    registry = step.registry
    insurer = conversation.insurer if conversation else None
    return parse(
        command.text.reveal(),
        asked.by.role,
        registry.desks.get(insurer or "", {}),
        registry.commands,
        registry.desks,
    ) or Refused("a command begins with /; /help lists all")


def _typed(call: Call) -> str:
    """What of a call is for somebody to read: of a note its words, of a request its list or purpose, or why."""
    words = (call.text(each) for each in ("text", "purpose", "why"))
    return ", ".join(call.items("documents")) or next(filter(None, words), "")


def _done(
    asked: CommandRequested,
    command: SlashCommand,
    conversation: Conversation | None,
    read: Parsed | Help | Refused,
    step: Step,
) -> Answered:
    if isinstance(read, Help):
        return Answered("/help", "accepted", read.text, step)
    if isinstance(read, Refused):
        return Answered(read.name, "refused", read.detail, step)
    if conversation is None:
        return Answered(read.name, "refused", "this conversation is closed, or unknown", step)
    trial = replace(step, sent=list(step.sent), told=list(step.told), timers=list(step.timers))
    try:
        said = [
            _carried_out(trial, command, Order(asked.command_id, number, call, asked.by, command.reply))
            for number, call in enumerate(read.calls)
        ]
    except RefusedError as error:
        return Answered(read.name, "refused", str(error), step)
    words = "; ".join(said)
    if read.dry_run:
        return Answered(read.name, "accepted", f"this would be done: {words}", step)
    return Answered(read.name, "accepted", words, trial)


def _carried_out(step: Step, command: SlashCommand, order: Order) -> str:
    conversation = step.dossier.conversation(command.conversation_id)
    if conversation is None:
        raise RefusedError("the step before it has closed the conversation")
    return carry_out(step, conversation, order)


def _answer(asked: CommandRequested, command: SlashCommand, done: Answered) -> CommandDecided:
    return CommandDecided(
        command_id=asked.command_id,
        command=done.name,
        outcome=done.outcome,
        detail=done.detail,
        by=asked.by,
        decided_at=done.step.at,
        reply=command.reply,
    )
