"""`python -m bowchat_testkit.servers DIRECTORY`: Apache Kafka and a database on this machine's usual ports until Ctrl-C, for
services that people start by hand. Their data stay in the directory, and are there again the next time.
"""

import argparse
import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from bowchat_testkit.database import Database
from bowchat_testkit.kafka_server import KafkaServer
from bowchat_testkit.stack_process import LOOPBACK, StackUnavailableError, port_open

KAFKA_PORT, DATABASE_PORT = 9092, 27017


@contextlib.asynccontextmanager
async def standing(
    directory: Path, *, kafka_port: int = KAFKA_PORT, database_port: int = DATABASE_PORT
) -> AsyncIterator[tuple[KafkaServer, Database]]:
    """Both, started; they are stopped in order at the end. The ports of a directory are always the same.

    Errors: `StackUnavailableError`.
    """
    for port in (kafka_port, database_port):
        if await port_open(port):
            raise StackUnavailableError(f"{LOOPBACK}:{port} is taken: stop what listens there, or use it.")
    broker = KafkaServer(directory / "kafka", port=kafka_port, quick=False)
    database = Database(directory / "database", port=database_port)
    async with broker, database:
        try:
            yield broker, database
        finally:
            await database.stop()
            await broker.stop()


async def _until_interrupted(directory: Path) -> None:
    async with standing(directory) as (broker, database):
        print(f"export BOWCHAT_KAFKA_BOOTSTRAP={broker.bootstrap} BOWCHAT_MONGO_URI='{database.uri}'")
        print("Both stand; Ctrl-C stops them.", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bowchat_testkit.servers", description=__doc__)
    parser.add_argument("directory", type=Path, help="holds their data and logs")
    directory = parser.parse_args().directory.resolve()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_until_interrupted(directory))
    except StackUnavailableError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
