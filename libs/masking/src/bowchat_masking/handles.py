# ruff: noqa: RUF001 - Arabic letters are meant
"""Names on other networks: "my insta is asha_test", "@asha.test on telegram", "asha_test22 pe snap"."""

import re
from collections.abc import Iterator

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking.canonical import Canonical, small
from bowchat_masking.hits import Hit
from bowchat_masking.phrases import said, words
from bowchat_masking.spoken import AT, DOT, spoken

_NETWORK = (
    r"(?:insta(?:gram)?|ig|tele\s?gram|tg|facebook|face\s?book|fb|messenger|twitter|linked\s?in"
    r"|snap\s?chat|snap|sc|discord|skype"
    r"|signal|viber|we\s?chat|tik\s?tok|threads|kik|hike|imo|reddit|you\s?tube|pinterest|venmo|cash\s?app|paypal|whats\s?app"
    r"|wa|telegramme"
    r"|इंस्टाग्राम|इंस्टा|टेलीग्राम|फेसबुक|स्नैपचैट|व्हाट्सएप|انست[اغقج]{1,2}(?:رام)?|سناب(?:شات|\sشات)?|تلي?[غجق]رام"
    r"|فيس\s?بوك|تويتر|تيك\s?توك)"
)
_TRIGGERS = (
    "@", "insta", "ig", "tele", "tg", "fac", "fb", "messenger", "twitter", "linked", "snap", "sc",
    "discord", "skype", "signal",
    "viber", "chat", "tik", "threads", "kik", "hike", "imo", "reddit", "you", "pinterest", "whats",
    "wa", "venmo", "cash", "paypal", "इंस्टा", "टेलीग्राम",
    "फेसबुक", "स्नैप", "user", "handle", "انست", "سناب", "رام", "فيس", "تويتر", "تيك",
)  # fmt: skip
_TOKEN = rf"(?:live:)?+[^\W\d][\w.{DOT}]{{2,29}}+(?:#[0-9]{{4}}+)?"
_LINKING = (
    r"(?:id|handle|username|user\s?name|user|name|account|profile|page|naam"
    r"|ka|ki|pe|par|on|is|are|hai|h|es|as|mera|meri|my|search|karo|karna|find|follow|add)"
)
_AFTER_NETWORK = re.compile(
    rf"(?<![\w\[@.])(?P<before>(?:my|mera|meri|mi|our|apna|मेरा|मेरी)\s)?{_NETWORK}(?:'s)?"
    rf"(?P<link>(?:[\s:=>,-]{{1,3}}+{_LINKING}(?!\w)){{0,5}}+)(?P<sign>[^\w\[\0./,;!?)]{{1,4}}+)(?P<token>{_TOKEN})(?!\w|[@{AT}])",
    re.IGNORECASE,
)
_BEFORE_NETWORK = re.compile(
    rf"(?<![\w.@\[{AT}{DOT}])(?P<token>{_TOKEN})[\s,]{{1,2}}+(?:(?:on|in|via|over|pe|par|at|en|is my"
    rf"|mera|-)\s)?{_NETWORK}(?!\w)",
    re.IGNORECASE,
)
_USERNAME = re.compile(
    rf"(?<![\w\[])(?:user\s?name[\s:=-]|user\s?name\s(?:is|hai|es)|handle\s?[:=-]|handle\s(?:is|hai"
    rf"|es|(?=@)))[\s:=-]{{0,3}}+@?(?P<token>{_TOKEN})(?!\w"
    rf"|[@{AT}])",
    re.IGNORECASE,
)
_MENTION = re.compile(rf"(?<![\w.@/\])%+{DOT}-])@(?P<token>{_TOKEN}(?:-\w{{1,20}}+){{0,3}}+)(?!\w|[@{AT}])")
_NETWORK_SAID = re.compile(rf"(?<![\w\[@]){_NETWORK}(?!\w)")  # in small letters
# The words that a network's name begins with, in Latin letters, and for those that may be in two, what comes then.
_NETWORK_WORDS = words(
    "insta instagram ig telegram tg facebook fb messenger twitter linkedin snapchat snap sc discord skype"
    " signal viber wechat tiktok threads kik hike imo reddit youtube pinterest whatsapp wa telegramme venmo cashapp paypal"
)
_OTHER_NETWORKS = (
    "इंस्टा",
    "टेलीग्राम",
    "फेसबुक",
    "स्नैपचैट",
    "व्हाट्सएप",
    "انست",
    "سناب",
    "رام",
    "فيس",
    "تويتر",
    "تيك",
)
_NETWORK_HALVES = (
    ("tele", "gram"), ("face", "book"), ("linked", "in"), ("snap", "chat"), ("we", "chat"), ("tik", "tok"), ("you", "tube"),
    ("whats", "app"), ("cash", "app"),
)  # fmt: skip
_FIRST_HALVES = frozenset(first for first, _ in _NETWORK_HALVES)
_EXPLICIT = re.compile(r"\b(?:id|handle|username|user\s?name|is|hai|es|name|naam)\b|[:=]", re.IGNORECASE)
_NAMING = re.compile(r"\b(?:id|handle|username|user\s?name)\b", re.IGNORECASE)
_HOST = re.compile(r"\.(?:com|net|org|in|co|uk|io|me|gov|edu|es|ae)\Z", re.IGNORECASE)
_INNER = re.compile(r"\w[._]\w|_|[0-9]")
_UNDERSCORE_OR_DOT = re.compile(r"_|[^\W\d_]\.[^\W_]")
# Where a plain word after "my insta is" ends its clause, it is a name; before more words it is mostly an adjective.
_CLAUSE_END = re.compile(
    r"\s{0,2}(?:\Z|[.,;!?\n)]|(?:and|add|follow|msg|message|dm|hai|please|pls|there|if|or)(?!\w))"
)
_NO_NAMES = frozenset({
    "about", "account", "active", "again", "all", "already", "also", "and", "another", "any", "app",
    "available",
    "back", "bad", "banned", "been", "blocked", "boring", "broken", "busy", "but", "call", "chat", "chats",
    "closed", "connected", "correct", "created", "dead", "deactivated", "deleted", "different", "disabled",
    "down", "enough", "expired", "fake", "fast", "fine", "for", "free", "from", "full", "fun", "gone",
    "good",
    "got", "great", "group", "hacked", "hai", "have", "here", "hidden", "how", "important", "inactive",
    "installed", "is", "it", "just", "kaam", "kharab", "know", "later", "link", "linked", "live", "locked",
    "login", "lost", "love", "message", "mine", "missing", "more", "much", "nahi", "nai", "name", "new",
    "nice",
    "not", "now", "number", "off", "old", "online", "only", "open", "out", "page", "paid", "password",
    "please",
    "pls", "post", "posts", "private", "problem", "profile", "public", "safe", "same", "saved",
    "secure", "slow",
    "soon", "status", "stopped", "stories", "story", "strange", "support", "suspended", "team", "that",
    "the",
    "their", "them", "there", "they", "this", "time", "too", "true", "under", "unverified", "updated",
    "use",
    "useless", "using", "verified", "very", "video", "wala", "was", "what", "when", "where", "which", "who",
    "why", "will", "with", "working", "wrong", "yes", "you", "your", "nothing", "none", "offline",
    "band", "chal",
    "chalta", "chahiye",
})  # fmt: skip
# "telegram: mikeadj", a line of its own; after WhatsApp and Signal it is as often a person's name.
_LINE_OF_A_CARD = re.compile(
    r"(?:\A|\n)\s{0,2}(?:insta(?:gram)?|ig|telegram|tg|facebook|fb|twitter|snap(?:chat)?|skype|discord|tik\s?tok)\s?:\s?\Z",
    re.IGNORECASE,
)
_SHORTEST_LOOSE = 6
_LONGEST_OWNER, _LONGEST_AFTER, _LONGEST_BEFORE = 8, 120, 48


