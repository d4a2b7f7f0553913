"""Payment cards, bank accounts and IBANs."""

import re
from collections.abc import Iterator

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking import checksums
from bowchat_masking.canonical import Canonical, small
from bowchat_masking.digits import (
    DIGITS,
    few_digits,
    figures,
    found_near,
    fours,
    near_digits,
    nearby,
    windows,
)
from bowchat_masking.hits import Hit
from bowchat_masking.phrases import phrases, said, words
from bowchat_masking.spoken import spoken

_CARD_LENGTHS = range(13, 20)
_CARD_ISSUER = re.compile(
    r"(?P<visa>4)|(?P<amex>3[47])|(?P<diners>3[689]|30[0-5])|(?P<other>5[0-8]|2[2-7]|6[0-9]|35[2-8]|81|82)"
)
_CARD_LENGTH_OF = {
    "visa": {13, 16, 19}, "amex": {15}, "diners": {14, 16}, "other": {16, 17, 18, 19},
}  # fmt: skip
_CARD_CUE = re.compile(
    r"(?<![a-z\[])(?:(?:credit|debit|rupay|visa|mastercard|amex) ?card|card ?(?:no|num|#)|tarjeta"
    r"|cc no)|कार्ड",
    re.IGNORECASE,
)
_CARD_SAID = re.compile(r"\b(?:card|visa|mastercard|amex|rupay|tarjeta)\b|कार्ड", re.IGNORECASE)
_CARD_WORDS = words("card visa mastercard amex rupay tarjeta")
_CARD_GROUP = 4

_IBAN = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2}) ?([0-9]{2})(?:[ ./\n-]?[A-Za-z0-9]){11,30}+")
# The end of a branch's code: found fast; where none is, none is looked for.
_IFSC_LIKE = re.compile(r"0(?<=[A-Za-z -]0)[ -]?[A-Za-z0-9]{6}(?![A-Za-z0-9])")
# Letter by letter: "G B 8 2 W E S T ...".
_LETTER_BY_LETTER = re.compile(r"(?<!\S)[A-Za-z](?:\s[A-Za-z0-9](?!\S)){14}")
_FEWEST_SPACES = 14
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23,
    "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21,
    "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "OM": 23, "PK": 24,
    "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
_CHECK_DIGITS = 2
# No bank's account has fewer, with the check digits: "is 34 and my wife is 31 two adults" is none, whatever it adds up to.
_FEWEST_FIGURES = 8
_IBAN_CUE = re.compile(r"(?<![a-z\[])iban", re.IGNORECASE)

_IFSC = re.compile(r"(?<![A-Za-z0-9])([A-Z]{4})[ -]?0[ -]?[A-Z0-9]{6}(?![A-Za-z0-9])", re.IGNORECASE)
_IFSC_CUE = re.compile(
    r"(?<![a-z\[])(?:ifs[ec]|rtgs|neft|imps|bank|a/c|acc(?:oun)?t)|आईएफएससी|बैंक|खाता", re.IGNORECASE
)
_IFSC_BANKS = frozenset({
    "AIRP", "ANDB", "APGB", "AUBL", "BARB", "BDBL", "BKID", "CBIN", "CITI", "CIUB", "CNRB", "CORP", "COSB",
    "CSBK", "DBSS", "DCBL", "DEUT", "DLXB", "ESFB", "FDRL", "FINO", "HDFC", "HSBC", "IBKL", "ICIC", "IDFB",
    "IDIB", "INDB", "IOBA", "IPOS", "JAKA", "JIOP", "KARB", "KKBK", "KVBL", "KVGB", "MAHB", "NESF", "ORBC",
    "PSIB", "PUNB", "PYTM", "RATN", "SBIN", "SCBL", "SIBL", "SRCB", "SVCB", "SYNB", "TMBL", "UBIN", "UCBA",
    "UJVN", "USFB", "UTBI", "UTIB", "UTKS", "VIJB", "YESB",
})  # fmt: skip

