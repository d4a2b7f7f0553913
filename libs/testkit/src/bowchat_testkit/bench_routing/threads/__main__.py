"""`python -m bowchat_testkit.bench_routing.threads`: the figures, and with `--show` each message that went wrong or was
asked about.
"""

import argparse
import asyncio
from pathlib import Path

from bowchat_registry.loader import load
from bowchat_router.classify.training import train
from bowchat_router.readings import TrainedReadings
from bowchat_router.testing import InUse
from bowchat_testkit.bench_routing.threads.figures import SEED, THREADS, Figures, measure
from bowchat_testkit.bench_routing.threads.play import Play
from bowchat_testkit.bench_routing.threads.scripts import PLAIN, SETS


async def _measured(registry: Path, threads: int, seed: int, of: str) -> tuple[Figures, list[Play]]:
    base = load(registry)
    async with TrainedReadings(InUse(base), train) as readings:
        return await measure(base, readings, threads=threads, seed=seed, of=of)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench-threads", description=__doc__)
    parser.add_argument("--registry", type=Path, default=Path("registry"))
    parser.add_argument("--threads", type=int, default=THREADS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--scripts", choices=SETS, default=PLAIN)
    parser.add_argument("--show", action="store_true")
    arguments = parser.parse_args()
    figures, plays = asyncio.run(
        _measured(arguments.registry, arguments.threads, arguments.seed, arguments.scripts)
    )
    print("\n".join(figures.lines()))
    if arguments.show:
        for insurer, each in figures.wrong:
            print("wrong", insurer, each)
        for play in plays:
            for each in play.written.values():
                if each.asked or each.triage:
                    print("asked" if each.asked else "triage", each)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
