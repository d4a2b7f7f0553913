"""What a message is about: its policy type, what is wanted, whether it is a matter for an insurer, its language.

`train` learns a classifier from the registry's taxonomy; `language_of` needs none.
"""

from bowchat_router.classify.language import language_of
from bowchat_router.classify.reading import Classifier, Guess, Reading
from bowchat_router.classify.training import train

__all__ = ["Classifier", "Guess", "Reading", "language_of", "train"]
