"""Ways of reading a text fast find what the slow ones do."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bowchat_contracts.masking_policy import MaskingPolicy, Shape
from bowchat_masking import addresses, apart, banking, cues, dictation, identifiers, links, names, units
from bowchat_masking.canonical import canonicalise
from bowchat_masking.digits import found_at
from bowchat_masking.phrases import phrases
from bowchat_masking.runs import Run, runs_in
from bowchat_masking.saying import by_letter
from bowchat_masking.shapes import Shapes
from bowchat_masking.tokens import _TOKEN, Lexicon, tokens

PHRASES = {
    "living": (addresses._LIVING, addresses._LIVING_WORDS, ("पता",)),
    "dwelling": (addresses._DWELLING, addresses._DWELLING_WORDS, addresses._DWELLING_OTHERWISE),
    "account": (banking._ACCOUNT, banking._ACCOUNT_WORDS, ("खाता", "खाते", "अकाउंट")),
    "app": (links._APP, links._APPS, ()),
    "introduced": (names._INTRODUCED, names._INTRODUCING, ("मेरा",)),
    "titled": (names._TITLED, names._TITLING, ()),
    "speaking": (names._SPEAKING, names._PRESENTING, ()),
}
NUMBERS = {
    "pan": (identifiers._PAN, (6, 5), (4,)),
    "gstin": (identifiers._GSTIN, (0,), (2,)),
    "nino": (identifiers._NINO, (3, 2), (2, 6)),
    "ssn": (identifiers._SSN, (0,), (3, 9)),
    "dni": (identifiers._DNI, (2, 1, 0), (7, 8)),
    "dotted dni": (identifiers._DNI_DOTTED, (0,), (2,)),
    "emirates": (identifiers._EMIRATES, (0,), (3, 15)),
}
SAID = [
    "my address is ", "i live at ", "I'm staying in ", "send it to ", "r/o ", "mera ghar ka pata hai ", "vivo en ",
    "dirección: ", "flat no. ", "house ", "hno 4", "#12, ", "12/4 ", "मेरा ", "घर का ", "पता है", "मकान नं 4 ", "खाता ",
    "acc no ", "a/c ", "bank account ", "123456789", "1234 5678 9012", "cuenta ", "tel:", "whatsapp://", "fb-messenger://",
    "my name is ", "myself ", "this is Mr ", "it's ", "Asha Test", "name - ", "fn:", "नाम है ", "main ",
]  # fmt: skip
FIGURES = [
    "ABCPE1234F", "ABCPE-1234-F", "29ABCPE1234F1Z5", "AB123456C", "AB 12 34 56 C", "123-45-6789", "123 45 6789",
    "12345678Z", "X1234567L", "X-1234567-L", "12.345.678-Z", "784-1990-1234567-1", "784199012345671", "A", "1",
    "-", " ", ".",
]  # fmt: skip
IBANS = [
    "GB29", "GB 82", "es91", "DE 8", "is 34 ", "NWBK", "6016 1331 9268 19", "2100-0418-4502-0005-1332", "and my wife is 31",
    "FR", " ", "  ", ".", "1", "12",
]  # fmt: skip
HOUSES = [
    "12", "5-34/A", "4b", ", ", ", Main Road", "house ", "no. ", "No ", "ab-", "C/", " at ", " to ", " is ", "\n", ": ", ";",
    "123456",
]  # fmt: skip
HALVES = [
    "98989", "00123", "4 5", "9 8 7", "555 ", " then ", " and ", "call ", "starts with ", "ends in ", " 98765-43210 ",
    "rs 4,500", "7", "nine ", "[phone-1]", "12/05/2024", "\0\0",
]  # fmt: skip
SIGNS = [" ", ", ", "_", "[", "é", "ß", "$", "५", "\u093e", "\0", "\n", "a", "7"]


def texts(pieces: list[str]) -> st.SearchStrategy[str]:
    piece = st.one_of(st.sampled_from(pieces), st.sampled_from(SIGNS), st.text(max_size=3))
    return st.lists(piece, max_size=12).map(lambda said: canonicalise("".join(said)).text)


@pytest.mark.parametrize("name", PHRASES)
@given(text=texts(SAID))
def test_phrases_are_found_where_their_words_stand(name: str, text: str) -> None:
    """Trying an expression at the words that it begins with finds whatever trying it everywhere finds."""
    pattern, first, other = PHRASES[name]
    everywhere = [each.span() for each in pattern.finditer(text)]
    if name == "account" and banking._is_glued(text):
        return
    assert [each.span() for each in phrases(pattern, text, first, other)] == everywhere


@pytest.mark.parametrize("name", NUMBERS)
@given(text=texts(FIGURES))
def test_numbers_are_found_where_their_figures_stand(name: str, text: str) -> None:
    """Trying an identity number's expression at groups of its length finds whatever trying it everywhere finds."""
    pattern, before, lengths = NUMBERS[name]
    everywhere = [each.span() for each in pattern.finditer(text)]
    assert [each.span() for each in found_at(pattern, text, before, lengths)] == everywhere


