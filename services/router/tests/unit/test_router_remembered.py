"""What is kept between batches is bounded, and never goes back."""

from dataclasses import replace
from datetime import UTC, datetime

from bowchat_contracts.ids import derived_id
from bowchat_router.domain import Conversation
from bowchat_router.remembered import Memory, Recent

MOMENT = datetime(2026, 3, 2, tzinfo=UTC)
CONTACT = derived_id("ct", "one")
FIRST = Conversation(
    derived_id("cv", "one"), CONTACT, 1, 1, "triage", None, None, None, None, None, "1", MOMENT, MOMENT
)
SECOND = replace(FIRST, conversation_id=derived_id("cv", "two"))


def test_the_longest_unused_goes_first() -> None:
    """Memory does not grow with the number of contacts."""
    recent = Recent[str, int](most=2)
    recent.keep({"a": 1, "b": 2})
    recent.keep({"a": 1})
    recent.keep({"c": 3})
    assert recent.known("abc") == {"a": 1, "c": 3}


def test_an_older_view_changes_nothing() -> None:
    """A handler that read before the other saved neither turns a conversation back nor loses one."""
    memory = Memory()
    memory.take({CONTACT: (replace(FIRST, version=3), SECOND)}, add=True)
    memory.take({CONTACT: (FIRST,)}, add=True)
    assert memory.conversations.known([CONTACT]) == {CONTACT: (replace(FIRST, version=3), SECOND)}


def test_half_a_view_is_not_taken_for_the_whole() -> None:
    """Who may have seen only some of a contact's conversations does not add the contact."""
    memory = Memory()
    memory.take({CONTACT: (FIRST,)}, add=False)
    assert memory.conversations.known([CONTACT]) == {}
