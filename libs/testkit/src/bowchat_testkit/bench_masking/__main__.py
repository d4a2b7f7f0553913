"""`make bench-masking`: measures, prints, and with `--write` puts the tables into docs/masking.md."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_testkit.bench_masking.costs import hostile, kilobytes, percentiles
from bowchat_testkit.bench_masking.recall import Row, measure
from bowchat_testkit.bench_masking.rivals import PYTHON, ROOT, finders
from bowchat_testkit.masking_corpus import FRESH_ORDINARY, REGIONS, changed, entities, evaluate, ordinary

PAGE = ROOT / "docs/masking.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
INDIA, EVERYWHERE = MaskingPolicy(regions=("IN",)), MaskingPolicy(regions=REGIONS)
_SMALL, _LARGE = 4_096, 16_384
_GOOD = 0.99


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench-masking", description=__doc__)
    parser.add_argument("--numbers", type=int, default=200, help="how many numbers each family is tried with")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--write", action="store_true", help="write the tables into docs/masking.md")
    arguments = parser.parse_args()
    sys.addaudithook(_deny_sockets)
    lines = list(_report(arguments.numbers, arguments.seed))
    if arguments.write:
        _write(PAGE, "\n".join(lines) + "\n")
    return 0


def _deny_sockets(event: str, _: object) -> None:
    if event.startswith("socket."):
        raise PermissionError("measuring masking needs no network")


def _say(line: str) -> str:
    print(line, flush=True)
    return line


def _report(count: int, seed: int) -> Iterator[str]:
    tools = finders()
    if not PYTHON.exists():
        yield _say("Presidio could not be installed here, so it is not in the table.\n")
    yield from _recall(measure(tools, count, seed), list(tools))
    yield from _over_masking()
    yield from _entities()
    yield from _costs()


def _recall(rows: Sequence[Row], tools: Sequence[str]) -> Iterator[str]:
    yield _say(f"| family | {' | '.join(tools)} | guard misses (number known) |")
    yield _say("|---" * (len(tools) + 2) + "|")
    for row in rows:
        shares = " | ".join(f"{row.caught[tool] / row.tried:.3f}" for tool in tools)
        yield _say(f"| {row.family} | {shares} | {row.guard_missed} |")
    tried = sum(row.tried for row in rows)
    means = " | ".join(f"{sum(row.caught[tool] for row in rows) / tried:.3f}" for tool in tools)
    yield _say(f"| **all {len(rows)}** | {means} | {sum(row.guard_missed for row in rows)} of {tried} |")
    good = {tool: sum(row.caught[tool] >= _GOOD * row.tried for row in rows) for tool in tools}
    yield _say(f"| **families at 0.99 or more** | {' | '.join(str(good[tool]) for tool in tools)} | |")


def _over_masking() -> Iterator[str]:
    yield _say("")
    told = {kind: ordinary(kind) for kind in ("insurance", "chat")}
    for kind, lines in (
        told | {"insurance, figures in every line": ordinary("insurance", FRESH_ORDINARY)}
    ).items():
        for policy in (INDIA, EVERYWHERE):
            wrong = len(changed(lines, policy))
            share = f"{wrong} of {len(lines)} lines changed ({wrong / len(lines):.2%})"
            yield _say(f"Over-masking, {kind}, regions {' '.join(policy.regions)}: {share}.")


def _entities() -> Iterator[str]:
    yield _say("")
    yield _say("| entity | recall | precision | examples |")
    yield _say("|---|---|---|---|")
    for type_, score in evaluate(entities()).items():
        yield _say(f"| {type_} | {score.recall:.3f} | {score.precision:.3f} | {score.found + score.missed} |")


def _costs() -> Iterator[str]:
    lines = [*ordinary("insurance"), *ordinary("chat")]
    figures = ordinary("insurance", FRESH_ORDINARY)
    yield _say("")
    for name, texts in {
        "one line of chat": lines,
        "one line with figures": figures,
        "1 kB of lines of chat": kilobytes(lines),
        "1 kB of lines with figures": kilobytes(figures),
    }.items():
        median, high = percentiles(texts)
        yield _say(f"Processor time, {name}: p50 {median:.3f} ms, p99 {high:.3f} ms.")
    small, large = hostile(_SMALL), hostile(_LARGE)
    worst = max(large, key=lambda each: large[each][0])
    ratio = max(large[each][0] / max(small[each][0], 1) for each in large)
    held = sum(held for _, held in large.values())
    yield _say(
        f"{len(large)} hostile texts of 16 kB: slowest {large[worst][0]:.1f} ms ({worst!r} repeated), {held} held;"
    )
    yield _say(f"four times the text costs at most {ratio:.1f} times as much (texts over 1 ms).")


def _write(page: Path, tables: str) -> None:
    head, _, rest = page.read_text().partition(BEGIN)
    _, _, tail = rest.partition(END)
    page.write_text(f"{head}{BEGIN}\n{tables}\n{END}{tail}")


if __name__ == "__main__":
    raise SystemExit(main())
