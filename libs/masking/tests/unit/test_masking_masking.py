# ruff: noqa: RUF001 - look-alike characters are what is tested here
"""Phone numbers and e-mail addresses in texts."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking import MaskingError, mask, masked

INDIA, BRITAIN = MaskingPolicy(regions=("IN",)), MaskingPolicy(regions=("GB",))

PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "+44 7700 900123", "07700900123", "98765 43210", "٩٨٧٦٥٤٣٢١٠", "９８７６５４３２１０", "a.b@example.com",
            "jo at gmail dot com", "jo (at) example [dot] org", "12/05/2024", "10:30", "2023-2024", "MOT-2024-884412",
            "POL-9876543210", "Rs 12,50,000", "₹500", "1,234.56 GBP", "[phone-1]", "[email-7]", "[phone-", "-1]", "+", "(",
            "\u200b", "9️⃣8️⃣7️⃣", "at", "@", ".", "dot", "-", "/", "ext. 55", "1", "22", "333", "999999999",
            " ", "\n", "№", "½", "①②③④⑤⑥⑦",
        ]
    ),
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=14).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("call +44 7700 900101 now", "call [phone-1] now"),
        ("call9876543210now", "call[phone-1]now"),
        ("98765-43210 / (987) 65.43.210", "[phone-1] / [phone-1]"),
        ("077-00.900(101)", "[phone-1])"),
        ("０７７００ ９００１０１", "[phone-1]"),
        ("٠٧٧٠٠٩٠٠١٠١ hello", "[phone-1] hello"),
        ("0\u200b7\u200b7\u200b0\u200b0\u200b9\u200b0\u200b0\u200b1\u200b0\u200b1", "[phone-1]"),
        ("9️⃣8️⃣7️⃣6️⃣5️⃣4️⃣3️⃣2️⃣1️⃣0️⃣!", "[phone-1]!"),
        ("mail alex.testperson@example.com today", "mail [email-1] today"),
        ("alex dot testperson at example dot com", "[email-1]"),
        ("john @ gmail . com", "[email-1]"),
        ("john at gmail.com", "[email-1]"),
        ("jo＠example.com", "[email-1]"),
        ("https://wa.me/447700900101", "[link-1]"),
        ("POL-9876543210", "POL-[phone-1]"),
        ("₹9,876,543,210", "₹[phone-1]"),
    ],
)
def test_what_reaches_a_person_is_masked(text: str, expected: str) -> None:
    """A number or address is masked however it is written: punctuated, glued to words, in any script, with invisibles."""
    assert mask([text], INDIA)[0].text == expected


@pytest.mark.parametrize(
    "text",
    [
        "My policy TST-2026-000101 and claim CLM/2024/0012345",
        "pol-2024-1234567 expires on 12/05/2024 at 10:30",
        "Rs 12,50,000 sum insured, premium 1,234.56 GBP, ₹50000.00 paid",
        "from 2024-05-12 to 2025-05-11, 2023-2024 renewal",
        "KA 01 AB 1234, OTP 482913, pin 411001",
        "chassis WVWZZZ1KZ6W000001",
        "meet me at home. Thanks @ home. Bye",
        "We were at the garage. It cost 500. Look at page 12.",
        "20,00,000 cover since 01.04.2023, 15 years, 2 cars",
    ],
)
def test_what_an_insurer_needs_stays(text: str) -> None:
    """References, amounts, dates and times pass as they are: they are what a desk works with."""
    assert mask([text], INDIA)[0].text == text


def test_the_same_value_has_the_same_placeholder() -> None:
    """Meaning survives: an insurer sees that two mentions are one number, over all texts of a message."""
    first, second = mask(
        ["9876543210 or jo@example.com or 9123456780", "+91 98765 43210, JO@example.com"], INDIA
    )
    assert first.text == "[phone-1] or [email-1] or [phone-2]"
    assert second.text == "[phone-1], [email-1]"
    assert [each.placeholder for each in masked([first, second])] == ["[phone-1]", "[email-1]", "[phone-2]"]


def test_a_typed_placeholder_is_never_handed_out() -> None:
    """Somebody who types a placeholder cannot make two values look like one."""
    assert mask(["[phone-1] is 9876543210"], INDIA)[0].text == "[phone-1] is [phone-2]"


@given(TEXTS)
@example("55999999999-½POL-9876543210")
def test_masking_twice_changes_nothing(text: str) -> None:
    """What was masked comes to rest: a second pass finds nothing."""
    (once,) = mask([text], INDIA)
    (twice,) = mask([once.text], INDIA)
    assert (twice.text, twice.findings) == (once.text, ())


@given(TEXTS)
@example("+44 7700 9001230A")
@example("+44 7700 [phone-1] 9001230")
@example("T0+44 7700 900123a.b@example.com:Y00")
def test_offsets_are_true(text: str) -> None:
    """Findings stand in order, do not overlap, and cutting them out of the original gives exactly the result."""
    (result,) = mask([text], BRITAIN)
    rebuilt, at = "", 0
    for each in result.findings:
        assert at <= each.start < each.end <= len(text)
        rebuilt += text[at : each.start] + each.placeholder
        at = each.end
    assert rebuilt + text[at:] == result.text


@given(st.text(max_size=20), st.from_regex(r"\+?[1-9][0-9]{8,13}", fullmatch=True), st.text(max_size=20))
def test_no_digit_of_a_number_survives(before: str, number: str, after: str) -> None:
    """A number set apart by spaces leaves no digit behind, whatever stands around it."""
    (result,) = mask([f"{before}    {number}    {after}"], INDIA)
    digits = number.lstrip("+")
    at = len(before) + 4
    covered = [each for each in result.findings if each.start <= at + number.startswith("+")]
    assert covered
    assert covered[-1].end >= at + len(number)
    assert digits not in result.text


@given(TEXTS)
def test_equal_input_gives_equal_output(text: str) -> None:
    """No state and no chance: a replay masks as the first time did."""
    assert mask([text], INDIA) == mask([text], INDIA)


@pytest.mark.parametrize(
    "texts", [["x" * 16_385], ["é" * 10_000, "é" * 10_000], ["9876543210 x@y.zz " * 600]]
)
def test_what_no_person_types_is_refused(texts: list[str]) -> None:
    """A text of four times what WhatsApp takes, or with a thousand numbers, is not masked but held."""
    with pytest.raises(MaskingError):
        mask(texts, INDIA)


def test_the_longest_message_of_whatsapp_is_masked() -> None:
    """4,096 characters of ordinary speech, with a number in them, are no reason to hold a message."""
    text = ("The garage at 14 MG Road says 3 days, claim 55-2231 is open; I was at home. " * 60)[:4_070]
    (result,) = mask([f"{text} call 98765 43210"], INDIA)
    assert result.text.endswith("call [phone-1]")


HOSTILE = [
    each * (16_384 // len(each))
    for each in (
        "a", "a@", "1 ", "123456    ", "at a at b ", "A1-", "+1    ", "a dot ", "12,345,", " ", "((((+(", "a@a.a.a.a.a.a.1 ",
        "AB1234567 ", "नमस्ते ", "a@b . ", "A1B2/", "a(at)b(dot)", "1-", "[phone-1]", "\u200b", "1\u200b", "Rs 12,12,12,",
        "Ab1", "ab ", "39 ", "-.-.- ",
    )
]  # fmt: skip


@pytest.mark.parametrize(
    "text", HOSTILE, ids=lambda text: text[:8].encode("ascii", "backslashreplace").decode()
)
def test_a_hostile_text_is_masked_or_held(text: str) -> None:
    """Long texts made to hurt come to an end: masked so that nothing more is found, or held. Their cost is in the bench."""
    try:
        (once,) = mask([text], INDIA)
    except MaskingError:
        return
    assert mask([once.text], INDIA)[0].findings == ()


@settings(max_examples=30)
@given(st.integers(2, 40))
def test_cost_grows_with_length_alone(times: int) -> None:
    """Texts of one number after another are masked whole, however many stand in a row."""
    assert mask(["98765 43210 " * times], INDIA)[0].text == "[phone-1] "
