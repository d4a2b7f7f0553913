"""`make bench-routing`: measures, prints, and with `--write` puts the tables into docs/routing-model.md."""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from bowchat_registry.loader import load
from bowchat_router.classify import language_of
from bowchat_testkit.bench_routing import contenders
from bowchat_testkit.bench_routing.contenders import Answer, Read
from bowchat_testkit.bench_routing.figures import Figures, measure
from bowchat_testkit.bench_routing.labelled import Labelled, halves, messages

ROOT = Path(__file__).parents[5]
PAGE = ROOT / "docs/routing-model.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"


@dataclass(frozen=True, slots=True)
class Speed:
    """Processor time on one core."""

    start_s: float
    milliseconds: Sequence[float]
    """Of each message."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench-routing", description=__doc__)
    parser.add_argument("--registry", type=Path, default=ROOT / "registry")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/routing-model.md")
    arguments = parser.parse_args()
    with threadpool_limits(limits=1):
        lines = list(_report(arguments.registry))
    if arguments.write:
        head, _, rest = PAGE.read_text().partition(BEGIN)
        _, _, tail = rest.partition(END)
        PAGE.write_text(f"{head}{BEGIN}\n" + "\n".join(lines) + f"\n\n{END}{tail}")
    return 0


def _say(line: str) -> str:
    print(line, flush=True)
    return line


def _report(directory: Path) -> Iterator[str]:
    registry, labelled = load(directory), messages()
    found: dict[str, tuple[Speed, list[Answer]]] = {}
    for name, build in (
        ("classifier", contenders.classifier),
        ("rules, then classifier", contenders.rules),
        ("keywords", contenders.keywords),
        ("TF-IDF + regression", contenders.tfidf),
    ):
        started = time.process_time()
        read = build(registry)
        found[name] = _timed(read, labelled, time.process_time() - started)
    for half, kept in halves(labelled).items():
        styles = ", ".join(sorted({each.style for each in kept}))
        yield _say(f"**{half.capitalize()}**: {len(kept)} messages in the styles {styles}.\n")
        places = {id(each) for each in kept}
        yield from _quality(
            kept, {name: _of(labelled, places, answers) for name, (_, answers) in found.items()}
        )
    yield from _languages(labelled, found["classifier"][1])
    yield from _speed(found)


def _timed(read: Read, labelled: Sequence[Labelled], start_s: float) -> tuple[Speed, list[Answer]]:
    read(labelled[0].text)
    answers, milliseconds = [], []
    for each in labelled:
        started = time.process_time()
        answers.append(read(each.text))
        milliseconds.append(1000 * (time.process_time() - started))
    return Speed(start_s, milliseconds), answers


def _of(labelled: Sequence[Labelled], places: set[int], answers: Sequence[Answer]) -> list[Answer]:
    return [answer for each, answer in zip(labelled, answers, strict=True) if id(each) in places]


_COLUMNS = "| question | by | accuracy | macro F1 | answered | right where answered | right of the surest 80 % | ECE |"


def _quality(kept: Sequence[Labelled], found: dict[str, list[Answer]]) -> Iterator[str]:
    yield _say(_COLUMNS)
    yield _say("|---|---|---|---|---|---|---|---|")
    for name, answers in found.items():
        kinds = measure([each.policy_type for each in kept], [each.policy_type for each in answers])
        yield _say(_row("policy type", name, kinds))
    for name, answers in found.items():
        intents = measure([each.intent for each in kept], [each.intent for each in answers])
        yield _say(_row("intent", name, intents))
    yield _say("")
    off = [each.off_topic for each in kept]
    areas = ", ".join(
        f"{name} {roc_auc_score(off, [each.off_topic for each in answers]):.3f}"
        for name, answers in found.items()
    )
    yield _say(f"Off-topic messages told apart ({sum(off)} of {len(off)}), AUROC: {areas}.\n")


def _row(question: str, name: str, figures: Figures) -> str:
    return (
        f"| {question} | {name} | {figures.accuracy:.3f} | {figures.macro_f1:.3f} | {figures.answered:.3f} "
        f"| {figures.accuracy_answered:.3f} | {figures.accuracy_surest:.3f} | {figures.calibration_error:.3f} |"
    )


def _languages(labelled: Sequence[Labelled], answers: Sequence[Answer]) -> Iterator[str]:
    yield _say("By language, all styles, the classifier asked of every message:\n")
    yield _say("| language | messages | language told | policy type | intent |")
    yield _say("|---|---|---|---|---|")
    for language in sorted({each.language for each in labelled}):
        kept = [
            (each, answer)
            for each, answer in zip(labelled, answers, strict=True)
            if each.language == language
        ]
        told = sum(language_of(each.text) == language for each, _ in kept) / len(kept)
        kinds = measure([each.policy_type for each, _ in kept], [answer.policy_type for _, answer in kept])
        intents = measure([each.intent for each, _ in kept], [answer.intent for _, answer in kept])
        yield _say(
            f"| {language} | {len(kept)} | {told:.3f} | {kinds.accuracy:.3f} | {intents.accuracy:.3f} |"
        )
    yield _say("")


def _speed(found: dict[str, tuple[Speed, list[Answer]]]) -> Iterator[str]:
    yield _say("Processor time on one core:\n")
    yield _say("| | messages | start-up | messages/s | p50 a message | p99 a message |")
    yield _say("|---|---|---|---|---|---|")
    for name, (speed, answers) in found.items():
        yield _say(_rate(name, f"{speed.start_s:.1f} s", speed.milliseconds))
        taken = list(zip(answers, speed.milliseconds, strict=True))
        spared = [took for answer, took in taken if answer.is_spared]
        if spared:
            yield _say(_rate("… where a rule and wording suffice", "", spared))
            yield _say(
                _rate("… where it reads", "", [took for answer, took in taken if not answer.is_spared])
            )


def _rate(name: str, start: str, milliseconds: Sequence[float]) -> str:
    median, high = np.percentile(milliseconds, (50, 99))
    rate = 1000 * len(milliseconds) / max(sum(milliseconds), 1e-9)
    return f"| {name} | {len(milliseconds)} | {start} | {rate:,.0f} | {median:.2f} ms | {high:.2f} ms |"


if __name__ == "__main__":
    raise SystemExit(main())
