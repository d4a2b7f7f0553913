"""What of a reply's text may reach a policyholder: the insurer's own ways around the relay, by the agreement's policy. Pure.

Contact details are looked for with the detectors of the way in, and every link counts, since here even a public page may
be a form that asks for a number. Hosts that the agreement names may stand, with their subdomains.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, get_args
from urllib.parse import urlsplit

from bowchat_contracts.insurer import RefusalReason, RemovedPart
from bowchat_contracts.insurer_content import Placeholder
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masker.bubbles import across
from bowchat_masker.guard.pieces import is_part
from bowchat_masker.model import GuardReason
from bowchat_masker.solicitation import solicits
from bowchat_masking import MaskingError, mask

_PARTS: Mapping[Placeholder, RemovedPart] = {
    "phone": "phone",
    "email": "email",
    "link": "link",
    "handle": "handle",
    "upi": "payment",
    "account": "payment",
    "iban": "payment",
    "card": "payment",
    "aadhaar": "number",
    "national_id": "number",
}
"""What else the detectors find (a name, the address of a garage) is a reply's meaning."""

SHOWN: Mapping[RemovedPart, str] = {
    "phone": "[phone number removed]",
    "email": "[e-mail address removed]",
    "link": "[link removed]",
    "handle": "[account name removed]",
    "payment": "[payment details removed]",
    "number": "[number removed]",
}
"""What the policyholder reads in its place."""

CHANGED = (
    "Contact and payment details were taken out before the policyholder got it. The policyholder talks to you here: "
    "say it here. The hosts that links may name are in your agreement."
)
"""What the insurer reads of a reply that was changed."""

_LINK = re.compile(
    r"(?<![\w@.-])(?:[a-z][a-z0-9+]{1,11}://[^\s<>\"]{1,2048}|www\.[^\s<>\"]{1,2048}"
    r"|(?:[\w-]{1,63}\.){1,5}[a-z]{2,24}(?::[0-9]{1,5})?/[^\s<>\"]{1,2048}"
    r"|(?:[\w-]{1,63}\.){1,5}(?:com|net|org|info|biz|app|dev|io|xyz|site|online|shop|insurance|co\.in|co\.uk|org\.in|com\.[a-z]{2})"
    r"(?![\w@-]|\.\w))",
    re.IGNORECASE,
)
_AS_ONE_SENTENCE = 2
"""So many texts before go on in the next: "call", "me"."""
_TRAILING = ".,;:!?)]}'\"*_"


class Cut(NamedTuple):
    start: int
    end: int
    part: RemovedPart


@dataclass(frozen=True, slots=True)
class Read:
    """A reply's text, looked through."""

    text: str
    """As the policyholder may get it."""
    removed: tuple[RemovedPart, ...] = ()
    held: GuardReason | None = None
    refused: RefusalReason | None = None
    noticed: tuple[GuardReason, ...] = ()
    """What was found, whatever becomes of it."""


def read(text: str, policy: MaskingPolicy) -> Read:
    """What becomes of a reply's text. One that cannot be looked through is held."""
    asks = solicits(text)
    if asks and policy.solicitation == "refuse":
        return Read(text, refused="solicitation", noticed=("solicitation",))
    try:
        cuts = contact_details(text, policy)
    except MaskingError:
        return Read(text, held="masking_failed")
    noticed: tuple[GuardReason, ...] = (
        *(("solicitation",) if asks else ()),
        *(("contact_details",) if cuts else ()),
    )
    if asks and policy.solicitation == "hold":
        return Read(text, held="solicitation", noticed=noticed)
    if cuts and policy.contact_details == "hold":
        return Read(text, held="contact_details", noticed=noticed)
    if cuts and policy.contact_details == "redact":
        return Read(without(text, cuts), removed(cuts), noticed=noticed)
    return Read(text, noticed=noticed)


def read_beside(before: Sequence[str], text: str, policy: MaskingPolicy) -> GuardReason | None:
    """What holds a text that may go by itself, because of those that the policyholder has before their eyes.

    Errors: `MaskingError`.
    """
    if not before:
        return None
    if policy.solicitation != "allow":
        together = " ".join([*before[-_AS_ONE_SENTENCE:], text])
        if solicits(together) and not solicits(text):
            return "solicitation"
    if policy.contact_details == "allow":
        return None
    parts = filter(is_part, before)
    *shown, rest = (_without_allowed_links(each, policy) for each in (*parts, text))
    found = across(shown, rest, policy, mask)
    return "contact_details" if any(each.type in _PARTS for each in found) else None


def redacted(text: str, policy: MaskingPolicy) -> str:
    """The text without contact details.

    Errors: `MaskingError`.
    """
    return without(text, contact_details(text, policy))


def contact_details(text: str, policy: MaskingPolicy) -> list[Cut]:
    """The stretches that would lead around the relay, in order, apart from each other.

    Errors: `MaskingError`.
    """
    allowed = _allowed_links(text, policy)
    cuts = [Cut(*each, "link") for each in _links(text) if each not in allowed]
    (seen,) = mask([_lettered(text, allowed)], policy)
    cuts += [Cut(each.start, each.end, _PARTS[each.type]) for each in seen.findings if each.type in _PARTS]
    return _apart(cuts)


def _without_allowed_links(text: str, policy: MaskingPolicy) -> str:
    return _lettered(text, _allowed_links(text, policy))


def _allowed_links(text: str, policy: MaskingPolicy) -> list[tuple[int, int]]:
    return [each for each in _links(text) if _is_allowed(text[slice(*each)], policy.link_hosts)]


def _lettered(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Letters in place of these, so that nothing is found in them and all places stay."""
    for start, end in spans:
        text = text[:start] + "x" * (end - start) + text[end:]
    return text


def without(text: str, cuts: Sequence[Cut]) -> str:
    parts, at = list[str](), 0
    for cut in cuts:
        parts += [text[at : cut.start], SHOWN[cut.part]]
        at = cut.end
    return "".join([*parts, text[at:]])


def removed(cuts: Sequence[Cut]) -> tuple[RemovedPart, ...]:
    found = {each.part for each in cuts}
    return tuple(part for part in get_args(RemovedPart) if part in found)


def _links(text: str) -> Iterator[tuple[int, int]]:
    for match in _LINK.finditer(text):
        yield match.start(), match.start() + len(match[0].rstrip(_TRAILING))


def _is_allowed(link: str, hosts: Sequence[str]) -> bool:
    """Whether a link's host, as a browser would read it, is one of these or beneath one. Where in doubt, no."""
    if not link.isascii() or "\\" in link:
        return False
    try:
        parsed = urlsplit(link if "://" in link else f"https://{link}")
        host = (parsed.hostname or "").rstrip(".")
    except ValueError:
        return False
    if parsed.scheme not in ("http", "https") or parsed.username is not None:
        return False
    return any(host == each or host.endswith(f".{each}") for each in hosts)


def _apart(cuts: list[Cut]) -> list[Cut]:
    """Those that touch as one, named by the first."""
    done: list[Cut] = []
    for cut in sorted(cuts):
        if done and cut.start < done[-1].end:
            done[-1] = done[-1]._replace(end=max(done[-1].end, cut.end))
        else:
            done.append(cut)
    return done
