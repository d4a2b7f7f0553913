"""What is said of the router's reading is what its answers were."""

from bowchat_router.classify import Guess
from bowchat_testkit.bench_routing.figures import measure
from bowchat_testkit.bench_routing.labelled import halves, messages


def guess(label: str, confidence: float, *, answers: bool = True) -> Guess:
    return Guess(label if answers else None, confidence, ((label, confidence),))


def test_figures_are_of_messages_whose_answer_is_known() -> None:
    """Four known, three answered, two of those right; who leaves the hardest out is right more often."""
    guesses = [
        guess("a", 0.9),
        guess("b", 0.8),
        guess("b", 0.7),
        guess("a", 0.2, answers=False),
        guess("a", 1.0),
    ]
    figures = measure(["a", "b", "a", "a", None], guesses)
    assert (figures.messages, figures.accuracy) == (4, 0.75)
    assert (figures.answered, round(figures.accuracy_answered, 3)) == (0.75, 0.667)
    assert round(figures.accuracy_surest, 3) == 0.667


def test_the_halves_share_no_style() -> None:
    """A style that was looked at tells nothing of one that was not."""
    one, other = halves(messages()).values()
    assert {each.style for each in one}.isdisjoint(each.style for each in other)
    assert len(one) + len(other) == len(messages())
