# ruff: noqa: RUF001 - Arabic letters are meant
"""Street addresses, told with care: where an accident happened is what a desk has to know, where somebody lives is not.

A place is an address when people say that they live there, when it names a dwelling ("flat 4B, ..."), or when a street
with a number comes with its postcode. A city, a road or a pincode alone is none.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking.canonical import Canonical, small
from bowchat_masking.digits import figures, found_near, near_digits
from bowchat_masking.hits import Hit
from bowchat_masking.phrases import phrases, said, words
from bowchat_masking.spoken import INDIC

_UK_POSTCODE = r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][ABD-HJLNP-UW-Z]{2}"
_US_ZIP = r"[A-Z]{2},? [0-9]{5}(?:-[0-9]{4})?"
_MONEY_AFTER = r"(?! ?(?:rs|rupees|inr|/-|lakh|km|kms|euros?|€|miles|people)(?!\w))"
_MONEY_BEFORE = r"(?<![\w.-])(?<!rs )(?<!rs\. )(?<!inr )(?<![₹$£€])(?<![₹$£€] )"
_CODE_AT = re.compile(
    rf"{_MONEY_BEFORE}(?:[1-9][0-9]{{2}}[ -]?[0-9]{{3}}|{_UK_POSTCODE}|{_US_ZIP}"
    rf"|c\.?p\.? ?[0-9]{{5}}|(?:0[1-9]|[1-4][0-9]|5[0-2])[0-9]{{3}} [^\W\d_]{{3,20}}+)(?![\w-]){_MONEY_AFTER}",
    re.IGNORECASE,
)
# What every such code has, found fast: this begins with a plain set of characters.
_CODE_LIKE = re.compile(r"[0-9](?:[0-9]{2}[ -]?[0-9]{2}|[A-Za-z0-9]? ?[0-9][A-Za-z]{2})")

_DWELLING = re.compile(
    r"(?<![\w\[])(?:(?:flat|apartment|apt|house|h|door|d|plot|villa|shop|bungalow|quarter|qtr|room"
    r"|tower|unit|suite|makaan|makan"
    r"|ghar|piso)\.?\s?(?:no|number|num|nr|n[ºo°])?\b\.?\s?[:#-]?\s?#?(?=(?:[a-z]{1,2}-?)?[0-9])"
    r"|#\s?(?=[0-9]{1,4}[a-z]?(?:[,/ ]|-[0-9]))"
    r"|(?:मकान|फ्लैट|प्लॉट|घर)\s?(?:नं\.?|नंबर"
    r"|संख्या)?\s?(?=[0-9]))(?:[a-z]{1,2}-?)?[0-9]{1,5}[a-z]?(?:[/-][0-9a-z]{1,4}){0,2}(?![\w])"
    r"(?! ?(?:bhk|bed|sq|rooms?|lakhs?|k|%|percent|years?|yrs?)(?!\w))",
    re.IGNORECASE,
)
# A house by its number alone, at the beginning of a line or a clause; a locality and a code have to follow.
_HOUSE_NUMBER = re.compile(r"[0-9]{1,5}[a-z]?(?:[/-][0-9a-z]{1,4}){0,2},\s(?=[a-z0-9])", re.IGNORECASE)
_NUMBERED = re.compile(
    r"(?:(?<=[\n:;])|(?<=[\n:;] )|(?<= at )|(?<= to )|(?<= is )|^)"
    rf"(?:(?:new|old|house|door|plot|shop) )?(?:no\.? ?)?(?:[a-z]{{1,2}}[-/])?{_HOUSE_NUMBER.pattern}",
    re.IGNORECASE,
)
_LONGEST_BEFORE_NUMBER = len("house no. ab-")
_FEWEST_COMMAS = 2
_STREET_WORD = (
    r"(?:street|st|road|rd|lane|ln|avenue|ave|close|drive|dr|way|court|ct|crescent|gardens|place|pl"
    r"|terrace|square|sq|boulevard|blvd"
    r"|grove|mews|row|hill|parade|highway|hwy|marg|gali|cross|main|circle|nagar)"
)
_STREET = re.compile(
    r"[0-9](?<![\w,.-][0-9])[0-9]{0,4}[a-z]?(?:[/-][0-9a-z]{1,4})?,? "
    r"(?:(?:[a-z][a-z'.-]{1,20}|[nsew]|[0-9]{1,3}(?:st|nd|rd|th)) ){1,3}"
    rf"{_STREET_WORD}(?!\w)",
    re.IGNORECASE,
)
_CALLE = re.compile(
    r"(?<![\w\[])(?:calle|c/|avenida|avda\.?|av\.|paseo|plaza|carretera"
    r"|camino) ?[^\W\d_][^\d\n,]{2,40},? ?(?:n[ºo°]?\.? ?)?[0-9]{1,4}(?![0-9])",
    re.IGNORECASE,
)
_LOCALITY = re.compile(
    rf"(?<![\w\[])(?:{_STREET_WORD}|sector|block|phase|floor|wing|colony|society|soc|chs|enclave|vihar"
    rf"|apartments?|residency|towers?"
    r"|heights|building|bldg|complex|layout|extension|extn|near|opp|opposite|behind|next to|mohalla"
    r"|village|vill|taluka|tehsil"
    r"|dist|district|puram|pally|peth|ke paas|ke samne|piso|puerta|calle|avenida|paseo|plaza"
    r"|carretera|escalera|urbanización|barrio|colonia|col|fraccionamiento|fracc|alcaldía|delegación|villa|corniche)(?!\w)"
    rf"|के पास|के सामने|सेक्टर|गली|नगर|रोड|मार्ग|कॉलोनी|मोहल्ला|[{INDIC}]नगर",
    re.IGNORECASE,
)
# Words that come with a locality's own name; a floor or a block may as well be said of a leak.
_NAMED = re.compile(
    r"(?<![\w\[])(?:street|road|rd|lane|avenue|marg|gali|cross|main|nagar|sector|colony|society|chs"
    r"|enclave|vihar"
    r"|apartments?|residency|towers?|heights|complex|layout|extension|mohalla|village|vill|dist"
    r"|district|puram|pally|peth"
    r"|gardens|close|drive|crescent|terrace)(?!\w)",
    re.IGNORECASE,
)
_LIVING = re.compile(
    r"(?<![\w\[])(?:my (?:new |home |current |full |permanent |residential |postal |delivery "
    r"|office )?address(?: is|\s?[:=-])|address\s?[:=-]"
    r"|i (?:live|stay|reside) (?:at|in)|(?:i am |i'm )?(?:residing|living|staying) (?:at|in)"
    r"|we (?:live|stay) (?:at|in)|r/o|resident of"
    r"|(?:deliver|courier|send|ship|post|mail|dispatch)(?: (?:(?:the|my) )?\w{2,12})? to"
    r"|(?:we|i)(?:'ve| have| are| am)?(?: now| just| recently)? (?:shifted|moved|relocated) to"
    r"|come to my (?:house|home|place) at"
    r"|pick(?:ed)? ?up (?:from|at)|my (?:house|home) is (?:at|in)"
    r"|(?:mera |ghar ka ){1,2}(?:pata|address)(?: hai)?|pata\s?[:=-]|vivo en|mi direcci[oó]n(?: es)?"
    r"|direcci[oó]n\s?[:=-])"
    r"|(?:मेरा |घर का ){1,2}पता(?: है)?|(?:ال)?عنوان(?:ي|نا)?(?: هو)?\s?:?|(?:أ|ا)سكن في",
    re.IGNORECASE,
)
_LIVING_WORDS = words(
    "my address i we residing living staying r resident ive weve mail deliver courier send ship post dispatch come pick"
    " picked pickup pickedup mera ghar pata vivo mi direccion direcci"
)
_DWELLING_WORDS = frozenset(
    word + number
    for word in words(
        "flat apartment apt house h door d plot villa shop bungalow quarter qtr room tower unit suite makaan makan ghar piso"
    )
    for number in ("", "no", "number", "num", "nr", "n")
)
_DWELLING_OTHERWISE = ("#", "मकान", "फ्लैट", "प्लॉट", "घर")
_STREET_WORDS = words(
    "street st road rd lane ln avenue ave close drive dr way court ct crescent gardens place pl terrace square"
    " sq boulevard blvd grove mews row hill parade highway hwy marg gali cross main circle nagar"
)
_CALLE_WORDS = ("calle", "c/", "avenida", "avda", "av.", "paseo", "plaza", "carretera", "camino")
_HAS_NUMBER = re.compile(
    r"(?<![\w.])[a-z]{0,2}-?[0-9]{1,5}(?:[/-][0-9a-z]{1,4})?(?:[a-z]|st|nd|rd|th)?(?!\w)", re.IGNORECASE
)
_LINE_END = re.compile(
    r"\n[^\S\n]*+\n|[.!?](?=\s++[A-Z]|\s*+\Z)|;|\b(?:and|but|please|pls|my|phone|call|mobile|contact|email|ph"
    r"|mob|hai|tel|thanks|thank)\b"
    r"|है|\[|\0",
    re.IGNORECASE,
)
_ABBREVIATED = re.compile(
    r"(?:\b(?:no|st|rd|apt|opp|dist|h|d|av|avda|flr|bldg|extn|nr|col|int|ext|esq|fracc|c|p))\Z", re.IGNORECASE
)
_LONGEST = 180
_MOST_CANDIDATES = 50
_REACH_OF_CODE = 100


def addresses(view: Canonical, _: MaskingPolicy) -> Iterator[Hit]:
    text = view.text
    if not any(map(text.__contains__, "0123456789")):
        return
    for finder in (_lived_in, _dwellings, _streets, _numbered):
        for start, end in finder(text):
            found = text[start:end].rstrip(" ,.-\n")
            if found:
                yield Hit("address", start, start + len(found))


def _lived_in(text: str) -> Iterator[tuple[int, int]]:
    """What follows "I live at": a number and a locality word, or a code, within the same sentence."""
    for cue, _ in zip(
        phrases(_LIVING, text, _LIVING_WORDS, ("पता", "عنوان", "سكن")),
        range(_MOST_CANDIDATES),
        strict=False,
    ):
        start = cue.end()
        while start < len(text) and text[start] in " :-\n":
            start += 1
        end = _sentence_end(text, start)
        number = _HAS_NUMBER.search(text, start, end)
        if number and (_LOCALITY.search(text, start, end) or _CODE_AT.search(text, start, end)):
            yield start, end


def _dwellings(text: str) -> Iterator[tuple[int, int]]:
    """A flat or house with its number, with a locality or a code after it."""
    if "," not in text and not _CODE_LIKE.search(text):
        return
    found = phrases(_DWELLING, text, _DWELLING_WORDS, _DWELLING_OTHERWISE)
    dwellings = list(islice(found, _MOST_CANDIDATES))
    streets = [each.start() for each in _numbered_streets(text)] if dwellings else []
    for match in dwellings:
        end = _sentence_end(text, match.end())
        code = _CODE_AT.search(text, match.end(), end)
        if _is_located(
            text, match.end(), end if code is None else code.end(), streets, coded=code is not None
        ):
            yield match.start(), end if code is None else code.end()


def _is_located(text: str, start: int, end: int, streets: Sequence[int], *, coded: bool) -> bool:
    """Whether what follows a dwelling's number places it: a code with a word for the locality, a street with its number, or
    two words for a locality.
    """
    if coded:
        return "," in text[start:end] or _LOCALITY.search(text, start, end) is not None
    if "," not in text[start:end]:
        return False
    if any(start <= street < end for street in streets):
        return True
    return len({each[0].lower() for each in _NAMED.finditer(text, start, end)}) > 1


def _streets(text: str) -> Iterator[tuple[int, int]]:
    """A numbered street with its postcode."""
    if not _CODE_LIKE.search(text):
        return
    for finder in (_numbered_streets, _calles):
        for match, _ in zip(finder(text), range(_MOST_CANDIDATES), strict=False):
            end = min(_sentence_end(text, match.end()), match.end() + _REACH_OF_CODE)
            if code := _CODE_AT.search(text, match.end(), end):
                yield match.start(), code.end()


def _numbered(text: str) -> Iterator[tuple[int, int]]:
    """A house like "12-5-34/A, Main Road, Adyar, Chennai 600042"."""
    if text.count(",") < _FEWEST_COMMAS or not _CODE_LIKE.search(text):
        return
    for match in islice(_numbered_houses(text), _MOST_CANDIDATES):
        code = _CODE_AT.search(text, match.end(), _sentence_end(text, match.end()))
        if (
            code
            and text.count(",", match.end(), code.start()) >= _FEWEST_COMMAS - 1
            and _NAMED.search(text, match.end(), code.start())
        ):
            yield match.start(), code.end()


def _numbered_houses(text: str) -> Iterator[re.Match[str]]:
    """Looked for where a house's number stands: what it begins with is slow to look for."""
    done = 0
    for number in _HOUSE_NUMBER.finditer(text):
        first = max(done, number.start() - _LONGEST_BEFORE_NUMBER)
        if match := _NUMBERED.search(text, first, number.end() + 1):
            done = match.end()
            yield match


def _numbered_streets(text: str) -> Iterator[re.Match[str]]:
    if not said(text).any_of(_STREET_WORDS):
        return
    done = 0
    for start, _ in figures(text):
        if start >= done and (match := _STREET.match(text, start)):
            done = match.end()
            yield match


def _calles(text: str) -> Iterator[re.Match[str]]:
    lowered = small(text)
    if any(map(lowered.__contains__, _CALLE_WORDS)):
        yield from found_near(_CALLE, text, near_digits(text, 60, 90))


def _sentence_end(text: str, start: int) -> int:
    limit = min(len(text), start + _LONGEST)
    for match in _LINE_END.finditer(text, start, limit):
        if not (match[0] == "." and _ABBREVIATED.search(text, max(0, match.start() - 6), match.start())):
            return match.start()
    return limit
