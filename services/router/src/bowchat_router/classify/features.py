"""What a model sees in a text besides its vector: tokens, pairs and pieces of them, and the taxonomy's terms."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise

from bowchat_registry.taxonomy import TaxonomyClass
from bowchat_router.classify.terms import NAME, WORD, Terms

Features = Mapping[str, float]

_NOTHING = "§nothing"
"""No term was found. Tokens never begin like the names of what was."""
_PIECE_LENGTH = 4
_PIECE = "~"
"""Ends every piece, and no token."""
_NEAR = 2
"""A policy word this many tokens away makes a name of a word: "tractor insurance", "seguro de mi tractor"."""


def terms_of(classes: Sequence[TaxonomyClass]) -> Terms:
    """All names and words of these classes."""
    names = ((term, (each.name, NAME)) for each in classes for term in each.names)
    words = ((term, (each.name, WORD)) for each in classes for term in each.words)
    return Terms(chain(names, words))


def wording(tokens: Sequence[str]) -> Features:
    """The tokens, and the pairs of neighbours."""
    return _weighed(Counter(chain(tokens, pairs(tokens))))


def pieces(tokens: Sequence[str]) -> Features:
    """The pieces of tokens, by which misspelt ones are known."""
    return _weighed(Counter(chain.from_iterable(map(pieces_of, tokens))))


def _weighed(counted: Counter[str]) -> Features:
    return {key: 1.0 if count == 1 else 1.0 + math.log(count) for key, count in counted.items()}


def pairs(tokens: Sequence[str]) -> Iterator[str]:
    return map(" ".join, pairwise(tokens))


@lru_cache(maxsize=50_000)
def pieces_of(token: str) -> tuple[str, ...]:
    padded = f"<{token}>"
    places = range(len(padded) - _PIECE_LENGTH + 1)
    return tuple(f"{padded[at : at + _PIECE_LENGTH]}{_PIECE}" for at in places)


def said(tokens: Sequence[str], terms: Terms, policy_words: Terms) -> Features:
    """The classes that terms in the text speak for. A word says less where a class is named."""
    hits = terms.hits(tokens)
    if not hits:
        return {_NOTHING: 1.0}
    named = any(kind == NAME for hit in hits for _, kind in hit.entries)
    policies = {place for hit in policy_words.hits(tokens) for place in range(hit.start, hit.end)}
    counted: Counter[str] = Counter()
    for hit in hits:
        around = {*range(hit.start - _NEAR, hit.start), *range(hit.end, hit.end + _NEAR)}
        for label, kind in hit.entries:
            if kind == NAME:
                sort = "names"
            elif named:
                sort = "beside a name"
            else:
                sort = "word of a policy" if around & policies else "word"
            counted[f"§{sort}: {label}"] += 1
    return _weighed(counted)