@given(texts(IBANS))
def test_accounts_of_countries_are_found_where_their_figures_stand(text: str) -> None:
    """Trying an IBAN's expression before figures alone finds whatever trying it everywhere finds."""
    everywhere, done = [], 0
    for start in range(len(text)):
        is_country = start >= done and text[start : start + 2].upper() in banking._IBAN_LENGTHS
        if is_country and (match := banking._IBAN.match(text, start)):
            done = match.end()
            everywhere.append((start, match.span()))
    assert [(start, match.span()) for start, match in banking._iban_like(text)] == everywhere


@given(texts(HOUSES))
@example("it is: house no. ab-12/4, Main Road")
@example("1, 2, 3, 4")
def test_houses_are_found_where_their_numbers_stand(text: str) -> None:
    """Trying a house's expression before a house's number alone finds whatever trying it everywhere finds."""
    everywhere = [each.span() for each in addresses._NUMBERED.finditer(text)]
    assert [each.span() for each in addresses._numbered_houses(text)] == everywhere


@given(texts(HALVES))
@example("call 98989 then 00123")
def test_figures_are_the_same_after_runs_were_read(text: str) -> None:
    """Where no number begins among runs of digits, none does among the same figures: reading on there finds what reading
    anew finds.
    """
    runs = list(runs_in(text))
    figures = [figure for run in runs for figure in apart._figures(run)]
    regions, shapes = ("IN", "US"), Shapes(text, MaskingPolicy(regions=("IN", "US")))
    barren: dict[int, Sequence[Run]] = {}
    first = apart._Row(text, runs, shapes, regions, barren, announces=True)
    found = [first.one_from(at) for at in range(len(runs))]
    assert found == [first.one_from(at) for at in range(len(runs))]
    read_on, anew = (
        apart._Row(text, figures, shapes, regions, known, announces=True) for known in (barren, {})
    )
    assert [read_on.one_from(at) for at in range(len(figures))] == [
        anew.one_from(at) for at in range(len(figures))
    ]


@given(texts([*SAID, *FIGURES]))
def test_words_are_what_the_expression_for_words_finds(text: str) -> None:
    """However a text is read, it has the same words in the same places."""
    read = tokens(text)
    words = [(start, word) for start, word in zip(read.starts, read.words, strict=False) if word]
    assert words == [(each.start(), each[0]) for each in _TOKEN.finditer(text)]


@given(st.from_regex(re.compile("[a-z]{0,4}[0-9]{1,12}[a-z]{0,4}"), fullmatch=True))
def test_nothing_with_a_figure_is_remembered(word: str) -> None:
    """What is kept from text to text are words of letters: no number stays in memory."""
    lexicon = Lexicon(len)
    assert lexicon[word] == len(word)
    assert word not in lexicon
    assert not any(any(map(str.isdigit, each)) for each in (*units._SAID, *dictation._MARK))


