"""Learns which message on an insurer's phone is of which thread, so that a quote and a tag are understood."""

from collections.abc import Sequence
from datetime import datetime

from bowchat_contracts.insurer_phone import ThreadShown
from bowchat_masker.phone_store import PhoneChanges, PhoneStore, Quote, TaggedThread
from bowchat_runtime.moments import whole_milliseconds
from bowchat_runtime.records import Outgoing, Record


class ThreadsShown:
    """Reads `threads.shown`. Told again, it changes nothing."""

    def __init__(self, phones: PhoneStore) -> None:
        self._phones = phones

    async def load(self, records: Sequence[Record]) -> PhoneChanges:  # noqa: ARG002 - the loop passes it
        return PhoneChanges()

    def decide(self, record: Record, state: PhoneChanges, now: datetime) -> Sequence[Outgoing]:  # noqa: ARG002
        shown: ThreadShown = record.event
        at = whole_milliseconds(shown.at)
        state.quotes[shown.provider_ref] = Quote(
            shown.provider_ref, shown.insurer, shown.thread_id, shown.alias
        )
        before = state.threads.get(shown.thread_id)
        if before is None or before.shown_at < at:
            state.threads[shown.thread_id] = TaggedThread(
                shown.thread_id, shown.insurer, shown.alias, shown.tag, at
            )
        return ()

    async def save(self, state: PhoneChanges) -> None:
        await self._phones.save(state)

    def forget(self) -> None:
        """Nothing is cached."""
