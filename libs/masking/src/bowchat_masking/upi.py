"""UPI payment addresses: a name or number at a payment house, which unlike a mail host has no dot."""

import re
from collections.abc import Iterator

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking.canonical import LETTER, Canonical, small
from bowchat_masking.hits import Hit
from bowchat_masking.spoken import AT, DOT, spoken

_CUES = (
    "upi", "gpay", "g pay", "google pay", "googlepay", "phonepe", "phone pe", "paytm", "bhim", "vpa",
    "यूपीआई", "पेटीएम", "गूगल पे",
    "फोनपे",
)  # fmt: skip
# Words that mean a payment house wherever they stand.
_HOUSES = (
    "okaxis", "okhdfcbank", "okicici", "oksbi", "okbizaxis", "okbank", "ybl", "ibl", "axl", "apl", "yapl", "rapl", "ptyes",
    "ptaxis", "pthdfc", "ptsbi", "waaxis", "wahdfcbank", "waicici", "wasbi",
)  # fmt: skip
_HOUSE = re.compile("|".join(_HOUSES), re.IGNORECASE)
# Words that mean one after a sign, as nobody writes "@icici" for a place; "at icici" may be anything.
_BANK = re.compile(
    r"[a-z]{0,12}?(?:upi|bank|pay|axis|hdfc|icici|sbi|kotak|indus|federal|idfc|postpe|cred)[a-z]{0,8}"
    r"|paytm|fbl|fam|famapp|airtel|jio|slc|ikwik|freecharge|mahb|rbl|kbl|kvb|pnb|boi|bob|cnrb|cboi"
    r"|uboi|idbi|citi|hsbc|dbs|uco|tmb"
    r"|sib|dlb|dcb|psb|nsdl|mbk|pz|abfspay|timecosmos|superyes|yesg|barodampay|pockets|naviaxis",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    rf"(?<![\w.{DOT}-])([\w.{DOT}-]{{2,64}}+)\s{{0,2}}+([@{AT}])\s{{0,2}}+"
    rf"((?:ok\s(?:axis|hdfc(?:\s?bank)?|icici|sbi)|okhdfc\sbank|[a-z][a-z0-9]{{1,20}}+))(?![\w@{AT}-]|[.{DOT}]\w)",
    re.IGNORECASE,
)
_TELLING = re.compile(r"[a-z][._-]?[0-9]|[a-z][._-][a-z]|[0-9]{10}", re.IGNORECASE)
_TWO_PARTS = re.compile(r"[a-z]{2,}+[._-][a-z0-9]{2,}+", re.IGNORECASE)
_SHORTEST_NUMBER = 7


def upi_ids(view: Canonical, _: MaskingPolicy) -> Iterator[Hit]:
    lowered = small(view.text)
    has_cue = any(map(lowered.__contains__, _CUES))
    if not ("@" in lowered or has_cue or any(map(lowered.__contains__, _HOUSES))):
        return
    reading = spoken(view.text)
    for match in _ADDRESS.finditer(reading.text):
        if _is_upi(match[1].replace(DOT, "."), match[2], match[3].replace(" ", ""), has_cue=has_cue):
            value = match[0].casefold().replace(AT, "@").replace(DOT, ".").replace(" ", "")
            yield Hit("upi", *reading.span(*match.span()), value)


def _is_upi(name: str, sign: str, house: str, *, has_cue: bool) -> bool:
    if not LETTER.search(name) and sum(map(str.isdigit, name)) < _SHORTEST_NUMBER:
        return False
    if _HOUSE.fullmatch(house):
        return True
    if sign == AT:
        return has_cue and bool(_BANK.fullmatch(house)) and bool(_TELLING.search(name))
    return bool(_BANK.fullmatch(house) or _TWO_PARTS.fullmatch(name)) or (
        has_cue and bool(_TELLING.search(name))
    )
