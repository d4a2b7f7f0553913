"""Cleans one file in a process of its own: `python -m bowchat_masker.media.worker <file >result`.

Parsers meet hostile bytes here, so this process has little memory, little time, no file to write and nothing to lose.
"""

import resource
import sys

from bowchat_masker.media.answer import written
from bowchat_masker.media.cleaning import clean
from bowchat_masker.media.results import Uncleanable

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


if __name__ == "__main__":
    sys.exit(main())
