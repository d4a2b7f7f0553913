"""The commands of `bowchat-sla`, and the service that it runs by default."""

import argparse
import sys

from bowchat_runtime.cli import Command, pipe, run
from bowchat_runtime.parked_cli import parked_command
from bowchat_runtime.service import serving
from bowchat_sla.app import build
from bowchat_sla.replay import Replay
from bowchat_sla.settings import SlaSettings


def main() -> None:
    """Run the command line, and exit with its code."""
    replay = Command(
        'fold events ({"type", "data", "time"?} per line) into the changes of clocks they cause', _replay
    )
    sys.exit(
        run(
            "bowchat-sla",
            "Runs the response clocks.",
            serve=serving(SlaSettings, build),
            commands={"replay": replay, "parked": parked_command("sla-watcher")},
        )
    )


def _replay(_: argparse.Namespace) -> int:
    return pipe(Replay().step)