_ACCOUNT_WORD = (
    r"(?:a/c|(?:bank |savings? |current )?acc(?:oun)?ts?|acc|acct|ac ?(?:no|number|num|#)"
    r"|khaa?ta|clabe|cuenta|compte|konto|खाता|खाते|अकाउंट)"
)
# Between the word and the number: no other digits, and no word that makes it somebody's telephone.
_ACCOUNT = re.compile(
    rf"(?<![\w\[]){_ACCOUNT_WORD}(?![A-Za-z])([^0-9\n\0]{{0,32}}+)([0-9](?:[ -]?[0-9]){{7,17}}+)(?![0-9/.-]|[A-Za-z])",
    re.IGNORECASE,
)
_ACCOUNT_AFTER = re.compile(
    rf"(?<![\w+./-])([0-9](?:[ -]?[0-9]){{8,17}}+)[^\w\n\0]{{0,3}}+(?:is (?:my |the |our )?|mera "
    rf"|meri |es mi )?{_ACCOUNT_WORD}(?![A-Za-z])",
    re.IGNORECASE,
)
_ACCOUNT_WORDS = words(
    "a bank saving savings current account accounts acct accts acc accs ac acno acnumber acnum khata khaata"
    " clabe cuenta compte konto"
)
_NO_ACCOUNT = re.compile(
    r"call|phone|mobile|mob(?!\w)|whats|contact|ring|reach|text|sms|number is on|policy|claim|order"
    r"|ticket|otp|ref|rs|inr|usd"
    r"|amount|₹|\$|£|€|\+",
    re.IGNORECASE,
)
_LONG = re.compile(r"(?<![\w+./-])[0-9]{9,18}(?![\w/-])")
_MOBILE_LENGTH = 10
_SORT_CODE = re.compile(
    r"(?<![\w\[])sort(?: ?code|(?= ?[:=]| [0-9]{2}-[0-9]{2}-))"
    r"([^0-9\n\0]{0,12}+)([0-9]{2}[ -]?[0-9]{2}[ -]?[0-9]{2})(?![0-9-])",
    re.IGNORECASE,
)
_ROUTING = re.compile(
    r"(?<![\w\[])(?:routing|aba)(?: (?:no|number|num|code))?([^0-9\n\0]{0,12}+)([0-9]{9})(?![0-9-])",
    re.IGNORECASE,
)
_NAMING = 40
_REACH = 34
_ACCOUNT_TRIGGERS = (
    "a/c",
    "acc",
    "ac ",
    "ac#",
    "acno",
    "ac:",
    "khat",
    "khaat",
    "clabe",
    "cuenta",
    "compte",
    "konto",
    "खात",
    "अकाउंट",
)


def banking(view: Canonical, _: MaskingPolicy) -> Iterator[Hit]:
    text = view.text
    if "0" in text:
        yield from _with_branch(text)
    if few_digits(text):
        return
    yield from _ibans(text)
    yield from _cards(text)
    yield from _cards_in_words(text)
    yield from _accounts(text)


def _ibans(text: str) -> Iterator[Hit]:
    for start, match in _iban_like(text):
        if end := _end_of(match, _IBAN_LENGTHS[match[1].upper()]):
            code = _compact(text[start:end])
            told = sum(map(str.isdigit, code)) >= _FEWEST_FIGURES and checksums.iban(code)
            if told or nearby(_IBAN_CUE, text, start, _NAMING):
                yield Hit("iban", start, end, code)
    if text.count(" ") >= _FEWEST_SPACES and _LETTER_BY_LETTER.search(text):
        read = spoken(text)
        if not _LETTER_BY_LETTER.search(read.text):
            for hit in _ibans(read.text):
                yield hit._replace(start=read.starts[hit.start], end=read.ends[hit.end - 1])


