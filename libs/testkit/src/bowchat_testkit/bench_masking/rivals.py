"""What finds numbers: Bow Chat's masking, phonenumbers, and Presidio's recognisers in an environment of their own."""

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import phonenumbers

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking import MaskingError, mask

ROOT = Path(__file__).parents[5]
WORKER = ROOT / "tools/bench_masking/presidio_worker.py"
PYTHON = ROOT / ".local/bench-masking/venv/bin/python"

Span = tuple[int, int]


class Text(NamedTuple):
    text: str
    region: str


Finder = Callable[[Sequence[Text]], list[list[Span] | None]]
"""The spans found in each text; None where the text would be held as a whole."""


def bow_chat(texts: Sequence[Text]) -> list[list[Span] | None]:
    return [_masked(each) for each in texts]


def _masked(each: Text) -> list[Span] | None:
    try:
        (result,) = mask([each.text], MaskingPolicy(regions=(each.region,)))
    except MaskingError:
        return None
    return [(finding.start, finding.end) for finding in result.findings]


def matcher(leniency: int) -> Finder:
    def find(texts: Sequence[Text]) -> list[list[Span] | None]:
        return [
            [(match.start, match.end) for match in phonenumbers.PhoneNumberMatcher(text, region, leniency)]
            for text, region in texts
        ]

    return find


def presidio(texts: Sequence[Text]) -> list[list[Span] | None]:
    given = "".join(json.dumps(each) + "\n" for each in texts)
    done = subprocess.run([PYTHON, WORKER], input=given, capture_output=True, text=True, check=True)
    return [[(start, end) for start, end in json.loads(line)] for line in done.stdout.splitlines()]


def finders() -> dict[str, Finder]:
    """Every tool that is there, by the name that the table shows."""
    found: dict[str, Finder] = {
        "Bow Chat": bow_chat,
        "phonenumbers VALID": matcher(phonenumbers.Leniency.VALID),
        "phonenumbers POSSIBLE": matcher(phonenumbers.Leniency.POSSIBLE),
    }
    return found | ({"Presidio": presidio} if PYTHON.exists() else {})
