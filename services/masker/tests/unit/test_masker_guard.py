# ruff: noqa: RUF001 - look-alike characters are what is tested here
"""The known-identity guard, against ways of writing what it knows."""

import base64
import random
import re
import urllib.parse
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_contracts.inbound import Identity
from bowchat_masker.guard import Watch, search, watch_for
from bowchat_masker.guard.watch import number as _number
from bowchat_masker.identity import learn, national

NUMBER = "919876543210"
LOCAL = "9876543210"


def watching(**identity: str) -> Watch:
    return watch_for(learn(None, Identity(**identity), datetime(2026, 1, 1, tzinfo=UTC)).known)


def spelled(text: str, zero: int) -> str:
    return "".join(chr(zero + int(each)) for each in text)


WAYS: dict[str, Callable[[str], str]] = {
    "plain": lambda n: n,
    "with country code": lambda n: f"+91 {n}",
    "with trunk zero": lambda n: f"0{n}",
    "spaced": " ".join,
    "grouped": lambda n: f"{n[:5]} {n[5:]}",
    "dashes": "-".join,
    "dots": ".".join,
    "underscores": "_".join,
    "slashes": lambda n: "/".join(n[i : i + 2] for i in range(0, len(n), 2)),
    "lines": "\n".join,
    "list": lambda n: "\n".join(f"* {each}" for each in n),
    "stars": lambda n: f"*{n[:5]}*{n[5:]}",
    "glued to words": lambda n: f"call{n}now",
    "text between halves": lambda n: f"{n[:5]} is the first half and this is the second {n[5:]}",
    "letters between": "x".join,
    "zero width": "\u200b".join,
    "right to left": lambda n: f"\u202e{n}\u202c",
    "fullwidth": lambda n: spelled(n, 0xFF10),
    "devanagari": lambda n: spelled(n, 0x0966),
    "arabic": lambda n: spelled(n, 0x0660),
    "tamil": lambda n: spelled(n, 0x0BE6),
    "bold": lambda n: spelled(n, 0x1D7CE),
    "superscript": lambda n: "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(each)] for each in n),
    "circled": lambda n: "".join("⓪①②③④⑤⑥⑦⑧⑨"[int(each)] for each in n),
    "keycaps": lambda n: "".join(f"{each}\ufe0f\u20e3" for each in n),
    "reversed": lambda n: n[::-1],
    "reversed and spaced": lambda n: " ".join(n[::-1]),
    "base64": lambda n: base64.b64encode(n.encode()).decode(),
    "base64 without padding": lambda n: base64.b64encode(n.encode()).decode().rstrip("="),
    "base64 inside a longer token": lambda n: "x" + base64.b64encode(f"id:{n}".encode()).decode(),
    "url-safe base64": lambda n: base64.urlsafe_b64encode(f"??>{n}".encode()).decode(),
    "wamid": lambda n: "wamid." + base64.b64encode(b"\x1c\x18\x0c91" + n.encode() + b"\x15\x02\x00").decode(),
    "hex": lambda n: n.encode().hex(),
    "hex in pairs": lambda n: n.encode().hex(" "),
    "hex number": lambda n: f"{int(n):x}" if int(n) else n,
    "percent": lambda n: "".join(f"%{ord(each):02X}" for each in n),
    "percent plus": lambda n: urllib.parse.quote(f"+91{n}"),
    "markup": lambda n: "".join(f"<b>{each}</b>" for each in n),
    "decoy digits": lambda n: "".join(f"{each}0" for each in n),
    "numbered list": lambda n: "\n".join(f"{place}) {each}" for place, each in enumerate(n, 1)),
    "without its last three": lambda n: n[:-3],
    "without its first three": lambda n: n[3:],
    "strikethrough": "\u0336".join,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_known_number_is_found(way: str) -> None:
    """No false negative: 50 numbers, written each way inside a sentence, are all found."""
    chance = random.Random(way)
    for _ in range(50):
        number = "".join([chance.choice("6789"), *chance.choices("0123456789", k=9)])
        text = f"please note {WAYS[way](number)} thanks"
        assert search(text, text, watching(number=f"91{number}")) == "number", (way, number)


@pytest.mark.parametrize("text", ["II 0 I V V V 0 I 0 I", "III-0-V-V-V-V-0-I-I-I"])
def test_roman_numerals_are_read_where_nearly_all_are_single_letters(text: str) -> None:
    """Numbers of ones and fives, as +1 555 01xx, are known in Roman numerals too."""
    digits = re.sub(
        r"[^0-9]", "", text.replace("III", "3").replace("II", "2").replace("I", "1").replace("V", "5")
    )
    assert search(text, text, watching(number=f"1{digits}")) == "number"


LINES = [
    "My policy MOT-2024-884412 premium was Rs 12,500 on 12/05/2024 at 10:30.",
    "Claim CLM/2024/0012345 for KA 01 AB 1234, garage estimate 48,250.75, excess 2000.",
    "Sum insured 25,00,000 from 01/04/2024 to 31/03/2025, nominee added 2024-04-02.",
    "OTP 482913 came at 09:12, pincode 411001, flat 12, floor 3.",
    "IBAN GB29NWBK60161331926819, chassis WVWZZZ1KZ6W000001.",
]


def test_ordinary_insurance_texts_raise_no_alarm() -> None:
    """20,000 texts with references, amounts and dates, each against a number of its own: at most four alarms."""
    chance, alarms = random.Random(7), 0
    for _ in range(20_000):
        number = "".join([chance.choice("6789"), *chance.choices("0123456789", k=9)])
        text = chance.choice(LINES)
        text = "".join(chance.choice("0123456789") if each.isdigit() else each for each in text)
        watch = _numbers_only(number)
        alarms += search(text, text, watch) is not None
    assert alarms <= 4


def _numbers_only(number: str) -> Watch:
    forward = {number[at : at + 7] for at in range(4)}
    return Watch(tuple(forward | {each[::-1] for each in forward}), (_number(number),))


@pytest.mark.parametrize(
    ("text", "clue"),
    [
        ("my id is GB.10000000000000000123", "bsuid"),
        ("my id is gb 1000 0000 0000 0000 0123", "bsuid"),
        (base64.b64encode(b"GB.10000000000000000123").decode(), "bsuid"),
        ("find me as @Asha.Writes there", "username"),
        ("Regards, ASHA  testperson", "name"),
        ("Regards, Asha\u200b Testperson", "name"),
        ("Regards, Ａsha Testperson", "name"),
        ("name: Testperson, Asha", "name"),
        ("it is A s h a  T e s t p e r s o n", "name"),
        ("it is nosreptseT ahsA", "name"),
        ("Ashá Testpersön here", "name"),
        ("Aѕhа Tеѕtреrѕоn", "name"),
        ("A$h4 T3stper$on", "name"),
        ("🇦🇸🇭🇦🇹🇪🇸🇹🇵🇪🇷🇸🇴🇳", "name"),
        ("🅰🆂🅷🅰 🆃🅴🆂🆃🅿🅴🆁🆂🅾🅽", "name"),
        ("ᴀꜱʜᴀ ᴛᴇꜱᴛᴘᴇʀꜱᴏɴ", "name"),
        ("I am ashawrites", "username"),
        ("find asha dot writes", "username"),
        ("Asha here", None),
        ("ashatestpersonal insurance", None),
        ("nothing of hers", None),
    ],
)
def test_other_identities_are_found(text: str, clue: str | None) -> None:
    """BSUID, username and whole profile name are found, whatever the letter case; parts of words are no hit."""
    watch = watching(bsuid="GB.10000000000000000123", username="asha.writes", name="Asha Testperson")
    assert search(text, text, watch) == clue


@pytest.mark.parametrize("name", ["May", "Claims", "Jo", ".", "😀", "Happy"])
def test_a_common_word_is_no_name(name: str) -> None:
    """A name that is one ordinary word, or hardly a word, does not hold every message that uses it."""
    text = "May I ask the claims desk? Happy to wait. Jo 😀."
    assert search(text, text, watching(name=name)) is None


def test_a_number_inside_a_name_is_known_too() -> None:
    """A profile name may hold a number: it is looked for as any other."""
    text = "it is 98765-43210"
    assert search(text, text, watching(name=f"Asha {LOCAL}")) == "number"


def test_every_number_ever_known_is_looked_for() -> None:
    """A person who changed numbers is not to be told by the old one either."""
    day = datetime(2026, 1, 1, tzinfo=UTC)
    known = learn(None, Identity(number=NUMBER), day).known
    known = learn(known, Identity(number="447700900123"), day).known
    text = f"old one was {LOCAL}"
    assert search(text, text, watch_for(known)) == "number"


@given(st.text(max_size=200))
def test_no_text_breaks_the_guard(text: str) -> None:
    """Whatever is typed, the guard answers; it never raises."""
    search(text, text, watching(number=NUMBER, bsuid="IN.123456789012", username="asha", name="Asha T"))


def test_national_digits_are_those_without_the_country() -> None:
    """Windows are cut from the national number; what cannot be parsed is taken as it is."""
    assert national(NUMBER) == LOCAL
    assert national("0") == "0"


def test_a_watch_shows_nothing() -> None:
    """A guard that is printed by accident tells nobody's number."""
    assert LOCAL not in repr(watching(number=NUMBER))
    assert NUMBER not in repr(learn(None, Identity(number=NUMBER), datetime(2026, 1, 1, tzinfo=UTC)).known)
