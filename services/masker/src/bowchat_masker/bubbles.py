"""Messages read one beneath the other, as whoever gets them reads them: what shows itself only so.

The detectors look at a message beside those before it, as they were shown. What they find across the two, or in the new one
because of what was said before it, is cut out of the new one: what went before is with the reader, and worth nothing alone.
Figures of two messages nearly always look like a number, so they count when words of a telephone stand by them, or when
they are a mobile number of the agreement's regions, to the digit, and no list of sums. Pure.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masker.guard.pieces import Cut, are_values
from bowchat_masker.guard.reading import digits_of, folded
from bowchat_masker.guard.search import words_of
from bowchat_masker.guard.words import heard
from bowchat_masking import Finding, MaskedText
from bowchat_masking.cues import is_called_figure, is_called_reference
from bowchat_masking.placeholders import PLACEHOLDER, Names
from bowchat_masking.saying import JOINING, speaks_of_telephone
from bowchat_masking.validity import is_mobile

Mask = Callable[[Sequence[str], MaskingPolicy], tuple[MaskedText, ...]]

_BETWEEN = "\n"
_MY_NUMBER = re.compile(r"\b(?:my|mera|meri|mi)\s(?:no|num|nr|nmbr)\b")
# "part 2:", "2)", "2/2": what the parts of something are counted with.
_LABEL = re.compile(r"\s*(?:[^\W\d_]{1,8}\s?)?[0-9](?:\s?[.:)\]-]|/[0-9]\b)\s?")
# A day, a time, a reading: no part of a number is written so.
_FRACTION = re.compile(r"[0-9]\s?[/:%]\s?[0-9]")
_FEWEST = 10
# Where the parts of a number of these countries end when people write it; any other country's end anywhere.
_AREA, _EXCHANGE = 3, 6
_NATIONAL = 10
_NORTH_AMERICA = frozenset({"US", "CA"})


def cuts(before: Sequence[str], leaves: Sequence[str], policy: MaskingPolicy, mask: Mask) -> tuple[Cut, ...]:
    """What of a message's texts, masked, has to be cut out beside what was shown before it, in order.

    Errors: `MaskingError`.
    """
    found: list[Cut] = []
    for at, leaf in enumerate(leaves):
        if leaf:
            beside = across(before, leaf, policy, mask)
            found += (Cut(at, each.start, each.end, each.type) for each in beside)
    return tuple(found)


def across(before: Sequence[str], text: str, policy: MaskingPolicy, mask: Mask) -> Iterator[Finding]:
    """What the detectors find in a masked text because of those before it, in its own places."""
    if not before:
        return
    together = _BETWEEN.join([*before, text])
    start = len(together) - len(text)
    (read,) = mask([together], policy)
    shown = [(start + each.start(), start + each.end()) for each in PLACEHOLDER.finditer(text)]
    for each in read.findings:
        if each.end <= start or any(each.start < end and begin < each.end for begin, end in shown):
            continue
        if each.type == "phone" and not _is_telephone(together, each, policy.regions):
            continue
        if each.type == "address" and not _is_address(together, each, start):
            continue
        begin, end = max(0, each.start - start), each.end - start
        if each.type == "phone":
            begin += _before_figures(text[begin:end])
        yield each._replace(start=begin, end=end)


def cutting(mask: Mask, found: Sequence[Cut]) -> Mask:
    """Masks the texts of a message, and cuts these out of what is left."""

    def masking(texts: Sequence[str], policy: MaskingPolicy) -> tuple[MaskedText, ...]:
        masked = mask(texts, policy)
        texts = [each.text for each in masked]
        names = _names(texts, found)
        more: list[list[Finding]] = [[] for _ in masked]
        for cut, name in zip(found, names, strict=True):
            more[cut.leaf].append(Finding(cut.type, cut.start, cut.end, name))
        left = _replaced(texts, found, names)
        return tuple(
            MaskedText(text, (*each.findings, *new))
            for text, each, new in zip(left, masked, more, strict=True)
        )

    return masking


def cut_out(leaves: Sequence[str], found: Sequence[Cut]) -> list[str]:
    """The texts with placeholders where these were."""
    return _replaced(leaves, found, _names(leaves, found))


def _names(leaves: Sequence[str], found: Sequence[Cut]) -> list[str]:
    """A placeholder for each, which stands in none of the texts yet."""
    names = Names(leaves)
    return [names.fresh(each.type) for each in found]


def _replaced(leaves: Sequence[str], found: Sequence[Cut], names: Sequence[str]) -> list[str]:
    left = list(leaves)
    for cut, name in reversed(list(zip(found, names, strict=True))):
        left[cut.leaf] = left[cut.leaf][: cut.start] + name + left[cut.leaf][cut.end :]
    return left


def _is_address(together: str, found: Finding, start: int) -> bool:
    """Whether a line goes on from the one before it, and says nothing else of its figures."""
    at = max(start, found.start)
    return together.count(_BETWEEN, found.start, start) <= 1 and not _is_called_otherwise(
        together, at, together[at : found.end]
    )


def _is_telephone(together: str, found: Finding, regions: Sequence[str]) -> bool:
    """Whether figures of several messages are a telephone's, not sums one after another."""
    begin = together.rfind(_BETWEEN, 0, found.start) + 1
    lines = together[found.start : found.end].split(_BETWEEN)
    parts = list(map(_said, lines))
    # Whoever tells the ends of a number says no other figures beside them.
    alone = not digits_of(_unlabelled(together[begin : found.start]) + together[found.end :])
    if _is_called_otherwise(together, found.end - len(lines[-1]), lines[-1]):
        return False
    if _speaks_of_telephone(together[_start_of_line_before(together, begin) : found.end]):
        return (len("".join(parts)) >= _FEWEST and alone) or _are_mobile(parts, regions)
    return alone and _are_halves(lines, parts, together[begin : found.end], regions)


