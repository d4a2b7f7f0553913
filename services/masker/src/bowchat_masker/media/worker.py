"""Cleans one file in a process of its own: `python -m bowchat_masker.media.worker <file >result`.

Parsers meet hostile bytes here, so this process has little memory, little time, no file to write and nothing to lose.
"""

import json
import resource
import sys

from bowchat_masker.media.cleaning import clean
from bowchat_masker.media.results import Cleaned, CleaningResult, Uncleanable

MOST_MEMORY = 1536 * 1024 * 1024
MOST_CPU_SECONDS = 30


def main() -> int:
    _bound()
    given = sys.stdin.buffer.read()
    try:
        result = clean(given)
    except MemoryError:
        result = Uncleanable("too_large")
    sys.stdout.buffer.write(written(result))
    return 0


def _bound() -> None:
    for limit, most in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CPU, MOST_CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        _, hard = resource.getrlimit(limit)
        resource.setrlimit(limit, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def written(result: CleaningResult) -> bytes:
    """A line of JSON, then the file."""
    if isinstance(result, Uncleanable):
        return json.dumps({"reason": result.reason}).encode() + b"\n"
    head = {"mime": result.mime, "readable": result.readable, "texts": result.texts}
    return json.dumps(head).encode() + b"\n" + result.data


def read(answer: bytes) -> CleaningResult:
    """What a worker wrote. Errors: `ValueError`, `KeyError` for what is no answer."""
    head, end, data = answer.partition(b"\n")
    fields = json.loads(head)
    if not end:
        raise ValueError("the answer ends early")
    if "reason" in fields:
        return Uncleanable(fields["reason"])
    return Cleaned(data, fields["mime"], bool(fields["readable"]), tuple(map(str, fields["texts"])))


if __name__ == "__main__":
    sys.exit(main())
