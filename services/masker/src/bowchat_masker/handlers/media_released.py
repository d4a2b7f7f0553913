"""A held file that was released has a link: from then on its time runs, as its insurer was told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bowchat_contracts.held import HeldChanged
from bowchat_masker.handlers.media_events import MediaTeller
from bowchat_runtime.files import FileStore
from bowchat_runtime.media_links import file_id_of
from bowchat_runtime.records import Outgoing, Record

_MEDIA = "md_"


@dataclass(slots=True)
class ReleaseState:
    ends: dict[str, datetime] = field(default_factory=dict)
    """By file."""


class MediaReleases:
    """Reads `held.changed`; what is no file, or was not released, passes by."""

    def __init__(self, cleaned: FileStore, teller: MediaTeller) -> None:
        self._cleaned, self._teller = cleaned, teller

    async def load(self, records: Sequence[Record]) -> ReleaseState:  # noqa: ARG002 - the loop passes it
        return ReleaseState()

    def decide(self, record: Record, state: ReleaseState, now: datetime) -> Sequence[Outgoing]:  # noqa: ARG002 - the loop passes it
        changed: HeldChanged = record.event
        if changed.subject_id.startswith(_MEDIA) and changed.state == "released":
            key = self._teller.key(changed.insurer, changed.subject_id)
            state.ends[file_id_of(key)] = self._teller.expires_at(changed.at)
        return ()

    async def save(self, state: ReleaseState) -> None:
        for file_id, end in state.ends.items():
            await self._cleaned.change(file_id, {"expires_at": end})

    def forget(self) -> None:
        """Nothing is cached."""