def _are_halves(lines: Sequence[str], parts: list[str], said: str, regions: Sequence[str]) -> bool:
    """Whether figures that nobody calls anything are a mobile number, in parts: the digits of these lines."""
    unlabelled = list(map(_unlabelled, lines))
    bare = list(map(_said, unlabelled))
    if any(map(_FRACTION.search, unlabelled)) or are_values(parts) or are_values(bare):
        return False
    if JOINING.search(folded(said)):
        return any(_are_mobile(each, regions) for each in (parts, bare, bare[::-1]))
    return not _are_cut_oddly(parts, regions) and (_are_mobile(parts, regions) or _are_mobile(bare, regions))


def _is_called_otherwise(together: str, start: int, stretch: str) -> bool:
    """Whether the first figures from `start` on have a name of their own in their line: "zip 78701". With a nought before
    them they have none.
    """
    line = together[together.rfind(_BETWEEN, 0, start) + 1 :]
    at = start + _before_figures(stretch) - (len(together) - len(line))
    return not _said(stretch).startswith("0") and (
        is_called_figure(line, at) or is_called_reference(line, at)
    )


def _before_figures(text: str) -> int:
    """How much of it says only that figures follow: "and goes on"."""
    at = next((at for at, each in enumerate(text) if digits_of(each)), 0)
    return 0 if heard(text[:at], words_of(folded(text[:at]))) else at


def _start_of_line_before(together: str, at: int) -> int:
    return together.rfind(_BETWEEN, 0, max(0, at - 1)) + 1


def _speaks_of_telephone(text: str) -> bool:
    return speaks_of_telephone(text) or _MY_NUMBER.search(folded(text)) is not None


def _are_mobile(parts: Sequence[str], regions: Sequence[str]) -> bool:
    return is_mobile("".join(parts), regions)


def _unlabelled(line: str) -> str:
    return _LABEL.sub("", line)


def _said(line: str) -> str:
    """The digits of a line, in words or not."""
    return heard(line, words_of(folded(line))) or digits_of(line)


def _are_cut_oddly(parts: Sequence[str], regions: Sequence[str]) -> bool:
    """Whether, in North America alone, a part ends where no part of a number does."""
    if not set(regions) <= _NORTH_AMERICA:
        return False
    ends, at = set[int](), 0
    for each in parts[:-1]:
        at += len(each)
        ends.add(at)
    whole = at + len(parts[-1])
    return not ends & {whole - _NATIONAL + _AREA, whole - _NATIONAL + _EXCHANGE}
