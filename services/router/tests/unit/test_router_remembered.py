"""What is kept between batches is bounded, and never goes back."""

from bowchat_contracts.ids import derived_id
from bowchat_router.domain.model import Dossier
from bowchat_router.remembered import Memory, Recent

CONTACT = derived_id("ct", "one")


def test_the_longest_unused_goes_first() -> None:
    """Memory does not grow with the number of contacts."""
    recent = Recent[str, int](most=2)
    recent.keep({"a": 1, "b": 2})
    recent.keep({"a": 1})
    recent.keep({"c": 3})
    assert recent.known("abc") == {"a": 1, "c": 3}


def test_an_older_view_changes_nothing() -> None:
    """A handler that read before another saved does not turn a contact back."""
    memory = Memory()
    memory.take({CONTACT: Dossier(CONTACT, 3)})
    memory.take({CONTACT: Dossier(CONTACT, 2)})
    assert memory.dossiers.known([CONTACT]) == {CONTACT: Dossier(CONTACT, 3)}
