"""`bowchat-<service> parked list|replay|discard`: look at what was set aside, send it on its way again, or give it up."""

import argparse
import asyncio
import json
import sys

from bowchat_runtime.cli import Command
from bowchat_runtime.clock import system_clock
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.parked_topic import discard, outstanding, replay
from bowchat_runtime.settings import ServiceSettings, load


def parked_command(service: str, settings: type[ServiceSettings] = ServiceSettings) -> Command:
    """The subcommand `parked` of one service."""

    def run(arguments: argparse.Namespace) -> int:
        loaded = load(settings)
        if arguments.action == "replay":
            replayed = asyncio.run(replay(service, loaded, arguments.key))
            sys.stdout.write(f"{len(replayed)} records sent again; the service takes them in order\n")
            return 0
        if arguments.action == "discard":
            if not arguments.id:
                raise SettingsError("parked discard needs --id PARK_ID, as parked list shows it")
            gone = asyncio.run(discard(service, loaded, arguments.id, system_clock()))
            sys.stdout.write(
                "given up; replay what stood behind it\n" if gone else "no such record is parked\n"
            )
            return 0 if gone else 1
        waiting = asyncio.run(outstanding(service, loaded))
        if not waiting:
            sys.stderr.write("nothing is parked\n")
        for event in waiting:
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
        parser.add_argument("action", choices=("list", "replay", "discard"))
        parser.add_argument("--key", help="replay: only the records of this key")
        parser.add_argument("--id", help="discard: the park id of the one record to give up for good")

    return Command("list, replay or discard the records this service has set aside", run, configure)
