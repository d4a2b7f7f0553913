"""A question that could not be put to the policyholder: what waits for its answer goes to people at once."""

from collections.abc import Sequence
from datetime import datetime

from bowchat_contracts.prompts import PromptDecided
from bowchat_router.domain.case import Case
from bowchat_router.domain.hearing import Heard
from bowchat_router.domain.taking import give_up
from bowchat_router.handlers.common import Batch, Deciding, Registries
from bowchat_router.readings import Readings
from bowchat_router.remembered import Memory
from bowchat_router.store import RouterStore
from bowchat_runtime.records import Outgoing, Record


class UnaskedHandler(Deciding):
    """Reads `prompts.decided`; what was accepted, or is no question of the router's, passes by."""

    def __init__(
        self, store: RouterStore, registries: Registries, memory: Memory, readings: Readings
    ) -> None:
        super().__init__(store, registries, memory)
        self._readings = readings

    async def load(self, records: Sequence[Record]) -> Batch:
        lost: list[PromptDecided] = [each.event for each in records if _is_lost(each.event)]
        return await self._batch(map(_subject, lost), (each.contact_id for each in lost))

    def decide(self, record: Record, state: Batch, now: datetime) -> Sequence[Outgoing]:
        decided: PromptDecided = record.event
        if not _is_lost(decided):
            return ()
        told = state.told_before(record, _subject(decided))
        if told is not None:
            return told
        step = state.begin(record, _subject(decided), decided.contact_id, now)
        case = Case(Heard("", step.at), step.dossier, (), state.registry, self._readings, step.at)
        return state.end(record, step) if give_up(step, case, decided.prompt_id) else ()


def _is_lost(decided: PromptDecided) -> bool:
    return decided.kind == "which_matter" and decided.outcome in ("refused", "blocked")


def _subject(decided: PromptDecided) -> str:
    return f"{decided.prompt_id}/{decided.outcome}"
