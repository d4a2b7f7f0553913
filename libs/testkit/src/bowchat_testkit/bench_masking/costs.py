"""What masking costs: on chat, on a kilobyte of it, and on texts made to hurt, at two sizes."""

import time
from collections.abc import Sequence

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking import MaskingError, mask

_INDIA = MaskingPolicy(regions=("IN",))
_ROUNDS = 2
HOSTILE = (
    "a", "a@", "1 ", "123456    ", "at a at b ", "A1-", "+1    ", "a dot ", "12,345,", " ", "((((+(", "a@a.a.a.a.a.a.1 ",
    "AB1234567 ", "नमस्ते ", "a@b . ", "A1B2/", "a(at)b(dot)", "1-", "[phone-1]", "\u200b", "1\u200b", "Rs 12,12,12,", "one ",
    "to for ", "O", "l1", "n i n e ", "&#57;", "%39", "\\u0039", "OTg3NjU0MzIxMA== ", "-.-.- ", "98765 and then ", "double ",
    "policy no ", "amount 1, ", "39 ", "www.a.b/", "name@", "nine-", "ab ", "Ab1", "(", "१ ", "claim 12345678 is the ref ",
)  # fmt: skip


def percentiles(texts: Sequence[str]) -> tuple[float, float]:
    """Median and 99th percentile of one text's masking, in milliseconds of processor time: the better of two rounds after
    one that warms up. A round goes through all texts, so that none is read twice in a row with what is remembered of it.
    """
    rounds = [[_cost(text) for text in texts] for _ in range(1 + _ROUNDS)]
    costs = sorted(map(min, zip(*rounds[1:], strict=True)))
    return costs[len(costs) // 2] * 1000, costs[len(costs) * 99 // 100] * 1000


def kilobytes(lines: Sequence[str]) -> list[str]:
    """The lines, put together to texts of just under a kilobyte."""
    texts, text = [], ""
    for line in lines:
        if len(f"{text} {line}".encode()) > 1024:
            texts.append(text)
            text = line
        else:
            text = f"{text} {line}".strip()
    return texts


def hostile(size: int) -> dict[str, tuple[float, bool]]:
    """For each pattern repeated to `size` bytes: milliseconds, and whether the text is held."""
    return {each: _worst(each * (size // len(each.encode()))) for each in HOSTILE}


def _worst(text: str) -> tuple[float, bool]:
    return min(_cost(text) for _ in range(_ROUNDS)) * 1000, _is_held(text)


def _is_held(text: str) -> bool:
    try:
        mask([text], _INDIA)
    except MaskingError:
        return True
    return False


def _cost(text: str) -> float:
    start = time.process_time()
    _is_held(text)
    return time.process_time() - start
