"""Numbers that states give to people and businesses: PAN, Aadhaar, GSTIN, passports, and some of other countries.

Each is told by its shape and its check digit. Where there is no check digit, or it is wrong, a word that names the
number has to stand before it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking import checksums
from bowchat_masking.canonical import Canonical, small
from bowchat_masking.cues import is_called_reference
from bowchat_masking.digits import (
    Group,
    few_digits,
    figures,
    found_at,
    found_near,
    fours,
    near_digits,
    nearby,
    windows,
)
from bowchat_masking.hits import Hit
from bowchat_masking.phrases import said, words
from bowchat_masking.spelling import read_out

_A, _END = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
_PAN = re.compile(rf"{_A}[A-Z]{{3}}[ABCFGHJLPT][A-Z]([ -]?)[0-9]{{4}}\1[A-Z]{_END}", re.IGNORECASE)
_PAN_NAMED = re.compile(rf"{_A}(?:[A-Z][ ./\n-]?){{5}}(?:[0-9OILSB][ ./\n-]?){{4}}[A-Z]{_END}", re.IGNORECASE)
_PAN_CUE = re.compile(r"(?<![a-z\[])pan(?:card)?(?![a-z])|permanent account n|पैन", re.IGNORECASE)
_PAN_SAID = words("pan pancard permanent")
_PAN_WORDS = ("pan", "permanent account n", "पैन")
_GSTIN = re.compile(
    rf"{_A}(?:[0-3][0-9]"
    rf"|9[79])[ -]?[A-Z]{{5}}[ -]?[0-9]{{4}}[ -]?[A-Z][ -]?[1-9A-Z][ -]?Z[ -]?[0-9A-Z]{_END}",
    re.IGNORECASE,
)
_GSTIN_CUE = re.compile(r"(?<![a-z\[])gst|जीएसटी", re.IGNORECASE)
_PASSPORT_CUE = re.compile(
    r"(?<![\w\[])(?:pas{1,2}port|passprt|pass port|passeport|pasaporte|ppt|pp (?:no|num|number))|पासपोर्ट",
    re.IGNORECASE,
)
_PASSPORT = re.compile(
    rf"{_A}(?:[A-Z]{{1,3}}[ -]?|[A-Za-z]{{1,3}})?(?:[0-9]{{6,9}}|[0-9]{{2}} [0-9]{{5}}"
    rf"|[0-9]{{3}} [0-9]{{3}} [0-9]{{3}}){_END}"
)
_PASSPORT_AFTER = re.compile(
    rf"{_A}([A-Z]{{1,3}}[0-9]{{6,8}})[ ,.:-]{{1,3}}(?:is )?(?:my |the )?(?:passport|pasaporte)", re.IGNORECASE
)
_AADHAAR_CUE = re.compile(
    r"(?<![a-z\[])(?:aadhaa?r|aadh?ar|adhaa?r|adhar|uidai|uid(?![a-z]))|आधार", re.IGNORECASE
)
_NINO = re.compile(
    rf"{_A}(?!BG|GB|KN|NK|NT|TN"
    rf"|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]([ -]?)[0-9]{{2}}\1[0-9]{{2}}\1[0-9]{{2}}\1[A-D]{_END}",
    re.IGNORECASE,
)
_SSN = re.compile(r"(?<![\w-])(?!000|666|9)[0-9]{3}([ .-]?)(?!00)[0-9]{2}\1(?!0000)[0-9]{4}(?![\w-])")
_SSN_CUE = re.compile(r"(?<![a-z\[])(?:ssn|social security|itin)", re.IGNORECASE)
_NAMED = (
    # The letters of a real number are never QQ, but those of a mistyped one may be any.
    (
        re.compile(rf"{_A}[A-Z][ ]?[A-Z][ -]?(?:[0-9][ -]?){{6}}[A-D]{_END}", re.IGNORECASE),
        re.compile(r"(?<![a-z\[])(?:nino|national insurance|ni(?: (?:no|num|is|#)|\s?:))", re.IGNORECASE),
        ("nino", "national insurance", "ni ", "ni:"),
    ),
    (
        re.compile(rf"{_A}[A-Z]{{3}}[ -]?[0-9]{{7}}{_END}", re.IGNORECASE),
        re.compile(r"(?<![a-z\[])(?:voter|epic)(?![a-z])|मतदाता|वोटर", re.IGNORECASE),
        ("voter", "epic", "मतदाता", "वोटर"),
    ),
)
_DNI = re.compile(rf"{_A}(?:[0-9]{{8}}|[XYZ][ -]?[0-9]{{7}})[ -]?([A-Z]){_END}", re.IGNORECASE)
_DNI_DOTTED = re.compile(rf"{_A}[0-9]{{2}}\.[0-9]{{3}}\.[0-9]{{3}}[ -]?[A-Z]{_END}", re.IGNORECASE)
_DNI_CUE = re.compile(r"(?<![a-z\[])(?:dni|nie|nif)(?![a-z])", re.IGNORECASE)
_EMIRATES = re.compile(r"(?<![\w-])784([ -]?)(?:19|20)[0-9]{2}\1[0-9]{7}\1[0-9](?![\w-])")
# How each of them has to go on from its digits. These begin with a plain set of characters, which is found fast; where
# none stands the pattern itself need not be tried.
_LETTER_AFTER = re.compile(rf"[ -]?[A-Za-z](?:{_END}|[ -]?[1-9A-Za-z][ -]?[Zz])")
_FEWEST_BEFORE_LETTER = 2
_PASSPORT_WORDS = (
    "passport",
    "pasport",
    "passprt",
    "pass port",
    "passeport",
    "pasaporte",
    "ppt",
    "pp no",
    "pp num",
    "पासपोर्ट",
)
_NAMING = 40
"""How many characters before a number its name may begin."""
_PASSPORT_REACH = 48
_REACH = 30
"""How far from its first digits a number with letters begins or ends."""
_PAN_DIGITS = 4
# Mexico's: letters, a day, and what keeps two people of one day apart.
_CURP = re.compile(rf"{_A}[A-Z]{{4}}[0-9]{{6}}[HMX][A-Z]{{5}}[A-Z0-9][0-9]{_END}", re.IGNORECASE)
_RFC = re.compile(rf"{_A}[A-ZÑ&]{{3,4}}[ -]?[0-9]{{6}}[ -]?[A-Z0-9]{{3}}{_END}", re.IGNORECASE)
_MEXICAN_WORDS = words("rfc curp")
_RFC_CUE = re.compile(r"(?<![a-z\[])(?:rfc|curp)(?![a-z])", re.IGNORECASE)
_NINO_DIGITS = frozenset([2, 6])
_DNI_DIGITS = frozenset([3, 7, 8])
_AADHAAR_LENGTH, _AADHAAR_FOURS = 12, 3
# It is no part of a longer row of fours.
_FOUR_BEFORE, _FIVE = re.compile(r"[0-9]{4}[ -]\Z"), 5
_LONE_DIGIT = 1


def identifiers(view: Canonical, _: MaskingPolicy) -> Iterator[Hit]:
    text = view.text
    if few_digits(text):
        if said(text).any_of(_PAN_SAID) or "पैन" in text:
            yield from _named_pans(text)
        return
    lengths = _before_letters(text)
    if _PAN_DIGITS in lengths:
        yield from _gstins(text)
        yield from _pans(text)
    yield from _named_pans(text)
    yield from _aadhaars(text)
    yield from _passports(text)
    yield from _emirates(text)
    yield from _mexican(text)
    yield from _national(text, lengths)


def _before_letters(text: str) -> set[int]:
    """How many figures stand together before each single letter, as at the end of a PAN, a GSTIN, a NINO, a DNI."""
    return {
        end - start
        for start, end in figures(text)
        if end - start >= _FEWEST_BEFORE_LETTER and _LETTER_AFTER.match(text, end)
    }


def _near_digits(text: str) -> Sequence[tuple[int, int]]:
    return near_digits(text, _REACH, _REACH)


def _gstins(text: str) -> Iterator[Hit]:
    for match in found_at(_GSTIN, text, (0,), (2,)):
        code = _compact(match[0])
        if checksums.gstin(code) or nearby(_GSTIN_CUE, text, match.start(), _NAMING):
            yield Hit("gstin", *match.span(), code)


def _pans(text: str) -> Iterator[Hit]:
    for match in found_at(_PAN, text, (6, 5), (4,)):
        if not match[1] or nearby(_PAN_CUE, text, match.start(), _NAMING):
            yield Hit("pan", *match.span(), _compact(match[0]))


def _named_pans(text: str) -> Iterator[Hit]:
    """A PAN beside its name: as it is typed, or as it is read out."""
    if not _said(text, _PAN_WORDS) or not _PAN_CUE.search(text):
        return
    found = False
    for match in found_near(_PAN_NAMED, text, _near_digits(text)):
        if any(map(str.isdigit, match[0])) and _around(_PAN_CUE, text, match):
            found = True
            yield Hit("pan", *match.span(), _compact(match[0]))
    if not found:
        read = read_out(text)
        for match in found_near(_PAN_NAMED, read.text, _near_digits(read.text)):
            if any(map(str.isdigit, match[0])) and _around(_PAN_CUE, read.text, match):
                yield Hit("pan", *read.span(*match.span()), _compact(match[0]))


def _aadhaars(text: str) -> Iterator[Hit]:
    named = _said(text, ("aadh", "adh", "uid", "आधार")) and _AADHAAR_CUE.search(text) is not None
    told = fours(text, _AADHAAR_FOURS) if named else ()
    for groups in (*windows(text, lengths=(_AADHAAR_LENGTH,)), *told):
        digits = "".join(each.digits for each in groups)
        start, end = groups[0].start, groups[-1].end
        if (named and nearby(_AADHAAR_CUE, text, start, _NAMING)) or _is_aadhaar(text, groups, digits):
            yield Hit("aadhaar", start, end, digits)


def _is_aadhaar(text: str, groups: list[Group], digits: str) -> bool:
    """Without its name: the check digit, the usual grouping, and no word or sign that makes it something else."""
    start, end = groups[0].start, groups[-1].end
    if digits[0] in "01" or (digits[:2] == "91" and digits[2] in "6789" and len(groups) == 1):
        return False
    if (start and (text[start - 1].isalnum() or text[start - 1] in "+-/")) or text[end : end + 1].isalnum():
        return False
    if is_called_reference(text, start) or _FOUR_BEFORE.search(text, max(0, start - _FIVE), start):
        return False
    lengths = {len(each.digits) for each in groups}
    return lengths in ({4}, {_AADHAAR_LENGTH}, {_LONE_DIGIT}) and checksums.verhoeff(digits)


def _passports(text: str) -> Iterator[Hit]:
    for cue in _PASSPORT_CUE.finditer(text) if _said(text, _PASSPORT_WORDS) else ():
        if match := _PASSPORT.search(text, cue.end(), min(len(text), cue.end() + _PASSPORT_REACH)):
            yield Hit("passport", *match.span(), _compact(match[0]))
    for match in (
        found_near(_PASSPORT_AFTER, text, _near_digits(text)) if _said(text, _PASSPORT_WORDS) else ()
    ):
        yield Hit("passport", *match.span(1), _compact(match[1]))


def _national(text: str, lengths: set[int]) -> Iterator[Hit]:
    """`lengths`: how many figures stand together before each single letter."""
    for match in found_at(_NINO, text, (3, 2), _NINO_DIGITS) if not lengths.isdisjoint(_NINO_DIGITS) else ():
        yield Hit("national_id", *match.span(), _compact(match[0]))
    for pattern, cue, names in _NAMED:
        for match in found_near(pattern, text, _near_digits(text)) if _said(text, names) else ():
            if nearby(cue, text, match.start(), _NAMING):
                yield Hit("national_id", *match.span(), _compact(match[0]))
    for match in found_at(_SSN, text, (0,), (3, 9)):
        if match[1] == "-" or nearby(_SSN_CUE, text, match.start(), _NAMING):
            yield Hit("national_id", *match.span(), _compact(match[0]))
    if lengths.isdisjoint(_DNI_DIGITS):
        return
    for match in (*found_at(_DNI, text, (2, 1, 0), (7, 8)), *found_at(_DNI_DOTTED, text, (0,), (2,))):
        code = _compact(match[0])
        if checksums.dni(code) or nearby(_DNI_CUE, text, match.start(), _NAMING):
            yield Hit("national_id", *match.span(), code)


def _mexican(text: str) -> Iterator[Hit]:
    if not said(text).any_of(_MEXICAN_WORDS):
        return
    for match in (*found_at(_CURP, text, (4,), (6,)), *found_at(_RFC, text, (5, 4, 3), (6, 7, 8, 9))):
        if nearby(_RFC_CUE, text, match.start(), _NAMING):
            yield Hit("national_id", *match.span(), _compact(match[0]))


def _emirates(text: str) -> Iterator[Hit]:
    for match in found_at(_EMIRATES, text, (0,), (3, 15)) if "784" in text else ():
        yield Hit("national_id", *match.span(), _compact(match[0]))


def _said(text: str, names: Iterable[str]) -> bool:
    """Whether any of the names may occur: tells fast where a cue need not be looked for."""
    lowered = small(text)
    return any(map(lowered.__contains__, names))


def _around(cue: re.Pattern[str], text: str, match: re.Match[str]) -> bool:
    return (
        cue.search(text, max(0, match.start() - _NAMING), min(len(text), match.end() + _NAMING)) is not None
    )


def _compact(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()
