"""Digits dictated in words that no table has, and parts of a number that only words hold together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking import mask

INDIA = MaskingPolicy(regions=("IN",))
# Nine nine nine nine nine, nought one four two three: nobody's number.
DIGITS = "9999901423"
SPELLINGS = {
    "misspelt": "zerro oen tow thre foor fvie sixx sevn eigth nien",
    "as heard in India": "jiro wan tu thri phor faiv siks sevan ait nain",
    "homophones": "zero won too tree for fife sicks sevin ate nein",
    "without vowels": "zr n tw thr fr fv sx svn ght nn",
    "starred": "z*ro o*e tw* thr** f**r f*ve s*x s*v*n e*ght n*ne",
    "ordinals": "zeroth first second third fourth fifth sixth seventh eighth ninth",
    "Spanish, misspelt": "sero huno doz trez quatro sinco sies ciete hocho nuebe",
    "English in Tamil letters": "ஜீரோ ஒன் டூ த்ரீ ஃபோர் ஃபைவ் சிக்ஸ் செவன் எய்ட் நைன்",
    "English in Bengali letters": "জিরো ওয়ান টু থ্রি ফোর ফাইভ সিক্স সেভেন এইট নাইন",
    "Arabic, as spoken": "صفر واحد اثنين تلاته اربعه خمسه سته سبعه تمانيه تسعه",
}


@pytest.mark.parametrize("separator", [" ", ", ", "\n"])
@pytest.mark.parametrize("words", SPELLINGS.values(), ids=SPELLINGS)
def test_a_number_in_words_of_no_table_is_found(words: str, separator: str) -> None:
    """However its words are spelled, seven digits in a row do not get through."""
    said = separator.join(words.split()[int(digit)] for digit in DIGITS)
    assert mask([f"his number {said} thanks"], INDIA)[0].text.startswith("his number [phone-1]")


@pytest.mark.parametrize(
    "text",
    [
        "we had a fix for your live line, even mine ate two",
        "it was too late for one to do so, no one won",
        "first, second and third gear are fine, fourth is not",
        "'C_SIZE', 'C_INT8', 'C_LONG' are types",
        "the hive of bees even ate our pine tree at nine",
    ],
)
def test_prose_near_number_words_stays(text: str) -> None:
    """Words that only resemble digits are no number, as long as others stand between them."""
    assert mask([text], INDIA)[0].text == text


@given(
    st.lists(
        st.sampled_from(sorted({each for row in SPELLINGS.values() for each in row.split()})), max_size=14
    )
)
def test_dictated_rows_come_to_rest(words: list[str]) -> None:
    """Whatever row of such words is masked, masking the result once more changes nothing."""
    once = mask([" ".join(words)], INDIA)[0].text
    assert mask([once], INDIA)[0].text == once


@pytest.mark.parametrize(
    "text",
    [
        "first five digits are 41555 and last ones are 50131",
        "number starts with 77009 and the rest is 00142",
        "number shuru hota hai 21255 aur aakhri ank 50142",
        "call 99, after that 99 then 901 then 42 and then 3",
        "his number 99999 he is free after six 01423",
    ],
)
def test_parts_that_words_hold_together_are_one_number(text: str) -> None:
    """Halves that are announced as the beginning and end of a number are masked, of whatever country it is."""
    assert "[phone-1]" in mask([text], INDIA)[0].text


@pytest.mark.parametrize(
    "text",
    [
        "train 9F 2140 at 1915 hrs",
        "claims CL2201991, 00417765, 00417801",
        "registration no 11807345, folio 20447711/12",
        "circular 2023/204 dated 02/02/24",
        "reading 23415 then 23890",
        "1.950,40 € or € 12.300,00, which one?",
    ],
)
def test_further_ordinary_figures_stay(text: str) -> None:
    """References in a row, a year's own numbers and a small word between figures make no phone number."""
    assert mask([text], INDIA)[0].text == text
