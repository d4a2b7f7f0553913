"""What cleaning comes to."""

from dataclasses import dataclass
from typing import Literal, get_args

CleanMime = Literal[
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "application/pdf",
    "text/plain",
    "audio/ogg",
    "video/mp4",
]
"""What a cleaned file can be: the closed list that an insurer is ever served."""

EXTENSIONS: dict[CleanMime, str] = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "application/pdf": "pdf",
    "text/plain": "txt",
    "audio/ogg": "ogg",
    "video/mp4": "mp4",
}

Reason = Literal[
    "unsupported", "contact_card", "broken", "encrypted", "too_large", "too_long", "timed_out", "crashed", "personal_data",
    "unreadable", "original_missing", "masking_failed", "known_identity",
]  # fmt: skip
"""Why a file was not passed on; for people and metrics, never for the insurer."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A file without anything that its format keeps beside its content."""

    data: bytes
    mime: CleanMime
    readable: bool
    """Everything that it shows stands in `texts`. Pixels, voices and drawn letters do not."""
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Uncleanable:
    """No cleaned copy could be made."""

    reason: Reason


CleaningResult = Cleaned | Uncleanable
REASONS: frozenset[str] = frozenset(get_args(Reason))


class UncleanableError(Exception):
    """Cleaning gives up."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
