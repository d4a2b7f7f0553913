"""What masking does with texts that none of its rules was written for: attacks, and ordinary lines full of figures."""

from collections import Counter
from itertools import chain

import pytest

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking import mask
from bowchat_testkit.masking_corpus import FRESH_ORDINARY, REGIONS, Attack, attacks, changed, ordinary

ATTACKS = attacks()
INDIA = MaskingPolicy(regions=("IN",))
MOST_CHANGED = 0.005
# Any ten figures may be a telephone's in the plan of the United States.
MOST_CHANGED_IN = {"US": 0.01}


def is_covered(attack: Attack, policy: MaskingPolicy) -> bool:
    (result,) = mask([attack.text], policy)
    covered = set(chain.from_iterable(range(each.start, each.end) for each in result.findings))
    typed = chain.from_iterable(range(start, end) for start, end in attack.spans)
    return all(place in covered for place in typed if attack.text[place].isalnum())


def shares(*, own: bool) -> dict[str, float]:
    """The share of texts whose every stretch goes, of telephones and of everything else."""
    tried, caught = Counter[str](), Counter[str]()
    for each in ATTACKS:
        kind = "phone" if each.kind == "phone" else "other"
        tried[kind] += 1
        caught[kind] += is_covered(each, MaskingPolicy(regions=(each.region,)) if own else INDIA)
    assert min(tried.values()) > 200
    return {kind: caught[kind] / tried[kind] for kind in tried}


@pytest.mark.parametrize(("own", "least"), [(True, 0.97), (False, 0.96)])
def test_attacks_of_a_fresh_hand_are_masked_whole(own: bool, least: float) -> None:
    """Of numbers in some 300 ways of writing, and of addresses, accounts and the like, nearly all go whole: with the policy
    of the number's country, and with that of another.
    """
    assert all(share >= least for share in shares(own=own).values())


@pytest.mark.parametrize("region", REGIONS)
def test_ordinary_insurance_chat_passes(region: str) -> None:
    """At most one line of ordinary insurance chat in two hundred is changed, however many figures are in it."""
    lines = [*ordinary("insurance"), *ordinary("insurance", FRESH_ORDINARY)]
    assert len(lines) > 1_500
    wrong = changed(lines, MaskingPolicy(regions=(region,)))
    assert len(wrong) <= MOST_CHANGED_IN.get(region, MOST_CHANGED) * len(lines), wrong


