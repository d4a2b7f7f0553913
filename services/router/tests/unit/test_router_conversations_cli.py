"""What `bowchat-router conversations` says to people."""

import pytest

from bowchat_router.conversations_cli import none_of


@pytest.mark.parametrize(
    ("state", "contact", "said"),
    [
        ("triage", None, "no conversation is in triage"),
        ("triage", "ct_a", "no conversation of ct_a is in triage"),
        (None, "ct_a", "there is no conversation of ct_a"),
        (None, None, "there is no conversation"),
    ],
)
def test_an_empty_list_says_what_there_is_none_of(state: str | None, contact: str | None, said: str) -> None:
    """Whoever asks for a state hears that nothing is in it, not that they named something wrong."""
    assert none_of(state, contact) == said