def test_a_lexicon_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds so many words and no more, and none that is longer than words are."""
    monkeypatch.setattr("bowchat_masking.tokens._MOST_REMEMBERED", 3)
    lexicon = Lexicon(len)
    for word in ("a", "b", "c", "d", "x" * 100):
        assert lexicon[word] == len(word)
    assert set(lexicon) == {"d"}


DICTATED = [
    "siks", "sevan", "eit", "nein", "foar", "toh", "phor", "fayv", "sunn", "wan", "nainn", "tuu", "jiro", "dash", "and",
    "the", "claim", "kmnpruvw", "7", "77", "x9", "*", "s*x", "नाईन", "सेवन",
]  # fmt: skip


@given(text=st.lists(st.sampled_from(DICTATED), max_size=16).map(" ".join))
def test_rows_of_words_are_found_whatever_is_remembered(text: str) -> None:
    """Words that were never seen before are looked up wherever a row may stand: it is found the first time as well."""
    read = tokens(text)
    dictation._MARK.clear()
    first = dictation.likely(text, read)
    marks = "".join(map(dictation._MARK.__getitem__, dictation._words(text, read)[0]))
    assert dictation.likely(text, read) == first
    assert bool(first) == ("1" * dictation.FEWEST in marks.replace("-", ""))


TABLES = [cues._THINGS, cues._FIGURES, cues._NO_THING, r"ab?|a[bc]|a|b?c|(?:x|y)z|\|a|é|éa(?:b|c)?"]
CUES = [
    "policy", "policies", "pol", "claim", "pre-auth", "preauth", "icici prudential", "hdfc ergo", "e-kyc", "kyc",
    "health card", "fein",
    "línea directa", "पॉलिसी", "paid", "sum insured", "cgst", "market value", "b.p.", "tensión", "जॉब", "whatsapp",
    "tel", "teléfono", "घर", "a", "ac", "c", "xz", "|a", "éab", " ", "-", ".", "no",
]  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
@given(text=st.lists(st.one_of(st.sampled_from(CUES), st.text(max_size=2)), max_size=8).map("".join))
def test_words_put_by_their_letter_are_the_same_words(table: str, text: str) -> None:
    """A table whose words stand by their first letter says of every stretch of a text what the table itself says."""
    plain, sorted_ = (re.compile(rf"(?<![^\W_])(?:{each})\b") for each in (table, by_letter(table)))
    assert [bool(plain.match(text, at)) for at in range(len(text))] == [
        bool(sorted_.match(text, at)) for at in range(len(text))
    ]


def test_a_table_that_cannot_be_read_is_refused() -> None:
    """No word of a table is lost in silence: brackets within brackets are said to be too many."""
    with pytest.raises(ValueError, match="brackets within brackets"):
        by_letter("ab|c(?:d(?:e)?)?")


AMOUNTS = [
    "Rs 12,50,000", "12/05/2024", "4:45 pm", "policy 30950978/48", "claims CL6701997, 00841564 and 00841601", "98765 43210",
    "AM-12345678", "amount 45000", "paid 1,245.50", "100/300/100", "2400 + 1800 = 4200", "1200 x 800", "[phone-1]", " ",
    ", ", "4512367", "rupees ", "call ", "7",
]  # fmt: skip
OWN = MaskingPolicy(regions=("IN", "GB"), shapes=(Shape(name="policy", pattern="AM-########"),))


@settings(max_examples=50)
@given(text=texts(AMOUNTS))
@example("claims CL6701997, 00841564 and 00841601")
def test_shapes_are_the_same_however_often_they_are_asked_for(text: str) -> None:
    """What was found out about a place holds for whoever asks next, from wherever in the text."""
    shapes, end = Shapes(text, OWN), len(text)
    for start in range(end):
        assert list(shapes.within(start, end)) == list(Shapes(text, OWN).within(start, end))
