"""The detectors, one after another, and typed stable placeholders where they found something.

Recall is measured, not promised; the known-identity guard stands behind this. Detection is repeated on its own result
until it finds nothing more, so masking twice changes nothing.
"""

from collections.abc import Sequence

from bowchat_contracts.insurer_content import Masked
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking.addresses import addresses
from bowchat_masking.banking import banking
from bowchat_masking.canonical import Canonical, canonicalise, rewritten
from bowchat_masking.encoded import encoded
from bowchat_masking.frames import unframed, unlisted
from bowchat_masking.handles import handles
from bowchat_masking.hits import BLANK, Detector, Finding, Hit, MaskedText, MaskingError, joined
from bowchat_masking.identifiers import identifiers
from bowchat_masking.links import links
from bowchat_masking.mail import mails
from bowchat_masking.names import names
from bowchat_masking.numbers import numbers
from bowchat_masking.placeholders import Names
from bowchat_masking.upi import upi_ids
from bowchat_masking.validity import is_mobile

DETECTORS: tuple[Detector, ...] = (
    links, mails, upi_ids, handles, encoded, banking, identifiers, addresses, names, numbers,
)  # fmt: skip
"""In order of precedence: what one found is blank to those after it. Numbers come last, for they take all digits."""

MOST_CHARACTERS = 16_384
"""Four times what WhatsApp lets a person write in one message."""
MOST_FINDINGS = 1_000
_MOST_PASSES = 8


def mask(texts: Sequence[str], policy: MaskingPolicy) -> tuple[MaskedText, ...]:
    """The texts of one message, masked. The same value has the same placeholder in all of them.

    Errors: `MaskingError` for more than `MOST_CHARACTERS` or more findings than a person would type.
    """
    if sum(map(len, texts)) > MOST_CHARACTERS:
        raise MaskingError("the text is longer than people write")
    views = [canonicalise(text) for text in texts]
    found = [_spans(view, policy) for view in views]
    if sum(map(len, found)) > MOST_FINDINGS:
        raise MaskingError("the text holds more than a person would type")
    if not any(found):
        return tuple(MaskedText(text, ()) for text in texts)
    names = Names(view.text for view in views)
    return tuple(_replaced(text, hits, names) for text, hits in zip(texts, found, strict=True))


def masked(texts: Sequence[MaskedText]) -> tuple[Masked, ...]:
    """What the placeholders of these texts stand for, each once, in order."""
    seen = {each.placeholder: each.type for text in texts for each in text.findings}
    return tuple(Masked(placeholder=name, type=type_) for name, type_ in seen.items())


def _spans(view: Canonical, policy: MaskingPolicy) -> list[Hit]:
    """Every hit, in places of the original, in order."""
    hits: list[Hit] = []
    new = _seen(view, policy)
    for _ in range(_MOST_PASSES):
        if not new:
            return _disjoint(hits)
        hits += [_in_original(view, each) for each in new]
        view = _substituted(view, new)
        new = _seen(view, policy)
    raise MaskingError("the text does not come to rest under masking")


def _disjoint(hits: list[Hit]) -> list[Hit]:
    """The hits of all passes in order. One that reaches across what an earlier pass found takes it in."""
    done: list[Hit] = []
    for hit in sorted(hits, key=lambda each: each.start):
        if done and hit.start < done[-1].end:
            last = done[-1]
            done[-1] = last._replace(end=max(last.end, hit.end), value=f"{last.value} {hit.value}")
        else:
            done.append(hit)
    return done


def _in_original(view: Canonical, hit: Hit) -> Hit:
    start, end = view.span(hit.start, hit.end)
    return Hit(hit.type, start, end, hit.value or view.text[hit.start : hit.end].casefold())


def _seen(view: Canonical, policy: MaskingPolicy) -> list[Hit]:
    """What is found in the text without its frames, or else as it stands, or else without its list's marks: there a mobile
    number alone, for sums are listed, too.
    """
    if (read := unframed(view)) is not None and (new := _detect(read, policy)):
        return _placed(read, new)
    if new := _detect(view, policy):
        return new
    if (read := unlisted(view)) is None:
        return []
    return _placed(read, [hit for hit in numbers(read, policy) if is_mobile(hit.value, policy.regions)])


def _placed(read: Canonical, hits: list[Hit]) -> list[Hit]:
    """The hits in the text that was read otherwise."""
    spans = [read.span(hit.start, hit.end) for hit in hits]
    return [hit._replace(start=start, end=end) for hit, (start, end) in zip(hits, spans, strict=True)]


def _detect(view: Canonical, policy: MaskingPolicy) -> list[Hit]:
    hits: list[Hit] = []
    for detector in DETECTORS:
        if new := list(detector(view, policy)):
            found = joined(_whole(view, hit) for hit in new)
            hits += found
            view = view._replace(text=_blanked(view.text, found))
    return sorted(hits, key=lambda hit: hit.start)


def _whole(view: Canonical, hit: Hit) -> Hit:
    """The hit, widened to whole characters of the original: a fraction or ligature folds to several."""
    start, end = hit.start, hit.end
    while start > 0 and view.starts[start - 1] == view.starts[start]:
        start -= 1
    while end < len(view.starts) and view.starts[end] == view.starts[end - 1]:
        end += 1
    return hit._replace(start=start, end=end)


def _blanked(text: str, hits: list[Hit]) -> str:
    for hit in hits:
        text = text[: hit.start] + BLANK * (hit.end - hit.start) + text[hit.end :]
    return text


def _substituted(view: Canonical, hits: list[Hit]) -> Canonical:
    """The view after the hits were masked; places still refer to the original."""
    return rewritten(view, [(hit.start, hit.end, f"[{hit.type}-1]") for hit in hits])


def _replaced(text: str, hits: list[Hit], names: Names) -> MaskedText:
    parts: list[str] = []
    findings: list[Finding] = []
    at = 0
    for hit in hits:
        name = names.of(hit.type, hit.value)
        parts += [text[at : hit.start], name]
        findings.append(Finding(hit.type, hit.start, hit.end, name))
        at = hit.end
    return MaskedText("".join([*parts, text[at:]]), tuple(findings))
