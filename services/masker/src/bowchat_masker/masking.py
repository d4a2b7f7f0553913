"""Phone numbers and e-mail addresses in what people type, replaced by typed placeholders.

A number is told by a budget, not by validity: seven digits or more with three other characters or fewer between each
two are masked whatever they are, unless their shape says otherwise (`shapes`). A number that nobody could dial from
here is still somebody's number. Recall is measured, not promised; the known-identity guard stands behind this.

Detection is repeated on its own result until it finds nothing more, so masking twice changes nothing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import phonenumbers

from bowchat_contracts.insurer import Masked, Placeholder
from bowchat_masker.canonical import Canonical, canonicalise
from bowchat_masker.shapes import PLACEHOLDER, groups, innocent_spans

MOST_BYTES = 65_536
MOST_FINDINGS = 1_000
_MOST_PASSES = 8
_MOST_PLUSES = 50
_MATCHER_WINDOW = 40
_MOST_GROUPS = 300
# Ends a run of digits when four or more of it stand together.
_BLANK = "\0"

_RUN = re.compile(r"[0-9](?:[^0-9]{0,3}+[0-9]){6,}+")
_MOST_OPENING = 2

_LOCAL = r"(?<![\w.%+'-])[\w.%+'-]++(?:\s{1,2}dot\s{1,2}[\w%+'-]++){0,3}+"
_LABEL, _TOP = r"[\w-]{1,63}+", r"[^\W\d_]{2,24}+(?![\w-])"
_BRACKETED_AT = r"\s{0,2}[(\[{<]\s?(?:at|@)\s?[)\]}>]\s{0,2}"
_BRACKETED_DOT = r"\s{0,2}[(\[{<]\s?(?:dot|\.)\s?[)\]}>]\s{0,2}"
_DOT = rf"(?:\.|\s{{1,2}}\.\s{{1,2}}|\s{{1,2}}dot\s{{1,2}}|{_BRACKETED_DOT})"
_WORD_DOT = rf"(?:\s{{1,2}}dot\s{{1,2}}|{_BRACKETED_DOT})"
# "at" with a plain dot is ordinary speech ("I am at clinic.in"), except before a house that gives mailboxes.
_HOUSES = (
    r"(?:gmail|googlemail|yahoo|ymail|outlook|hotmail|live|icloud|rediffmail|proton|protonmail|aol|zoho|gmx)"
)
_EMAIL = re.compile(
    rf"{_LOCAL}(?:"
    rf"(?:\s{{0,3}}+@\s{{0,3}}+|{_BRACKETED_AT}){_LABEL}(?:{_DOT}{_LABEL}){{0,4}}{_DOT}{_TOP}"
    rf"|\s{{1,3}}+at\s{{1,3}}+(?:{_LABEL}{_WORD_DOT}(?:{_LABEL}{_DOT}){{0,3}}|{_HOUSES}{_DOT}){_TOP}"
    rf")",
    re.IGNORECASE,
)
_MAY_HOLD_EMAIL = re.compile(r"@|\bat\b", re.IGNORECASE)


class MaskingError(Exception):
    """A text cannot be masked with certainty; it is to be held."""


class Finding(NamedTuple):
    """One masked stretch of the original text: what it was, where it stood, what stands there now."""

    type: Placeholder
    start: int
    end: int
    placeholder: str


@dataclass(frozen=True, slots=True)
class MaskedText:
    text: str
    findings: tuple[Finding, ...]


class _Hit(NamedTuple):
    type: Placeholder
    start: int
    end: int


def mask(texts: Sequence[str], region: str) -> tuple[MaskedText, ...]:
    """The texts of one message, masked. The same value has the same placeholder in all of them.

    `region` (ISO 3166) says how a number without a country code is read.

    Errors: `MaskingError` for more than 64 kB or more findings than a person would type.
    """
    if sum(len(text.encode(errors="surrogatepass")) for text in texts) > MOST_BYTES:
        raise MaskingError("the text is longer than 64 kB")
    found = [_spans(text, region) for text in texts]
    if sum(map(len, found)) > MOST_FINDINGS:
        raise MaskingError("the text holds more numbers than a person would type")
    names = _Names(texts, region, single=sum(map(len, found)) == 1)
    return tuple(_replaced(text, hits, names) for text, hits in zip(texts, found, strict=True))


def masked(texts: Sequence[MaskedText]) -> tuple[Masked, ...]:
    """What the placeholders of these texts stand for, each once, in order."""
    seen = {each.placeholder: each.type for text in texts for each in text.findings}
    return tuple(Masked(placeholder=name, type=type_) for name, type_ in seen.items())


def _spans(text: str, region: str) -> list[_Hit]:
    """Every finding, in places of the original, in order."""
    view = canonicalise(text)
    hits: list[_Hit] = []
    new = _whole(view, _detect(view.text, region))
    for _ in range(_MOST_PASSES):
        if not new:
            return sorted(hits, key=lambda hit: hit.start)
        hits += [_Hit(each.type, *view.span(each.start, each.end)) for each in new]
        again = _detect(_substituted_text(view.text, new), region)
        if again:
            view = _substituted(view, new)
        new = _whole(view, again)
    raise MaskingError("the text does not come to rest under masking")


def _whole(view: Canonical, hits: list[_Hit]) -> list[_Hit]:
    """The hits, widened to whole characters of the original: a fraction or ligature folds to several."""
    return _joined([hit._replace(start=_first(view, hit.start), end=_last(view, hit.end)) for hit in hits])


def _first(view: Canonical, at: int) -> int:
    while at > 0 and view.starts[at - 1] == view.starts[at]:
        at -= 1
    return at


def _last(view: Canonical, end: int) -> int:
    while end < len(view.starts) and view.starts[end] == view.starts[end - 1]:
        end += 1
    return end


def _detect(text: str, region: str) -> list[_Hit]:
    mails = [_Hit("email", *match.span()) for match in _emails(text)]
    for mail in mails:
        text = text[: mail.start] + _BLANK * (mail.end - mail.start) + text[mail.end :]
    phones = _joined([*_runs(text, region), *_international(text, region)])
    return sorted(mails + phones, key=lambda hit: hit.start)


def _runs(text: str, region: str) -> Iterator[_Hit]:
    """Runs of digits over the budget, less what is innocent by its shape.

    Shapes are looked for inside a run only: most texts have none. A text with more groups of digits than people type
    gets no benefit of the doubt.
    """
    budget = _MOST_GROUPS
    for run in _RUN.finditer(text):
        start, end = run.span()
        budget -= groups(text, start, end)
        if budget < 0:
            yield _Hit("phone", _opened(text, start), end)
            continue
        rest = run[0]
        for first, last in innocent_spans(text, start, end, region):
            low, high = max(0, first - start), last - start
            rest = rest[:low] + _BLANK * (high - low) + rest[high:]
        for match in _RUN.finditer(rest):
            yield _Hit("phone", _opened(text, start + match.start()), start + match.end())


def _opened(text: str, start: int) -> int:
    """Where a number begins, with its plus sign and bracket."""
    lowest = max(0, start - _MOST_OPENING)
    while start > lowest and text[start - 1] in "+(":
        start -= 1
    return start


def _emails(text: str) -> Iterator[re.Match[str]]:
    return _EMAIL.finditer(text) if _MAY_HOLD_EMAIL.search(text) else iter(())


def _international(text: str, region: str) -> Iterator[_Hit]:
    """What phonenumbers is good at: numbers led by a plus, with their extension, however they are punctuated."""
    at = -1
    for _ in range(_MOST_PLUSES):
        at = text.find("+", at + 1)
        if at < 0:
            return
        window = PLACEHOLDER.sub(_blanked, text[at : at + _MATCHER_WINDOW])
        matcher = phonenumbers.PhoneNumberMatcher(window, region, phonenumbers.Leniency.POSSIBLE, max_tries=4)
        match = next(iter(matcher), None)
        if match is not None and match.start == 0:
            yield _Hit("phone", at, at + match.end)


def _blanked(match: re.Match[str]) -> str:
    return _BLANK * len(match[0])


def _joined(hits: list[_Hit]) -> list[_Hit]:
    """Overlapping hits become one."""
    joined: list[_Hit] = []
    for hit in sorted(hits, key=lambda each: each.start):
        if joined and hit.start < joined[-1].end:
            joined[-1] = joined[-1]._replace(end=max(hit.end, joined[-1].end))
        else:
            joined.append(hit)
    return joined


def _substituted_text(text: str, hits: list[_Hit]) -> str:
    parts: list[str] = []
    at = 0
    for hit in hits:
        parts += [text[at : hit.start], _stand_in(hit)]
        at = hit.end
    return "".join([*parts, text[at:]])


def _substituted(view: Canonical, hits: list[_Hit]) -> Canonical:
    """The view after the hits were masked; places still refer to the original. Rarely needed, and slow."""
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for hit in hits:
        start, end = view.span(hit.start, hit.end)
        length = len(_stand_in(hit))
        starts += [*view.starts[at : hit.start], *[start] * length]
        ends += [*view.ends[at : hit.start], *[end] * length]
        at = hit.end
    text = _substituted_text(view.text, hits)
    return Canonical(text, [*starts, *view.starts[at:]], [*ends, *view.ends[at:]])


def _stand_in(hit: _Hit) -> str:
    return f"[{hit.type}-1]"


def _replaced(text: str, hits: list[_Hit], names: "_Names") -> MaskedText:
    parts: list[str] = []
    findings: list[Finding] = []
    at = 0
    for hit in hits:
        name = names.of(hit.type, text[hit.start : hit.end])
        parts += [text[at : hit.start], name]
        findings.append(Finding(hit.type, hit.start, hit.end, name))
        at = hit.end
    return MaskedText("".join([*parts, text[at:]]), tuple(findings))


class _Names:
    """Hands out placeholders: the same for the same value, and none that somebody typed already."""

    def __init__(self, texts: Sequence[str], region: str, *, single: bool) -> None:
        self._region, self._single = region, single
        self._taken = {match[0] for text in texts for match in PLACEHOLDER.finditer(canonicalise(text).text)}
        self._names: dict[tuple[str, str], str] = {}
        self._next = {"phone": 1, "email": 1}

    def of(self, type_: Literal["phone", "email"], raw: str) -> str:
        value = "" if self._single else _value(type_, canonicalise(raw).text, self._region)
        key = (type_, value)
        if key not in self._names:
            self._names[key] = self._fresh(type_)
        return self._names[key]

    def _fresh(self, type_: Literal["phone", "email"]) -> str:
        while (name := f"[{type_}-{self._next[type_]}]") in self._taken:
            self._next[type_] += 1
        self._next[type_] += 1
        return name


def _value(type_: Literal["phone", "email"], text: str, region: str) -> str:
    """What tells one value from another however it is written."""
    if type_ == "email":
        plain = re.sub(r"\s+dot\s+|[(\[{<]\s?dot\s?[)\]}>]", ".", text.casefold())
        return re.sub(r"\s", "", re.sub(r"\s+at\s+|[(\[{<]\s?at\s?[)\]}>]", "@", plain))
    digits = re.sub(r"[^0-9]", "", text)
    try:
        number = phonenumbers.parse(("+" if text.lstrip("(").startswith("+") else "") + digits, region)
    except phonenumbers.NumberParseException:
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
