"""E-mail addresses, also with "at" and "dot" in words."""

import re
from collections.abc import Iterator

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masker.detect.canonical import Canonical
from bowchat_masker.detect.hits import Hit

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


def mails(view: Canonical, _: MaskingPolicy) -> Iterator[Hit]:
    if not _MAY_HOLD_EMAIL.search(view.text):
        return
    for match in _EMAIL.finditer(view.text):
        yield Hit("email", *match.span(), value=_value(match[0]))


def _value(text: str) -> str:
    plain = re.sub(r"\s+dot\s+|[(\[{<]\s?dot\s?[)\]}>]", ".", text.casefold())
    return re.sub(r"\s", "", re.sub(r"\s+at\s+|[(\[{<]\s?at\s?[)\]}>]", "@", plain))
