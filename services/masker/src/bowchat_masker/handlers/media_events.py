"""What is told of a file: asked for, and, to its insurer, what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bowchat_contracts.content import MediaContent
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.media import InsurerMediaUpdate, MediaFetched, MediaRequested
from bowchat_contracts.topics import MEDIA_REQUESTED
from bowchat_masker.egress import Mint, whole_second
from bowchat_masker.guard import Cleared, Clue, Draft, Inspect, Watch, clear, clear_minted
from bowchat_masker.media.results import CleanMime
from bowchat_masker.seen import Minted
from bowchat_runtime.media_links import PREFIX, token_of
from bowchat_runtime.records import Outgoing, Record, follow

SOURCE = "masker"
_STATES = frozenset({"ready", "held", "blocked", "failed"})


def media_requested(
    record: Record, message: MessageRouted, insurer: str, names: Minted, *, at: datetime
) -> tuple[Outgoing, ...]:
    """Asks for the file of a message that goes to its insurer, once that has it; nothing for a message without one."""
    content = message.content
    if not isinstance(content, MediaContent):
        return ()
    event = MediaRequested(
        media_id=names.media_id,
        media_type=content.media_type,
        message_id=message.message_id,
        insurer_message_id=names.message_id,
        conversation_id=message.conversation_id,
        contact_id=message.contact_id,
        insurer=insurer,
        alias=names.alias,
        thread_id=names.thread_id,
        masking=message.masking,
        sealed_media=content.sealed_media,
        requested_at=at,
    )
    meta = follow(record.meta, SOURCE, event, time=at)
    return (Outgoing(MEDIA_REQUESTED, message.conversation_id, event, meta, stage=1),)


@dataclass(frozen=True, slots=True)
class Copy:
    """A cleaned file that an insurer may have."""

    mime: CleanMime
    size: int
    verified: bool


class MediaTeller:
    """Writes what an insurer is told of a file."""

    def __init__(self, mint: Mint, inspect: Inspect, link_days: float) -> None:
        self._mint, self._inspect, self._lasts = mint, inspect, timedelta(days=link_days)

    def key(self, insurer: str, media_id: str) -> bytes:
        """The key of the cleaned file."""
        return self._mint.media_key(insurer, media_id)

    def expires_at(self, since: datetime) -> datetime:
        return whole_second(since + self._lasts)

    def ready(self, fetched: MediaFetched, copy: Copy, since: datetime, watch: Watch) -> Cleared | Clue:
        """The proof that the link may leave, or what speaks against it."""
        event = InsurerMediaUpdate(
            **_names(fetched),
            state="ready",
            verified=copy.verified,
            mime=copy.mime,
            kilobytes=max((copy.size + 1023) // 1024, 1),
            link=PREFIX + token_of(self.key(fetched.insurer, fetched.media_id)),
            expires_at=self.expires_at(since),
        )
        draft = self._draft(fetched, event, since)
        return clear(draft, watch, trusted=_STATES | {copy.mime}, inspect=self._inspect)

    def other(self, fetched: MediaFetched, state: str, since: datetime) -> Cleared:
        """`held`, `blocked` and `failed` say nothing but that."""
        event = InsurerMediaUpdate.model_validate({**_names(fetched), "state": state})
        return clear_minted(self._draft(fetched, event, since), words=_STATES)

    def _draft(self, fetched: MediaFetched, event: InsurerMediaUpdate, since: datetime) -> Draft:
        subject = f"{fetched.media_id}|{event.state}"
        return self._mint.draft(fetched.insurer, fetched.alias, event, subject_id=subject, time=since)


def _names(fetched: MediaFetched) -> dict[str, str]:
    return {
        "message_id": fetched.insurer_message_id,
        "alias": fetched.alias,
        "thread_id": fetched.thread_id,
        "media_id": fetched.media_id,
    }
