"""What people typed, made safe to carry: valid Unicode, bounded, without payment cards.

Cards leave before Kafka (PCI DSS 3.3), so that no topic, store or backup ever holds one.
"""

import re

LONGEST_TEXT = 65_536
"""Characters. WhatsApp itself lets nobody type more; what is longer keeps its beginning and says that it was cut."""
LONGEST_LABEL = 8_192
"""Characters of a button's or list row's texts and ids. WhatsApp allows 256 at most; three of these, however they are
escaped, fit into one record."""
CUT_MARK = " [cut]"
CARD_MARK = "[card]"
CODE_MARK = "[card code]"

# NUL is valid JSON, and many databases refuse it; half a surrogate pair is valid JSON, and no UTF-8.
_UNCARRIABLE = re.compile("[\x00\ud800-\udfff]")

_SEPARATORS = r"[\s\-.*_\u00b7\u2010-\u2015\u200b-\u200d]{0,3}"
_LONG_NUMBER = re.compile(rf"\d(?:{_SEPARATORS}\d){{12,}}")
_DIGITS = re.compile(r"\d+")
_CODE = re.compile(r"(?i)\b((?:cvv2?|cvc2?|cid|security code)\D{0,12})\d{3,4}(?!\d)")

# Issuers and their lengths. Without them one in ten policy numbers, and every IMEI, would pass for a card.
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|(?:30[0-5]|36\d|38\d|39\d)\d{11,16}"  # Diners Club
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB
    r"|(?:50|5[6-9]|6\d)\d{11,17}"  # Maestro, Discover, UnionPay, RuPay
    r"|8[12]\d{14}"  # RuPay
)
_CARD_LENGTHS = range(13, 20)


def carriable(text: str) -> str:
    """The text as every later store and format can hold it."""
    if "\x00" not in text and text.isascii():
        return text
    return _UNCARRIABLE.sub("\ufffd", text)


def bounded(text: str, longest: int) -> str:
    """At most `longest` characters of the text, with a mark where it was cut."""
    return text if len(text) <= longest else text[: longest - len(CUT_MARK)] + CUT_MARK


def typed(text: str) -> str:
    """What a person typed: carriable, without cards, at most `LONGEST_TEXT` characters."""
    return bounded(without_cards(carriable(text)), LONGEST_TEXT)


def without_cards(text: str) -> str:
    """The text with each payment card number, and each security code named beside one, replaced by a mark."""
    replaced = _LONG_NUMBER.sub(_replace_cards, text)
    return replaced if replaced == text else _CODE.sub(rf"\1{CODE_MARK}", replaced)


def _replace_cards(run: re.Match[str]) -> str:
    """A run of digit groups may hold a card among other numbers: try every stretch of whole groups, longest first."""
    text, groups = run[0], list(_DIGITS.finditer(run[0]))
    kept, copied, first = [], 0, 0
    while first < len(groups):
        last = _card_end(groups, first)
        if last is None:
            first += 1
            continue
        kept += [text[copied : groups[first].start()], CARD_MARK]
        copied, first = groups[last].end(), last + 1
    return "".join((*kept, text[copied:]))


def _card_end(groups: list[re.Match[str]], first: int) -> int | None:
    digits, found = "", None
    for at in range(first, min(first + _CARD_LENGTHS.stop, len(groups))):
        digits += groups[at][0]
        if len(digits) >= _CARD_LENGTHS.stop:
            break
        if _is_card(digits):
            found = at
    return found


def _is_card(digits: str) -> bool:
    plain = "".join(str(int(digit)) for digit in digits)  # a digit of any script
    return bool(_ISSUERS.fullmatch(plain)) and _luhn(plain)


def _luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0
