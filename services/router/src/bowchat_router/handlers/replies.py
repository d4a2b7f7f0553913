"""An insurer's accepted reply: from now on the policyholder is waited for."""

from collections.abc import Sequence
from datetime import datetime

from bowchat_contracts.replies import ReplyDecided
from bowchat_router.domain import life
from bowchat_router.domain.moving import apply
from bowchat_router.handlers.common import Batch, Deciding
from bowchat_runtime.errors import RejectError
from bowchat_runtime.moments import whole_milliseconds
from bowchat_runtime.records import Outgoing, Record


class ReplyHandler(Deciding):
    """Reads `replies.decided`."""

    async def load(self, records: Sequence[Record]) -> Batch:
        replies = [record.event for record in records if _accepted(record.event)]
        batch = await self._batch(
            (reply.reply_key for reply in replies),
            (each.contact_id for each in replies if each.contact_id),
            latest=False,
        )
        idle = {each.contact_id for each in replies if each.contact_id and not _answers(each, batch)}
        batch.dossiers |= await self._latest(idle) if idle else {}
        return batch

    def decide(self, record: Record, state: Batch, now: datetime) -> Sequence[Outgoing]:
        reply: ReplyDecided = record.event
        if not _accepted(reply):
            return []
        if reply.contact_id is None or reply.conversation_id is None:
            raise RejectError("an accepted reply must name its conversation and contact")
        told = state.told_before(record, reply.reply_key)
        if told is not None:
            return told
        step = state.begin(record, reply.reply_key, reply.contact_id, now)
        before = step.dossier.conversation(reply.conversation_id)
        after = life.answered(before, whole_milliseconds(reply.received_at), step.at) if before else None
        if before is None or after is None:
            return []
        apply(step, before, after, "answered")
        return state.end(record, step)


def _answers(reply: ReplyDecided, batch: Batch) -> bool:
    """Whether it answers anything, as far as this process knows."""
    dossier = batch.dossiers.get(reply.contact_id or "")
    conversation = dossier.conversation(reply.conversation_id) if dossier else None
    return conversation is not None and life.allowed(conversation, "answered")


def _accepted(reply: ReplyDecided) -> bool:
    return reply.outcome == "accepted"
