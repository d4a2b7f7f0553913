"""Letters that stand for digits: by their looks, by the keys of a telephone, by their place in the alphabet."""

import re
from collections.abc import Iterator, Sequence

# What each character may stand for, by its looks.
_LOOKS = {
    **{str(digit): str(digit) for digit in range(10)},
    **dict.fromkeys("oOQD@\u00f8\u00d8\u041e\u043e\u039f\u03bf", "0"),
    **dict.fromkeys("lIi|!jL\u0406\u0456", "1"),
    **dict.fromkeys("Zz", "2"), **dict.fromkeys("Ee\u20ac\u0417\u0437\u01b7", "3"), **dict.fromkeys("Aah", "4"),
    **dict.fromkeys("Ss$", "5"), **dict.fromkeys("G\u0431", "6"), **dict.fromkeys("b", "68"), **dict.fromkeys("Tt", "7"),
    **dict.fromkeys("B&", "8"), **dict.fromkeys("gq", "69"), **dict.fromkeys("p", "9"), **dict.fromkeys("Y", "47"),
    **dict.fromkeys("P", "9"),
}  # fmt: skip
LOOKALIKES = _LOOKS
_NO_SEPARATORS = str.maketrans("", "", ".,;:()[]{}<>\"'/\\_~*#+=-")
_LOOKING = frozenset([*_LOOKS, *".,;:()[]{}<>\"'/\\_~*#+=-"])
_FEWEST = 7
_LETTERS, _ON_KEYS = "abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999"
_KEYS, _KEYS_OF_ASCII = (
    str.maketrans(_LETTERS, _ON_KEYS),
    bytes.maketrans(_LETTERS.encode(), _ON_KEYS.encode()),
)
_FROM_ZERO = str.maketrans("abcdefghij", "0123456789")
_FROM_ONE = str.maketrans("abcdefghij", "1234567890")
_CODED = re.compile(r"(?<![^ ])[a-j0-9]{7,}+(?![^ ])")


def lookalikes(text: str) -> Iterator[str]:
    """Stretches of seven characters or more that all look like digits, a digit or several letters alone among them.

    An ordinary short word is none, unless it stands among digits.
    """
    words = text.split()
    likely = [each for each in words if not each.islower() or len(each) == 1 or len(each) >= _FEWEST]
    signs = {each: each.translate(_NO_SEPARATORS) for each in likely if _LOOKING.issuperset(each)}
    if not signs or "".join(signs.values()).isdigit():
        return
    group: list[str] = []
    for word in words:
        if word in signs:
            group.append(signs[word])
        elif group:
            yield from _stretch(group)
            group = []
    yield from _stretch(group)


def _stretch(group: list[str]) -> Iterator[str]:
    signs = "".join(group)
    if len(signs) >= _FEWEST and not signs.isdigit():
        yield signs


def keyed(words: Sequence[str]) -> str:
    """Long words as typed on the keys of a telephone, a line each. The whole number only is looked for in these."""
    lines = "\n".join(words)
    return lines.encode().translate(_KEYS_OF_ASCII).decode() if lines.isascii() else lines.translate(_KEYS)


def coded(words: Sequence[str]) -> Iterator[str]:
    """Long words of the letters a to j alone, as places in the alphabet."""
    found = _CODED.findall(" ".join(words))
    if found:
        joined = "\n".join(found)
        yield joined.translate(_FROM_ZERO)
        yield joined.translate(_FROM_ONE)
