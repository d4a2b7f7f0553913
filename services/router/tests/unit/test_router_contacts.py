"""Who wrote: one person by several identities, never two persons by one number."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bowchat_contracts.ids import derived_id
from bowchat_router.contacts import KnownRef, Writer, identify

NOW = datetime(2026, 3, 2, tzinfo=UTC)
NUMBER, USER, OTHER_USER = (derived_id("rf", each) for each in ("number", "user", "other user"))


class Book:
    """What is known after each message."""

    def __init__(self) -> None:
        self.known: dict[str, KnownRef] = {}
        self.count = 0

    def write(self, *refs: str) -> Writer:
        self.count += 1
        writer = identify(refs, self.known, derived_id("ct", str(self.count)), NOW)
        self.known |= {each.ref: each for each in writer.learnt}
        return writer


def test_the_same_identity_is_the_same_contact() -> None:
    """A second message teaches nothing new."""
    book = Book()
    first, second = book.write(USER, NUMBER), book.write(USER, NUMBER)
    assert first.contact_id == second.contact_id
    assert (first.links, second.links) == ("linked", None)
    assert second.learnt == ()


def test_a_number_alone_meets_its_user_later() -> None:
    """Known by number only, then by both, then by the user id alone: one person, whose number's policies count."""
    book = Book()
    number, both, user = book.write(NUMBER), book.write(USER, NUMBER), book.write(USER)
    assert number.contact_id == both.contact_id == user.contact_id
    assert user.refs == (USER, NUMBER)
    assert book.write(NUMBER).contact_id == number.contact_id


def test_a_number_in_other_hands_is_another_contact() -> None:
    """A number that already follows one user does not lead another user to the first one's conversations or policies."""
    book = Book()
    first = book.write(USER, NUMBER)
    stranger = book.write(OTHER_USER, NUMBER)
    assert stranger.contact_id != first.contact_id
    assert stranger.refs == (OTHER_USER,)
    assert stranger.links == "kept_apart"


def test_identities_that_disagree_link_nothing() -> None:
    """Two contacts that turn up together stay two; the strongest identity names the writer."""
    book = Book()
    user, number = book.write(USER), book.write(NUMBER)
    together = book.write(USER, NUMBER)
    assert together.contact_id == user.contact_id != number.contact_id
    assert together.learnt == ()
    assert together.links == "kept_apart"


def test_half_a_link_is_completed() -> None:
    """A crash between the two writes of a link leaves one; the next message writes the other."""
    book = Book()
    whole = book.write(USER, NUMBER)
    for lost in (USER, NUMBER):
        half = Book()
        half.known = {ref: each for ref, each in book.known.items() if ref != lost}
        again = half.write(USER, NUMBER)
        assert again.contact_id == whole.contact_id
        assert half.known[USER].weaker == (NUMBER,)
        assert half.known[NUMBER].stronger == USER


REFS = [derived_id("rf", str(number)) for number in range(5)]


@given(st.lists(st.lists(st.sampled_from(REFS), min_size=1, max_size=3, unique=True), max_size=12))
def test_an_identity_never_changes_its_contact(messages: list[list[str]]) -> None:
    """Whatever comes together, a ref that was somebody's stays theirs, and versions rise by one."""
    book = Book()
    for refs in messages:
        before = dict(book.known)
        writer = book.write(*refs)
        assert book.known[refs[0]].contact_id == writer.contact_id
        for ref, known in before.items():
            assert book.known[ref].contact_id == known.contact_id
        for each in writer.learnt:
            assert each.version == (before[each.ref].version if each.ref in before else 0) + 1
        for ref in writer.refs:
            assert book.known[ref].contact_id == writer.contact_id