@pytest.mark.parametrize(
    "text",
    [
        "बिल 84,560 और दवा 12,300",
        "Total bill 1,84,560 approved 1,42,300 paid 42,260",
        "between 10:30 and 12:45, or after 16:00",
        "Admitted 04/03/2024 10:20 am, discharged 07/03/2024 4:45 pm",
        "period 15/06/2023-14/06/2024",
        "sight +1.25 -0.75 x 180 right eye",
        "inflation 6.5 7.2 8.1 last three years",
        "rbs 214, pr 88, rr 18, spo2 97, temp 99.2",
        "ye 3 options: 5899, 6499, 7299",
        "room 3000x4=12000, icu 8000x2=16000",
        "ppm 412 412 415 420",
        "dose 1-1-1 for 5 days then 0-0-1",
        "uploaded IMG_20240512_132593.jpg",
        "HDFC policy 2311 2012 9983 7800 000",
        "Oriental 212200/31/2024/5912",
        "jobcard no. 7923207 at the dealer",
        "use 49729290 as temporary password",
        "three to four weeks for one part",
        "2016 i20, 2019 creta, 2022 nexon",
        "meter start 83210 end 83954",
        "policy 6820 4738 1247 1465 is the old one",
        "premium showing Rs 14,09,894 instead of 1566124",
        "CGST 9% 1919780 SGST 9% 3,84,422 total 423912",
        "sir idv 20623 se 1020916 kar do",
        "salary slip 1027200 monthly, form 16",
        "paid via cheque 322002 dated 21/11/2019 for 2683208",
        "denuncia 144130/25 comisaría",
        "autos 653/2024 juzgado 5",
        "claims 2021, 2022 and 2024",
        "BI 100/300/100 limits",
        "iPhone IMEI 683577861763191 stolen",
        "Tax ID 98-7054956 of the hospital",
        "utr 017343517685 for premium payment",
        "pet insurance 386395006 renewed",
        "USPS tracking 9400 1007 0262 2065 9781 17",
        "1486 2329 4459 8847 ye policy number hai",
        "referencia del taller 4012843",
        "I was quoted 7202 now 2,391.15",
        "check 9062 $7,929.23",
        "primero 1842, luego 9825, y al final 6672",
        "<td>9328</td><td>939</td>",
        "_quoted_ 48889 ~85281~",
        "five 100 rupee notes and two 500s",
        "twice 1927, thrice 998",
        "Surveyor quoted 46756, garage says 38009, sorry 71766",
        "send estimate first 64186 then final 88656",
        "kilometres 81409 when new tyres, 89696 now",
        "pehle 87077 bola, ab 77208, baad mein 67331 hoga kya",
        "my age is 34 and my wife is 31 two adults",
        "ref our mail dated 4/6, no 2129972",
    ],
)
def test_figures_that_the_text_explains_stay(text: str) -> None:
    """An amount, a reading, a time, a sum, a reference by any name: its parts are no halves of a number."""
    assert mask([text], INDIA)[0].text == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("its 07700 dash 900 dash 123", "its [phone-1]"),
        ("call 305 um 555 um 0111", "call [phone-1]"),
        ("70123 wait let me check yes 00323", "[phone-1]"),
        ("the end bit is 00123 and the start is 98989", "the end bit is [phone-1]"),
        ("reach five times nine, double zero, four three one", "reach [phone-1]"),
        ("0 double 7 hundred, nine hundred, two forty", "[phone-1]"),
        ("siete veintidós cero cero cero cuatro ochenta y uno", "[phone-1]"),
        ("dial 3O5-555-Ol36", "dial [phone-1]"),
        ("09898 theek hai 900 listo 123", "[phone-1]"),
        ("call 9000zero-00123", "call [phone-1]"),
        ("bill 4500, call 98989 then 10123", "bill 4500, call [phone-1]"),
        ("mobile starts 98989, premium is Rs 52,725, and mobile ends 00123", "mobile starts [phone-1]"),
        ("pehle 98989, premium Rs 52,725 hai, baad mein 00123", "pehle [phone-1]"),
        ("ref 98989/00123/24", "ref [phone-1]"),
        ("reg no MH-12-AB-9898900123", "reg no MH-12-AB-[phone-1]"),
        ("رقمي ثمانية وتسعين، ثمانية وتسعين، تسعين، صفر واحد، ثلاثة وعشرين", "رقمي [phone-1]"),
        ("سبعين اثنين عشر ثلاثين صفر تسعة تسعين", "[phone-1]"),
        ("خمسة وعشرين درهم رسوم وثلاثين ضريبة", "خمسة وعشرين درهم رسوم وثلاثين ضريبة"),
        ("one-415-555-0142", "[phone-1]"),
        ("plus 44 then 7700900355", "plus [phone-1]"),
        ("amount 98,989 and 00,123 or 98989 and 00123", "amount [phone-1] or [phone-1]"),
        ("claim 98989 00123", "claim [phone-1]"),
        ("jobcard no 9898900123", "jobcard no [phone-1]"),
        ("ghar ka number 27654321", "ghar ka number [phone-1]"),
        ("98989+00123=7", "[phone-1]"),
        ("nine eight nine eight nine ... zero zero one two ... three", "[phone-1]"),
        ("98989 zero zero pause one two three", "[phone-1]"),
        ("my no is ```98989``` *00123*", "my no is ```[phone-1]*"),
        ("my no is 415555O16O", "my no is [phone-1]"),
        ("call 21255 x 50103", "call [phone-1]"),
        ("Rs.98989001.23 only", "Rs.[phone-1] only"),
        ("code 022 number 26543210", "code [phone-1]"),
        ("my number: start with 619, add 95, then 608 and finish with 4", "my number: start with [phone-1]"),
        ("insurance agent 27654321", "insurance agent [phone-1]"),
        ("card number: 4111 1111\n1111 1112", "card number: [card-1]"),
        ("call 2654321 about the bill", "call [phone-1] about the bill"),
        ("98989, 10123, 98989, 10456", "[phone-1]"),
        ("98989 10123 98989 10456", "[phone-1]"),
    ],
)
def test_what_excuses_figures_excuses_no_number(text: str, left: str) -> None:
    """Words for signs, counts, pauses and chatter do not hide a number, and neither does a name for something else."""
    assert mask([text], INDIA)[0].text == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("98989 0012 and the last digit is 3", "[phone-1]"),
        ("9898900_23 (blank is one)", "[phone-1])"),
        ("98989001X3 (missing digit 2)", "[phone-1])"),
        ("989890012X, last one is 3", "[phone-1]"),
        ("put 9 before 898900123", "put [phone-1]"),
        ("starts with nine then 898900123", "starts with [phone-1]"),
        ("98989 00123, wife's same but ends 24", "[phone-1]"),
        ("98989 00123 or 24 at the end", "[phone-1] at the end"),
        ("98989 00132 sorry 00123", "[phone-1]"),
        ("9899 no wait 98989 00123", "[phone-1]"),
        ("likho aath 2 baar, 9, 8, 9, 0, 0, 1, 2, 3", "likho [phone-1]"),
        ("saath zero ik do theen zero zero chaar pnch do", "[phone-1]"),
        ("मेरा नंबर सत ज़ीरो इक दौ तिन जीरो सुन्य दौ एक चर", "मेरा नंबर [phone-1]"),
        ("98989 00123 and the last 2 days", "[phone-1] and the last 2 days"),
        ("98989 00123 and then at 4 pm", "[phone-1] and then at 4 pm"),
        ("98989 00123. claim 4500 is old", "[phone-1]. claim 4500 is old"),
    ],
)
def test_what_is_said_of_a_number_goes_with_it(text: str, left: str) -> None:
    """A digit told by itself, another ending, a correction: none of it stays behind, and nothing else goes."""
    assert mask([text], INDIA)[0].text == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("mail id rahul 007 at gmail com", "mail id [email-1]"),
        ("mail id rahul dot k 007 at gmail dot com", "mail id [email-1]"),
        ("asha test 44 all lower case at outlook dot com", "[email-1]"),
        ("write to asha test at gmail dot com", "write to [email-1]"),
        ("asha.test then the at sign then gmail.com", "[email-1]"),
        ("correo asha guión medio test arroba hotmail punto com punto mx", "correo [email-1]"),
        ("asha.test ات جيميل دوت كوم", "[email-1]"),
        ("asha.test41@gmail..com, asha.test42@yahoo;com", "[email-1], [email-2]"),
        ("asha41qgmail.com", "[email-1]"),
        ("asha.test@outlook。com", "[email-1]"),
        ("asha_test70 (rediffmail)", "[email-1])"),
        ("hotmail pe asha.test38", "hotmail pe [email-1]"),
        ("local part asha.test41, domain yahoo.com", "local part [email-1]"),
        ("gmail pe policy_2024.pdf bheja", "gmail pe policy_2024.pdf bheja"),
        ("check your gmail then outlook", "check your gmail then outlook"),
        ("visa 4111/1111/1111/1111", "visa [card-1]"),
        ("card starts 4111 then 1111 then 1111 and ends 1111", "card starts [card-1]"),
        ("IBAN\nGB82\nWEST\n1234\n5698\n7654\n32", "IBAN\n[iban-1]"),
        ("refund a/c GB82/WEST/1234/5698/7654/32", "refund a/c [iban-1]"),
        ("G B 8 2 W E S T 1 2 3 4 5 6 9 8 7 6 5 4 3 2", "[iban-1]"),
        ("pan ABCPD one two three four F", "pan [pan-1]"),
        ("pan is alpha bravo charlie papa delta 1234 foxtrot", "pan is [pan-1]"),
        ("permanent account number ABCPD 1234 F", "permanent account number [pan-1]"),
        ("aadhaar first 2345 mid 6789 last 0124", "aadhaar first [aadhaar-1]"),
        ("my NI is QQ-12-34-56-C", "my NI is [national_id-1]"),
        ("mi curp es XEXX010101HNEXXXA4", "mi curp es [national_id-1]"),
        ("RFC XAXX010101000", "RFC [national_id-1]"),
        ("CLABE 0321 8000 0118 3597 19", "CLABE [account-1]"),
        ("t me slash asha_test", "[link-1]"),
        ("انستا asha_test", "انستا [handle-1]"),
        ("card ending 4321 was charged 4500 twice", "card ending 4321 was charged 4500 twice"),
        ("New No.108, Old No.16, 2nd Main Road, Adyar, Chennai 600042", "[address-1]"),
        ("B-744, Green Park Society,\nNear SBI ATM,\nKothrud, Pune 411038", "[address-1]"),
        (
            "mi dirección: Av. Insurgentes Sur 1159, Int 5, Col. Del Valle, CP 03100",
            "mi dirección: [address-1]",
        ),
        ("العنوان: 60 Rose Villa, Carter Road, Bandra West, Mumbai 400050", "العنوان: [address-1]"),
        ("accident near 12, MG Road, Pune", "accident near 12, MG Road, Pune"),
        ("ages 12, 14, main policy in Chennai 600042", "ages 12, 14, main policy in Chennai 600042"),
        ("upi id asha dot test at ok icici", "upi id [upi-1]"),
        ("gpay asha.test @ ok hdfc bank", "gpay [upi-1]"),
        ("skype id live:priya.k", "skype id [handle-1]"),
        ("bank account is 12345678, sort 40-47-84", "bank account is [account-1], sort [account-2]"),
        ("our flat is Flat 12, Rowan House, 88 Mill Lane, Leeds", "our flat is [address-1]"),
        ("soy Marta Gil, asegurada", "soy [name-1], asegurada"),
        ("thanks and regards, John Whitfield", "thanks and regards, [name-1]"),
        ("naam Imran Khan likho", "naam [name-1] likho"),
        ("Nominee: Sunita Devi", "Nominee: [name-1]"),
        ("soy cliente desde 2010", "soy cliente desde 2010"),
        ("kind regards to all", "kind regards to all"),
    ],
)
def test_what_people_add_to_an_address_or_a_name_hides_it_not(text: str, left: str) -> None:
    """A mailbox in two words, a name under a greeting, a house before its street: each goes whole, and no other word."""
    assert mask([text], INDIA)[0].text == left


@pytest.mark.parametrize(
    "text",
    [
        "policy 441393400 and 26543210",
        "policies 839060229, 441393400 and 98765 43210",
        "as in my letter dated 4/6, no 98765 43210",
        "dated 4/6, call 26543210",
        "dated 4/6, 26543210",
    ],
)
def test_a_telephone_beside_a_reference_is_none(text: str) -> None:
    """What follows a reference or a letter's day may be excused as one; a telephone is not."""
    masked = mask([text], INDIA)[0].text
    assert masked.endswith("[phone-1]"), masked
