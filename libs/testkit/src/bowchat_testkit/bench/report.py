"""The figures as tables, in Markdown, and whether the goals are met."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bowchat_testkit.bench.chain import ChainRun
from bowchat_testkit.bench.figures import Percentiles, Run, median, middle


@dataclass(frozen=True)
class StoreFigures:
    """The relay with one kind of store."""

    store: str
    single: Sequence[Run]
    batched: Sequence[Run]
    steady: Run


def tables(machine: str, chain: Sequence[ChainRun], stores: Sequence[StoreFigures], batch: int) -> str:
    """All of it."""
    bare = median([each.per_second for each in chain])
    lines = [
        machine,
        "",
        _bare(chain),
        "",
        "| stores | load | messages/s | ÷ bare chain | until all is logged | p50 ms | p95 ms | p99 ms | 200 p99 ms |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for each in stores:
        lines.append(_row(each.store, "80/s, one message each", each.steady, bare))
        lines.append(_row(each.store, "saturation, one message each", middle(each.single), bare))
        lines.append(_row(each.store, f"saturation, {batch} messages each", middle(each.batched), bare))
    lines.append("")
    for each in stores:
        lines += _costs(each, batch)
    lines += goals(stores, bare)
    return "\n".join(lines)


def _bare(chain: Sequence[ChainRun]) -> str:
    runs = ", ".join(f"{each.per_second:,.0f}" for each in chain)
    cpu, broker = median([each.cpu_ms for each in chain]), median([each.broker_ms for each in chain])
    return (
        f"Bare chain: {median([each.per_second for each in chain]):,.0f} messages/s (median of {runs}), "
        f"{cpu:.2f} ms of CPU for each message, {broker:.2f} of it the broker's."
    )


def _row(store: str, load: str, run: Run, bare: float) -> str:
    latency = " | ".join(_ms(run.latency))
    lost = f" ({run.refused} refused, {run.missing} missing)" if run.refused or run.missing else ""
    return (
        f"| {store} | {load}{lost} | {run.per_second:,.0f} | {run.per_second / bare:.2f} "
        f"| {run.settled_per_second:,.0f} | {latency} | {run.answer.p99:,.0f} |"
    )


def _ms(found: Percentiles) -> tuple[str, str, str]:
    return f"{found.p50:,.0f}", f"{found.p95:,.0f}", f"{found.p99:,.0f}"


def _costs(figures: StoreFigures, batch: int) -> Iterator[str]:
    """CPU per message and of a core, and memory, for every process."""
    runs: Mapping[str, Run] = {
        "80/s": figures.steady,
        "one each": middle(figures.single),
        f"{batch} each": middle(figures.batched),
    }
    heads = " | ".join(f"{name}: ms CPU/message | % of a core" for name in runs)
    yield f"With {figures.store}:"
    yield ""
    yield f"| process | {heads} | resident MB |"
    yield "|---" * (2 + 2 * len(runs)) + "|"
    for process in figures.steady.span.usages:
        cells = [_cost(run, run.span.usages[process].cpu_s) for run in runs.values()]
        memory = max(run.span.usages[process].rss_mb for run in runs.values())
        yield f"| {process} | {' | '.join(cells)} | {memory:,.0f} |"
    sums = [_cost(run, run.span.cpu_s) for run in runs.values()]
    yield f"| **all of these** | {' | '.join(sums)} | |"
    others = [_cost(run, run.span.others_cpu_s) for run in runs.values()]
    yield f"| rest of the machine | {' | '.join(others)} | |"
    yield ""


def _cost(run: Run, cpu_s: float) -> str:
    return f"{1000 * cpu_s / run.messages:.2f} | {100 * cpu_s / run.span.seconds:.0f}"


def goals(stores: Sequence[StoreFigures], bare: float) -> Iterator[str]:
    """What was promised, and whether this run kept it."""
    for each in stores:
        best = max(middle(each.single).per_second, middle(each.batched).per_second)
        if each.store == "memory":
            yield _goal("in memory, messages/s ÷ bare chain", best / bare, at_least=0.25)
            yield _goal("in memory, messages/s", best, at_least=1000)
        else:
            yield _goal(f"with {each.store}, messages/s", best, at_least=300)
            yield _goal(f"with {each.store}, p99 at 80/s in ms", each.steady.latency.p99, at_most=300)


def _goal(what: str, found: float, *, at_least: float = float("-inf"), at_most: float = float("inf")) -> str:
    wanted = f"at least {at_least:g}" if at_most == float("inf") else f"at most {at_most:g}"
    verdict = "met" if at_least <= found <= at_most else "MISSED"
    return f"- {verdict}: {what}: {found:,.2f} (goal: {wanted})"
