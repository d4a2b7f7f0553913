# ruff: noqa: RUF001 - look-alike characters are what is tested here
"""Numbers in disguise, and what only looks like one."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bowchat_masking
from bowchat_contracts.masking_policy import MaskingPolicy, Shape
from bowchat_masking import MaskingError, mask
from bowchat_masking.canonical import canonicalise
from bowchat_masking.number_words import meaning
from bowchat_testkit.attacks import families
from bowchat_testkit.bench_masking.recall import measure
from bowchat_testkit.bench_masking.rivals import bow_chat

constants: Any = importlib.import_module("re._constants")
parser: Any = importlib.import_module("re._parser")
INDIA = MaskingPolicy(regions=("IN",))
EVASIVE = {"keypad letters", "some letters"}
"""Families that are known to get through, and stand in docs/masking.md as they are."""


def masked_text(text: str, policy: MaskingPolicy = INDIA) -> str:
    return mask([text], policy)[0].text


def test_nearly_every_family_is_caught() -> None:
    """Whoever hides a number in one of the known ways does not get it through, in four countries."""
    rows = measure({"Bow Chat": bow_chat}, 4, seed=11)
    missed = {row.family for row in rows if row.caught["Bow Chat"] < row.tried}
    assert missed <= EVASIVE
    assert len(rows) >= 60


@pytest.mark.parametrize(
    "text",
    [
        "98765 is the first half and the rest is 43210",
        "first five digits 98765, last five 43210",
        "nine apples eight bananas seven cats six dogs five eggs four figs three goats two hats one ink",
        "digit 1: 9, digit 2: 8, digit 3: 7, digit 4: 6, digit 5: 5, digit 6: 4, digit 7: 3, digit 8: 2, digit 9: 1",
        "98 apples 76 bananas 54 cats 32 dogs 10 eggs",
        "athanve chhihattar chauvan battis das",
        "नौ आठ सात छह पांच चार तीन दो एक शून्य",
        "noventa y ocho setenta y seis cincuenta y cuatro treinta y dos diez",
        "achtundneunzig sechsundsiebzig vierundfünfzig zweiunddreißig zehn",
        "nine ate seven sicks five for three to won oh",
        "NineEightSevenSixFiveFourThreeTwoOneZero",
        "n i n e e i g h t s e v e n s i x f i v e f o u r t h r e e",
        "n1ne e1ght s3ven s1x f1ve f0ur thr33",
        "double nine double eight triple seven six five four",
        "<b>98765</b><i>43210</i>",
        "98km 76km 54km 32km 10km",
        "9thousand8hundred76 54 32 10",
        "policy number 9876543210",
        "九八七六五四三二一〇",
        "⠼⠊⠓⠛⠋⠑⠙⠉⠃⠁⠚",
    ],
)
def test_a_number_told_in_other_ways_is_masked(text: str) -> None:
    """Words, languages, gaps and words of excuse do not carry a number through: no figure of it is left."""
    left = re.sub(r"\[phone-[0-9]+\]", "", masked_text(text))
    assert left != text
    assert not re.search(r"[0-9]", left)


@pytest.mark.parametrize(
    "text",
    [
        "I have one claim and two cars, one of us can do it or not do it at all",
        "2nite at 7.30pm or 8? i 2 go wid u, c u at 4 or 5",
        "scores were 6-4 6-3 7-5, temp 98.6 100.4 101.2",
        "premium 8450, 9120, 10300 for 3 plans",
        "order number is 40298311 and invoice 202400391",
        "policy number 1122334455, sum insured 1500000",
        "two lakh fifty thousand rupees, then five crore twenty lakh thirty thousand",
        "1. RC copy 2. Licence 3. Claim form 4. Photos 5. Bills 6. Estimate 7. FIR 8. Keys",
        "open 9am-6pm, 10am-2pm, born 12051988",
        "Plan A 500, B 600, C 700",
        "पॉलिसी नंबर 1122334455 और क्लेम 88123451",
    ],
)
def test_ordinary_figures_stay(text: str) -> None:
    """What a desk works with, and what people chat about, is not taken for a number."""
    assert masked_text(text) == text


def test_an_agreements_shape_passes_and_others_do_not() -> None:
    """An insurer sees numbers of its own form, whatever the budget says, and only those."""
    policy = MaskingPolicy(regions=("IN",), shapes=(Shape(name="policy", pattern="77##-######"),))
    assert masked_text("it is 7712-345678", policy) == "it is 7712-345678"
    assert "[phone-1]" in masked_text("it is 7612-345678", policy)


def test_regions_of_the_policy_say_what_excuses_nothing() -> None:
    """After a cue a number passes unless it is a mobile number where the policyholders live."""
    text = "claim no 612345678"
    assert masked_text(text) == text
    assert masked_text(text, MaskingPolicy(regions=("IN", "ES"))) == "claim no [phone-1]"


def test_two_ways_of_writing_a_number_have_one_placeholder() -> None:
    """Meaning survives the disguise: an insurer sees that both are the same."""
    text = masked_text(
        "98765 43210, that is nine eight seven six five four three two one zero or +91-98765-43210"
    )
    assert set(re.findall(r"\[phone-[0-9]+\]", text)) == {"[phone-1]"}


def test_more_figures_than_people_type_are_held() -> None:
    """A text of thousands of digits apart is not judged digit by digit, but held."""
    with pytest.raises(MaskingError):
        mask(["1    " * 5_000], INDIA)


@given(
    st.text(),
    st.sampled_from(["&#57;", "%39", "\\u0039", "&amp;#57;", "%2539", "\u0665", "⑨", "Ⅸ", "９"]),
    st.text(),
)
def test_an_escape_or_sign_keeps_its_place(before: str, sign: str, after: str) -> None:
    """Every character of the view knows the whole stretch of the original that it stands for, in order."""
    text = f"{before} {sign} {after}"
    view = canonicalise(text)
    assert len(view.text) == len(view.starts) == len(view.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(view.starts, view.ends, strict=True))
    assert list(view.starts) == sorted(view.starts)


@given(st.integers(0, 10**9), st.sampled_from(sorted(families())))
def test_disguised_numbers_come_to_rest(seed: int, family: str) -> None:
    """Masking what was masked changes nothing, whatever disguise the number wore."""
    chance = Random(seed)
    text = families()[family]("9" + "".join(chance.choice("0123456789") for _ in range(9)), chance)
    once = masked_text(f"hi, {text} ok")
    assert masked_text(once) == once


@pytest.mark.parametrize(
    ("word", "digits"),
    [("unnasi", "79"), ("ninyanave", "99"), ("निन्यानवे", "99"), ("teen", "3"), ("ten", "10"), ("zéro", "0"), ("сіх", None),
     ("niiine", "9"), ("sevennine", "79"), ("dreiundzwanzig", "23"), ("hello", None)],
)  # fmt: skip
def test_words_say_their_digits(word: str, digits: str | None) -> None:
    """Words are known by how they are written and how they sound; other words say nothing."""
    said = meaning(word)
    assert (said.digits if said else None) == digits


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    for module in pkgutil.iter_modules(bowchat_masking.__path__):
        names = vars(importlib.import_module(f"bowchat_masking.{module.name}"))
        yield from (
            (f"{module.name}.{name}", each) for name, each in names.items() if isinstance(each, re.Pattern)
        )


def endless(tree: Any, *, last: bool = True) -> bool:
    """Whether the expression has a repetition without end that can be tried again shorter, before something else."""
    items = list(tree)
    return any(
        _is_endless(kind, inside, final=last and index == len(items) - 1)
        for index, (kind, inside) in enumerate(items)
    )


def _is_endless(kind: Any, inside: Any, *, final: bool) -> bool:
    if kind is constants.SUBPATTERN:
        return endless(inside[3], last=final)
    if kind is constants.BRANCH:
        return any(endless(each, last=final) for each in inside[1])
    if kind in (constants.ASSERT, constants.ASSERT_NOT):
        return endless(inside[1], last=False)
    if kind not in (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT):
        return False
    simple = len(inside[2]) == 1 and inside[2][0][0] in (constants.IN, constants.LITERAL, constants.CATEGORY)
    unbounded = inside[1] is constants.MAXREPEAT and kind is not constants.POSSESSIVE_REPEAT
    return (unbounded and not (final and simple)) or endless(inside[2], last=False)


def test_no_expression_is_worse_than_linear() -> None:
    """Every repetition is bounded or possessive, or ends its expression: no text makes one take back what it read."""
    found = dict(patterns())
    assert len(found) > 20
    assert [name for name, each in found.items() if endless(parser.parse(each.pattern, each.flags))] == []


@pytest.mark.parametrize("pattern", [r"(?:a+)+b", r"a*b", r"(?:ab)+c", r"(?=a+b)c"])
def test_the_judge_of_expressions_knows_bad_ones(pattern: str) -> None:
    """The check above would see a dangerous expression."""
    assert endless(parser.parse(pattern))


@pytest.mark.parametrize(
    "text",
    [
        "lat 70.123 long 00.087",
        "pages 70, 12, 30, 04, 86",
        "odometer 98989 then 00417 km",
        "0770 rs + 090 rs + 0409 rs",
        "at 07:70 till 09:00 or 171",
        "0770mm by 090mm by 0510mm",
    ],
)
def test_a_nought_leads_no_measure(text: str) -> None:
    """All figures of a text that make a mobile number, one led by a nought, are one, whatever they are called."""
    (masked,) = mask([text], MaskingPolicy(regions=("IN", "GB")))
    assert [each.type for each in masked.findings] == ["phone"]


@pytest.mark.parametrize(
    "text",
    [
        "claim 7718 dated 05/06/24", "pages 70, 12, 30, 40, 86", "at 07:30 till 09:00 or 1712",
        "Rs 9812.05 and 451.05",
    ],
)  # fmt: skip
def test_a_nought_of_a_day_or_a_reference_is_none(text: str) -> None:
    """Days, times, cents and what is called a reference may begin with a nought."""
    (masked,) = mask([text], MaskingPolicy(regions=("IN", "GB")))
    assert masked.text == text


@pytest.mark.parametrize(
    "text",
    ["022 2345 6000", "011-2345 7000", "1800 123 4000", "+44 7700 900000 0", "9876 543 000", "020 7946 0000"],
)
def test_a_round_part_is_no_way_out_of_a_number(text: str) -> None:
    """What looks like a round sum by itself goes with the number whose part it is."""
    policy = MaskingPolicy(regions=("IN", "GB"))
    assert not any(map(str.isdigit, mask([f"reach me {text}"], policy)[0].text.replace("[phone-1]", "")))
