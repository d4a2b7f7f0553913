"""E-mail addresses, also said ("asha at the rate gmail dot com"), spelled out, glued together or left without their @."""

import re
from collections.abc import Iterator

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking.canonical import Canonical, small
from bowchat_masking.hits import Hit, MaskingError
from bowchat_masking.spoken import AT, DOT, INDIC, spoken

_TRIGGERS = (
    "@", "mail", "yahoo", "outlook", "icloud", "proton", "rediff", "dot", "punto", "ponto", "punkt", "arroba", "arobase",
    "period", "%40", "&#64", "&#064", "&#x40", "&commat", "डॉट", "डाट", "डोट", "बिंदु", "ऐट", "एट", "मेल",
    "chiocciola", "klammeraffe", "full stop", "fullstop", "ميل", "جيمايل", "ياهو", "وتلوك", "ايكلاود", "دوت",
)  # fmt: skip

_C = rf"[\w%+'.{DOT}{INDIC}-]"
_LOCAL = rf"(?<!{_C}){_C}{{1,64}}+"
_LABEL = rf"[\w{INDIC}-]{{1,63}}+"
_STOP = rf"(?:[.{DOT}]|\s{{1,2}}+[.{DOT}]\s{{1,2}}+)"
_TOP = rf"(?:[^\W\d_]|[{INDIC}]){{2,24}}+(?![\w@{AT}{DOT}-])"
# Houses that give mailboxes: named after "at" they need no dot to be told from ordinary speech.
_HOUSE = (
    r"(?:g\s?mail|google\s?mail|gmial|yahoo|ymail|outlook|hotmail|icloud|rediff\s?mail|proton\s?mail"
    r"|proton|aol|zoho"
    r"|gmx|जी\s?मेल|याहू|हॉटमेल|جي\s?ميل|جيمايل|هوتميل|هوت\s?ميل|ياهو|آ?اوتلوك|ايكلاود)"
)
# Some of these letters stand in the name of each.
_HOUSE_LIKE = (
    "mail",
    "gmial",
    "yahoo",
    "outlook",
    "icloud",
    "proton",
    "aol",
    "zoho",
    "gmx",
    "मेल",
    "याहू",
    "ميل",
    "جيمايل",
    "ياهو",
    "وتلوك",
    "ايكلاود",
)
_HOUSE_TOP = rf"(?:com?(?:\s?[.{DOT}]?\s?(?:in|uk|mx|es|ar|ae|au))?|con|in|net|me|org|es|fr|de|mx|कॉम|इन|كوم)"
# A dot, and what is typed or printed for one.
_STOP_AFTER_HOUSE = rf"[.,;:\u00b7\u2022\u3002\u30fb{DOT}]{{1,2}}"
_AFTER_HOUSE = rf"(?:\s?{_STOP_AFTER_HOUSE}\s?{_HOUSE_TOP}|\s(?:com|co\s?\.?\s?in|कॉम|كوم))(?!\w)"

