"""The guard against the ways in which people hide a number, and against ordinary and hostile texts."""

import contextlib
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bowchat_contracts.inbound import Identity
from bowchat_masker.guard import Watch, search, watch_for
from bowchat_masker.guard.search import TooMuchError, _views
from bowchat_masker.identity import learn
from bowchat_testkit.attacks import families, steps

DAY = datetime(2026, 1, 1, tzinfo=UTC)
FAMILIES, STEPS = families(), steps()
# Country code, and what a number there begins with: obviously made up, of the right length.
COUNTRIES = {
    "91": ("99999", 10),
    "44": ("7700", 10),
    "1": ("21255501", 10),
    "34": ("6000", 9),
    "971": ("500", 9),
}


def watching(**identity: str) -> Watch:
    return watch_for(learn(None, Identity(**identity), DAY).known)


def made_up(chance: Random) -> tuple[str, str]:
    """A country code and a national number."""
    code, (start, length) = chance.choice(list(COUNTRIES.items()))
    return code, start + "".join(chance.choices("0123456789", k=length - len(start)))


@pytest.mark.parametrize("family", FAMILIES)
def test_no_family_hides_a_known_number(family: str) -> None:
    """Misses 0: every way of writing a number, over five countries, with and without its country code."""
    chance = Random(family)
    for _ in range(40):
        code, national = made_up(chance)
        for digits in (national, code + national):
            text = f"please note {FAMILIES[family](digits, chance)} thanks"
            assert search(text, text, watching(number=code + national)) == "number", text


@settings(max_examples=400, deadline=None)
@given(
    family=st.sampled_from(sorted(FAMILIES)), step=st.sampled_from(sorted(STEPS)), seed=st.integers(0, 10**6)
)
def test_no_two_ways_on_top_of_each_other_hide_it(family: str, step: str, seed: int) -> None:
    """A code of any way of writing is looked through as well."""
    chance = Random(seed)
    code, national = made_up(chance)
    text = f"note {STEPS[step](FAMILIES[family](national, chance), chance)} thanks"
    assert search(text, text, watching(number=code + national)) == "number", text


@settings(max_examples=200, deadline=None)
@given(
    first=st.sampled_from(sorted(STEPS)),
    second=st.sampled_from(sorted(STEPS)),
    digits=st.from_regex(r"7700[0-9]{6}", fullmatch=True),
)
def test_a_code_of_a_code_of_a_number_is_found(first: str, second: str, digits: str) -> None:
    """Two codes, one upon the other, hide nothing."""
    chance = Random(0)
    text = STEPS[second](STEPS[first](digits, chance), chance)
    assert search(text, text, watching(number="44" + digits)) == "number", text


CHAT = """
Ok, I will send the photos in one or two hours, no need to call me before five or six.
There are four of us in the car, two adults and two children aged seven and nine.
I paid Rs 12,500 on 12/05/2024 at 10:30, and 4,829 more in two parts. For one claim that is too much, no?
My policy is MOT-2024-884412, claim CLM/2024/0012345, vehicle KA 01 AB 1234, pincode 411001.
Can you do it today? To be honest I have had no answer for ten days, and one of the three forms is missing.
It happened on the M4 at junction 17, about a mile after the services; the other driver had a blue Golf.
mera claim ka kya hua, do din ho gaye, ek bhi call nahi aaya, sat ko office band hai
tengo dos coches y una moto, son tres seguros, y el sábado no puedo
URN txt 80082 2 win, cost 150p/wk, 18+ only. C u at 8 2nite, luv u 4 eva xx
OTP 482913 came at 09:12. IBAN GB29NWBK60161331926819, chassis WVWZZZ1KZ6W000001.
EXCESS IS TOO BIG, SEE THE LETTER OF 3 JULY. I AM AT SITE 12B, GATE 4, LEVEL 2.
see https://www.example.com/claims/form-27?ref=AB12CD34&lang=en-GB#section-4
""".strip().split("\n")


def test_ordinary_chat_raises_no_alarm() -> None:
    """Lines of ordinary chat against 3,000 numbers that are not in them: none is found, whatever way it is read."""
    chance = Random(11)
    for at in range(3_000):
        code, national = made_up(chance)
        text = chance.choice(CHAT)
        mixed = "".join(chance.choice("0123456789") if each.isdigit() else each for each in text)
        assert search(mixed, mixed, watching(number=code + national)) is None, (at, mixed, national)


def test_random_digits_hardly_ever_raise_an_alarm() -> None:
    """Of 2,000 strings of 60 random digits at most three are taken for the number: windows of seven do meet by chance."""
    chance, alarms = Random(3), 0
    for _ in range(2_000):
        code, national = made_up(chance)
        text = "".join(chance.choices("0123456789", k=60))
        alarms += search(text, text, watching(number=code + national)) is not None
    assert alarms <= 3


@pytest.mark.parametrize(
    "text",
    [
        "write to asha.writes@example.com",
        "asha.writes at example dot com",
        "asha [dot] writes (at) example [dot] com",
        "a s h a . w r i t e s @ e x a m p l e . c o m",
        "asha.writes at the rate example.com",
        "YXNoYS53cml0ZXNAZXhhbXBsZS5jb20=",
    ],
)
def test_a_known_email_address_is_found(text: str) -> None:
    """However it is spelled; another address at the same host is not it."""
    watch = watching(email="asha.writes@example.com")
    assert search(text, text, watch) == "email"
    assert search("claims@example.com", "claims@example.com", watch) is None


HOSTILE = {
    "digits": "0123456789" * 990,
    "look-alikes": "lIO" * 3000,
    "look-alikes apart": "l I O 5 " * 1200,
    "number words": "nine eight seven " * 580,
    "glued words": "nineeightseven" * 700,
    "base64": "QUJDREVGR0hJSktM" * 600,
    "hex": "4e6a4134" * 1200,
    "percent": "%25" * 3300,
    "entities": "&#57;" * 1900,
    "backslashes": "\\" * 9900,
    "sums": "9+9-9*9 " * 1200,
    "dots": ".-" * 4900,
    "escapes": "\\u0039" * 1600,
    "large": "a9 " * 22_000,
    "one word": "a" * 60_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_text_is_bounded(kind: str) -> None:
    """However much a text hides, no more than 10,000 characters in all are looked through: the rest holds the message."""
    looked = 0
    with contextlib.suppress(TooMuchError):
        for _, view, _ in _views(HOSTILE[kind]):
            looked += len(view)
    assert looked <= 10_000
    watch = watching(number="447700900123", bsuid="GB.10000000000000000123", name="Asha Testperson")
    with contextlib.suppress(TooMuchError):
        assert search(HOSTILE[kind], HOSTILE[kind], watch) is None
