"""What people write about one matter, read from one of the sets of scripts beside this module."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

PLAIN = "plain"
SETS = {PLAIN: "scripts.yaml", "passing": "scripts_passing.yaml"}
"""Two sets by two hands. `passing` has more languages, and mentions other matters in passing."""


@dataclass(frozen=True, slots=True)
class Beat:
    """What comes next in a thread."""

    insurer: str | None
    """What the insurer says before it; None where the policyholder writes again by themselves."""
    bare: tuple[str, ...] = ()
    """Texts that lean on what was said last."""
    marked: tuple[str, ...] = ()
    """Texts that say what they are about."""
    media: int = 0
    """Pictures without a caption."""


@dataclass(frozen=True, slots=True)
class Script:
    """One matter, from its first message to its last."""

    policy_type: str
    language: str
    opener: tuple[str, ...]
    beats: tuple[Beat, ...]


@cache
def scripts(of: str) -> tuple[Script, ...]:
    """All scripts of the set `of`, in the file's order."""
    return tuple(
        Script(
            each["policy_type"],
            each["language"],
            tuple(each["opener"]),
            tuple(
                Beat(
                    turn.get("insurer"),
                    tuple(map(str, turn.get("bare", ()))),
                    tuple(map(str, turn.get("marked", ()))),
                    turn.get("media", 0),
                )
                for turn in each["turns"]
            ),
        )
        for each in yaml.safe_load(Path(__file__).with_name(SETS[of]).read_text())
    )
