"""Sends canaries through the relay and writes its logs at DEBUG to standard output, for a search in them.

    python -m bowchat_testkit.canary --planted planted.json --webhooks 280

The file has each canary and the place it was planted at.
"""

import argparse
import asyncio
import json
import logging
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bowchat_runtime.logging import configure
from bowchat_testkit.canary.chain import Chain
from bowchat_testkit.canary.planting import Planter
from bowchat_testkit.canary.whatsapp_cloud import openings, people, webhooks

_NOW = datetime(2026, 1, 1, 0, 2, tzinfo=UTC)


async def _run(planter: Planter, registry: Path, count: int) -> None:
    everybody = people(planter, 10, ("ACM-2026-000101", "CLA/2019/55501"))
    with tempfile.TemporaryDirectory() as directory:
        async with Chain(Path(directory), registry, _NOW) as chain:
            await chain.receives(openings(planter, everybody))
            sent = list(webhooks(planter, everybody, count, seed=1))
            await chain.receives(sent)
            await chain.refuses(sent[0])


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bowchat_testkit.canary", description="Canaries, and the logs."
    )
    parser.add_argument("--planted", type=Path, required=True, help="where to write what was planted")
    parser.add_argument("--webhooks", type=int, default=280)
    parser.add_argument("--registry", type=Path, default=Path("registry"))
    arguments = parser.parse_args()
    configure("canary", logging.DEBUG)
    planter = Planter()
    asyncio.run(_run(planter, arguments.registry, arguments.webhooks))
    arguments.planted.write_text(json.dumps(planter.paths))


if __name__ == "__main__":
    main()
