"""The known-identity guard: the last look at every record that leaves for an insurer, on its final bytes."""

from bowchat_masker.guard.clearance import (
    Cleared,
    Draft,
    Inspect,
    NotMintedError,
    clear,
    clear_minted,
    inspect,
    written_by_people,
)
from bowchat_masker.guard.search import NOBODY, Clue, Watch, search, watch_for

__all__ = [
    "NOBODY",
    "Cleared",
    "Clue",
    "Draft",
    "Inspect",
    "NotMintedError",
    "Watch",
    "clear",
    "clear_minted",
    "inspect",
    "search",
    "watch_for",
    "written_by_people",
]
