"""Whether anything but the words tells where a message belongs. Pure."""

from dataclasses import replace

from bowchat_router.classify.reading import Guess, Reading, Skimmed
from bowchat_router.domain.case import Case
from bowchat_router.domain.matters import find

_NOTHING = Guess(None, 0.0, ())
_UNSURE = Reading(_NOTHING, _NOTHING, "none", 0.0, "und")


def hangs_on_words(case: Case) -> bool:
    """Whether where a message goes may hang on what a classifier makes of its words: neither rules nor context decide.

    Not while the policyholder is being asked: their answer decides then.
    """
    question = case.dossier.question
    if (question is not None and question.is_put) or case.heard.tapped is not None:
        return False
    if case.applied.policy_type is not None and not case.is_at_stake:
        return False
    listening = _Listening()
    find(replace(case, reader=listening))
    return listening.was_asked


class _Listening:
    """Knows nothing, and remembers that it was asked."""

    def __init__(self) -> None:
        self.was_asked = False

    def read(self, _: str) -> Reading:
        self.was_asked = True
        return _UNSURE

    def skim(self, _: str) -> Skimmed:
        return _UNSURE
