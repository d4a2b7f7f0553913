"""What leaves for an insurer: every identifier, key, header and time in it is minted here, for this insurer alone."""

import hmac
from datetime import UTC, datetime
from functools import lru_cache, partial

from bowchat_contracts.envelope import Event, Meta
from bowchat_contracts.ids import keyed_id
from bowchat_contracts.topics import INSURER_MESSAGES
from bowchat_masker.guard import Cleared, Draft
from bowchat_runtime.records import Outgoing

_SOURCE = "/bowchat"
_HEX_LETTERS = bytes(b"abcdef"[byte % 6] for byte in range(256))


class Mint:
    """Identifiers under the mint key: the same input gives the same, and without the key no two can be joined."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        # Every message of a conversation asks for its thread again, more than once.
        self._thread_ids = lru_cache(maxsize=16_384)(partial(keyed_id, "th", key))

    def message_id(self, insurer: str, message_id: str) -> str:
        return keyed_id("im", self._key, insurer, message_id)

    def media_id(self, insurer: str, message_id: str) -> str:
        return keyed_id("md", self._key, insurer, message_id)

    def thread_id(self, insurer: str, conversation_id: str) -> str:
        return self._thread_ids(insurer, conversation_id)

    def media_key(self, insurer: str, media_id: str) -> bytes:
        """What locks the cleaned copy of a file, and is the secret in the link to it."""
        return hmac.digest(self._key, f"media|{insurer}|{media_id}".encode(), "sha256")

    def reveal_id(self, insurer: str, command_id: str) -> str:
        return keyed_id("rv", self._key, insurer, command_id)

    def button_id(self, reveal_id: str, answer: str) -> str:
        """What a tap brings back. Nobody without the key can make one up."""
        return keyed_id("bt", self._key, reveal_id, answer)

    def option_id(self, reply_key: str, thread_id: str) -> str:
        """What a tap brings back that says which thread a reply is for. Nobody without the key can make one up."""
        return keyed_id("op", self._key, reply_key, thread_id)

    def recipient_ref(self, contact_id: str) -> str:
        """One lane per person for everything that is sent to them, however their identity flips."""
        return keyed_id("rf", self._key, contact_id)

    def content(self, *parts: str) -> str:
        """Tells whether two contents are the same, and reveals neither."""
        return keyed_id("sm", self._key, *parts)

    def draft(self, insurer: str, key: str, event: Event, *, subject_id: str, time: datetime) -> Draft:
        """The event as this insurer's record. `subject_id` is what it follows from, inside the relay."""
        meta = Meta(
            id=keyed_id("ev", self._key, insurer, event.type, subject_id),
            type=event.type,
            source=_SOURCE,
            time=whole_second(time),
            traceparent=self._trace(insurer, subject_id),
        )
        return Draft(insurer, key, event, meta, event.model_dump_json().encode())

    def _trace(self, insurer: str, subject_id: str) -> str:
        """A trace of this insurer's own. Hex letters only, so that no trace holds, or seems to hold, a number."""
        digest = hmac.digest(self._key, f"trace|{insurer}|{subject_id}".encode(), "sha384")
        letters = digest.translate(_HEX_LETTERS).decode()
        return f"00-{letters[:32]}-{letters[32:]}-01"


def leave(cleared: Cleared) -> Outgoing:
    """The record to publish: the very bytes that the guard has looked at. Nothing else writes to an insurer's topic."""
    draft = cleared.draft
    topic = INSURER_MESSAGES.format(insurer=draft.insurer)
    return Outgoing(topic, draft.key, draft.event, draft.meta, value=draft.value, whole_seconds=True)


def whole_second(moment: datetime) -> datetime:
    """Cut to the second: a finer time could be matched between insurers."""
    return moment.astimezone(UTC).replace(microsecond=0)
