"""The labelled messages, in two halves by style: one to look at while building, one to believe."""

import json
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "messages"


@dataclass(frozen=True, slots=True)
class Labelled:
    text: str
    policy_type: str | None
    intent: str | None
    language: str
    style: str
    off_topic: bool
    mixed: bool


def messages(folder: Path = FOLDER) -> list[Labelled]:
    return [
        Labelled(**json.loads(line))
        for file in sorted(folder.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]


def halves(labelled: list[Labelled]) -> dict[str, list[Labelled]]:
    """Every second style of the alphabet was looked at in sums while the classifier was built; the others never."""
    seen = set(sorted({each.style for each in labelled})[::2])
    return {
        "development": [each for each in labelled if each.style in seen],
        "held out": [each for each in labelled if each.style not in seen],
    }
