# ruff: noqa: RUF001 - look-alike characters are the subject
"""What masking does with what programs put around a text: exported chats, quotations, tags."""

import pytest

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking import mask

INDIA = MaskingPolicy(regions=("IN",))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("[12/05/24, 10:32:11] Asha: 98989\n[12/05/24, 10:32:15] Asha: 00123", "[12/05/24, 10:32:11] Asha: [phone-1]"),
        ("12/05/24, 10:32 - Asha: my no 98989\n12/05/24, 10:33 - Asha: 00123", "12/05/24, 10:32 - Asha: my no [phone-1]"),
        ("[10:34] Asha: 0770\n[10:35] Asha: 0900\n[10:36] Asha: 123", "[10:34] Asha: [phone-1]"),
        ("Asha: 98989\nAgent: ok\nAsha: 00123", "Asha: [phone-1]"),
        ("> asha.test@\n> gmail.com", "> [email-1]"),
        (">> reach me 98989\n>> 00123\nok", ">> reach me [phone-1]\nok"),
        ("call <b>98989</b> <i class='x'>00123</i>", "call <b>[phone-1]</i>"),
        ("<td>989</td>\n<td>890</td>\n<td>0123</td>", "<td>[phone-1]</td>"),
        ("asha.test<b>@</b>gmail.com", "[email-1]"),
        ("98989<!-- and -->00123", "[phone-1]"),
        ("Asha, [12.05.24 10:31]\n98989\n\nAsha, [12.05.24 10:32]\n00123", "Asha, [12.05.24 10:31]\n[phone-1]"),
        ("asha  10:30 AM\n9898\nasha  10:31 AM\n900123", "asha  10:30 AM\n[phone-1]"),
        ("- asha.test\n- @gmail.com", "- [email-1]"),
        ("[10:32] Asha: aadhaar 2345 6789\n[10:33] Asha: 0124", "[10:32] Asha: aadhaar [aadhaar-1]"),
        ("a) 09898 b) 900 c) 123", "a) [phone-1]"),
        ("Step 1: dial 09898\nStep 2: press 900\nStep 3: press 123", "Step 1: dial [phone-1]"),
        ("2654&nbsp;&nbsp;3210", "[phone-1]"),
    ],
)  # fmt: skip
def test_a_frame_hides_nothing(text: str, left: str) -> None:
    """A name and a time before each bubble, marks of quotation and tags part nothing that belongs together."""
    (once,) = mask([text], INDIA)
    assert once.text == left
    assert mask([once.text], INDIA)[0].text == left


@pytest.mark.parametrize(
    "text",
    [
        "[10:34] Asha: bill 45600\n[10:35] Agent: approved 41200",
        "12/05/24, 10:32 - Asha: paid 4500\n13/05/24, 11:02 - Agent: noted, 2 days",
        "Asha: bill 12450\nAgent: copay 10%\nAsha: why?",
        "a) 4500 b) 5400 c) 12500",
        "Step 1: pay 4500\nStep 2: upload bill 4500\nStep 3: wait 2 days",
        "Premium: 4500\nGST: 810\nTotal: 5310",
        "> claim 45600\nwhy so low?",
        "premium <b>4500</b> and <b>GST</b>",
    ],
)
def test_a_frame_makes_no_number(text: str) -> None:
    """Sums that two people name one after another stay."""
    assert mask([text], INDIA)[0].text == text


def test_a_number_found_across_another_leaves_nothing_of_it() -> None:
    """What a later pass finds may reach across what an earlier one found: both go as one, and nothing between them shows."""
    text = (
        "version 6.1.9.5.5.5.0.1.7.3\n4 stents in 2019 and again 2 in 2022\nجوالي 0 7 سبعة صفر 0 9 صفر 0 3 9 واحد"
        "\nUHID 1088660041 for my mother\n1.000.000 de responsabilidad civil"
    )
    (once,) = mask([text], INDIA)
    assert "1.000.000" not in once.text
    assert mask([once.text], INDIA)[0].text == once.text
    ends = [0, *(each.end for each in once.findings)]
    assert all(each.start >= end for each, end in zip(once.findings, ends, strict=False))
