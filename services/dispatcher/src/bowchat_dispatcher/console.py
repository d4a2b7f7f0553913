"""The commands of `bowchat-dispatcher`, and the service that it runs by default."""

import sys

from bowchat_dispatcher import people
from bowchat_dispatcher.app import build
from bowchat_dispatcher.settings import DispatcherSettings
from bowchat_runtime.cli import Command, run
from bowchat_runtime.parked_cli import parked_command
from bowchat_runtime.service import serving


def main() -> None:
    """Run the command line, and exit with its code."""
    about = "deliveries whose fate nobody can tell, and webhooks that failed: list, resend, give up"
    unresolved = Command(about, people.run, people.configure)
    sys.exit(
        run(
            "bowchat-dispatcher",
            "Sends, once, and proves what was sent.",
            serve=serving(DispatcherSettings, build),
            commands={"unresolved": unresolved, "parked": parked_command("dispatcher")},
        )
    )
