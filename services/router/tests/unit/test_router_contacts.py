"""Who wrote: one person by several identities, never two persons by one number."""

from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import example, given
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

    def write(self, *refs: str, others: Sequence[str] = ()) -> Writer:
        self.count += 1
        writer = identify(refs, self.known, derived_id("ct", str(self.count)), NOW, others)
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


def under(key: str, *refs: str) -> tuple[str, ...]:
    """The same identities under another key."""
    return tuple(derived_id("rf", key, each) for each in refs)


def test_a_person_stays_the_same_contact_when_the_key_of_refs_changes() -> None:
    """Before, during and after: one contact, by user id, by number, by both; policies under either ref count meanwhile."""
    book = Book()
    (user, number), both = under("new", USER, NUMBER), under("new", USER, NUMBER)
    contact = book.write(USER, NUMBER).contact_id
    meanwhile = book.write(*both, others=(USER, NUMBER))
    assert meanwhile.contact_id == contact
    assert set(meanwhile.refs) == {user, number, USER, NUMBER}
    assert meanwhile.links != "kept_apart"
    assert book.write(USER, NUMBER, others=both).contact_id == contact
    for refs in (both, (user,), (number,)):
        after = book.write(*refs)
        assert after.contact_id == contact
        assert after.learnt == ()
    assert set(book.write(*both).refs) >= set(both)


def test_what_was_seen_in_parts_while_the_key_changed_is_whole_after_it() -> None:
    """Somebody who wrote by the user id first and by both later has the policies of both new refs."""
    book = Book()
    contact = book.write(USER, NUMBER).contact_id
    user, number = under("new", USER, NUMBER)
    assert book.write(user, others=(USER,)).contact_id == contact
    assert book.write(user, number, others=(USER, NUMBER)).links != "kept_apart"
    after = book.write(user)
    assert (after.contact_id, number in after.refs) == (contact, True)


def test_a_number_in_other_hands_stays_apart_when_the_key_of_refs_changes() -> None:
    """The new ref of somebody's number is theirs, whoever else turns up with it first."""
    book = Book()
    owner = book.write(USER, NUMBER)
    _, number = under("new", USER, NUMBER)
    (stranger,) = under("new", OTHER_USER)
    met = book.write(stranger, number, others=(OTHER_USER, NUMBER))
    assert met.contact_id != owner.contact_id
    assert set(met.refs) == {stranger, OTHER_USER}
    assert book.write(number).contact_id == owner.contact_id
    assert book.write(stranger).contact_id == met.contact_id


WRITINGS = st.lists(
    st.tuples(
        st.sampled_from([(0, 3), (1, 3), (1, 4), (0,), (1,), (3,), (4,), (2, 4)]),
        st.sampled_from(["old", "new"]),
    ),
    max_size=10,
)


@given(WRITINGS)
@example(messages=[((3,), "new"), ((0, 3), "old"), ((1, 3), "new")])
def test_two_keys_of_refs_tell_what_one_would_have_told(messages: list[tuple[tuple[int, ...], str]]) -> None:
    """Whichever key each message names first, the contacts are those that one key alone would have given; nobody who was
    kept apart from another by it comes together with them.
    """
    one, two = Book(), Book()
    pairs = set()
    for who, key in messages:
        other = "new" if key == "old" else "old"
        names = [str(each) for each in who]
        by_one = one.write(*under("old", *names))
        by_two = two.write(*under(key, *names), others=under(other, *names))
        pairs.add((by_one.contact_id, by_two.contact_id))
        assert (by_one.links == "kept_apart") == (by_two.links == "kept_apart")
    assert len({mine for mine, _ in pairs}) == len({theirs for _, theirs in pairs}) == len(pairs)
