"""What people decide on something held: released, rewritten or blocked, once and for good."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog

from bowchat_contracts.commands import CommandRequested, HeldBlock, HeldRelease, HeldRewrite
from bowchat_contracts.held import HeldChanged
from bowchat_contracts.topics import HELD_CHANGED
from bowchat_masker import metrics
from bowchat_masker.handlers.answers import answer
from bowchat_masker.model import Held
from bowchat_masker.quarantine import ENDS, HeldCommand, Refusal, Ruling, refusal_of
from bowchat_masker.quarantine_store import QuarantineStore
from bowchat_masker.store import VaultStore
from bowchat_runtime.errors import RejectError
from bowchat_runtime.moments import whole_milliseconds
from bowchat_runtime.records import Outgoing, Record, follow

log = structlog.get_logger()

SOURCE = "masker"
_NOT_YOURS = "only a person of the aggregator decides on what is held"
_DONE = {"released": "released", "rewritten": "released with the new text", "blocked": "blocked"}


class CannotGoError(Exception):
    """It cannot go on as the command says. The text says why and what to do, and holds nothing of a person."""


class Subject(Protocol):
    """One thing that was held, with all it takes to go on."""

    def rule(self, command: HeldCommand, ruling: Ruling) -> Ruling:
        """The ruling, with what this kind of thing adds to it.

        Errors: `CannotGoError`.
        """

    def told(self, record: Record, ruling: Ruling) -> tuple[Outgoing, ...]:
        """What the ruling publishes beside the two events that each has: made of the command's record and the ruling alone,
        so that a replay gives the same bytes.

        Errors: `CannotGoError`.
        """


class Kind(Protocol):
    """How one kind of thing that was held is found again."""

    async def subjects(self, held: Sequence[Held]) -> dict[str, Subject]:
        """By subject id; what cannot be read any more is left out."""


@dataclass(slots=True)
class HeldState:
    held: dict[str, Held]
    rulings: dict[str, Ruling]
    refusals: dict[str, Refusal]
    subjects: dict[str, Subject]
    new_rulings: dict[str, Ruling] = field(default_factory=dict)
    new_refusals: dict[str, Refusal] = field(default_factory=dict)


class HeldCommands:
    """Reads `commands.requested`; other commands pass by. `kinds` is by the prefix of the subject's id."""

    def __init__(self, vault: VaultStore, store: QuarantineStore, kinds: Mapping[str, Kind]) -> None:
        self._vault, self._store, self._kinds = vault, store, kinds

    async def load(self, records: Sequence[Record]) -> HeldState:
        asked: list[CommandRequested] = [each.event for each in records]
        named = {each.command.subject_id for each in asked if isinstance(each.command, HeldCommand)}
        held, rulings, refusals = await asyncio.gather(
            self._vault.held(sorted(named)),
            self._store.rulings(sorted(named)),
            self._store.refusals(sorted({each.command_id for each in asked})),
        )
        subjects: dict[str, Subject] = {}
        for prefix, kind in self._kinds.items():
            subjects |= await kind.subjects([each for name, each in held.items() if _prefix(name) == prefix])
        return HeldState(held, rulings, refusals, subjects)

    def decide(self, record: Record, state: HeldState, now: datetime) -> Sequence[Outgoing]:
        asked: CommandRequested = record.event
        command = asked.command
        if not isinstance(command, HeldCommand):
            return ()
        ruling, refusal = state.rulings.get(command.subject_id), state.refusals.get(asked.command_id)
        if ruling is not None and ruling.command_id == asked.command_id:
            return self._again(record, ruling, state) if ruling.position == record.position else ()
        if refusal is not None:
            return (decided(record, refusal),) if refusal.position == record.position else ()
        now = whole_milliseconds(now)
        held = state.held.get(command.subject_id)
        detail = refusal_of(command, held, ruling) if asked.by.role == "aggregator" else _NOT_YOURS
        if held is None or detail is not None:
            return _refused(record, state, detail or "", now)
        try:
            ruling, outgoing = self._rule(record, command, state, now)
        except CannotGoError as error:
            return _refused(record, state, str(error), now)
        state.rulings[ruling.subject_id] = state.new_rulings[ruling.subject_id] = ruling
        return (*outgoing, *_announced(record, held, ruling))

    async def save(self, state: HeldState) -> None:
        await self._store.save(state.new_rulings, state.new_refusals)
        for ruling in state.new_rulings.values():
            metrics.HELD_ENDS.labels(ruling.end).inc()
            log.info("hold_ended", subject_id=ruling.subject_id, end=ruling.end, command_id=ruling.command_id)
        for refusal in state.new_refusals.values():
            metrics.HELD_ENDS.labels("command_refused").inc()
            log.info("held_command_refused", command_id=refusal.command_id)

    def forget(self) -> None:
        """Nothing is cached."""

    def _rule(
        self, record: Record, command: HeldCommand, state: HeldState, now: datetime
    ) -> tuple[Ruling, tuple[Outgoing, ...]]:
        subject = state.subjects.get(command.subject_id)
        if subject is None:
            raise CannotGoError("what was held cannot be read any more: it stays held")
        draft = Ruling(command.subject_id, record.event.command_id, record.position, ENDS[type(command)], now)
        ruling = subject.rule(command, draft)
        return ruling, subject.told(record, ruling)

    def _again(self, record: Record, ruling: Ruling, state: HeldState) -> Sequence[Outgoing]:
        """A crash came between saving and publishing. What the guard refuses by now is parked, for people to see."""
        try:
            outgoing = state.subjects[ruling.subject_id].told(record, ruling)
        except (CannotGoError, KeyError):
            raise RejectError("what was decided on something held can no longer be carried out") from None
        return (*outgoing, *_announced(record, state.held[ruling.subject_id], ruling))


def decided(record: Record, refusal: Refusal) -> Outgoing:
    """The answer to a command that was refused."""
    return answer(record, "refused", refusal.detail, refusal.decided_at)


def _refused(record: Record, state: HeldState, detail: str, now: datetime) -> Sequence[Outgoing]:
    refusal = Refusal(record.event.command_id, record.position, detail, now)
    state.refusals[refusal.command_id] = state.new_refusals[refusal.command_id] = refusal
    return (decided(record, refusal),)


def _announced(record: Record, held: Held, ruling: Ruling) -> tuple[Outgoing, ...]:
    asked: CommandRequested = record.event
    event = HeldChanged(
        subject_id=held.subject_id,
        direction=held.direction,
        conversation_id=held.conversation_id,
        insurer=held.insurer,
        state=ruling.end,
        command_id=ruling.command_id,
        by=asked.by,
        why=_why(asked),
        at=ruling.decided_at,
    )
    meta = follow(record.meta, SOURCE, event, time=ruling.decided_at)
    # After what it speaks of: who reads that it is released finds it where it went.
    changed = Outgoing(HELD_CHANGED, held.conversation_id, event, meta, stage=1)
    return changed, answer(record, "accepted", _DONE[ruling.end], ruling.decided_at)


def _why(asked: CommandRequested) -> str:
    command = asked.command
    return command.why if isinstance(command, HeldRelease | HeldRewrite | HeldBlock) else ""


def _prefix(subject_id: str) -> str:
    return subject_id.partition("_")[0]
