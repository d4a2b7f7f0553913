"""Links that lead to a person: chats, calls, profiles, payment pages, places on a map, and whatever a shortener hides.

An ordinary link to a public page is part of what somebody says, so it passes, unless it carries a number of seven
digits, an address or a handle. Links said in words ("wa dot me slash ...") are read as well.
"""

import re
from collections.abc import Iterator
from functools import cache
from urllib.parse import unquote

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking.canonical import Canonical, small
from bowchat_masking.hits import Hit
from bowchat_masking.phrases import phrases, words
from bowchat_masking.spoken import DOT, spoken

_TRIGGERS = ("/", "www", ":", "wa.me", "slash", "barra", "स्लैश", "%2f", "%3a")
_SAID_TRIGGERS = (
    "slash",
    "barra",
    "स्लैश",
    " dot ",
    "dot)",
    "dot]",
    "%2f",
    "%2e",
    " . ",
    " / ",
    "[.]",
    "(.)",
    "/ /",
)

# Alone they name a person's chat; the others do with a path.
_CHATS = ("wa.me", "api.whatsapp.com", "chat.whatsapp.com", "web.whatsapp.com")
_PEOPLE = (
    "whatsapp.com", "t.me", "telegram.me", "telegram.dog", "telegram.org", "m.me", "signal.me",
    "signal.group", "viber.me",
    "chats.viber.com", "line.me", "discord.gg", "discord.com", "discordapp.com", "join.skype.com",
    "snapchat.com", "kik.me",
    "instagram.com", "instagr.am", "ig.me", "facebook.com", "fb.com", "fb.me", "messenger.com",
    "twitter.com", "x.com",
    "linkedin.com", "lnkd.in", "tiktok.com", "threads.net", "reddit.com", "vk.com", "ok.ru",
    "wechat.com", "zalo.me",
    "linktr.ee", "wa.link", "walink.co", "wa.link", "msng.link", "teams.microsoft.com",
    "teams.live.com", "bio.link", "beacons.ai", "about.me", "calendly.com", "cal.com", "zoom.us",
    "meet.google.com", "truecaller.com",
    "paypal.me", "paypal.com", "cash.app", "venmo.com", "revolut.me", "wise.com", "monzo.me", "rzp.io",
    "razorpay.me",
    "paytm.me", "p.paytm.me", "phon.pe", "gpay.app.goo.gl", "buymeacoffee.com", "ko-fi.com",
    "maps.app.goo.gl", "maps.google.com", "maps.apple.com", "what3words.com", "w3w.co", "plus.codes",
    "forms.gle",
)  # fmt: skip
_SHORTENERS = (
    "bit.ly", "bitly.com", "tinyurl.com", "tiny.cc", "tiny.one", "t.co", "goo.gl", "g.co", "is.gd",
    "v.gd", "ow.ly", "buff.ly",
    "cutt.ly", "rb.gy", "shorturl.at", "short.io", "short.gy", "rebrand.ly", "s.id", "t.ly", "lc.cx",
    "adf.ly", "bl.ink", "u.to",
    "soo.gd", "dub.sh", "dub.co", "shrtco.de", "clck.ru", "qr.ae", "qrco.de", "me-qr.com", "urlz.fr",
    "wp.me", "trib.al", "dlvr.it",
    "1drv.ms", "db.tt", "han.gl", "linkly.in", "shorte.st", "surl.li", "tny.im", "x.gd", "n9.cl",
    "acortar.link", "kutt.it",
    "gg.gg", "goo.su", "page.link", "app.link", "onelink.me", "link.tree", "bom.so", "da.gd", "amzn.to", "youtu.be",
)  # fmt: skip


# A number dictated after a slash goes on after its spaces.
_MORE_DIGITS = r"(?:[ -]{1,2}[0-9]{2,15}){0,6}+"
_PATH = r"\s{0,2}/\s{0,2}[^\s<>\"\0]++"


@cache
def _contact(host: str) -> re.Pattern[str]:
    """A link to this host, also with its dots said or set apart. Made when first needed: there are many."""
    dotted = re.escape(host).replace(r"\.", rf"\s{{0,2}}[.{DOT}]\s{{0,2}}")
    after = rf"(?!\w)(?:{_PATH}|\?[^\s<>\"\0]++)?" if host in _CHATS else _PATH
    return re.compile(
        r"(?<![\w.@-])(?:h(?:tt|xx)ps?\s?:\s?/\s?/\s?)?(?:[\w-]{1,63}+\s?\.\s?){0,3}?"
        rf"{dotted}{after}{_MORE_DIGITS}",
        re.IGNORECASE,
    )