_SIGNED = re.compile(
    rf"{_LOCAL}\s{{0,3}}+@{{1,2}}+\s{{0,3}}+(?:{_LABEL}(?:{_STOP}{_LABEL}){{0,4}}{_STOP}{_TOP}"
    rf"|{_HOUSE}(?:{_AFTER_HOUSE}|(?!\w)))",
    re.IGNORECASE,
)
_SAID = re.compile(
    rf"({_LOCAL}){AT}(?:({_LABEL})((?:{_STOP}{_LABEL}){{0,4}}{_STOP}{_TOP})"
    rf"|{_HOUSE}(?:({_AFTER_HOUSE})|(?!\w)))",
    re.IGNORECASE,
)
_WITHOUT_SIGN = re.compile(
    rf"({_LOCAL})(?:[\s,]{{1,2}}+|[^\w\s()\[\]\0\"'.:/]{{1,3}}+|\s?\()(?:(?:on|at|a|en|in|pe|par|domain|dominio)\s"
    rf"|-\s?){{0,2}}{_HOUSE}(?:\s?(?:{_STOP_AFTER_HOUSE})?\s?(?:com|co\.?in|कॉम|كوم)(?!\w)"
    rf"|(?!\w))",
    re.IGNORECASE,
)
_GLUED = re.compile(rf"(?<=at){_HOUSE}(?:dot|[.{DOT}])(?:com|co\.?in|in)(?!\w)", re.IGNORECASE)
_ANNOUNCED = re.compile(
    rf"(?<![\w\[])(?:{_HOUSE}(?:\s(?:id|address))?|(?:e-?mail|mail)\s?(?:id|address))"
    rf"(?:(?:\s?(?:is|hai|h|:|=|-|ka naam)){{1,2}}+|(?<=mail\sid))\s{{0,2}}+([\w.+-]{{5,64}}+)(?!\s?[@{AT}])",
    re.IGNORECASE,
)
# A key beside that of the sign: "asha23qgmail.com".
_RUN_ON = re.compile(
    r"(?<![\w@.+-])[\w.+-]{3,60}?[^\W_](?:gmail|yahoo|hotmail|outlook|icloud|rediffmail)[.,]{1,2}(?:com|co\.?in|in)(?!\w)",
    re.IGNORECASE,
)
_MENTIONED = re.compile(
    rf"(?<![\w\[]){_HOUSE}(?:\s(?:id|account|address|pe|par|mein|me|on|soy|es|is|as|mera|my|i am|i'm)(?!\w)){{0,4}}+"
    r"[\s:(=-]{1,3}"
    r"([a-z][\w.+-]{4,63}+)(?![\w@])"
)
_MAILBOX = re.compile(r"[a-z]++(?:[._][a-z0-9]{2,}+){1,6}+|[a-z]{3,}+[0-9]{1,4}+(?:[._][a-z0-9]++){0,6}+")
_FILE = re.compile(r"\.(?:pdf|jpe?g|png|docx?|xlsx?|zip|com|in|net|org)\Z")
_HOUSE_ALONE = re.compile(_HOUSE, re.IGNORECASE)
_TELLING = re.compile(r"[\w%+-][._+][\w%+-]|[0-9]")
_LETTERS = re.compile(rf"[^\W\d_]|[{INDIC}]")
_LONGEST_LOCAL, _MOST_SIGNS = 64, 1_000
# Words before "gmail.com" that are no mailbox, and words after a said dot that are no top-level domain.
_NO_MAILBOX = frozenset({
    "a", "about", "address", "also", "an", "and", "any", "are", "as", "at", "by", "check", "com", "e.g", "email",
    "for", "from",
    "gives", "have", "her", "his", "http", "https", "i", "in", "into", "is", "it", "its", "like", "logged",
    "login", "mail", "me", "my", "new", "no", "not", "number", "of", "old", "on", "open", "or", "our", "please", "pls",
    "that", "the", "their", "this", "through", "to", "use", "using", "via", "was", "with", "without", "work",
    "www", "you", "your", "write", "send", "docs", "mails", "i'm", "am", "he", "she", "we", "correo", "es", "mi", "al", "el",
    "la", "por", "escribe", "envia", "hai", "pe", "par", "ko", "mera", "meri", "bhejo", "karo", "e-mail", "mailid",
    "emailid", "then", "so", "id", "ids", "mailbox", "reach", "contact", "them", "there", "but", "bhej", "do", "likho",
    "ka", "ki",
})  # fmt: skip
_NO_TOP = frozenset({
    "and", "but", "for", "hai", "he", "is", "it", "not", "now", "of", "ok", "okay", "on", "pls", "she", "so",
    "the", "then", "to", "we", "you",
})  # fmt: skip
_USUAL_TOP = re.compile(
    rf"(?:{_HOUSE}|[.{DOT}]\s{{0,2}}(?:com|net|org|in|uk|es|ae|edu|gov|io|info|us|eu))\Z", re.IGNORECASE
)
_FIGURES_ALONE = re.compile(rf"[0-9]{{1,5}}+\s{{0,2}}(?:@|{AT})")
_LAST_WORD = re.compile(rf"(?<![\w{DOT}])((?:[^\W_]|[._{DOT}{INDIC}-]){{2,40}}) \Z")
_MOST_NAMES = 3
_SPACES = re.compile(r"\s+")


