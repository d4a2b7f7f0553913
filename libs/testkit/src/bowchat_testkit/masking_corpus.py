"""How well masking does on texts whose answer is known: entities with their places, and ordinary chat without any."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bowchat_contracts.insurer_content import Placeholder
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking import Finding, mask

CORPORA = Path(__file__).parents[4] / "libs/masking/tests/corpora"
FRESH_ORDINARY = CORPORA / "fresh_ordinary.jsonl"
"""Lines of insurance chat, every one with figures, that were written before the rules they are tried with."""
REGIONS = ("IN", "GB", "US", "ES")


@dataclass(frozen=True)
class Span:
    type: Placeholder
    start: int
    end: int


@dataclass(frozen=True)
class Labelled:
    """A text and what stands in it. Without spans it is a look-alike: nothing of type `of` may be found there."""

    of: Placeholder
    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Attack:
    """A text, and every stretch of it that has to go; `region` is the country that its writer has in mind."""

    kind: str
    way: str
    region: str
    text: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Score:
    """Of one type: spans covered whole, spans not covered, and findings that touch no span of their type."""

    found: int
    missed: int
    wrong: int

    @property
    def recall(self) -> float:
        return self.found / max(1, self.found + self.missed)

    @property
    def precision(self) -> float:
        return self.found / max(1, self.found + self.wrong)


def entities(path: Path = CORPORA / "entities.jsonl") -> list[Labelled]:
    lines = map(json.loads, path.read_text().splitlines())
    return [
        Labelled(each["of"], each["text"], tuple(Span(**span) for span in each["spans"])) for each in lines
    ]


def attacks(path: Path = CORPORA / "fresh_attacks.jsonl") -> list[Attack]:
    """Numbers in many ways of writing, and everything else that is masked, as people write to get round it."""
    lines = map(json.loads, path.read_text().splitlines())
    return [Attack(**each | {"spans": tuple((start, end) for start, end in each["spans"])}) for each in lines]


def ordinary(kind: str, path: Path = CORPORA / "ordinary.jsonl") -> list[str]:
    """Lines of `insurance` or `chat`, in which nothing is to be masked."""
    lines = map(json.loads, path.read_text().splitlines())
    return [each["text"] for each in lines if each["kind"] == kind]


def evaluate(texts: Iterable[Labelled], policy: MaskingPolicy | None = None) -> dict[Placeholder, Score]:
    """The score of each type. A span counts as found when one finding of its type covers the whole of it.

    Findings of phones are not counted as wrong: a number that is no phone is masked by the digit budget all the same.
    """
    chosen = policy or MaskingPolicy(regions=REGIONS)
    found: Counter[Placeholder] = Counter()
    missed: Counter[Placeholder] = Counter()
    wrong: Counter[Placeholder] = Counter()
    for each in texts:
        (result,) = mask([each.text], chosen)
        for span in each.spans:
            covered = any(_covers(finding, span) for finding in result.findings)
            (found if covered else missed)[span.type] += 1
        for finding in result.findings:
            if not any(_touches(finding, span) for span in each.spans):
                wrong[finding.type] += 1
    return {type_: Score(found[type_], missed[type_], wrong[type_]) for type_ in sorted({*found, *missed})}


def changed(texts: Sequence[str], policy: MaskingPolicy | None = None) -> list[str]:
    """Those of the texts that masking changes."""
    chosen = policy or MaskingPolicy(regions=REGIONS)
    return [text for text in texts if mask([text], chosen)[0].findings]


def _covers(finding: Finding, span: Span) -> bool:
    return finding.type == span.type and finding.start <= span.start and finding.end >= span.end


def _touches(finding: Finding, span: Span) -> bool:
    return finding.type == span.type and finding.start < span.end and span.start < finding.end
