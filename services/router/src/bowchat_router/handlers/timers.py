"""A moment has come: a question was not answered, or a conversation has rested long enough."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bowchat_contracts.conversations import ConversationChange
from bowchat_contracts.timers import TimerDue
from bowchat_router.deeds import Step, Timer
from bowchat_router.domain import life
from bowchat_router.domain.case import Case
from bowchat_router.domain.hearing import Heard
from bowchat_router.domain.moving import apply
from bowchat_router.domain.taking import come_due
from bowchat_router.handlers.common import Batch, Deciding, Registries
from bowchat_router.readings import Readings
from bowchat_router.remembered import Memory
from bowchat_router.store import RouterStore
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.rereading import Rereader


@dataclass
class TimerBatch(Batch):
    done: list[str] = field(default_factory=list)
    later: list[Timer] = field(default_factory=list)


class TimerHandler(Deciding):
    """Reads `timers.due`. What was overtaken by something else is dropped; what rests longer is looked at again later."""

    def __init__(
        self,
        store: RouterStore,
        registries: Registries,
        memory: Memory,
        readings: Readings,
        rereader: Rereader,
    ) -> None:
        super().__init__(store, registries, memory)
        self._readings, self._rereader = readings, rereader

    async def load(self, records: Sequence[Record]) -> TimerBatch:
        timers: list[TimerDue] = [record.event for record in records]
        batch = await self._batch((each.timer_id for each in timers), (each.contact_id for each in timers))
        wanted = sorted({*_askers(batch)})
        askers = await self._rereader.at(wanted) if wanted else {}
        return TimerBatch(batch.registry, batch.deeds, batch.dossiers, batch.age, askers=askers)

    def decide(self, record: Record, state: TimerBatch, now: datetime) -> Sequence[Outgoing]:
        timer: TimerDue = record.event
        state.done.append(timer.timer_id)
        told = state.told_before(record, timer.timer_id)
        if told is not None:
            return told
        # Whoever told it has seen the moment come, by a clock that may be ahead of ours.
        step = state.begin(record, timer.timer_id, timer.contact_id, max(now, timer.due_at))
        acts = self._expires if timer.what == "question" else _rested
        return state.end(record, step) if acts(step, timer, state) else ()

    async def save(self, state: Batch) -> None:
        await super().save(state)
        assert isinstance(state, TimerBatch)
        await self._store.rest(state.done, state.later)

    def _expires(self, step: Step, timer: TimerDue, state: TimerBatch) -> bool:
        silent = Heard("", step.at)
        case = Case(silent, step.dossier, (), state.registry, self._readings, step.at)
        return come_due(step, case, timer.subject_id, state.askers)


def _askers(batch: Batch) -> Iterator[str]:
    """The positions of the messages whose writers are asked now, or were by what was decided before."""
    for deed in batch.deeds.values():
        yield from (told.asker for told in deed.told if told.asker)
    for dossier in batch.dossiers.values():
        if dossier.question is not None and not dossier.question.is_put:
            yield dossier.question.pending[0].position


def _rested(step: Step, timer: TimerDue, state: TimerBatch) -> bool:
    conversation = step.dossier.conversation(timer.subject_id)
    if conversation is None or conversation.rests_until is None:
        return False
    if conversation.rests_until > step.at:
        state.later.append(
            Timer("conversation", timer.subject_id, timer.contact_id, conversation.rests_until)
        )
        return False
    change: ConversationChange = "resumed" if conversation.state == "on_hold" else "closed"
    after = apply(step, conversation, life.moved(conversation, change, step.at), change)
    if after.is_open and after.rests_until is not None:
        step.timers.append(Timer("conversation", after.conversation_id, after.contact_id, after.rests_until))
    return True