def handles(view: Canonical, _: MaskingPolicy) -> Iterator[Hit]:
    lowered = small(view.text)
    has_network = (
        _may_have_network(view.text)
        and any(map(lowered.__contains__, _TRIGGERS))
        and _NETWORK_SAID.search(lowered) is not None
    )
    if not has_network and not ("@" in lowered or "user" in lowered or "handle" in lowered):
        return
    reading = spoken(view.text)
    for match in _matches(reading.text, has_network=has_network):
        start, end = match.span("token")
        token = reading.text[start:end]
        end -= len(token) - len(token.rstrip(f".{DOT}"))
        if start > 0 and reading.text[start - 1] == "@":
            start -= 1
        value = reading.text[start:end].lstrip("@").casefold().replace(DOT, ".")
        yield Hit("handle", *reading.span(start, end), value)


def _may_have_network(text: str) -> bool:
    found = said(text)
    return (
        found.any_of(_NETWORK_WORDS)
        or (found.any_of(_FIRST_HALVES) and any(map(found.every.issuperset, _NETWORK_HALVES)))
        or any(map(text.__contains__, _OTHER_NETWORKS))
    )


def _matches(text: str, *, has_network: bool) -> Iterator[re.Match[str]]:
    for match in _MENTION.finditer(text) if "@" in text else ():
        if _is_mention(_plain(match), has_network=has_network):
            yield match
    lowered = small(text)
    for match in _USERNAME.finditer(text) if "user" in lowered or "handle" in lowered else ():
        if _INNER.search(_plain(match)):
            yield match
    if not has_network:
        return
    for network in _NETWORK_SAID.finditer(lowered):
        yield from _around(text, network.start(), network.end())


def _around(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """What stands around a network's name. The rest of the text is not looked through: it is slow to."""
    for match in _AFTER_NETWORK.finditer(
        text, max(0, start - _LONGEST_OWNER), min(len(text), end + _LONGEST_AFTER)
    ):
        if _is_named(match):
            yield match
    for match in _BEFORE_NETWORK.finditer(text, max(0, start - _LONGEST_BEFORE), end):
        token = _plain(match)
        if _UNDERSCORE_OR_DOT.search(token) or (_INNER.search(token) and len(token) >= _SHORTEST_LOOSE):
            yield match


def _plain(match: re.Match[str]) -> str:
    return match["token"].replace(DOT, ".").rstrip(".").lower()


def _is_mention(token: str, *, has_network: bool) -> bool:
    if _HOST.search(token) or token in _NO_NAMES:
        return False
    return has_network or _INNER.search(token) is not None


def _is_named(match: re.Match[str]) -> bool:
    token = _plain(match)
    if _HOST.search(token):
        return False
    if "@" in match["sign"]:
        return True
    link = match["link"] + match["sign"]
    explicit = _EXPLICIT.search(link) is not None
    if _INNER.search(token):
        loose = _UNDERSCORE_OR_DOT.search(token) or len(token) >= _SHORTEST_LOOSE
        return explicit or bool(loose)
    if token in _NO_NAMES or not _CLAUSE_END.match(match.string, match.end("token")):
        return False
    if _LINE_OF_A_CARD.search(match.string, 0, match.start("token")) and len(token) >= _SHORTEST_LOOSE:
        return True
    return bool(_NAMING.search(link)) or (match["before"] is not None and explicit)