_HOSTS = _CHATS + _PEOPLE + _SHORTENERS
# A host from its first dot on: without one of these none of them need be looked for.
_HOST_LIKE = re.compile(
    r"\.(?:" + "|".join(sorted({re.escape(host.partition(".")[2]) for host in _HOSTS})) + ")"
)
_APP = re.compile(
    rf"(?<!\w)(?:(?:tel|mailto|sms|smsto|mms|mmsto|callto|facetime(?:-audio)?|sips?|geo|upi|intent"
    rf"|xmpp|matmsg|mecard)"
    rf"(?::|%3a)(?=[^\s])|(?:whatsapp|tg|viber|skype|signal|sgnl|weixin|wechat|line|fb|fb-messenger"
    rf"|messenger|instagram|snapchat"
    rf"|phonepe|paytmmp|gpay|tez|bhim|market|twitter|telegram)(?::|%3a)(?://"
    rf"|%2f%2f))[^\s<>\"\0]++{_MORE_DIGITS}",
    re.IGNORECASE,
)
_WEB = re.compile(
    r"(?<![\w.@-])(?:h(?:tt|xx)ps?://|www\."
    r"|(?:[\w-]{1,63}+\.){1,5}[a-z]{2,24}(?::[0-9]{1,5})?/)[^\s<>\"\0]++",
    re.IGNORECASE,
)
# What no app's link and no page's is without.
_APPS = words(
    "tel mailto sms smsto mms mmsto callto facetime sip sips geo upi intent xmpp matmsg mecard whatsapp tg"
    " viber skype signal sgnl weixin wechat line fb messenger instagram snapchat phonepe paytmmp gpay tez bhim"
    " market twitter telegram"
)
_WEB_LIKE = re.compile(r"\.[a-z]{2,24}(?::[0-9]{1,5})?/")  # in small letters
_WITHOUT_DOT = re.compile(
    r"(?<!\w)(?:wa[\s,;]{1,2}me\s?/\s?\+?[0-9][^\s<>\"\0]*+(?:[ -]{1,2}[0-9]{2,15}){0,6}+"
    r"|(?:t[\s,;]{1,2}me|linked\s?in[\s,;]{1,2}(?:com\s?/\s?)?in)\s?/\s?[^\W_][^\s<>\"\0]{3,60}+)",
    re.IGNORECASE,
)
_WITHOUT_DOT_LIKE = ("wame/", "tme/", "linkedinin/", "linkedincom/in/")
_DATE = re.compile(r"(?:19|20)[0-9]{2}[-/_]?(?:0?[1-9]|1[0-2])(?:[-/_]?[0-3]?[0-9])?(?![0-9])")
_LONG_NUMBER = re.compile(r"[0-9](?:[^0-9]{0,3}+[0-9]){6,}+")
_ASKS_FOR_PERSON = re.compile(
    r"[?&#/](?:phone|mobile|msisdn|tel|whatsapp|wa|contact|email|e-mail|mail|user(?:name)?|to)=[^&]",
    re.IGNORECASE,
)
_MAP = re.compile(r"google\.[a-z.]{2,6}/maps|/maps/|[?&](?:q|ll|daddr)=-?[0-9]{1,3}\.[0-9]", re.IGNORECASE)
_TRAILING = ".,;:!?)]}'\"*_"


def links(view: Canonical, _: MaskingPolicy) -> Iterator[Hit]:
    lowered = small(view.text)
    if not any(map(lowered.__contains__, _TRIGGERS)):
        return
    reading = spoken(view.text) if any(map(lowered.__contains__, _SAID_TRIGGERS)) else None
    for start, end in _contacts(view.text if reading is None else reading.text):
        yield _hit(view.text, *((start, end) if reading is None else reading.span(start, end)))
    for match in phrases(_APP, view.text, _APPS) if ":" in lowered or "%3a" in lowered else ():
        yield _hit(view.text, *match.span())
    for match in _WEB.finditer(view.text) if _may_hold_page(lowered) else ():
        if carries_person(match[0]):
            yield _hit(view.text, *match.span())


def _may_hold_page(lowered: str) -> bool:
    return "://" in lowered or "www." in lowered or ("/" in lowered and _WEB_LIKE.search(lowered) is not None)


def _contacts(text: str) -> Iterator[tuple[int, int]]:
    """A host is looked for with its pattern only where its letters stand."""
    compact = "".join(text.lower().replace(DOT, ".").split())
    if any(map(compact.replace(",", "").replace(";", "").__contains__, _WITHOUT_DOT_LIKE)):
        yield from (match.span() for match in _WITHOUT_DOT.finditer(text))
    for host in _HOSTS if _HOST_LIKE.search(compact) else ():
        if host in compact:
            yield from (match.span() for match in _contact(host).finditer(text))


def carries_person(link: str) -> bool:
    """Whether an ordinary link carries a number, an address, a handle or a place."""
    plain = unquote(link)
    if "@" in plain or _ASKS_FOR_PERSON.search(plain) or _MAP.search(plain):
        return True
    return _LONG_NUMBER.search(_DATE.sub(" ... ", plain)) is not None


def _hit(text: str, start: int, end: int) -> Hit:
    found = text[start:end].rstrip(_TRAILING)
    return Hit("link", start, start + len(found), found.casefold())
