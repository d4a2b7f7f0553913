"""What an insurer may have of a cleaned file. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masker.guard import Watch, search
from bowchat_masker.media.results import Cleaned, CleaningResult, Reason, Uncleanable
from bowchat_masker.model import GuardReason
from bowchat_masking import MaskedText

Mask = Callable[..., tuple[MaskedText, ...]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ready` has a copy to serve. `held` has one where a person may release it as it is."""

    state: Literal["ready", "held", "blocked"]
    copy: Cleaned | None = None
    reason: Reason | None = None
    """Why it is not ready; for people."""

    @property
    def raised(self) -> GuardReason:
        """The reason of a hold, as the guard's alarm names it."""
        if self.reason == "known_identity":
            return "known_identity"
        return "unreadable_media" if self.reason == "unreadable" else "media_doubt"


def judge(result: CleaningResult, policy: MaskingPolicy, watch: Watch | None, mask: Mask) -> Verdict:
    """What becomes of a file. An error of the search or the masking is a doubt, too: whoever calls holds the file.

    A text is masked; a text that is part of a drawn page cannot be, so that a page with anything to mask is held. What
    nobody can read follows the agreement.
    """
    if isinstance(result, Uncleanable):
        final = result.reason == "contact_card" or policy.unreadable_media == "block"
        return Verdict("blocked" if final else "held", reason=result.reason)
    if watch is None:
        return Verdict("held", reason="masking_failed")
    copy, found = _masked(result, policy, mask)
    said = "\n".join(copy.texts)
    if search(said, said, watch):
        return Verdict("held", reason="known_identity")
    if found and copy.mime != "text/plain":
        return Verdict("held", copy, "personal_data")
    return Verdict("ready", copy) if copy.readable else _unreadable(copy, policy)


def _masked(result: Cleaned, policy: MaskingPolicy, mask: Mask) -> tuple[Cleaned, bool]:
    if not result.texts:
        return result, False
    texts = mask(list(result.texts), policy)
    found = any(each.findings for each in texts)
    if result.mime != "text/plain":
        return result, found
    shown = tuple(each.text for each in texts)
    return replace(result, data="".join(shown).encode(), texts=shown), found


def _unreadable(copy: Cleaned, policy: MaskingPolicy) -> Verdict:
    if policy.unreadable_media == "block":
        return Verdict("blocked", reason="unreadable")
    if policy.unreadable_media == "pass":
        return Verdict("ready", copy)
    return Verdict("held", copy, "unreadable")