def mails(view: Canonical, _: MaskingPolicy) -> Iterator[Hit]:
    """Errors: `MaskingError` for more signs of an address than a person would type."""
    lowered = small(view.text)
    if not any(map(lowered.__contains__, _TRIGGERS)):
        return
    if lowered.count("@") > _MOST_SIGNS:
        raise MaskingError("the text holds more addresses than a person would type")
    reading = spoken(view.text)
    for start, end in _spans(reading.text):
        value = _SPACES.sub("", reading.text[start:end].casefold()).replace(AT, "@").replace(DOT, ".")
        yield Hit("email", *reading.span(start, end), value)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    lowered = small(text)
    has_house = any(map(lowered.__contains__, _HOUSE_LIKE))
    may_be = ("@" in text, AT in text and (DOT in text or has_house), has_house)
    for (pattern, is_meant), tried in zip(_JUDGED, may_be, strict=True):
        for match in pattern.finditer(text) if tried else ():
            if is_meant(match):
                start, end = _trimmed(match)
                yield _name_before(text, start, end), end
    if has_house:
        yield from _beside_house(text)


def _beside_house(text: str) -> Iterator[tuple[int, int]]:
    """What has no sign and stands at the name of a house all the same."""
    for match in _GLUED.finditer(text):
        yield _token_start(text, match.start()), match.end()
    for match in _ANNOUNCED.finditer(text):
        if _tells(match[1]) and _LETTERS.search(match[1]):
            yield match.start(1), match.end(1) - (len(match[1]) - len(match[1].rstrip(".")))
    for match in _RUN_ON.finditer(text):
        yield match.span()
    for match in _MENTIONED.finditer(small(text)):
        named = match[1].rstrip(".-")
        if _MAILBOX.fullmatch(named) and not _FILE.search(named):
            yield match.start(1), match.start(1) + len(named)


def _name_before(text: str, start: int, end: int) -> int:
    """Where an address begins that is said in several words: "rahul k 007 at gmail com", "asha test at gmail dot com"."""
    if _FIGURES_ALONE.match(text, start):
        most = _MOST_NAMES
    elif DOT in text[start:end]:
        most = 1
    else:
        return start
    for _ in range(most):
        name = _LAST_WORD.search(text, max(0, start - _LONGEST_LOCAL), start)
        if name is None or name[1].strip(f".{DOT}").lower() in _NO_MAILBOX:
            break
        start = name.start()
    return start


def _token_start(text: str, at: int) -> int:
    lowest = max(0, at - _LONGEST_LOCAL)
    while at > lowest and (text[at - 1].isalnum() or text[at - 1] in "._+-"):
        at -= 1
    return at


def _trimmed(match: re.Match[str]) -> tuple[int, int]:
    """A quotation mark or a dot before an address is not part of it."""
    return match.start() + len(match[0]) - len(match[0].lstrip(f"'.-{DOT}")), match.end()


def _is_signed(match: re.Match[str]) -> bool:
    """A sign that only leans to the right ("insta @asha.test") is a handle's, unless a usual top level follows."""
    local, _, host = match[0].partition("@")
    if not any(map(str.isalnum, local)):
        return False
    host = host.lstrip("@")
    leans = local[-1:].isspace() and not host[:1].isspace()
    return not leans or _USUAL_TOP.search(match[0]) is not None


def _is_said(match: re.Match[str]) -> bool:
    """After "at", a plain dot is ordinary speech ("I am at clinic.in"), and so is a house without its top level."""
    local, label, rest, after = match.groups()
    if label is None:
        return after is not None or _tells(local)
    top = re.split(rf"[.{DOT}]", rest)[-1].strip().lower()
    if _HOUSE_ALONE.fullmatch(label):
        return True
    return DOT in rest and top not in _NO_TOP and not label.isdigit()


def _is_without_sign(match: re.Match[str]) -> bool:
    local = match[1].strip(f".'{DOT}").lower()
    if local in _NO_MAILBOX or not _LETTERS.search(local):
        return False
    has_top = re.search(r"(?:com|in|कॉम)\Z", match[0], re.IGNORECASE) is not None
    return (has_top and len(local) > 2) or (_tells(local) and len(local) > 4)


def _tells(local: str) -> bool:
    """Whether it is written as people write no ordinary word: with a digit, or a dot or underscore inside."""
    return _TELLING.search(local.replace(DOT, ".")) is not None


_JUDGED = ((_SIGNED, _is_signed), (_SAID, _is_said), (_WITHOUT_SIGN, _is_without_sign))
