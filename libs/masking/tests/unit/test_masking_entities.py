# ruff: noqa: RUF001 - look-alike characters are what is tested here
"""E-mail addresses, links, handles, payment addresses, identity numbers, cards, accounts, addresses and names."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking import checksums, mask
from bowchat_masking.links import carries_person
from bowchat_masking.spoken import spoken
from bowchat_testkit.masking_corpus import REGIONS, changed, entities, evaluate, ordinary

POLICY = MaskingPolicy(regions=REGIONS)
LABELLED = entities()
SCORES = evaluate(LABELLED)
SNIPPETS = sorted({each.text for each in LABELLED})
TEXTS = st.lists(st.one_of(st.sampled_from(SNIPPETS), st.text(max_size=6)), max_size=4).map(" ".join)
# A street or a name has no form of its own; the others have.
LEAST_RECALL = {"address": 0.9, "name": 0.9, "handle": 0.95, "email": 0.95}
LEAST_PRECISION = {"address": 0.95, "name": 0.95, "pan": 0.95}


@pytest.mark.parametrize("type_", sorted(SCORES))
def test_entities_are_found_whole_and_look_alikes_are_not(type_: str) -> None:
    """Each type keeps its recall and its precision on the labelled corpus, look-alikes of every type included."""
    score = SCORES[type_]  # type: ignore[index]  # the corpus names the types
    assert score.recall >= LEAST_RECALL.get(type_, 0.99)
    assert score.precision >= LEAST_PRECISION.get(type_, 0.99)


@pytest.mark.parametrize("type_", sorted(SCORES))
def test_the_corpus_is_large_enough_to_say_so(type_: str) -> None:
    """A type is judged by forty texts at least, positive and negative."""
    own = [each for each in LABELLED if each.of == type_]
    assert len(own) >= 40
    assert any(not each.spans for each in own)
    assert all(each.text[span.start : span.end].strip() for each in own for span in each.spans)


@pytest.mark.parametrize("kind", ["insurance", "chat"])
@pytest.mark.parametrize("regions", [("IN",), REGIONS])
def test_ordinary_chat_is_left_alone_by_what_is_no_number(kind: str, regions: tuple[str, ...]) -> None:
    """No line of ordinary chat is taken for an address, link, handle, name or identity number, in any region."""
    policy = MaskingPolicy(regions=regions)
    texts = ordinary(kind)
    assert len(texts) >= 300
    wrong = [
        (each, finding.type)
        for each in changed(texts, policy)
        for finding in mask([each], policy)[0].findings
        if finding.type != "phone"
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("asha at the rate gmail dot com bolo", "[email-1] bolo"),
        ("mail ASHA@EXAMPLE.COM or asha@example.com", "mail [email-1] or [email-1]"),
        ("ping wa dot me slash 91 99999 00123 ok", "ping [link-1] ok"),
        ("see https://wa.me/919999900123.", "see [link-1]."),
        ("upi asha.test@okaxis, insta @asha_test", "upi [upi-1], insta [handle-1]"),
        ("pan ABCPE1234F aadhaar 2345 6789 0123", "pan [pan-1] aadhaar [aadhaar-1]"),
        ("card 4111-1111-1111-1111 exp 12/27", "card [card-1] exp 12/27"),
        ("a/c 50100123456789 ifsc HDFC0001234", "a/c [account-1] ifsc [account-2]"),
        ("my name is Asha Testperson and my car broke down", "my name is [name-1] and my car broke down"),
        ("I live at 12 Sample Street, Leeds LS1 4AB. Bye", "I live at [address-1]. Bye"),
        ("ａｓｈａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "[email-1]"),
        ("GB29 NWBK 6016 1331 9268 19 please", "[iban-1] please"),
        (
            "top up 10L with deductible GB29NWBK60161331926819 is mine",
            "top up 10L with deductible [iban-1] is mine",
        ),
    ],
)
def test_what_stands_around_an_entity_stays(text: str, expected: str) -> None:
    """Only the entity goes: the words that give it its meaning are what a desk works with."""
    assert mask([text], POLICY)[0].text == expected


@pytest.mark.parametrize(
    ("link", "carries"),
    [
        ("https://www.example.com/motor-insurance?page=2", False),
        ("https://news.example.com/2024/05/12/floods", False),
        ("https://example.com/99999-00123", True),
        ("https://example.com/%39%39%39%39%39%30%30%31%32%33", True),
        ("https://asha@example.com/", True),
        ("https://example.com/?email=x", True),
    ],
)
def test_an_ordinary_link_passes_unless_it_carries_somebody(link: str, carries: bool) -> None:
    """A public page is part of what people say; a number, an address or a handle in it is not."""
    assert carries_person(link) is carries


@given(TEXTS)
def test_masking_entities_twice_changes_nothing(text: str) -> None:
    """What was masked comes to rest, also where one kind stands inside another, and places are true."""
    (once,) = mask([text], POLICY)
    (twice,) = mask([once.text], POLICY)
    assert (twice.text, twice.findings) == (once.text, ())
    rebuilt, at = "", 0
    for each in once.findings:
        rebuilt += text[at : each.start] + each.placeholder
        at = each.end
    assert rebuilt + text[at:] == once.text


@given(TEXTS)
def test_a_reading_of_said_symbols_keeps_its_places(text: str) -> None:
    """Whatever the second reading replaces, it knows where each of its characters came from, in order."""
    reading = spoken(text)
    assert len(reading.text) == len(reading.starts) == len(reading.ends)
    assert list(reading.starts) == sorted(reading.starts)
    assert all(0 <= start < end <= len(text) for start, end in zip(reading.starts, reading.ends, strict=True))


@pytest.mark.parametrize(
    ("check", "code"),
    [
        (checksums.verhoeff, "234567890124"),
        (checksums.luhn, "4111111111111111"),
        (checksums.aba, "021000021"),
        (checksums.iban, "GB29NWBK60161331926819"),
        (checksums.dni, "12345678Z"),
        (checksums.gstin, "27ABCPE1234F1ZB"),
    ],
)
def test_a_check_digit_tells_a_slip(check: Callable[[str], bool], code: str) -> None:
    """A right number passes its check, and the same number with any one figure changed does not."""
    assert check(code)
    for place, figure in enumerate(code):
        if figure.isdigit():
            other = str((int(figure) + 1) % 10)
            assert not check(code[:place] + other + code[place + 1 :])