def _iban_like(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    """Where a country's letters stand before figures, and what follows them."""
    done = 0
    for figure, end in figures(text):
        start = figure - 3 if text[figure - 1 : figure] == " " else figure - 2
        if end - figure < _CHECK_DIGITS or start < done:
            continue
        if text[start : start + 2].upper() in _IBAN_LENGTHS and (match := _IBAN.match(text, start)):
            done = match.end()
            yield start, match


def _end_of(match: re.Match[str], length: int) -> int | None:
    """Where the country's number of characters is full, and the word ends."""
    counted = 0
    for place in range(match.start(), match.end()):
        counted += match.string[place].isalnum()
        if counted == length:
            return None if match.string[place + 1 : place + 2].isalnum() else place + 1
    return None


def _cards(text: str) -> Iterator[Hit]:
    taken = 0
    for groups in windows(text, _CARD_LENGTHS):
        start, end = groups[0].start, groups[-1].end
        if start < taken or (start and text[start - 1] == "+") or text[start - 1 : start].isalpha():
            continue
        digits = "".join(each.digits for each in groups)
        by_name = all(len(each.digits) == _CARD_GROUP for each in groups) and nearby(
            _CARD_CUE, text, start, _NAMING
        )
        if _is_card(digits) or by_name:
            taken = end
            yield Hit("card", start, end, digits)


def _cards_in_words(text: str) -> Iterator[Hit]:
    """Told in parts: "card starts 4111 then 1111 then 1111 and ends 1111"."""
    if not said(text).any_of(_CARD_WORDS) and "कार्ड" not in text:
        return
    for groups in fours(text, _CARD_GROUP):
        digits = "".join(each.digits for each in groups)
        if _is_card(digits) or nearby(_CARD_SAID, text, groups[0].start, _NAMING):
            yield Hit("card", groups[0].start, groups[-1].end, digits)


def _is_card(digits: str) -> bool:
    issuer = _CARD_ISSUER.match(digits)
    if issuer is None or len(set(digits)) == 1:
        return False
    return len(digits) in _CARD_LENGTH_OF[str(issuer.lastgroup)] and checksums.luhn(digits)


def _accounts(text: str) -> Iterator[Hit]:
    lowered = small(text)
    if any(map(lowered.__contains__, _ACCOUNT_TRIGGERS)):
        yield from _named_accounts(text)
    for match in _SORT_CODE.finditer(text) if "sort" in lowered else ():
        yield Hit("account", *match.span(2), _compact(match[2]))
    for match in _ROUTING.finditer(text) if "routing" in lowered or "aba" in lowered else ():
        if checksums.aba(match[2]):
            yield Hit("account", *match.span(2), match[2])


def _is_glued(text: str) -> bool:
    """Whether a number stands right behind its word: "acc123456789"."""
    if not any(text[start - 1 : start].isalpha() for start, _ in figures(text) if start):
        return False
    return any(each[-1:].isdecimal() and each.rstrip(DIGITS) in _ACCOUNT_WORDS for each in said(text).every)


def _named_accounts(text: str) -> Iterator[Hit]:
    for match in (
        _ACCOUNT.finditer(text)
        if _is_glued(text)
        else phrases(_ACCOUNT, text, _ACCOUNT_WORDS, ("खाता", "खाते", "अकाउंट"))
    ):
        if not _NO_ACCOUNT.search(match[1]):
            yield Hit("account", *match.span(2), _compact(match[2]))
    for match in _ACCOUNT_AFTER.finditer(text):
        yield Hit("account", *match.span(1), _compact(match[1]))


def _with_branch(text: str) -> Iterator[Hit]:
    """A branch's code, and the long numbers that stand in one text with it."""
    if not _IFSC_LIKE.search(text):
        return
    codes = [match for match in found_near(_IFSC, text, near_digits(text, _REACH, _REACH)) if _is_ifsc(match)]
    for match in codes:
        yield Hit("account", *match.span(), _compact(match[0]))
    if codes:
        for match in _LONG.finditer(text):
            if len(match[0]) != _MOBILE_LENGTH:
                yield Hit("account", *match.span(), match[0])


def _is_ifsc(match: re.Match[str]) -> bool:
    text = match.string
    return match[1].upper() in _IFSC_BANKS or nearby(_IFSC_CUE, text, match.start(), _NAMING)


def _compact(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()
