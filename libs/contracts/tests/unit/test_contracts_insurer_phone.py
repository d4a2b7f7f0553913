"""Tags of threads on insurers' phones."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from bowchat_contracts.ids import derived_id
from bowchat_contracts.insurer_phone import is_tag, tags_in, tags_of

LETTERS = "ABCDEFGHIJKLMNOP"
TAGS = st.integers(0, 10_000).map(lambda each: next(tags_of(derived_id("th", str(each)))))


def test_a_thread_has_the_same_tags_always_and_the_short_ones_come_first() -> None:
    """The first has five letters; when all of these are taken there are longer ones."""
    thread = derived_id("th", "one")
    assert list(tags_of(thread)) == list(tags_of(thread))
    lengths = [len(each) for each in tags_of(thread)]
    assert lengths == sorted(lengths)
    assert {*lengths} == {5, 6, 7}


@given(TAGS, st.integers(0, 4), st.sampled_from(LETTERS))
def test_one_letter_mistyped_is_no_tag(tag: str, place: int, letter: str) -> None:
    """So that a slip of the finger never names another thread."""
    assert is_tag(tag)
    mistyped = tag[:place] + letter + tag[place + 1 :]
    assert is_tag(mistyped) == (mistyped == tag)


@given(TAGS, st.integers(0, 3))
def test_two_letters_swapped_are_no_tag(tag: str, place: int) -> None:
    """The same for two neighbours in the wrong order."""
    swapped = tag[:place] + tag[place + 1] + tag[place] + tag[place + 2 :]
    assert is_tag(swapped) == (swapped == tag)


@given(TAGS, st.sampled_from(["Yes", "we pay\n\ntomorrow", "", "50% #1", "a #BADWORDS b"]), st.booleans())
def test_a_tag_is_taken_out_of_a_text(tag: str, text: str, lower: bool) -> None:
    """Whatever its case and wherever it stands; the rest is left as it was."""
    written = "#" + (tag.lower() if lower else tag)
    for whole in (f"{written} {text}", f"{text} {written}", f"{written} {text} {written}"):
        assert tags_in(whole) == ((tag,), text.strip())


def test_what_is_only_like_a_tag_stays() -> None:
    """A hashtag, a ticket number and a mistyped tag are text."""
    tag = next(tags_of(derived_id("th", "one")))
    wrong = tag[:-1] + next(each for each in LETTERS if each != tag[-1])
    for text in (f"#{wrong} yes", "#claims", "#12345 open", f"#{tag}X", tag):
        assert tags_in(text) == ((), text)


def test_several_tags_are_all_told() -> None:
    """Who names two threads is not understood as naming one."""
    tags = [next(tags_of(derived_id("th", each))) for each in "ab"]
    assert tags_in(f"#{tags[0]} and #{tags[1]} both")[0] == tuple(tags)


def test_tags_are_spread() -> None:
    """A thousand threads have hardly a first tag in common, so that trying the next is rare."""
    first = [next(tags_of(derived_id("th", str(each)))) for each in range(1_000)]
    assert len({*first}) > 980
    assert all(is_tag(each) for each in itertools.islice(first, 100))
