"""Whether anything but the words tells where a message belongs. Pure."""

from dataclasses import replace

from bowchat_router.classify.reading import Guess, Reading
from bowchat_router.domain.case import Case
from bowchat_router.domain.matters import find

_NOTHING = Guess(None, 0.0, ())
_UNSURE = Reading(_NOTHING, _NOTHING, 0.0, "und", "none")


def hangs_on_words(case: Case) -> bool:
    """Whether where a message goes may hang on what a classifier makes of its words: neither rules nor context decide.

    Not while the policyholder is being asked: their answer decides then.
    """
    if case.dossier.question is not None or case.heard.tapped is not None:
        return False
    asked: list[str] = []

    def read(text: str) -> Reading:
        asked.append(text)
        return _UNSURE

    find(replace(case, read=read))
    return bool(asked)
