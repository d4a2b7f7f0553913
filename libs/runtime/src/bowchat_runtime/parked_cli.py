"""`bowchat-<service> parked list|replay`: look at what was set aside, and send it on its way again."""

import argparse
import asyncio
import json
import sys

from bowchat_runtime.cli import Command
from bowchat_runtime.parked_topic import outstanding, replay
from bowchat_runtime.settings import ServiceSettings, load


def parked_command(service: str, settings: type[ServiceSettings] = ServiceSettings) -> Command:
    """The subcommand `parked` of one service."""

    def run(arguments: argparse.Namespace) -> int:
        loaded = load(settings)
        if arguments.action == "replay":
            replayed = asyncio.run(replay(service, loaded, arguments.key))
            sys.stdout.write(f"{len(replayed)} records sent again; the service takes them in order\n")
            return 0
        for event in asyncio.run(outstanding(service, loaded)):
            shown = {
                "park_id": event.park_id,
                "topic": event.topic,
                "key": event.key,
                "reason": event.reason,
                "parked_at": event.parked_at.isoformat(),
            }
            sys.stdout.write(json.dumps(shown) + "\n")
        return 0

    def configure(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("action", choices=("list", "replay"))
        parser.add_argument("--key", help="only the records of this key")

    return Command("list or replay the records this service has set aside", run, configure)
